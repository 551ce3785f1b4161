"""Our plugins put where runtimes look: never over others', whole, and away again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glassnet.errors import Conflict, InvalidRequest, StateError
from glassnet.plugins.registry import TYPES
from glassnet.runtime import install as module
from glassnet.runtime.client import client
from glassnet.runtime.install import install, script, uninstall
from glassnet.serve.find import MARK, is_ours


def outcomes(placed: list[module.Placed]) -> dict[str, str]:
    return {one.type: one.outcome for one in placed}


def version_of(path: Path) -> str:
    environment = {"CNI_COMMAND": "VERSION", "GLASSNET_DAEMON": "no", "PATH": os.environ["PATH"]}
    done = subprocess.run([path], env=environment, input=b"{}", capture_output=True, check=True)
    return done.stdout.decode()


def test_all_types_are_put_there_and_run(tmp_path: Path) -> None:
    directory = tmp_path / "opt" / "bin"
    assert outcomes(install(directory)) == dict.fromkeys(TYPES, "installed")
    assert sorted(os.listdir(directory)) == sorted(TYPES)
    for one in TYPES:
        assert is_ours(str(directory / one))
        assert (directory / one).stat().st_mode & 0o777 == 0o755
    assert '"supportedVersions"' in version_of(directory / "bridge")


def test_the_mark_is_near_the_beginning() -> None:
    assert MARK in script().encode()[:1024]
    assert script().startswith(f"#!{sys.executable} -I\n")


@pytest.mark.parametrize("name", ["with a blank", "x" * 250, "it's"])
def test_an_interpreter_that_no_first_line_can_name(tmp_path: Path, name: str) -> None:
    python = tmp_path / name / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    plugin = tmp_path / "loopback"
    plugin.write_text(script(str(python)))
    plugin.chmod(0o755)
    assert is_ours(str(plugin))
    assert '"supportedVersions"' in version_of(plugin)


def test_some_types_only(tmp_path: Path) -> None:
    assert outcomes(install(tmp_path, ("bridge", "loopback", "bridge"))) == {
        "bridge": "installed",
        "loopback": "installed",
    }
    assert sorted(os.listdir(tmp_path)) == ["bridge", "loopback"]


def test_a_type_that_is_none(tmp_path: Path) -> None:
    for function in (install, uninstall):
        with pytest.raises(InvalidRequest, match="no plugin type 'flannel'") as error:
            function(tmp_path, ("bridge", "flannel"))
        assert "host-local" in error.value.advice()
    assert os.listdir(tmp_path) == []


def test_again_changes_nothing_and_mends_what_is_old(tmp_path: Path) -> None:
    install(tmp_path, ("bridge", "loopback", "host-local"))
    (tmp_path / "loopback").write_text("# glassnet.serve.main of long ago")
    (tmp_path / "host-local").chmod(0o644)
    before = (tmp_path / "bridge").stat().st_ino
    assert outcomes(install(tmp_path, ("bridge", "loopback", "host-local"))) == {
        "bridge": "unchanged",
        "loopback": "updated",
        "host-local": "updated",
    }
    assert (tmp_path / "bridge").stat().st_ino == before
    made = client(sys.executable) or script().encode()
    assert (tmp_path / "loopback").read_bytes() == made
    assert os.access(tmp_path / "host-local", os.X_OK)


def test_without_the_daemon_each_is_a_script(tmp_path: Path) -> None:
    install(tmp_path, ("bridge",), daemon=False)
    assert (tmp_path / "bridge").read_text() == script()
    assert is_ours(str(tmp_path / "bridge"))


def test_without_a_client_each_is_a_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where glassnet was installed without a compiler."""
    assert client(sys.executable, tmp_path / "none") is None
    monkeypatch.setattr(module, "client", lambda _python: None)
    install(tmp_path, ("bridge",))
    assert (tmp_path / "bridge").read_text() == script()


def test_a_program_that_is_no_client_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "bridge").write_bytes(b"\x7fELF" + bytes(5000))
    assert not is_ours(str(tmp_path / "bridge"))


