"""What is refused before anything is touched, in exact words."""

from __future__ import annotations

import pytest
from machine import Machine, wanted, wants

from glassnet.errors import Conflict, GlassnetError, NotFound, PlanError
from glassnet.netlink.route.tctable import INGRESS, ROOT
from glassnet.ops.addr import AddrOp
from glassnet.ops.base import Key, Op
from glassnet.ops.bridge import BridgeOp, PortOp
from glassnet.ops.ingress import RedirectOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.masquerade import MasqueradeOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.publish import PublishOp
from glassnet.ops.route import Hop, RouteOp
from glassnet.ops.tclass import ClassOp
from glassnet.ops.veth import VethOp
from glassnet.plan.model import Wanted
from glassnet.plan.validate import validate
from glassnet.state.qdisc import QdiscState
from glassnet.values import HOST, Cidr, IfName, IpAddress, Netns, Prefix

A, B = Netns("a"), Netns("b")
BR0, P0, ETH0, LO = map(IfName, ("br0", "p0", "eth0", "lo"))
DEFAULT = Prefix("0.0.0.0/0")
VIA = IpAddress("10.0.0.1")
BRIDGE = BridgeOp(ifname=BR0, alias="glassnet:net/br0")
CABLE = VethOp(ifname=P0, peer=ETH0, peer_netns=A, alias="glassnet:net/a:eth0", up=True)


def _addr(cidr: str, ifname: str = "br0", netns: str = "", *, present: bool = True) -> AddrOp:
    return AddrOp(netns=Netns(netns), ifname=IfName(ifname), cidr=Cidr(cidr), present=present)


def _publish(port: int, count: int = 1, to_port: int = 80) -> PublishOp:
    return PublishOp(
        protocol="tcp", port=port, count=count, to=IpAddress("10.0.0.2"), to_port=to_port
    )


def _refused(there: list[Op], ops: list[Op]) -> GlassnetError:
    """The refusal of these, on a machine on which those are."""
    items = wants(*ops)
    with pytest.raises(GlassnetError) as caught:
        validate(items, items, Machine(*there).look(ops))
    assert caught.value.exit_code == 2
    return caught.value


def _accepted(there: list[Op], ops: list[Op]) -> None:
    items = wants(*ops)
    validate(items, items, Machine(*there).look(ops))


@pytest.mark.parametrize(
    ("ops", "words"),
    [
        (
            [NetnsOp(netns=A), NetnsOp(netns=A)],
            "lab.yaml:2: namespace a is asked for twice: also by lab.yaml:1: namespace a",
        ),
        (
            [BRIDGE, BridgeOp(ifname=BR0, mtu=1400)],
            "lab.yaml:2: bridge br0 on the host is asked for twice: "
            "also by lab.yaml:1: bridge br0 on the host",
        ),
        (
            [BridgeOp(ifname=P0), NetnsOp(netns=A), CABLE],
            "lab.yaml:3: veth p0 on the host to eth0 in a is asked for twice: "
            "also by lab.yaml:1: bridge p0 on the host",
        ),
        (
            [NetnsOp(netns=A), CABLE, BridgeOp(netns=A, ifname=ETH0)],
            "lab.yaml:3: bridge eth0 in a is asked for twice: "
            "also by lab.yaml:2: veth p0 on the host to eth0 in a",
        ),
        (
            [NftBaseOp(), _publish(80), _publish(75, 10)],
            "lab.yaml:3: published port tcp 75-84 to 10.0.0.2:80-89 on the host is asked for "
            "twice: also by lab.yaml:2: published port tcp 80 to 10.0.0.2:80 on the host",
        ),
        (
            [BRIDGE, _addr("10.0.0.1/24"), _addr("10.0.0.1/24")],
            "lab.yaml:3: address 10.0.0.1/24 on br0 on the host is asked for twice: "
            "also by lab.yaml:2: address 10.0.0.1/24 on br0 on the host",
        ),
    ],
)
def test_what_is_asked_for_twice(ops: list[Op], words: str) -> None:
    error = _refused([], ops)
    assert isinstance(error, PlanError)
    assert str(error) == words
    assert error.advice() == "give each object one name and one place"


