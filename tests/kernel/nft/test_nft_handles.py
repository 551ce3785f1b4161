"""Handles: the namespace they belong to, what they cost, and what happens without nft at all."""

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path

import pytest
from handles import choose, listed, run, using

from glassnet.errors import NftRefused
from glassnet.kernel.linux import LinuxKernel
from glassnet.kernel.nft import Nft, open_nft
from glassnet.nft.base import BASE
from glassnet.nft.element import Element, add
from glassnet.ops.request import NftRequest
from glassnet.testing.host import Host
from glassnet.values import HOST, Netns

pytestmark = pytest.mark.kernel

EXAMPLES = Path(__file__).parents[3] / "examples"
A, B = Netns("a"), Netns("b")
MANY = 10_000
AT_ONCE = 2_000
"""A transaction is one message: what net.core.wmem_max allows where the user is not the machine's
root (elsewhere nft sets a larger buffer by SO_SNDBUFFORCE)."""


# The namespace of a handle.


def _in_turns(kind: str) -> list[list[str]]:
    """Tables made in three namespaces in turns, by one kernel: the tables each lists after it."""
    choose(kind)
    with LinuxKernel() as kernel:
        for number in range(3):
            for netns in (A, HOST, B):
                table = f"{netns.label}{number}"
                [problem] = kernel.perform([NftRequest(netns, f"add table inet {table}")])
                assert problem is None
        return [
            sorted(name for _, name in kernel.room(netns).list_nft().tables)
            for netns in (A, HOST, B)
        ]


def test_each_namespace_has_a_handle_of_its_own(host: Host, kind: str) -> None:
    host.sh("ip netns add a; ip netns add b")
    first, own, second = host.call(_in_turns, kind)
    assert first == [f"a{n}" for n in range(3)]
    assert second == [f"b{n}" for n in range(3)]
    assert own == [f"host{n}" for n in range(3)]
    for where, names in (("", own), ("ip netns exec a", first), ("ip netns exec b", second)):
        assert sorted(host.sh(f"{where} nft list tables").split()[2::3]) == names


def _refuse_in(kind: str) -> tuple[str, list[str]]:
    choose(kind)
    with LinuxKernel() as kernel:
        requests = [
            NftRequest(A, "add table inet one"),
            NftRequest(A, "add table inet two\ndelete table inet gone"),
            NftRequest(B, "add table inet three"),
        ]
        outcomes = kernel.perform(requests)
        assert len(outcomes) == 1
        [problem] = outcomes
        assert isinstance(problem, NftRefused)
        names = [name for netns in (A, B) for _, name in kernel.room(netns).list_nft().tables]
        return problem.words, names


def test_what_goes_together_is_refused_together_and_ends_the_plan(host: Host, kind: str) -> None:
    host.sh("ip netns add a; ip netns add b")
    words, tables = host.call(_refuse_in, kind)
    assert "delete table inet gone" in words
    assert tables == []


# What a handle costs.


def _children() -> int:
    """Faults of children that ended: of none, if there never was one. None may live either."""
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt


def _fill(handle: Nft) -> tuple[int, int]:
    """10,000 elements, a listing, one more: how many there are, and whether there were children."""
    before = _children()
    many = [
        Element("ports4", ("tcp", str(n + 1)), (f"10.0.{n >> 8}.{n & 255}", "80"))
        for n in range(MANY)
    ]
    handle.run(BASE)
    for start in range(0, MANY, AT_ONCE):
        handle.run("\n".join(map(add, many[start : start + AT_ONCE])))
    table = handle.list().table("inet", "glassnet")
    assert table is not None
    assert set(table.elements["ports4"]) == set(many)
    handle.run(add(Element("ports4", ("udp", "1"), ("10.0.0.1", "80"))))
    table = handle.list("table inet glassnet").table("inet", "glassnet")
    assert table is not None
    return len(table.elements["ports4"]), _children() - before


def test_ten_thousand_elements_and_one_more_without_a_single_process(host: Host) -> None:
    assert using(host, "library", _fill) == (MANY + 1, 0)