def foreign(path: Path, text: str = "#!/bin/sh\nexit 9\n") -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_others_are_not_touched(tmp_path: Path) -> None:
    foreign(tmp_path / "loopback")
    (tmp_path / "tuning").symlink_to("/nowhere")
    with pytest.raises(Conflict, match="has plugins of others: loopback, tuning"):
        install(tmp_path, ("bridge", "loopback", "tuning"))
    assert sorted(os.listdir(tmp_path)) == ["loopback", "tuning"]
    assert (tmp_path / "loopback").read_text() == "#!/bin/sh\nexit 9\n"


def test_unless_it_is_said_and_then_they_are_kept_and_come_back(tmp_path: Path) -> None:
    foreign(tmp_path / "loopback")
    (tmp_path / "tuning").symlink_to("/nowhere")
    placed = install(tmp_path, ("bridge", "loopback", "tuning"), replace=True)
    assert outcomes(placed) == {
        "bridge": "installed",
        "loopback": "replaced",
        "tuning": "replaced",
    }
    assert placed[1].beside == str(tmp_path / "loopback.before-glassnet")
    assert Path(placed[1].beside).read_text() == "#!/bin/sh\nexit 9\n"
    assert all(is_ours(str(tmp_path / one)) for one in ("bridge", "loopback", "tuning"))
    assert outcomes(install(tmp_path, ("loopback",), replace=True)) == {"loopback": "unchanged"}
    assert outcomes(uninstall(tmp_path, ("bridge", "loopback", "tuning", "ptp"))) == {
        "bridge": "removed",
        "loopback": "restored",
        "tuning": "restored",
        "ptp": "absent",
    }
    assert sorted(os.listdir(tmp_path)) == ["loopback", "tuning"]
    assert (tmp_path / "loopback").read_text() == "#!/bin/sh\nexit 9\n"
    assert (tmp_path / "loopback").stat().st_mode & 0o777 == 0o755
    assert os.readlink(tmp_path / "tuning") == "/nowhere"


def test_a_newer_one_of_others_takes_the_older_ones_place(tmp_path: Path) -> None:
    foreign(tmp_path / "loopback", "old")
    install(tmp_path, ("loopback",), replace=True)
    foreign(tmp_path / "new", "new")
    (tmp_path / "new").rename(tmp_path / "loopback")
    install(tmp_path, ("loopback",), replace=True)
    uninstall(tmp_path, ("loopback",))
    assert (tmp_path / "loopback").read_text() == "new"


def test_what_an_install_that_was_cut_short_left_is_no_obstacle(tmp_path: Path) -> None:
    foreign(tmp_path / "loopback")
    foreign(tmp_path / ".loopback.before-glassnet", "half")
    install(tmp_path, ("loopback",), replace=True)
    assert (tmp_path / "loopback.before-glassnet").read_text() == "#!/bin/sh\nexit 9\n"


def test_uninstall_leaves_what_is_not_ours(tmp_path: Path) -> None:
    foreign(tmp_path / "bridge")
    assert outcomes(uninstall(tmp_path, ("bridge",))) == {"bridge": "left"}
    assert (tmp_path / "bridge").exists()


def test_there_is_a_plugin_at_every_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign(tmp_path / "loopback")
    seen: list[bool] = []
    for name in ("link", "fsync", "fchmod"):
        real = getattr(os, name)

        def watched(*args: object, _real: object = real, **kwargs: object) -> object:
            seen.append((tmp_path / "loopback").exists())
            return _real(*args, **kwargs)  # type: ignore[operator]

        monkeypatch.setattr(os, name, watched)
    install(tmp_path, ("loopback",), replace=True)
    assert seen == [True] * 3


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign(tmp_path / "loopback")

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="No space left on device"):
        install(tmp_path, ("loopback",), replace=True)
    assert (tmp_path / "loopback").read_text() == "#!/bin/sh\nexit 9\n"
    assert sorted(os.listdir(tmp_path)) == ["loopback", "loopback.before-glassnet"]