@pytest.mark.parametrize(
    ("op", "missing", "noun"),
    [
        (LinkSetOp(netns=A, ifname=LO, up=True), "netns a in a", "netns"),
        (_addr("10.0.0.1/24"), "link br0 on the host", "link"),
        (PortOp(ifname=P0, master=BR0), "link p0 on the host", "link"),
        (RouteOp(dst=DEFAULT, ifname=ETH0), "link eth0 on the host", "link"),
        (VethOp(ifname=P0, peer=ETH0, peer_netns=A), "netns a in a", "netns"),
    ],
)
def test_what_is_needed_and_not_there(op: Op, missing: str, noun: str) -> None:
    error = _refused([], [op])
    assert isinstance(error, NotFound)
    assert str(error) == f"lab.yaml:1: {op}: there is no {missing}"
    assert error.advice() == f"declare the {noun}, or make it first"


@pytest.mark.parametrize(
    ("there", "ops"),
    [
        ([NetnsOp(netns=A)], [LinkSetOp(netns=A, ifname=LO, up=True)]),
        ([], [LinkSetOp(ifname=LO, up=True)]),
        ([BRIDGE], [_addr("10.0.0.1/24")]),
        ([NetnsOp(netns=A), CABLE], [_addr("10.0.0.1/24", "eth0", "a")]),
        ([NftBaseOp()], [MasqueradeOp(prefix=Prefix("10.0.0.0/24"))]),
        ([], [NftBaseOp(), MasqueradeOp(prefix=Prefix("10.0.0.0/24"))]),
        ([], [_addr("10.0.0.1/24"), BRIDGE]),
    ],
)
def test_what_is_needed_and_there_or_wanted_too(there: list[Op], ops: list[Op]) -> None:
    _accepted(there, ops)


CLASS = ClassOp(ifname=BR0, minor=1, rate=10**6, burst=5000)
REDIRECT = RedirectOp(ifname=BR0, target=P0)


@pytest.mark.parametrize(
    ("op", "parent", "handle", "there"),
    [
        (CLASS, ROOT, 1 << 16, True),
        (CLASS, ROOT, 0, False),
        (CLASS, INGRESS, 1 << 16, False),
        (REDIRECT, INGRESS, INGRESS, True),
        (REDIRECT, ROOT, 1 << 16, False),
    ],
)
def test_a_discipline_that_is_needed(op: Op, parent: int, handle: int, there: bool) -> None:
    seen = Machine(BRIDGE, BridgeOp(ifname=P0)).look([BRIDGE, op])
    bridge = seen[HOST].links["br0"].index
    seen[HOST].qdiscs.append(QdiscState(bridge, "htb", handle, parent))
    seen[HOST].qdiscs.append(QdiscState(bridge + 99, "htb", 1 << 16, ROOT))
    if there:
        validate([], [Wanted(op)], seen)  # type: ignore[arg-type]
        return
    spot = "root" if op is CLASS else "ingress"
    with pytest.raises(NotFound) as caught:
        validate([], [Wanted(op)], seen)  # type: ignore[arg-type]
    assert str(caught.value) == f"{op}: there is no qdisc br0 {spot} on the host"
    assert caught.value.advice() == "declare the qdisc, or make it first"


def test_what_cannot_be_told_to_be_there_must_be_wanted() -> None:
    class Odd(NetnsOp, frozen=True, kw_only=True):
        def needs(self) -> tuple[Key, ...]:
            return (("odd", "", "thing"),)

    with pytest.raises(NotFound, match="there is no odd thing on the host"):
        validate([], [Wanted(Odd(netns=A))], Machine().look())


WIRED: list[Op] = [NetnsOp(netns=A), CABLE]


@pytest.mark.parametrize(
    ("there", "ops", "gateway", "known"),
    [
        ([], [RouteOp(dst=DEFAULT, via=VIA)], "10.0.0.1", "none"),
        ([BRIDGE], [_addr("10.1.0.1/24"), RouteOp(dst=DEFAULT, via=VIA)],
         "10.0.0.1", "10.1.0.0/24"),
        (
            [BRIDGE, _addr("10.1.0.1/24"), _addr("fd00::1/64")],
            [RouteOp(dst=DEFAULT, via=VIA)],
            "10.0.0.1",
            "10.1.0.0/24, fd00::/64",
        ),
        ([BRIDGE, _addr("10.0.0.1/24")], [RouteOp(netns=A, dst=DEFAULT, via=VIA), *WIRED],
         "10.0.0.1", "none"),
        (
            [BRIDGE, _addr("10.0.0.9/24")],
            [RouteOp(dst=DEFAULT, hops=(Hop(via=VIA), Hop(via=IpAddress("10.0.1.1"))))],
            "10.0.1.1",
            "10.0.0.0/24",
        ),
        ([BRIDGE], [RouteOp(dst=DEFAULT, ifname=BR0, metric=5), RouteOp(dst=DEFAULT, via=VIA)],
         "10.0.0.1", "0.0.0.0/0"),
        ([], [RouteOp(dst=Prefix("::/0"), via=IpAddress("fd00::1"))], "fd00::1", "none"),
    ],
)  # fmt: skip
def test_a_gateway_that_is_on_no_network(
    there: list[Op], ops: list[Op], gateway: str, known: str
) -> None:
    [(number, route)] = [
        (n, op) for n, op in enumerate(ops, 1) if isinstance(op, RouteOp) and op.gateways()
    ]
    error = _refused(there, ops)
    assert isinstance(error, PlanError)
    assert str(error) == (
        f"lab.yaml:{number}: {route}: the gateway {gateway} is on no network of "
        f"{route.netns.label} (it is on: {known})"
    )
    assert error.advice() == (
        "give an interface an address in the gateway's network, or say onlink"
    )


