"""Attachments for tests: what is wired to what, by whom, and what ``ip`` says of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from glassnet.engine.attach import attach, detach
from glassnet.engine.engine import Engine
from glassnet.engine.executor import NO_LIMIT
from glassnet.engine.store import STATE_DIR, Store
from glassnet.events import Listener, ignore
from glassnet.kernel.linux import LinuxKernel
from glassnet.kernel.port import Kernel
from glassnet.plan.attachment import Attachment
from glassnet.plan.model import Plan
from glassnet.testing.host import Host
from glassnet.values import Cidr, IfName, IpAddress, Netns

T = TypeVar("T")

BRIDGE: Final = IfName("br0")
GATEWAYS: Final = {
    "bridge": (IpAddress("10.0.0.1"), IpAddress("fd00:10::1")),
    "routed": (IpAddress("169.254.1.1"), IpAddress("fe80::1")),
}
VERSIONS: Final = {"v4": (4,), "v6": (6,), "both": (4, 6)}


def attachment(
    number: int = 0, mode: str = "routed", families: str = "both", **other: Any
) -> Attachment:
    """The one with that number: namespace ``c7``, ``gn7`` on the host, 10.0.0.9 and fd00:10::9."""
    length = {"bridge": {4: 24, 6: 64}, "routed": {4: 32, 6: 128}}[mode]
    low, high = (number + 2) % 256, (number + 2) // 256
    addresses = {4: f"10.0.{high}.{low}", 6: f"fd00:10::{number + 2:x}"}
    versions = VERSIONS[families]
    made = Attachment(
        network="net",
        container=f"c{number}",
        netns=Netns(f"c{number}"),
        ifname=IfName("eth0"),
        host_ifname=IfName(f"gn{number}"),
        addresses=tuple(Cidr(f"{addresses[one]}/{length[one]}") for one in versions),
        gateways=tuple(one for one in GATEWAYS[mode] if one.version in versions),
        bridge=BRIDGE if mode == "bridge" else None,
    )
    return msgspec.structs.replace(made, **other)


def make_namespaces(host: Host, count: int = 1) -> None:
    """``c0``, ``c1`` and so on."""
    for number in range(count):
        host.run("ip", "netns", "add", f"c{number}")


def make_bridge(host: Host) -> None:
    """What attachments of the mode ``bridge`` are ports of.

    It has a MAC and a port of its own: without them it would be another one after its first port.
    """
    host.sh(
        """
        ip link add br0 address 02:00:00:00:00:01 type bridge
        ip link add other0 address 02:00:00:00:00:02 type veth peer other1
        ip link set other1 up
        ip link set other0 master br0 up
        ip link set br0 up
        ip addr add 10.0.0.1/24 dev br0
        ip addr add fd00:10::1/64 dev br0 nodad
        """
    )


def prepare(host: Host, mode: str, count: int = 1) -> None:
    """All that attachments need."""
    make_namespaces(host, count)
    if mode == "bridge":
        make_bridge(host)


def working(
    work: Callable[[Engine], T],
    listener: Listener = ignore,
    kernel: Callable[[], Kernel] = LinuxKernel,
    directory: Path = STATE_DIR,
    chunk: int = NO_LIMIT,
) -> T:
    """What comes of some work with an engine, in this process, which is in a host."""
    with Engine(kernel(), Store(directory), listener, chunk) as engine:
        return work(engine)


def prepare_to_compare(host: Host, mode: str, count: int = 1) -> None:
    """Without link-local addresses, which come of random MACs; and the kernel leaves loopback the
    address that it gives it when it first is up."""
    off = "echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode"
    host.sh(off)
    prepare(host, mode, count)
    for number in range(count):
        host.run("ip", "netns", "exec", f"c{number}", "sh", "-c", off)
        host.sh(f"ip -n c{number} link set lo up; ip -n c{number} link set lo down")


def attached(host: Host, *wanted: Attachment) -> None:
    """Attach in a process of its own inside. Raises what `attach` raises."""

    def work(engine: Engine) -> None:
        for one in wanted:
            attach(engine, one)

    host.call(working, work)


def detached(host: Host, *names: str) -> list[Plan]:
    """Detach in a process of its own inside."""
    return host.call(working, lambda engine: [detach(engine, name) for name in names])


def standing(host: Host) -> list[str]:
    """The names of the attachments that the store has."""
    return host.call(working, lambda engine: list(engine.attachments.all()))


def pending(host: Host) -> int:
    """How many rows are pending, whoever made them."""
    asked = "SELECT (SELECT count(*) FROM pending) + count(*) FROM attachments WHERE pending"
    count: int = host.call(working, lambda engine: engine.store.row(asked)[0])
    return count
