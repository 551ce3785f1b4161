"""Routes as they were seen: which one is meant, how it differs, whose it is, how it is mended."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from scene import ETH0, NS1, gone, index, link, seen, sent, words

from glassnet.ops.route import Hop, RouteOp
from glassnet.state.route import HopState, RouteState
from glassnet.state.snapshot import Snapshot
from glassnet.values import IfName, IpAddress, Prefix

GATE, OTHER = IpAddress("10.0.0.1"), IpAddress("10.0.0.9")
GATE6 = IpAddress("fd00::1")
FAR, FAR6 = Prefix("10.9.0.0/16"), Prefix("fd09::/64")
ETH1 = IfName("eth1")
PLAIN = RouteOp(netns=NS1, dst=FAR, via=GATE)
WHOLE = RouteOp(
    netns=NS1,
    dst=FAR,
    via=GATE,
    ifname=ETH0,
    source=IpAddress("10.0.0.2"),
    metric=50,
    table=1000,
    mtu=1400,
    advmss=1360,
    onlink=True,
)
DIRECT = RouteOp(netns=NS1, dst=FAR, ifname=ETH0)
PLAIN6 = RouteOp(netns=NS1, dst=FAR6, via=GATE6)
REFUSED = RouteOp(netns=NS1, dst=FAR, type="unreachable")
HOPS = RouteOp(
    netns=NS1,
    dst=FAR,
    hops=(Hop(via=GATE, ifname=ETH0, weight=3), Hop(via=OTHER)),
)
FOUND = RouteState(FAR, 254, via=GATE, index=7, protocol=103)
FOUND_WHOLE = RouteState(
    FAR,
    1000,
    50,
    GATE,
    7,
    protocol=103,
    flags=4,
    source=IpAddress("10.0.0.2"),
    metrics={"mtu": 1400, "advmss": 1360},
)
FOUND6 = RouteState(FAR6, 254, 1024, GATE6, 7, protocol=103)
FOUND_HOPS = RouteState(FAR, 254, hops=(HopState(7, GATE, 3), HopState(8, OTHER, 1)))


def there(*routes: RouteState) -> Snapshot:
    return seen(link(), link("eth1", 8), *routes)


def but(found: RouteState, **more: Any) -> Snapshot:
    return there(msgspec.structs.replace(found, **more))


@pytest.mark.parametrize(
    ("op", "snapshot"),
    [
        (PLAIN, there(FOUND)),
        (PLAIN, but(FOUND, index=8, source=OTHER, flags=4, metrics={"mtu": 1})),
        (PLAIN, there(RouteState(FAR, 254, via=OTHER), FOUND)),
        (WHOLE, there(FOUND_WHOLE)),
        (DIRECT, there(RouteState(FAR, 254, index=7, scope=253))),
        (PLAIN6, there(FOUND6)),
        (PLAIN6, but(FOUND6, scope=7)),
        (REFUSED, there(RouteState(FAR, 254, type=7))),
        (HOPS, there(FOUND_HOPS)),
    ],
)
def test_one_that_is_there(op: RouteOp, snapshot: Snapshot) -> None:
    assert op.satisfied_by(snapshot) == ()
    assert words(op.flipped().satisfied_by(snapshot)) == [
        f"{op.label()}: wanted not to be there, found it"
    ]
    assert op.obstacle(snapshot) == op.flipped().obstacle(snapshot) == ""


@pytest.mark.parametrize(
    ("op", "snapshot"),
    [
        (PLAIN, there()),
        (PLAIN, gone()),
        (PLAIN, but(FOUND, dst=Prefix("10.9.0.0/17"))),
        (PLAIN, but(FOUND, table=255)),
        (PLAIN, but(FOUND, metric=1)),
        (WHOLE, but(FOUND_WHOLE, metric=0)),
        (PLAIN6, but(FOUND6, metric=0)),
    ],
)
def test_one_that_is_missing(op: RouteOp, snapshot: Snapshot) -> None:
    assert words(op.satisfied_by(snapshot)) == [f"{op.label()}: wanted to be there, found nothing"]
    assert op.flipped().satisfied_by(snapshot) == ()
    assert op.obstacle(snapshot) == ""
    assert op.remedy(snapshot) == op.requests()


@pytest.mark.parametrize(
    ("op", "snapshot", "differences"),
    [
        (PLAIN, but(FOUND, via=OTHER), ["via 10.0.0.1, found via 10.0.0.9"]),
        (PLAIN, but(FOUND, via=None), ["via 10.0.0.1, found via None"]),
        (DIRECT, but(FOUND, scope=253), ["via None, found via 10.0.0.1"]),
        (PLAIN, but(FOUND, scope=253), ["scope 0, found scope 253"]),
        (
            PLAIN,
            but(FOUND, type=6, via=None),
            ["type unicast, found type blackhole", "via 10.0.0.1, found via None"],
        ),
        (PLAIN, but(FOUND, type=9), ["type unicast, found type 9"]),
        (REFUSED, but(FOUND, via=None), ["type unreachable, found type unicast"]),
        (WHOLE, but(FOUND_WHOLE, index=8), ["dev eth0, found dev eth1"]),
        (WHOLE, but(FOUND_WHOLE, index=9), ["dev eth0, found dev index 9"]),
        (WHOLE, but(FOUND_WHOLE, source=None), ["src 10.0.0.2, found src None"]),
        (
            WHOLE,
            but(FOUND_WHOLE, metrics={"advmss": 1}),
            ["mtu 1400, found mtu None", "advmss 1360, found advmss 1"],
        ),
        (WHOLE, but(FOUND_WHOLE, flags=0), ["onlink True, found onlink False"]),
        (
            PLAIN,
            there(RouteState(FAR, 254, via=OTHER, scope=253), RouteState(FAR, 254, via=OTHER)),
            ["via 10.0.0.1, found via 10.0.0.9"],
        ),
    ],
)
def test_one_that_leads_another_way(
    op: RouteOp, snapshot: Snapshot, differences: list[str]
) -> None:
    label = f"{op.label()}: wanted "
    assert words(op.satisfied_by(snapshot)) == [f"{label}{one}" for one in differences]


WANTED_HOPS = "hops [('10.0.0.1', 'eth0', 3), ('10.0.0.9', None, 1)]"


@pytest.mark.parametrize(
    ("hops", "found"),
    [
        ((), "[]"),
        (
            (HopState(7, GATE, 1), HopState(8, OTHER, 1)),
            "[('10.0.0.1', 'eth0', 1), ('10.0.0.9', None, 1)]",
        ),
        (
            (HopState(8, GATE, 3), HopState(8, OTHER, 1)),
            "[('10.0.0.1', 'eth1', 3), ('10.0.0.9', None, 1)]",
        ),
        ((HopState(7, GATE, 3),), "[('10.0.0.1', 'eth0', 3)]"),
    ],
)
def test_next_hops_that_are_others(hops: tuple[HopState, ...], found: str) -> None:
    assert words(HOPS.satisfied_by(but(FOUND_HOPS, hops=hops))) == [
        f"{HOPS.label()}: wanted {WANTED_HOPS}, found hops {found}"
    ]


def test_a_next_hop_without_a_gateway_is_known_by_its_interface() -> None:
    op = RouteOp(netns=NS1, dst=FAR, hops=(Hop(ifname=ETH0), Hop(ifname=ETH1)))
    hops = (HopState(7, None, 1), HopState(8, None, 1))
    assert op.satisfied_by(but(FOUND_HOPS, hops=hops)) == ()
    assert len(op.satisfied_by(but(FOUND_HOPS, hops=hops[::-1]))) == 1


@pytest.mark.parametrize(
    ("op", "snapshot", "reason"),
    [
        (PLAIN, but(FOUND, via=OTHER), ""),
        (
            PLAIN,
            but(FOUND, via=OTHER, protocol=3),
            "a 10.9.0.0/16 route that is not glassnet's leads another way already",
        ),
        (
            PLAIN.flipped(),
            but(FOUND, via=OTHER, protocol=3),
            "a 10.9.0.0/16 route that is not glassnet's leads another way already",
        ),
        (PLAIN, but(FOUND, protocol=3), ""),
        (
            PLAIN,
            there(
                RouteState(FAR, 254, via=OTHER, protocol=3),
                RouteState(FAR, 254, via=OTHER, scope=253, protocol=103),
            ),
            "",
        ),
        (
            RouteOp(netns=NS1, dst=Prefix.default(4), via=GATE),
            there(RouteState(Prefix.default(4), 254, via=OTHER)),
            "a default route that is not glassnet's leads another way already",
        ),
    ],
)
def test_one_that_is_somebody_elses(op: RouteOp, snapshot: Snapshot, reason: str) -> None:
    assert op.obstacle(snapshot) == reason


def test_one_that_differs_is_replaced_in_place() -> None:
    new, replaced = 0x400 | 0x200, 0x400 | 0x100
    found = but(FOUND_WHOLE, source=None)
    [message] = sent(WHOLE.remedy(found), index("eth0"))
    [made] = sent(WHOLE.requests(), index("eth0"))
    assert (made.flags, message.flags) == (new, replaced)
    assert message == made._replace(flags=replaced)
    assert WHOLE.flipped().remedy(found) == WHOLE.flipped().requests()
