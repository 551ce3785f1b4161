"""Plugins as real processes: what they are given, how they end, and who ends them."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from glassnet.cni.answer import Ended
from glassnet.cni.error import CniError
from glassnet.cni.steps import Execute
from glassnet.runtime.processes import AsyncProcesses, Processes

Run = Callable[..., Ended]


@pytest.fixture(params=["threads", "asyncio"])
def run(request: pytest.FixtureRequest) -> Run:
    def threads(step: Execute, timeout: float | None = None) -> Ended:
        return Processes(timeout).run(step)

    def aio(step: Execute, timeout: float | None = None) -> Ended:
        async def main() -> Ended:
            return await AsyncProcesses(timeout).run(step)

        return asyncio.run(main())

    return threads if request.param == "threads" else aio


def script(directory: Path, text: str, name: str = "plugin") -> Path:
    path = directory / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def step(path: Path | str, stdin: bytes = b"{}", **environment: str) -> Execute:
    return Execute("plugin", str(path), {"CNI_COMMAND": "ADD", **environment}, stdin)


def test_it_gets_its_input_and_its_environment(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INHERITED", "1")
    monkeypatch.setenv("CNI_ARGS", "of the runtime's own")
    path = script(tmp_path, '#!/bin/sh\ncat; echo "$INHERITED|$CNI_COMMAND|$CNI_ARGS" >&2; exit 3')
    ended = run(step(path, b'{"a":1}', CNI_ARGS="A=B"))
    assert ended == Ended(3, b'{"a":1}', b"1|ADD|A=B\n")


def test_much_goes_both_ways_at_once(run: Run, tmp_path: Path) -> None:
    big = json.dumps({"a": "x" * 1_000_000}).encode()
    path = script(tmp_path, "#!/bin/sh\ncat\ncat <&- >&2 /dev/null || true\n")
    assert run(step(path, big)).stdout == big


def test_one_that_does_not_read_is_no_failure(run: Run, tmp_path: Path) -> None:
    path = script(tmp_path, "#!/bin/sh\nexec <&-\necho done\n")
    assert run(step(path, b"x" * 1_000_000)) == Ended(0, b"done\n", b"")


def test_one_that_is_killed(run: Run, tmp_path: Path) -> None:
    ended = run(step(script(tmp_path, "#!/bin/sh\nkill -SEGV $$\n")))
    assert ended.code == -signal.SIGSEGV


@pytest.mark.parametrize(
    ("text", "words", "advice"),
    [
        ("#!/bin/sh\n", "Permission denied", "it must be executable: chmod +x"),
        ("#!/no/such\n", "No such file or directory", "the program that its first line"),
        ("\x7fELF", "Exec format error", "it is no program, or one for another machine"),
    ],
)
def test_one_that_cannot_be_run(
    run: Run, tmp_path: Path, text: str, words: str, advice: str
) -> None:
    path = script(tmp_path, text)
    if words == "Permission denied":
        path.chmod(0o644)
    with pytest.raises(CniError) as error:
        run(step(path))
    assert error.value.code == 5
    assert error.value.message == f"netplugin {path} cannot be run: {words}"
    assert error.value.details.startswith(advice)


def test_one_that_has_been_removed(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CniError, match="No such file or directory") as error:
        run(step(tmp_path / "gone"))
    assert error.value.details == "it has been removed"


def test_an_environment_that_no_process_can_have(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CniError, match=r"^the environment of plugin plugin: ") as error:
        run(step(script(tmp_path, "#!/bin/sh\n"), CNI_NETNS="a\0b"))
    assert error.value.code == 4


def test_one_that_is_being_written_is_waited_for(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "plugin"
    path.write_bytes(Path("/bin/true").read_bytes())
    path.chmod(0o755)
    begun = threading.Event()
    with path.open("r+b") as writing:

        def close_later() -> None:
            begun.wait(10)
            writing.close()

        closer = threading.Timer(0.05, close_later)
        closer.start()
        begun.set()
        assert run(step(path)).code == 0
        closer.join()


SLEEPER = """#!/bin/sh
sleep 1000 &
echo $$ $! > {pids}.tmp
mv {pids}.tmp {pids}
wait
"""


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def gone(pids: Path) -> None:
    """All that the plugin started has ended, or is about to: a pidfd tells."""
    for pid in map(int, pids.read_text().split()):
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            assert select.select([fd], [], [], 10)[0], f"{pid} is alive"
        finally:
            os.close(fd)
        assert not alive(pid)


def test_one_that_takes_too_long_is_killed_with_what_it_started(run: Run, tmp_path: Path) -> None:
    path = script(tmp_path, SLEEPER.format(pids=tmp_path / "pids"))
    with pytest.raises(CniError, match=r"did not end within 3 s$") as error:
        run(step(path), timeout=3.0)
    assert (error.value.code, error.value.details) == (11, "it was killed")
    gone(tmp_path / "pids")


def test_one_whose_caller_is_cancelled_is_killed_and_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pids"
    os.mkfifo(tmp_path / "begun")
    text = f"#!/bin/sh\nsleep 1000 &\necho $$ $! > {pipe}\necho > {tmp_path}/begun\nwait\n"
    path = script(tmp_path, text)

    async def main() -> None:
        task = asyncio.create_task(AsyncProcesses().run(step(path)))
        await asyncio.to_thread((tmp_path / "begun").read_text)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        plugin = int(pipe.read_text().split()[0])
        assert not alive(plugin), "it has ended before the caller goes on"

    asyncio.run(main())
    gone(pipe)


INTERRUPTED = """
import sys
from glassnet.cni.steps import Execute
from glassnet.runtime.processes import Processes
try:
    Processes().run(Execute("plugin", sys.argv[1], {"CNI_COMMAND": "ADD"}, b""))
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupted_runtime_leaves_no_plugin_at_work(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    os.mkfifo(tmp_path / "begun")
    text = f"#!/bin/sh\nsleep 1000 &\necho $$ $! > {pids}\necho > {tmp_path}/begun\nwait\n"
    path = script(tmp_path, text)
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(path)], stdout=subprocess.PIPE, text=True
    ) as caller:
        (tmp_path / "begun").read_text()
        caller.send_signal(signal.SIGINT)
        assert caller.communicate()[0] == "interrupted\n"
    gone(pids)


def test_nothing_is_left_open(run: Run, tmp_path: Path) -> None:
    path = script(tmp_path, "#!/bin/sh\n")
    run(step(path))
    before = len(os.listdir("/proc/self/fd"))
    run(step(path))
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("kind", [Processes, AsyncProcesses])
def test_it_is_looked_for_in_the_order_of_the_path(
    tmp_path: Path, kind: type[Processes | AsyncProcesses]
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    second = script(tmp_path / "b", "")
    path = (str(tmp_path / "missing"), str(tmp_path / "a"), str(tmp_path / "b"))
    assert kind().find("plugin", path) == str(second)
    first = script(tmp_path / "a", "")
    assert kind().find("plugin", path) == str(first)
    first.unlink()
    first.mkdir()
    assert kind().find("plugin", path) == str(second)
    for type_, words in (
        ("other", f'failed to find plugin "other" in path [{" ".join(path)}]'),
        ("", "no plugin name provided"),
        ("a/b", "invalid plugin name: a/b"),
    ):
        with pytest.raises(CniError) as error:
            kind().find(type_, path)
        assert error.value.message == words
