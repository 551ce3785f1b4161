"""Links on a lower device, brought up, checked, mended and taken down with their namespaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from attaching import working

from glassnet.engine.engine import Engine
from glassnet.errors import Conflict
from glassnet.ops.addr import AddrOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.macvlan import MacvlanOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.registry import AnyOp
from glassnet.ops.tun import TunOp
from glassnet.ops.vxlan import VxlanOp
from glassnet.plan.model import Wanted
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look
from glassnet.values import Cidr, IfName, IpAddress, Netns

pytestmark = pytest.mark.kernel

NS1, NS2 = Netns("ns1"), Netns("ns2")
P0, ETH0, X0, TAP0 = map(IfName, ("p0", "eth0", "x0", "tap0"))


@pytest.fixture
def host() -> Iterator[Host]:
    """With a device p0 that is down, and is somebody else's; and no addresses but those given."""
    with Host() as it:
        it.sh("""
        echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode
        ip link add p0 address 02:00:00:00:00:01 type veth peer p1 address 02:00:00:00:00:02
        ip link set p1 up
        """)
        yield it


def on_p0(netns: Netns, number: int) -> list[AnyOp]:
    """A namespace with a macvlan on p0 and an address."""
    cidr = Cidr(f"10.0.0.{number}/24")
    mark = f"glassnet:net/{netns}"
    return [
        AddrOp(netns=netns, ifname=ETH0, cidr=cidr),
        MacvlanOp(netns=netns, ifname=ETH0, lower=P0, alias=mark, up=True, mtu=1400),
        NetnsOp(netns=netns),
    ]


def wanted() -> list[AnyOp]:
    """The whole, the other way round than it can be made."""
    remote = IpAddress("10.0.0.9")
    return [
        VxlanOp(netns=NS1, ifname=X0, id=5, lower=P0, remote=remote, alias="glassnet:net/x0"),
        TunOp(netns=NS2, ifname=TAP0, alias="glassnet:net/tap0", up=True),
        *on_p0(NS1, 1),
        *on_p0(NS2, 2),
        LinkSetOp(ifname=P0, up=True, mtu=1450),
    ]


def engine_in(host: Host, work: Callable[[Engine], Any]) -> Any:
    return host.call(working, work)


def up(host: Host, ops: Sequence[AnyOp], name: str = "net") -> list[str]:
    """Bring up: what was done."""
    plan = engine_in(host, lambda engine: engine.up(name, [Wanted(op) for op in ops]))
    return [str(step.op) for step in plan.changes]


def down(host: Host) -> list[str]:
    plan = engine_in(host, lambda engine: engine.down("net"))
    return [f"{step.action} {step.op}" for step in plan.steps]


def unlike(host: Host) -> list[str]:
    """What `check` finds."""
    findings = engine_in(host, lambda engine: engine.check(engine.recorded("net")))
    return [str(line) for one in findings for line in one.differences]


def test_they_come_after_what_they_sit_on_and_reach_each_other(host: Host) -> None:
    done = up(host, wanted())
    assert done.index("link p0 mtu 1450 up on the host") < done.index(
        "macvlan eth0 in ns1 on p0 on the host"
    )
    assert unlike(host) == []
    assert up(host, wanted()) == []
    answered = host.glassnet("ping", "-c", "1", "ns1", "10.0.0.2")
    assert "10.0.0.2" in answered.stdout


def test_down_leaves_nothing_of_it(host: Host) -> None:
    before = look(host)
    up(host, wanted())
    assert differences(before, look(host))
    down(host)
    assert not differences(before, look(host))


def test_what_the_lower_device_knows_is_free_at_once(host: Host) -> None:
    """A namespace ends some time after it was unpinned; what it has on others must not wait."""
    for _ in range(5):
        up(host, wanted())
        assert "remove no vxlan x0 in ns1 on p0 on the host" in down(host)


def test_a_link_that_went_with_its_lower_device_is_made_anew(host: Host) -> None:
    up(host, wanted())
    host.sh("""
    ip link del p0
    ip link add p0 mtu 1450 address 02:00:00:00:00:01 type veth peer p1 address 02:00:00:00:00:02
    ip link set p0 up; ip link set p1 up
    """)
    assert "macvlan eth0 in ns1 on p0 on the host: wanted to be there, found nothing" in unlike(
        host
    )
    engine_in(host, lambda engine: engine.repair("net"))
    assert unlike(host) == []
    assert "10.0.0.1" in host.glassnet("ping", "-c", "1", "ns2", "10.0.0.1").stdout


def test_a_lower_device_that_takes_no_macvlan_is_told_before(host: Host) -> None:
    host.sh("ip link add link p0 name m0 type macvlan; ip netns add ns1")
    op = MacvlanOp(netns=NS1, ifname=ETH0, lower=IfName("m0"))
    with pytest.raises(Conflict, match="m0 is macvlan itself"):
        up(host, [op])


def test_somebody_elses_link_of_that_name_is_left(host: Host) -> None:
    host.sh("ip netns add ns1; ip -n ns1 link add eth0 type veth peer eth1")
    before = look(host)
    with pytest.raises(Conflict, match="a link eth0 is there already, not made by glassnet"):
        up(host, wanted()[2:4])
    assert not differences(before, look(host))
