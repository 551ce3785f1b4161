"""The plans of one attachment: what must be looked up, and what is done by what was found."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from machine import Machine
from modelkernel import ModelKernel

from glassnet.ops.addr import AddrOp
from glassnet.ops.base import KEPT, Op, Receipt
from glassnet.ops.bridge import PortOp
from glassnet.ops.conntrack import ForgetOp
from glassnet.ops.link import DummyOp, IfbOp, LinkSetOp
from glassnet.ops.masquerade import MasqueradeOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.publish import PublishOp
from glassnet.ops.registry import AnyOp
from glassnet.ops.route import RouteOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.ops.vrf import VrfOp
from glassnet.plan.model import Entry, Plan, entries_of
from glassnet.plan.wiring import attach_lookups, build_attach, build_detach, detach_lookups
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, Cidr, IfName, IpAddress, Netns, Prefix, SysctlKey

A = Netns("a")
P0, ETH0, LO = map(IfName, ("p0", "eth0", "lo"))
CABLE = VethOp(ifname=P0, alias="glassnet:net/c/eth0", up=True, peer=ETH0, peer_netns=A)
LO_UP, FAR_UP = (LinkSetOp(netns=A, ifname=name, up=True) for name in (LO, ETH0))
ADDR = AddrOp(netns=A, ifname=ETH0, cidr=Cidr("10.0.0.2/24"))
ROUTE = RouteOp(dst=Prefix("10.0.0.2/32"), ifname=P0, scope="link")
FORWARD = SysctlOp(name=SysctlKey("net.ipv4.ip_forward"), value="1")
ISOLATED = PortOp(ifname=P0, master=IfName("br0"), options={"isolated": 1})
MASQUERADE = MasqueradeOp(prefix=Prefix("10.0.0.0/24"), comment="glassnet:net")
OPS: list[AnyOp] = [CABLE, LO_UP, FAR_UP, ADDR, ROUTE, FORWARD, ISOLATED, MASQUERADE]


def _seen(*, lo: bool = False, forward: str = "0", cable: bool = False) -> Snapshot:
    """A container and the host; loopback up or not, forwarding or not, wired or not."""
    kernel = ModelKernel()
    kernel.spaces[A] = kernel.spaces.pop(HOST)
    host = ModelKernel()
    kernel.spaces[HOST] = host.spaces[HOST]
    kernel.do(LinkSetOp(netns=A, ifname=LO, up=lo))
    kernel.do(SysctlOp(name=FORWARD.name, value=forward))
    if cable:
        kernel.do(CABLE)
    return kernel.snapshot(
        {Facet(A, "netns"), Facet(HOST, "netns"), Facet(HOST, "sysctl", FORWARD.name)}
    )


def _said(plan: Plan) -> list[str]:
    return [f"{step.action}: {step.op}{step.note and f' ({step.note})'}" for step in plan.steps]


def test_only_settings_of_what_is_there_already_are_looked_up() -> None:
    assert attach_lookups(OPS) == {Facet(A, "link", "lo"), Facet(HOST, "sysctl", FORWARD.name)}
    assert attach_lookups([]) == frozenset()


def test_objects_are_made_unseen_and_settings_with_what_was_before() -> None:
    plan = build_attach("net/c/eth0", OPS, _seen())
    assert (plan.name, plan.verb) == ("net/c/eth0", "attach")
    assert [step.op for step in plan.steps] == OPS
    assert {step.action for step in plan.steps} == {"make"}
    assert {str(step.op): step.before for step in plan.steps if step.before} == {
        str(LO_UP): {"state": "down"},
        str(FORWARD): {"value": "0"},
    }


def test_a_setting_that_is_so_already_is_kept() -> None:
    plan = build_attach("net/c/eth0", OPS, _seen(lo=True, forward="1"))
    assert [step.op for step in plan.steps if step.action == "keep"] == [LO_UP, FORWARD]
    assert [entry.receipt for entry in entries_of(plan)][1] == KEPT


def _entries(seen: Snapshot, ops: Sequence[AnyOp] = OPS) -> Plan:
    return build_attach("net/c/eth0", ops, seen)


def test_what_is_looked_up_before_it_is_taken_back() -> None:
    entries = entries_of(_entries(_seen(lo=True)))
    assert detach_lookups(entries) == {
        Facet(A, "netns"),
        Facet(HOST, "netns"),
        Facet(HOST, "link", "p0"),
        Facet(HOST, "sysctl", FORWARD.name),
        Facet(A, "link", "eth0"),
        Facet(A, "addrs", "eth0"),
    }


def test_with_the_cable_goes_what_is_on_it() -> None:
    entries = entries_of(_entries(_seen()))
    plan = build_detach("net/c/eth0", entries, _seen(lo=True, forward="1", cable=True))
    assert (plan.name, plan.verb) == ("net/c/eth0", "detach")
    assert _said(plan) == [
        "remove: no masquerade of 10.0.0.0/24 on the host",
        "restore: setting net.ipv4.ip_forward = 0 on the host",
        "implied: no route to 10.0.0.2/32 dev p0 on the host",
        "implied: no address 10.0.0.2/24 on eth0 in a",
        "restore: link lo down in a",
        "remove: no veth p0 on the host to eth0 in a",
    ]


def test_what_others_changed_or_took_away_is_passed_over() -> None:
    entries = entries_of(_entries(_seen()))
    plan = build_detach("net/c/eth0", entries, _seen(forward="7"))
    said = _said(plan)
    assert said[1] == (
        "leave: setting net.ipv4.ip_forward = 0 on the host "
        "(net.ipv4.ip_forward is 7 now, not the 1 that glassnet set)"
    )
    assert said[-2:] == [
        "keep: link lo down in a (as before already)",
        "keep: no veth p0 on the host to eth0 in a (as before already)",
    ]


def test_of_a_container_that_is_gone_only_the_hosts_part_is_left() -> None:
    entries = entries_of(_entries(_seen()))
    seen = _seen(forward="1")
    gone = Snapshot({HOST: seen[HOST], A: NetnsState(A, exists=False)})
    said = _said(build_detach("net/c/eth0", entries, gone))
    assert said[1] == "restore: setting net.ipv4.ip_forward = 0 on the host"
    assert [line for line in said if "gone already" in line] == [
        "keep: no address 10.0.0.2/24 on eth0 in a (gone already)",
        "keep: link lo down in a (gone already)",
        "keep: no veth p0 on the host to eth0 in a (gone already)",
    ]


def test_what_was_kept_is_not_taken_back() -> None:
    entries = entries_of(_entries(_seen(lo=True, forward="1"), [LO_UP, FORWARD]))
    assert [entry.receipt for entry in entries] == [Receipt(changed=False)] * 2
    assert build_detach("net/c/eth0", entries, _seen()).steps == ()


def test_settings_of_what_is_gone_are_passed_over() -> None:
    """A link that was deleted took its settings along; one that is there gets them back."""
    arp = SysctlOp(name=SysctlKey("net.ipv4.conf.p0.arp_filter"), value="1")
    mtu = LinkSetOp(ifname=P0, mtu=1400)
    entries = [
        Entry(arp, Receipt(changed=True, before={"value": "0"})),
        Entry(mtu, Receipt(changed=True, before={"mtu": "1500"})),
    ]
    assert {Facet(HOST, "sysctl", arp.name), Facet(HOST, "link", P0)} <= detach_lookups(entries)
    gone = _said(build_detach("x", entries, Snapshot({HOST: NetnsState(HOST)})))
    assert gone == [
        "keep: link p0 mtu 1500 on the host (gone already)",
        "keep: setting net.ipv4.conf.p0.arp_filter = 0 on the host (gone already)",
    ]
    there = NetnsState(HOST)
    there.sysctls[arp.name] = "1"
    there.links[P0] = LinkState(2, P0, 1, mtu=1400)
    assert _said(build_detach("x", entries, Snapshot({HOST: there}))) == [
        "restore: link p0 mtu 1500 on the host",
        "restore: setting net.ipv4.conf.p0.arp_filter = 0 on the host",
    ]


def test_flows_are_forgotten_again_once_nothing_leads_there() -> None:
    publish = PublishOp(protocol="udp", port=53, to=IpAddress("10.0.0.2"), to_port=53)
    forget = ForgetOp(port=53, version=4)
    entries = [Entry(publish, Receipt(changed=True)), Entry(forget, Receipt(changed=True))]
    said = _said(build_detach("x", entries, Snapshot({HOST: NetnsState(HOST)})))
    assert said == [f"remove: no {publish}", f"restore: {forget}"]


def test_cables_go_together_after_all_else_but_before_what_is_forgotten() -> None:
    """The kernel waits for links that go in neighbouring requests only once."""
    ifb = IfbOp(ifname=IfName("ifb1"), alias="glassnet:net/c/eth0")
    publish = PublishOp(protocol="udp", port=53, to=IpAddress("10.0.0.2"), to_port=53)
    forget = ForgetOp(port=53, version=4)
    made: list[AnyOp] = [CABLE, publish, ifb, MASQUERADE, forget]
    kernel = ModelKernel()
    kernel.spaces[A] = ModelKernel().spaces[HOST]
    kernel.do(CABLE)
    kernel.do(ifb)
    seen = kernel.snapshot({Facet(A, "netns"), Facet(HOST, "netns")})
    entries = [Entry(op, Receipt(changed=True)) for op in made]
    assert _said(build_detach("x", entries, seen)) == [
        f"remove: {MASQUERADE.flipped()}",
        f"remove: {publish.flipped()}",
        f"remove: {ifb.flipped()}",
        f"remove: {CABLE.flipped()}",
        f"restore: {forget}",
    ]


def test_what_was_taken_away_is_not_put_back() -> None:
    entries = [Entry(ROUTE.flipped(), Receipt(changed=True))]
    assert _said(build_detach("x", entries, Snapshot({HOST: NetnsState(HOST)}))) == [
        f"keep: {ROUTE} (not put back)"
    ]


RED = VrfOp(netns=A, ifname=IfName("red"), table=10, up=True)
JOIN = PortOp(netns=A, ifname=ETH0, master=RED.ifname)


def _members(*there: Op) -> Snapshot:
    """A container with an interface, and what else is there."""
    kernel = ModelKernel()
    for op in (NetnsOp(netns=A), CABLE, *there):
        kernel.do(op)
    return kernel.snapshot({Facet(A, "netns"), Facet(HOST, "netns")})


def test_a_vrf_is_made_once_and_shared_by_its_members() -> None:
    assert attach_lookups([RED]) == frozenset(RED.lookups())
    assert _said(build_attach("net/c/eth0", [RED, JOIN], _members())) == [
        f"make: {RED}",
        f"make: {JOIN}",
    ]
    plan = build_attach("net/c/eth0", [RED, JOIN], _members(RED))
    assert _said(plan) == [f"implied: {RED}", f"make: {JOIN}"]
    assert [step.before for step in plan.steps] == [{}, {"master": "none"}]


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ((), f"remove: no {RED}"),
        ((JOIN,), f"remove: no {RED}"),
        (
            (DummyOp(netns=A, ifname=P0), PortOp(netns=A, ifname=P0, master=RED.ifname)),
            f"leave: no {RED} (others are in it)",
        ),
    ],
)
def test_the_last_member_of_a_vrf_takes_it_away(others: tuple[Op, ...], said: str) -> None:
    entries = entries_of(build_attach("net/c/eth0", [RED, JOIN], _members(RED)))
    assert detach_lookups(entries) >= {Facet(A, "links"), Facet(A, "netns")}
    plan = build_detach("net/c/eth0", entries, _members(RED, *others))
    assert _said(plan)[-1] == said


def test_a_member_that_is_gone_need_not_leave() -> None:
    entries = entries_of(build_attach("net/c/eth0", [RED, JOIN], _members(RED)))
    there = Machine(NetnsOp(netns=A), RED).look([JOIN])
    assert _said(build_detach("net/c/eth0", entries[1:], there)) == [
        "keep: port eth0 in a of no bridge (gone already)"
    ]


def test_what_an_attachment_took_away_is_not_put_back() -> None:
    gone = AddrOp(netns=A, ifname=ETH0, cidr=ADDR.cidr, present=False)
    entries = entries_of(build_attach("net/c/eth0", [gone], _members(ADDR)))
    assert _said(build_detach("net/c/eth0", entries, _members())) == [
        f"keep: {ADDR} (not put back)"
    ]