@pytest.mark.parametrize(
    ("there", "ops"),
    [
        ([BRIDGE, _addr("10.0.0.9/24")], [RouteOp(dst=DEFAULT, via=VIA)]),
        ([BRIDGE], [_addr("10.0.0.9/24"), RouteOp(dst=DEFAULT, via=VIA)]),
        ([BRIDGE], [RouteOp(dst=DEFAULT, via=VIA, ifname=BR0, onlink=True)]),
        ([], [RouteOp(dst=DEFAULT, via=VIA, present=False)]),
        ([], [RouteOp(dst=Prefix("::/0"), via=IpAddress("fe80::1"))]),
        ([BRIDGE], [RouteOp(dst=Prefix("10.0.0.1/32"), ifname=BR0), RouteOp(dst=DEFAULT, via=VIA)]),
        ([], [RouteOp(dst=Prefix("10.0.0.0/8"), type="blackhole")]),
    ],
)
def test_a_gateway_that_can_be_reached_or_need_not(there: list[Op], ops: list[Op]) -> None:
    _accepted(there, ops)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("10.0.0.1/24", "10.0.0.2/24"),
        ("10.0.0.1/24", "10.0.3.1/16"),
        ("10.0.3.1/16", "10.0.0.1/24"),
        ("fd00::1/64", "fd00:0:0:0:1::1/80"),
    ],
)
def test_networks_that_overlap(first: str, second: str) -> None:
    br1 = IfName("br1")
    ops: list[Op] = [BRIDGE, BridgeOp(ifname=br1), _addr(first), _addr(second, "br1")]
    error = _refused([], ops)
    assert isinstance(error, PlanError)
    assert str(error) == (f"lab.yaml:4: {ops[3]}: its network overlaps that of {ops[2]}")
    assert error.advice() == "give each link of a namespace a network of its own"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (_addr("10.0.0.1/24"), _addr("10.0.0.2/24")),
        (_addr("10.0.0.1/24"), _addr("10.0.1.1/24", "br1")),
        (_addr("10.0.0.1/24"), _addr("10.0.0.2/32", "br1")),
        (_addr("10.0.0.1/32"), _addr("10.0.0.2/24", "br1")),
        (_addr("fd00::1/64"), _addr("fd00::2/128", "br1")),
        (_addr("10.0.0.1/24"), _addr("fd00::1/64", "br1")),
        (_addr("10.0.0.1/24"), _addr("10.0.0.2/24", "eth0", "a")),
        (_addr("10.0.0.1/24"), _addr("10.0.0.2/24", "br1", present=False)),
    ],
)
def test_networks_that_do_not(first: AddrOp, second: AddrOp) -> None:
    there: list[Op] = [BRIDGE, BridgeOp(ifname=IfName("br1")), *WIRED]
    _accepted(there, [first, second])


@pytest.mark.parametrize(
    ("there", "op", "words"),
    [
        (
            [BridgeOp(ifname=P0, alias="glassnet:other/p0"), NetnsOp(netns=A)],
            CABLE,
            "a link p0 is there already, marked 'glassnet:other/p0'; veth p0 on the host to eth0 "
            "in a: wanted kind veth, found kind bridge",
        ),
        (
            [NetnsOp(netns=A), BridgeOp(netns=A, ifname=ETH0)],
            CABLE,
            "a link eth0 is there already in a",
        ),
        (
            [BRIDGE, _addr("10.0.0.9/24"), NftBaseOp(), _publish(8080, to_port=81)],
            PublishOp(
                protocol="tcp",
                port=8080,
                to=IpAddress("10.0.0.2"),
                to_port=80,
                comment="glassnet:net",
            ),
            "tcp . 8080 : 10.0.0.2 . 81 is published already, with no mark",
        ),
    ],
)
def test_somebody_elses_object_in_the_way(there: list[Op], op: Op, words: str) -> None:
    error = _refused(there, [op])
    assert isinstance(error, Conflict)
    assert str(error).startswith(f"lab.yaml:1: {op}: ")
    assert error.advice() == (
        "remove it, or choose another name, address or port; nothing was changed"
    )


