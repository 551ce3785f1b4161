"""Order: what others need comes first, what is given first goes first, and cycles are named."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machine import wants

from glassnet.errors import PlanError
from glassnet.ops.base import Key, Op
from glassnet.ops.bridge import BridgeOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.registry import AnyOp
from glassnet.ops.veth import VethOp
from glassnet.plan.model import Wanted
from glassnet.plan.order import order, providers
from glassnet.values import IfName, Netns


class Node(Op, frozen=True, kw_only=True):
    """An operation of which only matters what it waits for."""

    name: str
    wants: tuple[str, ...] = ()
    likes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    def key(self) -> Key:
        return ("node", self.name)

    def provides(self) -> tuple[Key, ...]:
        return (self.key(), *(("node", name) for name in self.gives))

    def needs(self) -> tuple[Key, ...]:
        return tuple(("node", name) for name in self.wants)

    def after(self) -> tuple[Key, ...]:
        return tuple(("node", name) for name in self.likes)


def _wanted(nodes: Sequence[Node]) -> list[Wanted]:
    return [Wanted(cast(AnyOp, node), node.name) for node in nodes]


def _ordered(nodes: Sequence[Node]) -> list[str]:
    return [item.origin for item in order(_wanted(nodes))]


def _node(name: str, wants: str = "", likes: str = "", gives: str = "") -> Node:
    return Node(name=name, wants=tuple(wants), likes=tuple(likes), gives=tuple(gives))


@st.composite
def graphs(draw: st.DrawFn) -> list[Node]:
    """Nodes without cycles, shuffled: each waits for some that were drawn before it."""
    count = draw(st.integers(0, 12))
    nodes = [
        Node(
            name=str(n),
            wants=tuple(map(str, draw(st.sets(st.integers(0, n - 1), max_size=3)))) if n else (),
            likes=tuple(map(str, draw(st.sets(st.integers(0, n - 1), max_size=2)))) if n else (),
        )
        for n in range(count)
    ]
    random.Random(draw(st.integers())).shuffle(nodes)
    return nodes


@given(graphs())
@settings(deadline=None)
def test_nothing_is_lost_and_everybody_finds_what_it_needs(nodes: list[Node]) -> None:
    done: list[str] = []
    by_name = {node.name: node for node in nodes}
    for name in _ordered(nodes):
        assert {*by_name[name].wants, *by_name[name].likes} <= set(done)
        done.append(name)
    assert sorted(done) == sorted(by_name)


@given(graphs())
@settings(deadline=None)
def test_of_those_that_are_ready_the_first_goes_first(nodes: list[Node]) -> None:
    left, done = [*nodes], list[str]()
    while left:
        ready = next(node for node in left if {*node.wants, *node.likes} <= set(done))
        done.append(ready.name)
        left.remove(ready)
    assert _ordered(nodes) == done


@pytest.mark.parametrize(
    ("nodes", "ordered"),
    [
        ([], ""),
        ([_node("a"), _node("b"), _node("c")], "abc"),
        ([_node("a", wants="c"), _node("b"), _node("c")], "bca"),
        ([_node("a", likes="c"), _node("b"), _node("c")], "bca"),
        ([_node("a", wants="x"), _node("b", likes="y")], "ab"),
        ([_node("a", wants="a", likes="a")], "a"),
        ([_node("a", wants="x"), _node("b", gives="x"), _node("c", gives="x")], "bca"),
        ([_node("a", wants="x", gives="x"), _node("b")], "ab"),
    ],
)
def test_small_orders(nodes: list[Node], ordered: str) -> None:
    assert "".join(_ordered(nodes)) == ordered


def test_all_that_give_a_thing_are_found() -> None:
    items = _wanted([_node("a", gives="x"), _node("b"), _node("c", gives="x")])
    assert providers(items)["node", "x"] == [0, 2]
    assert providers(items)["node", "b"] == [1]


@pytest.mark.parametrize(
    ("nodes", "cycle"),
    [
        ([_node("a", wants="b"), _node("b", wants="a")], {"a", "b"}),
        (
            [_node("z"), _node("a", likes="b"), _node("b", wants="c"), _node("c", likes="a")],
            {*"abc"},
        ),
        ([_node("a", wants="x"), _node("b", wants="a", gives="x")], {"a", "b"}),
    ],
)
def test_a_cycle_is_told_with_its_members(nodes: list[Node], cycle: set[str]) -> None:
    with pytest.raises(PlanError) as caught:
        order(_wanted(nodes))
    begin, _, told = str(caught.value).partition(": ")
    assert begin == "these wait for each other"
    names = told.split(" → ")
    assert names[0] == names[-1]
    assert set(names) == cycle
    assert len(names) == len(cycle) + 1


def test_a_cable_waits_for_both_namespaces_and_its_switch() -> None:
    veth = VethOp(ifname=IfName("p"), master=IfName("br0"), peer=IfName("x"), peer_netns=Netns("a"))
    items = wants(veth, NetnsOp(netns=Netns("a")), BridgeOp(ifname=IfName("br0")))
    assert [item.origin for item in order(items)] == ["lab.yaml:2", "lab.yaml:3", "lab.yaml:1"]
