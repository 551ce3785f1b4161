"""What is needed at run time: no program at all; of libnftables and nft, one of the two."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_host import NAMES, PROGRAMS, answer, example, unchanged

from glassnet.testing import oracle
from glassnet.testing.host import GLASSNET, Host

pytestmark = pytest.mark.kernel

LIBRARY = "libnftables.so.1"
NOT_FOUND = 127
BY_PROGRAM = {"GLASSNET_NFT": "program"}
EVERYWHERE = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")


@contextlib.contextmanager
def hidden(host: Host, *files: str) -> Iterator[None]:
    """Files that no program in the host finds: nothing is there that could be executed."""
    paths = sorted({str(Path(file).resolve()) for file in files if Path(file).exists()})
    for path in paths:
        host.run("mount", "--bind", "/dev/null", path)
    try:
        yield
    finally:
        for path in paths:
            host.run("umount", path)


def places(*names: str) -> list[str]:
    """Wherever programs of these names may be."""
    return [f"{directory}/{name}" for directory in EVERYWHERE for name in names]


def library() -> str:
    """The file of libnftables."""
    with Path("/proc/self/maps").open() as maps:
        import ctypes

        ctypes.CDLL(LIBRARY)
        return next(line.split()[-1] for line in maps if LIBRARY in line)


@pytest.mark.parametrize("name", NAMES)
def test_no_program_is_needed(name: str, tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to(sys.executable)
    path = {"PATH": str(tmp_path)}
    with Host() as host:
        before = oracle.look(host)
        with hidden(host, *places(*PROGRAMS)):
            assert host.run("sh", "-c", "ip link", check=False).returncode == NOT_FOUND
            for verb in ("plan", "up", "check"):
                host.glassnet(verb, example(name), env=path)
            host.glassnet("show", env=path)
            if name == "article":
                host.glassnet("ping", "ns1", "ns2", "-c", "1", env=path)
                host.glassnet("exec", "ns1", *GLASSNET, "ping", "host", "fd00:10::3", env=path)
                host.glassnet("undo", env=path)
                host.glassnet("up", example(name), env=path)
            host.glassnet("repair", env=path)
        up = oracle.look(host)
        assert oracle.differences(before, up)
        with hidden(host, *places(*PROGRAMS)):
            host.glassnet("down", name, env=path)
        unchanged(host, before)


def test_no_program_is_started(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    watched = ("strace", "-f", "-qq", "-e", "trace=execve", "-o", str(trace))
    with Host() as host:
        for verb in ("up", "check", "down"):
            host.run(*watched, *GLASSNET, verb, example("published"))
            assert trace.read_text().count("execve(") == 1, trace.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_program_nft_in_place_of_the_library(name: str) -> None:
    with Host() as host:
        before = oracle.look(host)
        with hidden(host, *places("nft")):
            needs = host.glassnet("up", example(name), env=BY_PROGRAM, check=False).returncode
        assert (needs == 0) == (name in {"two-hosts", "internet"})  # so it is the program that runs
        host.glassnet("up", example(name), env=BY_PROGRAM)
        for env in (BY_PROGRAM, {}):  # what one has made, the other reads
            host.glassnet("check", name, env=env)
            assert host.glassnet("up", example(name), env=env).stdout.count("0 changes") == 1
        host.glassnet("down", name, env=BY_PROGRAM)
        unchanged(host, before)


@pytest.mark.parametrize("name", ["article", "published"])
@pytest.mark.parametrize("how", ["no library", "told to use the program"])
def test_without_either_nothing_is_touched(name: str, how: str) -> None:
    lost = [*places("nft"), *([library()] if how == "no library" else [])]
    env = BY_PROGRAM if how == "told to use the program" else {}
    with Host() as host:
        before = oracle.look(host)
        with hidden(host, *lost):
            for verb in ("up", "check", "plan"):
                code, said = answer(host.glassnet(verb, example(name), check=False, env=env))
                assert code == 2, said
                assert "libnftables" in said
                assert "install" in said
        unchanged(host, before)
        assert host.glassnet("ls", "--runs").stdout == ""


def test_without_either_what_needs_no_nft_works() -> None:
    with Host() as host, hidden(host, *places("nft"), library()):
        host.glassnet("up", example("two-hosts"))
        host.glassnet("check", "two-hosts")
        host.glassnet("ping", "c1", "c2")
        host.glassnet("down", "two-hosts")


def test_nft_that_is_gone_when_it_is_wanted_again() -> None:
    with Host() as host:
        before = oracle.look(host)
        host.glassnet("up", example("article"))
        up = oracle.look(host)
        with hidden(host, *places("nft"), library()):
            for verb in (("down", "article"), ("check", "article"), ("undo",), ("repair",)):
                code, said = answer(host.glassnet(*verb, check=False))
                assert code == 2, said
                assert "libnftables" in said
        unchanged(host, up)
        host.glassnet("check", "article")
        host.glassnet("down", "article")
        unchanged(host, before)
