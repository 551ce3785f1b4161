"""The place of filters for what comes in, and the filter that sends it all elsewhere."""

from __future__ import annotations

import pytest
from scene import ETH0, NS1, Sent, gone, index, link, sent, typed, words
from traffic import qdisc, redirect, seen

from glassnet.errors import InvalidValue
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route.tcfilter import EVERYTHING, info
from glassnet.netlink.route.tctable import ETH_P_ALL, INGRESS, INGRESS_HANDLE
from glassnet.ops.ingress import IngressOp, RedirectOp
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet
from glassnet.state.tcfilter import FilterState
from glassnet.values import IfName

CREATE, EXCL = 0x400, 0x200
IFB = IfName("ifb0")
PLACE = IngressOp(netns=NS1, ifname=ETH0)
REDIRECT = RedirectOp(netns=NS1, ifname=ETH0, target=IFB)
SEVENTH = RedirectOp(netns=NS1, ifname=ETH0, target=IFB, priority=7)
LABEL = "redirection of eth0 to ifb0 in ns1"
THERE = qdisc("ingress", handle=INGRESS_HANDLE, parent=INGRESS)
OTHER = qdisc("clsact", handle=INGRESS_HANDLE, parent=INGRESS)
LINKS = (link(), link("ifb0", 9, kind="ifb"))
BOTH = {**index("eth0"), IndexOf("ifb0"): 9}


def test_the_place_is_typed_and_sent() -> None:
    assert typed(PLACE) == ["tc -n ns1 qdisc add dev eth0 ingress"]
    assert typed(PLACE.flipped()) == ["tc -n ns1 qdisc del dev eth0 ingress"]
    header = {"ifindex": 7, "parent": INGRESS, "handle": INGRESS_HANDLE}
    assert sent(PLACE.requests(), index("eth0")) == [
        Sent("RTM_NEWQDISC", CREATE | EXCL, header, {"kind": "ingress"})
    ]
    assert sent(PLACE.flipped().requests(), index("eth0")) == [
        Sent("RTM_DELQDISC", 0, header, {"kind": "ingress"})
    ]


def test_the_place_as_seen() -> None:
    assert not PLACE.satisfied_by(seen(link(), THERE))
    assert words(PLACE.satisfied_by(seen(link()))) == [
        "ingress on eth0 in ns1: wanted to be there, found nothing"
    ]
    assert words(PLACE.satisfied_by(seen(link(), OTHER))) == [
        "ingress on eth0 in ns1: wanted kind ingress, found kind clsact"
    ]
    for op in (PLACE, PLACE.flipped()):
        assert op.obstacle(seen(link(), OTHER)) == "a clsact is there already, not made by glassnet"
        assert not op.obstacle(seen(link(), THERE))


def test_the_place_mended() -> None:
    assert PLACE.remedy(seen(link(), THERE)) == ()
    [made] = sent(PLACE.remedy(seen(link())), index("eth0"))
    assert made.type == "RTM_NEWQDISC"
    cleared, made = sent(PLACE.remedy(seen(link(), OTHER)), index("eth0"))
    assert (cleared.type, cleared.attrs) == ("RTM_DELQDISC", {"kind": "clsact"})
    assert made.type == "RTM_NEWQDISC"
    [removed] = sent(PLACE.flipped().remedy(seen(link(), THERE)), index("eth0"))
    assert removed.attrs == {"kind": "ingress"}


def test_a_redirection_is_typed() -> None:
    head = "tc -n ns1 filter add dev eth0 parent ffff: protocol all"
    tail = "u32 match u32 0 0 action mirred egress redirect dev ifb0"
    assert typed(REDIRECT) == [f"{head} {tail}"]
    assert typed(SEVENTH) == [f"{head} pref 7 {tail}"]
    gone_ = "tc -n ns1 filter del dev eth0 parent ffff: protocol all pref"
    assert typed(REDIRECT.flipped()) == [f"{gone_} 49152 u32"]
    assert typed(SEVENTH.flipped()) == [f"{gone_} 7 u32"]


@pytest.mark.parametrize(("op", "made", "gone_"), [(REDIRECT, 0, 49152), (SEVENTH, 7, 7)])
def test_a_redirection_is_sent(op: RedirectOp, made: int, gone_: int) -> None:
    [new] = sent(op.requests(), BOTH)
    assert new[:2] == ("RTM_NEWTFILTER", CREATE | EXCL)
    where = {"ifindex": 7, "parent": INGRESS_HANDLE}
    assert new.header == {**where, "info": info(made, ETH_P_ALL)}
    assert new.attrs["kind"] == "u32"
    assert new.attrs["options"]["sel"] == EVERYTHING
    parms = new.attrs["options"]["act"]["1"]["options"]["parms"]
    assert (parms["ifindex"], parms["eaction"], parms["action"]) == (9, 1, 4)
    assert sent(op.flipped().requests(), index("eth0")) == [
        Sent("RTM_DELTFILTER", 0, {**where, "info": info(gone_, ETH_P_ALL)}, {"kind": "u32"})
    ]


MISSING = f"{LABEL}: wanted to be there, found nothing"
SOME = {"flags": 1, "keys": [{"mask": 255, "value": 1, "off": 0, "offmask": 0}]}


