"""Every operation there is: its JSON, there and back, and what the planner is promised of it."""

from __future__ import annotations

import typing
from typing import Any, ClassVar

import msgspec
import pytest
from scene import ETH0, NS1

from glassnet.errors import InvalidValue, StateError
from glassnet.ops.addr import AddrOp
from glassnet.ops.base import KEPT, MADE, ObjectOp, Op, Receipt
from glassnet.ops.link import LinkOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.nft import ElementsOp
from glassnet.ops.registry import ALL, AnyOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.written import KINDS, decode_value, encode_value, known, to_builtins
from glassnet.plan.model import Entry, decode_entries, encode
from glassnet.testing.cases import CASES, Case
from glassnet.values import Cidr, IfName, Mac, Netns, SysctlKey

every_case = pytest.mark.parametrize("case", CASES, ids=str)


def _leaves(kind: type[Op]) -> set[type[Op]]:
    below = [one for one in kind.__subclasses__() if one.__module__.startswith("glassnet.")]
    return {leaf for one in below for leaf in _leaves(one)} or {kind}


def test_every_operation_is_registered_once_and_has_a_case() -> None:
    ours = _leaves(Op)
    assert len(ALL) == len(set(ALL))
    assert set(ALL) == set(typing.get_args(AnyOp)) == ours
    assert {type(case.op) for case in CASES} == ours
    written = {kind.__struct_config__.tag: (kind.__module__, kind.__name__) for kind in ALL}
    assert {tag: (f"glassnet.ops.{module}", name) for tag, (module, name) in KINDS.items()} == (
        written
    )


def test_every_operation_has_a_noun_and_a_tag_of_its_own() -> None:
    tags = [kind.__struct_config__.tag for kind in ALL]
    assert len(set(tags)) == len(tags)
    assert all(kind.__module__.startswith("glassnet.ops.") and kind.noun for kind in ALL)


def test_journals_that_were_written_go_on_being_read() -> None:
    nouns = {kind.__struct_config__.tag: kind.noun for kind in ALL}
    written = {
        "netns": "netns",
        "set": "link",
        "veth": "link",
        "bridge": "link",
        "port": "bridge",
        "dummy": "link",
        "ifb": "link",
        "addr": "addr",
        "route": "route",
        "rule": "rule",
        "neigh": "neigh",
        "fdb": "neigh",
        "sysctl": "sysctl",
        "nft-base": "nft",
        "element": "nft",
        "masquerade": "nft",
        "local-net": "nft",
        "publish": "nft",
    }
    assert nouns | written == nouns


@every_case
@pytest.mark.parametrize("receipt", [KEPT, MADE, Receipt(changed=True, before={"a": "b"})], ids=str)
def test_json_there_and_back(case: Case, receipt: Receipt) -> None:
    entry = Entry(case.op, receipt, "lab.yaml:3")
    [back] = decode_entries(encode([entry]))
    assert back == entry
    assert type(back.op) is type(case.op)
    for name in case.op.__struct_fields__:
        mine, other = getattr(case.op, name), getattr(back.op, name)
        assert type(other) is type(mine)


@every_case
def test_as_builtins_it_is_plain_and_the_same_json(case: Case) -> None:
    plain = to_builtins(case.op)
    assert _kinds(plain) <= {dict, list, str, int, bool, type(None)}
    assert msgspec.json.encode(plain) == encode(case.op)
    assert plain["op"] == type(case.op).__struct_config__.tag


def _kinds(value: Any) -> set[type]:
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple):
        parts = [*value]
    return {list if type(value) is tuple else type(value)}.union(*map(_kinds, parts))


@every_case
def test_the_planner_gets_what_it_is_promised(case: Case) -> None:
    op = case.op
    assert op.key() == op.provides()[0]
    assert all(netns == op.netns for _, netns, *_ in op.within()[:1])
    assert op.key() not in op.needs()
    assert op.key() not in op.after()
    assert op.reads()
    assert op.requires()
    for key in (*op.provides(), *op.needs(), *op.after(), *op.within()):
        assert all(isinstance(part, str) for part in key)


@every_case
def test_turned_round_twice_it_is_the_same(case: Case) -> None:
    op = case.op
    if not isinstance(op, ObjectOp):
        assert op.inverse(KEPT) == op.inverse(MADE) == ()
        return
    there = op.flipped()
    assert there.present is not op.present
    assert there.flipped() == op
    assert there.key() == op.key()
    assert (str(op) == f"no {there}") or (str(there) == f"no {op}")
    assert op.inverse(MADE) == (there,)
    assert there.inverse(MADE) == (op,)
    assert op.inverse(KEPT) == ()


def test_json_leaves_out_what_is_usual() -> None:
    op = AddrOp(netns=NS1, ifname=ETH0, cidr=Cidr("10.0.0.2/24"))
    assert encode(op) == b'{"op":"addr","netns":"ns1","ifname":"eth0","cidr":"10.0.0.2/24"}'
    assert (
        encode(NetnsOp(netns=NS1, present=False)) == b'{"op":"netns","netns":"ns1","present":false}'
    )
    assert to_builtins(SysctlOp(name=SysctlKey("net.a.b"), value="1")) == {
        "op": "sysctl",
        "name": "net.a.b",
        "value": "1",
    }


@pytest.mark.parametrize(
    ("op", "words"),
    [
        ({"op": "addr", "ifname": "eth0", "cidr": "10.0.0.2"}, "'10.0.0.2' has no prefix length"),
        ({"op": "addr", "ifname": 7, "cidr": "10.0.0.2/24"}, "expected text for IfName"),
        (
            {"op": "addr", "ifname": "a", "cidr": "10.0.0.2/24", "scope": "x"},
            "no address scope 'x'",
        ),
        ({"op": "sysctl", "name": "a", "value": "1"}, "'a' is no network setting"),
        ({"op": "unheard-of"}, "Invalid value 'unheard-of'"),
        ({}, "missing required field `op`"),
    ],
)
def test_json_that_is_no_operation(op: dict[str, object], words: str) -> None:
    data = msgspec.json.encode([{"op": op, "receipt": {"changed": True}}])
    with pytest.raises(StateError) as caught:
        decode_entries(data)
    assert words in str(caught.value)
    assert " - at `$[0].op" in str(caught.value)


def test_only_registered_operations_have_json() -> None:
    class Stranger(ObjectOp, frozen=True, kw_only=True, tag="stranger"):
        noun: ClassVar[str] = "stranger"

    op = NetnsOp(netns=NS1)
    assert known(op) is op
    with pytest.raises(TypeError, match=r"^Stranger is not registered$"):
        known(Stranger(netns=NS1))
    for part in (LinkOp, ElementsOp, ObjectOp):
        assert part not in ALL


def test_the_hooks_for_checked_text() -> None:
    plain = encode_value(Netns("ns1"))
    assert (plain, type(plain)) == ("ns1", str)
    with pytest.raises(TypeError, match=r"^bytes has no JSON form$"):
        encode_value(b"x")
    mac = decode_value(Mac, "02-00-00-00-00-01")
    assert (mac, type(mac)) == ("02:00:00:00:00:01", Mac)
    with pytest.raises(InvalidValue, match="has 0 bytes"):
        decode_value(IfName, "")
    for kind, value in ((IfName, 7), (int, "7")):
        with pytest.raises(TypeError, match=rf"^expected text for {kind.__name__}$"):
            decode_value(kind, value)
