"""Masquerade and networks: the elements they are, and networks that overlap."""

from __future__ import annotations

import pytest
from scene import NS1, seen, seen_in, state, typed, words

from glassnet.nft.element import Element
from glassnet.nft.listing import Ruleset, Table
from glassnet.ops.base import KEPT, MADE
from glassnet.ops.masquerade import LocalNetOp, MasqueradeOp
from glassnet.ops.nft import ElementsOp
from glassnet.ops.request import NftRequest
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import Prefix

MARK = "glassnet:net1"
V4, V6 = Prefix("10.0.0.0/24"), Prefix("fd00::/64")


def _there(*elements: Element) -> Snapshot:
    table = Table("inet", "glassnet")
    for name in ("masquerade4", "masquerade6", "local4", "local6"):
        table.elements[name] = tuple(one for one in elements if one.set == name)
    ruleset = Ruleset()
    ruleset.tables["inet", "glassnet"] = table
    return seen_in(state(NS1, ruleset))


@pytest.mark.parametrize(
    ("op", "name", "element", "label"),
    [
        (MasqueradeOp(netns=NS1, prefix=V4, comment=MARK), "masquerade4", "10.0.0.0/24", "4"),
        (MasqueradeOp(netns=NS1, prefix=V6, comment=MARK), "masquerade6", "fd00::/64", "6"),
        (LocalNetOp(netns=NS1, prefix=V4, comment=MARK), "local4", "10.0.0.0/24 . 10.0.0.0/24", ""),
        (LocalNetOp(netns=NS1, prefix=V6, comment=MARK), "local6", "fd00::/64 . fd00::/64", ""),
    ],
)
def test_its_faces(op: ElementsOp, name: str, element: str, label: str) -> None:
    what = "masquerade of" if label else "network"
    prefix = element.split(" ", maxsplit=1)[0]
    at = f"ip netns exec ns1 nft add element inet glassnet {name}"
    assert typed(op) == [f"{at} '{{ {element} comment \"{MARK}\" }}'"]
    assert op.requests() == (
        NftRequest(NS1, f'add element inet glassnet {name} {{ {element} comment "{MARK}" }}'),
    )
    assert op.flipped().requests() == (
        NftRequest(NS1, f"delete element inet glassnet {name} {{ {element} }}"),
    )
    assert str(op) == f"{what} {prefix} in ns1"
    assert str(op.flipped()) == f"no {what} {prefix} in ns1"
    assert op.inverse(MADE) == (op.flipped(),)
    assert op.inverse(KEPT) == ()

    found = Element(name, tuple(element.split(" . ")), (), MARK)
    assert op.satisfied_by(_there(found)) == op.flipped().satisfied_by(_there()) == ()
    missing = f"{op.label()}: wanted element {element}, found nothing"
    assert words(op.satisfied_by(_there())) == [missing]
    unwanted = f"{op.label()}: wanted not to be there, found {element}"
    assert words(op.flipped().satisfied_by(_there(found))) == [unwanted]

    assert op.key() == ("element", "ns1", name, *element.split(" . "))
    assert op.needs() == op.within() == (("netns", "ns1"), ("nft", "ns1"))
    assert op.reads() == (Facet(NS1, "nft"),)


def test_a_network_of_one_address_is_written_as_nft_lists_it() -> None:
    op = MasqueradeOp(netns=NS1, prefix=Prefix("10.0.0.1/32"))
    assert op.requests() == (NftRequest(NS1, "add element inet glassnet masquerade4 { 10.0.0.1 }"),)
    assert op.satisfied_by(_there(Element("masquerade4", ("10.0.0.1",)))) == ()


@pytest.mark.parametrize(
    ("prefix", "held", "reason"),
    [
        (V4, "10.0.0.0/25", "10.0.0.0/24 overlaps 10.0.0.0/25 (glassnet:other)"),
        (V4, "10.0.0.255", "10.0.0.0/24 overlaps 10.0.0.255 (glassnet:other)"),
        (V4, "9.0.0.0-10.0.0.0", "10.0.0.0/24 overlaps 9.0.0.0-10.0.0.0 (glassnet:other)"),
        (V4, "10.0.1.0/24", ""),
        (V4, "9.255.255.255", ""),
        (V6, "fd00::/48", "fd00::/64 overlaps fd00::/48 (glassnet:other)"),
        (V6, "fd00:0:0:1::/64", ""),
    ],
)
def test_networks_that_overlap(prefix: Prefix, held: str, reason: str) -> None:
    name = f"masquerade{prefix.version}"
    there = _there(Element(name, (held,), (), "glassnet:other"))
    op = MasqueradeOp(netns=NS1, prefix=prefix, comment=MARK)
    assert op.obstacle(there) == reason
    assert op.flipped().obstacle(there) == ""


def test_a_pair_overlaps_if_both_its_parts_do() -> None:
    op = LocalNetOp(netns=NS1, prefix=V4, comment=MARK)
    both = Element("local4", ("10.0.0.0/16", "10.0.0.0/16"))
    one = Element("local4", ("10.0.0.0/16", "10.1.0.0/16"))
    assert op.obstacle(_there(both)) == "10.0.0.0/24 overlaps 10.0.0.0/16 (with no mark)"
    assert op.obstacle(_there(one)) == ""


def test_the_very_same_network_of_somebody_elses() -> None:
    there = _there(Element("masquerade4", ("10.0.0.0/24",), (), "glassnet:other"))
    op = MasqueradeOp(netns=NS1, prefix=V4, comment=MARK)
    assert op.obstacle(there) == ""
    assert op.flipped().obstacle(there) == (
        "set masquerade4 has 10.0.0.0/24 already, with glassnet:other"
    )
    assert op.obstacle(seen()) == ""