@pytest.mark.parametrize(
    ("op", "found", "differences"),
    [
        (REDIRECT, [], [MISSING]),
        (REDIRECT, [redirect()], []),
        (REDIRECT, [redirect(priority=3)], []),
        (REDIRECT, [redirect(index=8)], [MISSING]),
        (REDIRECT, [redirect(selector=SOME)], [MISSING]),
        (REDIRECT, [redirect(protocol=0x0800)], [MISSING]),
        (REDIRECT, [redirect(None)], [MISSING]),
        (REDIRECT, [redirect(5)], [f"{LABEL}: wanted target ifb0, found target another link"]),
        (
            REDIRECT,
            [redirect(0)],
            [f"{LABEL}: wanted target ifb0, found target a link that is gone"],
        ),
        (
            REDIRECT,
            [redirect(5, priority=1), redirect()],
            [f"{LABEL}: wanted target ifb0, found target another link"],
        ),
        (SEVENTH, [redirect(priority=7)], []),
        (SEVENTH, [redirect()], [MISSING]),
        (REDIRECT.flipped(), [], []),
        (REDIRECT.flipped(), [redirect()], [f"{LABEL}: wanted not to be there, found it"]),
        (REDIRECT.flipped(), [redirect(0)], [f"{LABEL}: wanted not to be there, found it"]),
        (REDIRECT.flipped(), [redirect(5)], []),
    ],
)
def test_a_redirection_as_seen(
    op: RedirectOp, found: list[FilterState], differences: list[str]
) -> None:
    assert words(op.satisfied_by(seen(*LINKS, *found))) == differences


@pytest.mark.parametrize("links", [(), (link(),)], ids=["no link", "no target"])
def test_without_its_links_there_is_none(links: tuple[LinkState, ...]) -> None:
    assert words(REDIRECT.satisfied_by(seen(*links))) == [MISSING]
    assert not REDIRECT.flipped().satisfied_by(seen(*links, redirect(9)))
    assert words(REDIRECT.satisfied_by(gone())) == [MISSING]


def test_what_stands_in_the_way() -> None:
    reason = "what comes in by eth0 is redirected already, to another link"
    assert REDIRECT.obstacle(seen(*LINKS, redirect(5))) == reason
    ours = link(alias="glassnet:net1/c1")
    assert not REDIRECT.obstacle(seen(ours, LINKS[1], redirect(5)))
    for found in ((), (redirect(),), (redirect(0),)):
        assert not REDIRECT.obstacle(seen(*LINKS, *found))
    assert not REDIRECT.flipped().obstacle(seen(*LINKS, redirect(5)))
    assert not REDIRECT.obstacle(gone())


def test_what_leads_elsewhere_goes_wherever_it_is() -> None:
    there = seen(*LINKS, redirect(0, priority=9), redirect(5, priority=12))
    messages = sent(REDIRECT.remedy(there), BOTH)
    assert [(one.type, one.header.get("info")) for one in messages] == [
        ("RTM_DELTFILTER", info(9, ETH_P_ALL)),
        ("RTM_DELTFILTER", info(12, ETH_P_ALL)),
        ("RTM_NEWTFILTER", info(0, ETH_P_ALL)),
    ]
    assert REDIRECT.remedy(seen(*LINKS, redirect())) == ()
    [removed] = sent(REDIRECT.flipped().remedy(seen(*LINKS, redirect(priority=9))), index("eth0"))
    assert removed.header["info"] == info(9, ETH_P_ALL)
    assert REDIRECT.flipped().remedy(seen(*LINKS)) == ()


@pytest.mark.parametrize(
    ("op", "found", "there"),
    [
        (REDIRECT, [], False),
        (REDIRECT, [redirect(5)], True),
        (REDIRECT, [redirect(0)], True),
        (SEVENTH, [redirect()], False),
        (REDIRECT.flipped(), [redirect()], False),
    ],
)
def test_whether_something_is_in_its_place(
    op: RedirectOp, found: list[FilterState], there: bool
) -> None:
    assert op.stands(seen(*LINKS, *found)) is there


def test_what_the_planner_is_told() -> None:
    here = (("netns", "ns1"), ("link", "ns1", "eth0"))
    spot = ("qdisc", "ns1", "eth0", "ingress")
    assert PLACE.key() == spot
    assert REDIRECT.key() == SEVENTH.key() == ("filter", "ns1", "eth0", "redirect")
    assert set(REDIRECT.needs()) == {*here, ("link", "ns1", "ifb0"), spot}
    assert REDIRECT.within() == (*here, spot)
    assert Facet(NS1, "filters", "eth0") in REDIRECT.reads()
    assert Facet(NS1, "link", "ifb0") in REDIRECT.reads()
    assert REDIRECT.requires() == ("right:net_admin", "filter:u32", "action:mirred")
    assert REDIRECT.flipped().requires() == ("right:net_admin",)
    assert PLACE.requires() == ("right:net_admin", "qdisc:ingress")


def test_values_that_cannot_be() -> None:
    with pytest.raises(InvalidValue, match="eth0 redirected to itself"):
        RedirectOp(ifname=ETH0, target=ETH0)
    for priority in (1, 65535):
        assert RedirectOp(ifname=ETH0, target=IFB, priority=priority).priority == priority
    for priority in (0, 65536):
        with pytest.raises(InvalidValue, match=f"priority {priority} of a filter"):
            RedirectOp(ifname=ETH0, target=IFB, priority=priority)