def test_the_program_is_a_process_each_time(host: Host) -> None:
    count, faults = using(host, "program", _fill)
    assert count == MANY + 1
    assert faults > 0


def _resident() -> int:
    """Kilobytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 1024


def _open_many(kind: str, close: bool) -> tuple[int, int]:
    """Handles with a large listing each: descriptors and kilobytes more than after the first."""
    choose(kind)
    kept = []
    fds = resident = 0
    for number in range(12):
        handle = open_nft()
        handle.list()
        if close:
            handle.close()
            handle.close()
        kept.append(handle)
        if number == 0:  # what is loaded and kept once is there now
            fds, resident = len(os.listdir("/proc/self/fd")), _resident()
    return len(os.listdir("/proc/self/fd")) - fds, _resident() - resident


def test_a_closed_handle_leaves_nothing(host: Host, kind: str) -> None:
    many = (Element("ports4", ("tcp", str(n + 1)), ("10.0.0.1", "80")) for n in range(2000))
    using(host, kind, run, "\n".join([BASE, *map(add, many)]))
    fds, kilobytes = host.call(_open_many, kind, True)
    assert fds == 0
    if kind == "library":
        _, left_open = host.call(_open_many, kind, False)
        assert kilobytes < left_open / 4


def _use_after_close(handle: Nft) -> None:
    handle.close()
    handle.list()


def test_a_closed_handle_is_not_used(host: Host) -> None:
    with pytest.raises(ValueError, match="closed"):
        using(host, "library", _use_after_close)


# Without the library, without the program.


@pytest.fixture
def broken(tmp_path: Path) -> dict[str, str]:
    """An environment in which libnftables cannot be loaded, but by the program."""
    (tmp_path / "libnftables.so.1").write_text("no library")
    program = tmp_path / "nft"
    program.write_text(f'#!/bin/sh\nunset LD_LIBRARY_PATH\nexec {_program()} "$@"\n')
    program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}:/usr/sbin:/sbin"
    return {"LD_LIBRARY_PATH": str(tmp_path), "PATH": path}


def _program() -> str:
    found = shutil.which("nft", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert found is not None
    return found


def _hide_program(host: Host) -> None:
    """Let no nft program be found, in this host's mounts."""
    host.sh(f"mount --bind /dev/null $(readlink -f {_program()})")


LOOK = "ip -o link; ip netns list; ls /run/netns 2>/dev/null || true; sysctl net.ipv4.ip_forward"


def test_without_both_it_says_so_before_anything_is_touched(
    host: Host, broken: dict[str, str]
) -> None:
    _hide_program(host)
    Path(broken["LD_LIBRARY_PATH"], "nft").unlink()
    before = host.sh(LOOK)
    for command in ("up", "plan", "check"):
        done = host.glassnet(command, str(EXAMPLES / "published.yaml"), env=broken, check=False)
        assert done.returncode == 2, command
        assert "neither libnftables nor the program nft" in done.stderr
        assert "apt install libnftables1" in done.stderr
        assert host.sh(LOOK) == before


def test_without_both_a_network_that_needs_no_nft_comes_up(
    host: Host, broken: dict[str, str]
) -> None:
    _hide_program(host)
    Path(broken["LD_LIBRARY_PATH"], "nft").unlink()
    file = str(EXAMPLES / "two-hosts.yaml")
    host.glassnet("up", file, env=broken)
    host.glassnet("check", file, env=broken)
    host.glassnet("down", "two-hosts", env=broken)


@pytest.mark.parametrize("env", ["library", "program", "broken"])
def test_either_way_the_host_is_the_same(host: Host, broken: dict[str, str], env: str) -> None:
    chosen = {"library": {}, "program": {"GLASSNET_NFT": "program"}, "broken": broken}[env]
    if env == "library":
        _hide_program(host)
    file = str(EXAMPLES / "published.yaml")
    host.glassnet("up", file, env=chosen)
    host.glassnet("check", file, env=chosen)
    [table] = using(host, "library", listed)
    assert table == ("inet", "glassnet")
    host.glassnet("down", "published", env=chosen)
    assert using(host, "library", listed) == {}
