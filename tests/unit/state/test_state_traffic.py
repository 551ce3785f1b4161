"""What is seen of disciplines, classes, filters and flows in messages of the kernel's."""

from __future__ import annotations

from typing import Any

import pytest

from glassnet.netlink.message import Message, MessageType, decode, encode, split
from glassnet.netlink.netfilter import conntrack
from glassnet.netlink.route.qdisc import NEWQDISC
from glassnet.netlink.route.tcfilter import EVERYTHING, NEWTFILTER, info, redirection
from glassnet.netlink.route.tclass import NEWTCLASS
from glassnet.netlink.route.tctable import ETH_P_ALL, INGRESS_HANDLE, ROOT, handle
from glassnet.state import flow, qdisc, tcfilter
from glassnet.state.flow import FlowState, Selection
from glassnet.state.qdisc import QdiscState
from glassnet.state.tcfilter import FilterState
from glassnet.values import IpAddress

A4, B4, C4 = map(IpAddress, ("10.0.0.1", "10.0.0.2", "192.0.2.9"))
A6, C6 = map(IpAddress, ("fd00::1", "2001:db8::9"))


def told(kind: MessageType, header: dict[str, Any], attrs: dict[str, Any]) -> Message:
    """To bytes and back, as far as anything of it is wanted."""
    wanted = {NEWTFILTER: tcfilter.WANTED, conntrack.NEW: flow.WANTED}.get(kind, qdisc.WANTED)
    [raw] = split(encode(Message(kind, 0, header, attrs), 1))
    return decode(raw, wanted)


def test_a_discipline() -> None:
    header = {"ifindex": 7, "handle": 0x80010000, "parent": ROOT}
    options = {"parms": {"rate": 1_250_000, "limit": 64_018, "buffer": 409_600}, "rate64": 7}
    attrs = {"kind": "tbf", "options": options, "stats": {"bytes": 1}}
    found = QdiscState.from_message(told(NEWQDISC, header, attrs))
    assert (found.index, found.kind, found.handle, found.parent) == (7, "tbf", 0x80010000, ROOT)
    assert (found.parms["limit"], found.rate(), found.rate("peakrate")) == (64_018, 7, 0)
    assert not found.is_default


@pytest.mark.parametrize("attrs", [{"kind": "noqueue"}, {"kind": "noqueue", "options": b"\1\2"}])
def test_what_a_link_has_by_default(attrs: dict[str, Any]) -> None:
    found = QdiscState.from_message(told(NEWQDISC, {"ifindex": 7, "parent": ROOT}, attrs))
    assert found == QdiscState(7, "noqueue", 0, ROOT)
    assert found.is_default
    assert (found.rate(), found.parms) == (0, {})


def test_a_class() -> None:
    header = {"ifindex": 7, "handle": handle(1, 0x10), "parent": ROOT}
    parms = {"rate": 125_000, "ceil": 250_000}
    attrs = {"kind": "htb", "options": {"parms": parms}}
    found = QdiscState.from_message(told(NEWTCLASS, header, attrs))
    assert (found.rate(), found.rate("ceil")) == (125_000, 250_000)


WHERE = {"ifindex": 7, "parent": INGRESS_HANDLE, "info": info(49152, ETH_P_ALL)}
ONE = {"flags": 1, "keys": [{"mask": 255, "value": 1, "off": 0, "offmask": 0}]}


def seen(selector: dict[str, Any], target: int | None, kind: str = "u32") -> FilterState:
    return FilterState(7, INGRESS_HANDLE, 49152, ETH_P_ALL, kind, 0, selector, target)


def action(kind: str = "mirred", **parms: int) -> dict[str, Any]:
    inside: Any = {"parms": parms} if kind == "mirred" else b""
    return {"sel": EVERYTHING, "act": {"1": {"kind": kind, "options": inside}}}


@pytest.mark.parametrize(
    ("attrs", "filter_"),
    [
        ({"kind": "u32", "options": redirection(9)}, seen(dict(EVERYTHING), 9)),
        ({"kind": "u32", "options": action(eaction=1)}, seen(dict(EVERYTHING), 0)),
        ({"kind": "u32", "options": action(eaction=2, ifindex=9)}, seen(dict(EVERYTHING), None)),
        ({"kind": "u32", "options": action("gact")}, seen(dict(EVERYTHING), None)),
        ({"kind": "u32", "options": {"sel": ONE}}, seen(ONE, None)),
        ({"kind": "bpf", "options": b"\1\2\3\4"}, seen({}, None, "bpf")),
        ({"kind": "u32"}, None),
        ({"kind": "u32", "options": {"divisor": 1}}, None),
    ],
)
def test_a_filter(attrs: dict[str, Any], filter_: FilterState | None) -> None:
    assert FilterState.from_message(told(NEWTFILTER, WHERE, attrs)) == filter_


def test_which_filters_take_everything() -> None:
    assert seen(dict(EVERYTHING), 9).takes_everything
    assert not seen(ONE, 9).takes_everything
    assert not seen({}, None).takes_everything


def tuple_(source: IpAddress, destination: IpAddress, **proto: int) -> dict[str, Any]:
    version = f"v{source.version}"
    return {"ip": {f"{version}_src": source, f"{version}_dst": destination}, "proto": proto}


UDP = {"num": 17, "src_port": 4000, "dst_port": 53}


@pytest.mark.parametrize(
    ("attrs", "flow_"),
    [
        (
            {
                "tuple_orig": tuple_(C4, A4, **UDP),
                "tuple_reply": tuple_(B4, C4),
                "id": 9,
                "zone": 7,
            },
            FlowState(17, C4, A4, 4000, 53, B4, 9, 7),
        ),
        (
            {"tuple_orig": tuple_(C6, A6, **UDP), "tuple_reply": tuple_(A6, C6)},
            FlowState(17, C6, A6, 4000, 53, A6),
        ),
        (
            {"tuple_orig": tuple_(C4, A4, num=1), "tuple_reply": tuple_(A4, C4)},
            FlowState(1, C4, A4, 0, 0, A4),
        ),
        ({"tuple_orig": tuple_(C4, A4)}, None),
        ({"tuple_reply": tuple_(C4, A4)}, None),
        ({"id": 7}, None),
    ],
)
def test_a_flow(attrs: dict[str, Any], flow_: FlowState | None) -> None:
    assert FlowState.from_message(told(conntrack.NEW, {"family": 2}, attrs)) == flow_


@pytest.mark.parametrize(
    ("selection", "key"),
    [
        (Selection("udp"), "udp 0 0 1 - -"),
        (Selection("udp", 4, 53, 2, A4, B4), "udp 4 53 2 10.0.0.1 10.0.0.2"),
        (Selection("sctp", 6, 0, 1, None, A6), "sctp 6 0 1 - fd00::1"),
    ],
)
def test_a_selection_as_the_key_of_a_facet(selection: Selection, key: str) -> None:
    assert selection.key() == key
    assert Selection.of_key(key) == selection
