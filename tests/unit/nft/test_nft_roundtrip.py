"""Any element, added and then listed in any shape that nft lists it, is the same element."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from glassnet.nft.element import Element, add, delete, element
from glassnet.nft.listing import parse

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
PORT = st.integers(1, 65535)


@st.composite
def _port(draw: st.DrawFn) -> tuple[str, Any]:
    """A port or a range of them: as written, and as listed."""
    low, high = sorted((draw(PORT), draw(PORT)))
    if draw(st.booleans()) or low == high:
        return (draw(st.sampled_from([str(low), f"{low}-{low}"])), low)
    return (f"{low}-{high}", {"range": [low, high]})


@st.composite
def _protocol(draw: st.DrawFn) -> tuple[str, Any]:
    """A protocol: listed by name, or by number where /etc/protocols lacks it."""
    name = draw(st.sampled_from(sorted(PROTOCOLS)))
    return (name, draw(st.sampled_from([name, PROTOCOLS[name]])))


@st.composite
def _address(draw: st.DrawFn, version: int) -> tuple[str, Any]:
    one = draw(st.ip_addresses(v=4) if version == 4 else st.ip_addresses(v=6))
    return (draw(st.sampled_from([str(one), one.exploded, f"{one}/{one.max_prefixlen}"])), str(one))


@st.composite
def _network(draw: st.DrawFn, version: int) -> tuple[str, Any]:
    """A prefix: as written, or as the range from its first to its last address."""
    base = draw(st.ip_addresses(v=4) if version == 4 else st.ip_addresses(v=6))
    length = draw(st.integers(0, base.max_prefixlen - 1))
    network = ipaddress.ip_network(f"{base}/{length}", strict=False)
    first, last = network.network_address, network.broadcast_address
    written = draw(st.sampled_from([str(network), f"{first}-{last}"]))
    return (written, {"prefix": {"addr": str(first), "len": length}})


@st.composite
def _elements(draw: st.DrawFn) -> tuple[Element, Any]:
    """An element, and a member of a JSON listing that says the same."""
    version = draw(st.sampled_from([4, 6]))
    where = draw(st.one_of(_address(version), _network(version)))
    to, port = draw(_address(version)), draw(PORT)
    key, value = draw(
        st.sampled_from(
            [
                ([where], []),
                ([where, where], []),
                ([draw(_protocol()), draw(_port())], [to]),
                ([where, draw(_protocol()), draw(_port())], [to, (str(port), port)]),
            ]
        )
    )
    comment = draw(st.text(st.characters(codec="utf-8"), max_size=20))
    comment = "".join(c for c in comment if c.isprintable() and c not in '"\\')
    written = tuple(part for part, _ in key), tuple(part for part, _ in value)
    one = element("any", *written, comment)
    member: Any = _joined([part for _, part in key])
    if comment or draw(st.booleans()):
        member = {"elem": {"val": member, **({"comment": comment} if comment else {})}}
    return one, [member, _joined([part for _, part in value])] if value else member


def _joined(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else {"concat": parts}


@given(_elements())
def test_an_element_comes_back_from_its_listing(pair: tuple[Element, Any]) -> None:
    one, member = pair
    listing = {
        "nftables": [
            {"table": {"family": "inet", "name": "t"}},
            {"map": {"family": "inet", "table": "t", "name": "any", "type": "x", "elem": [member]}},
        ]
    }
    table = parse(json.dumps(listing)).table("inet", "t")
    assert table is not None
    assert table.elements["any"] == (one,)


@given(_elements())
def test_its_statements_hold_nothing_but_it(pair: tuple[Element, Any]) -> None:
    one, _ = pair
    for statement in (add(one), delete(one)):
        assert "\n" not in statement
        assert statement.count("{") - one.comment.count("{") * (statement == add(one)) == 1
        assert " . ".join(one.key) in statement
    assert add(element(one.set, one.key, one.value, one.comment)) == add(one)
    assert (f' comment "{one.comment}"' in add(one)) == bool(one.comment)