THERE: list[Op] = [BRIDGE, BridgeOp(ifname=IfName("old"))]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("10.0.0.9/24", "10.0.0.1/24"),
        ("10.0.0.9/24", "10.0.9.1/16"),
        ("10.0.9.9/16", "10.0.0.1/24"),
        ("fd00::9/64", "fd00::1/64"),
    ],
)
def test_a_network_that_a_link_of_somebody_elses_is_on(old: str, new: str) -> None:
    op = _addr(new)
    error = _refused([*THERE, _addr(old, "old")], [BRIDGE, op])
    assert isinstance(error, Conflict)
    assert str(error) == (
        f"lab.yaml:2: {op}: its network overlaps that of {old}, which old on the host has already"
    )
    assert (
        error.advice() == "choose another network, or take that address away; nothing was changed"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (_addr("10.0.1.9/24", "old"), _addr("10.0.0.1/24")),
        (_addr("10.0.0.9/32", "old"), _addr("10.0.0.1/24")),
        (_addr("10.0.0.9/24", "old"), _addr("10.0.0.1/32")),
        (_addr("fe80::9/64", "old"), _addr("fe80::1/64")),
        (_addr("10.0.0.9/24", "br0"), _addr("10.0.0.1/24")),
        (_addr("10.0.0.9/24", "old"), _addr("10.0.0.1/24", "eth0", "a")),
        (
            _addr("10.0.0.9/24", "old"),
            AddrOp(ifname=BR0, cidr=Cidr("10.0.0.1/24"), prefix_route=False),
        ),
    ],
)
def test_a_network_that_none_is_on(old: AddrOp, new: AddrOp) -> None:
    _accepted([*THERE, *WIRED, old], [BRIDGE, new])


def test_what_replaces_something_of_our_own_is_in_nobodys_way() -> None:
    item = Wanted(CABLE)
    snapshot = Machine(BridgeOp(ifname=P0), NetnsOp(netns=A)).look([CABLE])
    validate([], [item], snapshot)
    with pytest.raises(Conflict, match=r"^veth p0"):
        validate([item], [item], snapshot)


LAB = "namespaces: [a]\nbridges: {br0: {addresses: [10.0.0.1/24]}}\nlinks: [a:x %s -- br0]\n"


@pytest.mark.parametrize(
    ("lab", "words"),
    [
        (
            LAB % "10.0.0.2/24" + "host: {routes: [default via 10.0.1.1]}",
            "lab.yaml:4:17: $.host.routes[0]: route to default via 10.0.1.1 on the host: "
            "the gateway 10.0.1.1 is on no network of host (it is on: 10.0.0.0/24)",
        ),
        (
            LAB % "" + "host: {routes: [10.0.2.0/24 dev br9]}",
            "lab.yaml:4:17: $.host.routes[0]: route to 10.0.2.0/24 dev br9 on the host: "
            "there is no link br9 on the host",
        ),
        (
            LAB % "" + "host: {routes: [10.1.0.0/16 dev br0, {to: 10.1.0.0/16, dev: br0}]}",
            "lab.yaml:4:38: $.host.routes[1]: route to 10.1.0.0/16 dev br0 on the host "
            "is asked for twice: also by "
            "lab.yaml:4:17: $.host.routes[0]: route to 10.1.0.0/16 dev br0 on the host",
        ),
        (
            "bridges:\n  p: {addresses: [10.0.0.1/24]}\n  q: {prefixes: [10.0.0.0/16]}",
            "lab.yaml:3:3: $.bridges.q: address 10.0.0.1/16 on q on the host: its network overlaps "
            "that of address 10.0.0.1/24 on p on the host",
        ),
        (
            "host: {neighbours: [{address: 10.0.0.9, dev: eth7}]}",
            "lab.yaml:1:21: $.host.neighbours[0]: neighbour 10.0.0.9 by proxy on eth7 on the host: "
            "there is no link eth7 on the host",
        ),
    ],
)  # fmt: skip
def test_of_a_file_the_line_is_told(lab: str, words: str) -> None:
    with pytest.raises((PlanError, NotFound)) as caught:
        Machine().plan_up(wanted(lab))
    assert str(caught.value) == words
