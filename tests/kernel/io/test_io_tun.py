"""Tun and tap devices on a real kernel: made exclusively, made to last last of all."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from glassnet.errors import KernelRefused, Unsupported
from glassnet.kernel import selinux, tun
from glassnet.kernel.linux import LinuxKernel
from glassnet.ops import require
from glassnet.ops.request import Request, TunRequest
from glassnet.ops.tun import TunOp
from glassnet.state.snapshot import Facet
from glassnet.testing.host import Host
from glassnet.values import HOST, IfName, Netns

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(not tun.available(), reason=require.lacking(require.TUN)),
]

NS1 = Netns("ns1")
TAP0 = IfName("tap0")
MARKED = TunRequest(NS1, "tap0", "tap", owner=0, alias="glassnet:it")


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        it.sh("ip netns add ns1")
        yield it


def perform(requests: Sequence[Request]) -> list[Any]:
    with LinuxKernel() as kernel:
        return kernel.perform(requests)


def links(host: Host, netns: str = "ns1") -> list[str]:
    return [one["ifname"] for one in host.json("ip", "-n", netns, "-j", "link")]


def test_it_lasts_in_its_namespace_with_its_mark(host: Host) -> None:
    assert host.call(perform, [MARKED]) == [None]
    [found] = host.json("ip", "-n", "ns1", "-j", "-d", "link", "show", "tap0")
    assert found["ifalias"] == "glassnet:it"
    assert found["linkinfo"]["info_kind"] == "tun"
    told = found["linkinfo"]["info_data"]
    assert (told["type"], told["user"], told["persist"], told["pi"]) == ("tap", "root", True, False)
    assert "tap0" not in [one["ifname"] for one in host.json("ip", "-j", "link")]


def test_what_is_there_is_never_taken_for_ours(host: Host) -> None:
    host.sh("ip -n ns1 tuntap add mode tap name tap0; ip -n ns1 link set tap0 alias mine")
    [error] = host.call(perform, TunOp(netns=NS1, ifname=TAP0, alias="glassnet:it").requests())
    assert str(error).startswith("making the tap device tap0: Device or resource busy (EBUSY)")
    [found] = host.json("ip", "-n", "ns1", "-j", "link", "show", "tap0")
    assert found["ifalias"] == "mine"


def without_lasting(request: TunRequest) -> None:
    """Make it in a process that dies when it would make it last."""
    before = fcntl.ioctl

    def dying(device: int, question: int, *rest: Any) -> Any:
        if question == tun.TUNSETPERSIST:
            os._exit(7)
        return before(device, question, *rest)

    pytest.MonkeyPatch().setattr(fcntl, "ioctl", dying)
    perform([request])


def test_a_death_before_it_lasts_leaves_nothing(host: Host) -> None:
    assert host.kill_in(without_lasting, MARKED) == 7
    assert links(host) == ["lo"]


CONTEXT = "system_u:system_r:container_t:s0"
WITHIN = TunRequest(NS1, "tap0", "tap", multi_queue=True, alias="glassnet:it", context=CONTEXT)


def as_if_selinux(attribute: str, path: str, request: TunRequest) -> list[Any]:
    """Make it where a file stands for what SELinux is told of the next program."""
    patch = pytest.MonkeyPatch()
    patch.setattr(selinux, "EXEC", attribute)
    patch.setenv("PATH", path)
    return perform([request])


def test_the_program_that_makes_it_has_the_context(host: Host, tmp_path: Path) -> None:
    attribute, program = tmp_path / "exec", tmp_path / "ip"
    attribute.touch()
    program.write_text(
        f'#!/bin/sh\n/bin/cp {attribute} {tmp_path}/seen\nexec {shutil.which("ip")} "$@"\n'
    )
    program.chmod(0o755)
    assert host.call(as_if_selinux, str(attribute), str(tmp_path), WITHIN) == [None]
    assert (tmp_path / "seen").read_bytes() == CONTEXT.encode() + b"\0"
    [found] = host.json("ip", "-n", "ns1", "-j", "-d", "link", "show", "tap0")
    told = found["linkinfo"]["info_data"]
    assert (found["ifalias"], told["type"], told["multi_queue"]) == ("glassnet:it", "tap", True)
    [error] = host.call(as_if_selinux, str(attribute), str(tmp_path), WITHIN)
    assert "(EBUSY)" in str(error)


@pytest.mark.skipif(selinux.available(), reason="this host has SELinux")
def test_a_context_where_there_is_no_selinux(host: Host) -> None:
    [error] = host.call(perform, [WITHIN])
    assert isinstance(error, KernelRefused | Unsupported)
    assert CONTEXT in str(error)
    assert links(host) == ["lo"]
    assert host.call(as_if_selinux, "/nowhere", "", WITHIN)[0].advice().startswith("leave the")


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (TunRequest(NS1, "tap0", "tap", owner=12345), "Invalid argument (EINVAL)"),
        (TunRequest(NS1, "tap0", "tap", group=2**32 - 2), "Invalid argument (EINVAL)"),
    ],
    ids=["owner", "group"],
)
def test_a_refusal_leaves_nothing(host: Host, request_: TunRequest, words: str) -> None:
    """A private host knows no ids but 0."""
    [error] = host.call(perform, [request_])
    assert isinstance(error, KernelRefused)
    assert str(error).startswith(f"making the tap device tap0: {words}")
    assert links(host) == ["lo"]


def test_it_is_found_by_name_as_soon_as_it_is_made(host: Host) -> None:
    """The index of an earlier one is not used: here of a link that was there of that name."""
    host.sh("ip -n ns1 link add br0 type bridge")
    old = TunOp(netns=NS1, ifname=TAP0, master=IfName("br0"), up=True)
    new = TunOp(netns=NS1, ifname=TAP0, mode="tun", up=True)
    made = host.call(perform, [*old.requests(), *old.flipped().requests(), *new.requests()])
    assert made == [None] * len(made)
    [found] = host.json("ip", "-n", "ns1", "-j", "-d", "link", "show", "tap0")
    assert found["linkinfo"]["info_data"]["type"] == "tun"
    assert "UP" in found["flags"]


def deleted_while_open() -> list[Any]:
    """Delete a device that this very process holds open."""
    with LinuxKernel() as kernel:
        kernel.perform([TunRequest(HOST, "tap0", "tap")])
        held = os.open(tun.PATH, os.O_RDWR)
        try:
            asked = struct.pack("=16sH22x", b"tap0", tun.IFF_TAP | tun.IFF_NO_PI)
            fcntl.ioctl(held, tun.TUNSETIFF, asked)
            return kernel.perform(TunOp(ifname=TAP0, present=False).requests())
        finally:
            os.close(held)


def test_it_goes_from_under_the_program_that_holds_it(host: Host) -> None:
    assert host.call(deleted_while_open) == [None]
    assert [one["ifname"] for one in host.json("ip", "-j", "link")] == ["lo"]


def lacks(netns: Netns) -> set[str]:
    with LinuxKernel() as kernel:
        return kernel.snapshot([Facet(netns, "fit", require.TUN)])[netns].lacks


@pytest.mark.parametrize("netns", [HOST, NS1, Netns("to-come")])
def test_whether_it_can_be_made_is_known_before(host: Host, netns: Netns) -> None:
    assert host.call(lacks, netns) == set()
    host.sh("mount -t tmpfs none /dev/net")
    assert host.call(lacks, netns) == {require.TUN}
    if netns != NS1:
        return
    [error] = host.call(perform, [MARKED])
    assert isinstance(error, Unsupported)
    assert "No such file or directory" in str(error)
    assert "modprobe tun" in error.advice()


def test_it_takes_rights(host: Host) -> None:
    with_less = ("setpriv", "--bounding-set=-net_admin", sys.executable, "-c", MAKES_ONE)
    assert (
        "NotPermitted making the tap device tap0: Operation not permitted"
        in host.run(*with_less).stdout
    )
    assert [one["ifname"] for one in host.json("ip", "-j", "link")] == ["lo"]


MAKES_ONE = """
from glassnet.kernel.linux import LinuxKernel
from glassnet.ops.request import TunRequest
from glassnet.values import HOST
with LinuxKernel() as kernel:
    [error] = kernel.perform([TunRequest(HOST, "tap0", "tap")])
print(type(error).__name__, error)
"""
