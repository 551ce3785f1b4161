"""That the proof leaves nothing out: each operation, each way round, each field, each option."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec
import pytest
from journeys import BY_NAME

from glassnet.ops.base import ObjectOp, Op
from glassnet.ops.bridge import BRIDGE_OPTIONS, PORT_OPTIONS, BridgeOp, PortOp
from glassnet.ops.registry import ALL
from glassnet.ops.route import RouteOp
from glassnet.ops.vlan import FLAGS, VlanOp
from glassnet.ops.vxlan import VXLAN_OPTIONS, VxlanOp
from glassnet.testing.cases import CASES, Case

NEVER: Final = {
    ("BridgeOp", "master"): "a bridge is no port of a bridge: it is refused",
    ("IpvlanOp", "mac"): "an ipvlan has the MAC of its lower device: another is refused",
    ("VrfOp", "master"): "a VRF is no member of a VRF: it is refused",
    ("ZoneSourceOp", "netns"): "firewalld is the host's alone",
}
"""Fields that an operation inherits and cannot have."""

each_operation = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)


def uncovered(kind: type[Op], cases: Iterable[Case]) -> list[str]:
    """What of an operation no case tries."""
    ops = [case.op for case in cases if type(case.op) is kind]
    if not ops:
        return [f"{kind.__name__} has no case"]
    found = []
    if issubclass(kind, ObjectOp):
        there = {op.present for op in ops if isinstance(op, ObjectOp)}
        ways = {True: "to be there", False: "not to be there"}
        found += [f"{kind.__name__} has no case {ways[way]}" for way in {True, False} - there]
    for field in msgspec.structs.fields(kind):
        if (kind.__name__, field.name) in NEVER:
            continue
        if all(getattr(op, field.name) == field.default for op in ops):
            found.append(f"{kind.__name__}.{field.name} has its default in every case")
    return found


@each_operation
def test_each_operation_has_its_cases(
    kind: type[Op], record_property: Callable[[str, object], None]
) -> None:
    names = [case.name for case in CASES if type(case.op) is kind]
    record_property(kind.__name__, ", ".join(names))
    assert not uncovered(kind, CASES), f"the cases: {names}"


@each_operation
def test_an_operation_without_cases_would_be_named(kind: type[Op]) -> None:
    others = [case for case in CASES if type(case.op) is not kind]
    assert uncovered(kind, others) == [f"{kind.__name__} has no case"]


def test_an_operation_that_is_never_taken_away_would_be_named() -> None:
    present = [case for case in CASES if getattr(case.op, "present", True)]
    assert "RouteOp has no case not to be there" in uncovered(RouteOp, present)


def test_a_field_that_is_never_given_would_be_named() -> None:
    plain = [case for case in CASES if not getattr(case.op, "onlink", False)]
    assert uncovered(RouteOp, plain) == ["RouteOp.onlink has its default in every case"]


def test_each_option_of_bridges_and_ports_is_given() -> None:
    given: dict[type[Op], set[str]] = {BridgeOp: set(), PortOp: set()}
    for case in CASES:
        if isinstance(case.op, BridgeOp | PortOp):
            given[type(case.op)] |= set(case.op.options)
    assert given[BridgeOp] == set(BRIDGE_OPTIONS)
    assert given[PortOp] == set(PORT_OPTIONS)


def test_each_option_of_vxlans_and_flag_of_vlans_is_given() -> None:
    vxlans = [case.op.options for case in CASES if isinstance(case.op, VxlanOp)]
    vlans = [case.op.flags for case in CASES if isinstance(case.op, VlanOp)]
    assert {name for given in vxlans for name in given} == set(VXLAN_OPTIONS)
    assert {name for given in vlans for name in given} == set(FLAGS)


def test_no_two_cases_share_a_name() -> None:
    assert len(BY_NAME) == len(CASES)
