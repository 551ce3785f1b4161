"""A plan that was cut short: what takes it back, what completes it, wherever it had come to."""

from __future__ import annotations

import pytest
from machine import Machine, wanted, wants

from glassnet.ops.addr import AddrOp
from glassnet.ops.base import Op
from glassnet.ops.bridge import BridgeOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.route import RouteOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.plan.model import Plan
from glassnet.plan.resume import build_completion, build_return
from glassnet.values import Cidr, IfName, Netns, Prefix, SysctlKey

A = Netns("a")
BR0, P0, ETH0 = map(IfName, ("br0", "p0", "eth0"))
NS = NetnsOp(netns=A)
BRIDGE = BridgeOp(ifname=BR0, alias="glassnet:net/br0", up=True)
LOWER = BridgeOp(ifname=BR0, alias="glassnet:net/br0", up=True, mtu=1400)
CABLE = VethOp(ifname=P0, alias="glassnet:net/x", up=True, master=BR0, peer=ETH0, peer_netns=A)
ADDR = AddrOp(ifname=BR0, cidr=Cidr("10.0.0.1/24"))
FAR_UP = LinkSetOp(netns=A, ifname=ETH0, up=True)
FAR = AddrOp(netns=A, ifname=ETH0, cidr=Cidr("10.0.0.2/24"))
ROUTE = RouteOp(netns=A, dst=Prefix("0.0.0.0/0"), via=ADDR.cidr.address)
ON = SysctlOp(name=SysctlKey("net.ipv4.ip_forward"), value="1")
ALL: tuple[Op, ...] = (NS, BRIDGE, CABLE, FAR_UP, FAR, ADDR, ROUTE, ON)


def _acts(plan: Plan) -> list[str]:
    return [f"{step.action}: {step.op}" for step in plan.changes]


def _return(machine: Machine, plan: Plan) -> Plan:
    return build_return(plan, machine.records, machine.look(step.op for step in plan.steps))


def _completion(machine: Machine, plan: Plan) -> Plan:
    return build_completion(plan, machine.look(step.op for step in plan.steps))


@pytest.mark.parametrize(
    ("done", "acts"),
    [
        (0, []),
        (1, ["remove: no namespace a"]),
        (2, ["remove: no bridge br0 on the host", "remove: no namespace a"]),
        (
            5,
            [
                "remove: no veth p0 on the host to eth0 in a",
                "remove: no bridge br0 on the host",
                "remove: no namespace a",
            ],
        ),
        (
            8,
            [
                "restore: setting net.ipv4.ip_forward = 0 on the host",
                "remove: no veth p0 on the host to eth0 in a",
                "remove: no bridge br0 on the host",
                "remove: no namespace a",
            ],
        ),
    ],
)
def test_an_up_is_taken_back_from_where_it_had_come_to(done: int, acts: list[str]) -> None:
    machine = Machine()
    plan = machine.plan_up(wants(*ALL))
    machine.carry_out(plan, done)
    back = _return(machine, plan)
    assert (back.name, back.verb) == ("net", "undo up")
    assert _acts(back) == acts


def test_what_was_there_before_stays() -> None:
    machine = Machine(NS, ON)
    plan = machine.plan_up(wants(*ALL))
    machine.carry_out(plan, 1)
    assert _acts(_return(machine, plan)) == ["remove: no bridge br0 on the host"]


@pytest.mark.parametrize(
    ("done", "acts"),
    [
        (0, []),
        (1, [f"make: {BRIDGE}", f"mend: {CABLE}", f"make: {ADDR}"]),
        (2, [f"remove: no {LOWER}", f"make: {BRIDGE}", f"mend: {CABLE}", f"make: {ADDR}"]),
    ],
)
def test_what_a_change_took_away_comes_back(done: int, acts: list[str]) -> None:
    machine = Machine()
    machine.up(wants(NS, BRIDGE, CABLE, ADDR))
    before = machine.kernel.dump()
    plan = machine.plan_up(wants(NS, LOWER, CABLE, ADDR))
    machine.carry_out(plan, done)
    back = _return(machine, plan)
    assert [act for act in _acts(back) if act not in {f"mend: {CABLE}", f"mend: {ADDR}"}] == [
        act for act in acts if act not in {f"mend: {CABLE}", f"mend: {ADDR}"}
    ]
    machine.carry_out(back)
    assert machine.kernel.dump() == before


def test_a_setting_whose_first_value_nobody_knows_comes_back_to_our_own() -> None:
    some, more = (SysctlOp(netns=A, name=ON.name, value=value) for value in "12")
    machine = Machine()
    machine.up(wants(NS, some))
    plan = machine.plan_up(wants(NS, more))
    machine.carry_out(plan)
    back = _return(machine, plan)
    assert [f"{step.action}: {step.op}" for step in back.steps] == [f"make: {some}"]


def test_a_setting_of_a_link_to_be_made_is_none_of_the_link_that_stands() -> None:
    """The same cable from its other end: what was to be its far end is up from its birth."""
    lab = "namespaces: [a, b]\nlinks: [%s]"
    machine = Machine()
    machine.up(wanted(lab % "a:x -- b:x"))
    before = machine.kernel.dump()
    plan = machine.plan_up(wanted(lab % "b:x -- a:x"))
    assert plan.changes[-1].before == {"state": "down"}
    assert _acts(_return(machine, plan)) == []
    machine.carry_out(plan)
    machine.carry_out(_return(machine, plan))
    assert machine.kernel.dump() == before


def test_a_return_goes_by_what_is_there() -> None:
    """Cut short itself, or begun anew, it comes to the same."""
    machine = Machine()
    plan = machine.plan_up(wants(*ALL))
    machine.carry_out(plan)
    machine.carry_out(_return(machine, plan), 2)
    machine.carry_out(_return(machine, plan))
    assert machine.kernel.dump() == Machine().kernel.dump()
    assert _acts(_return(machine, plan)) == []


@pytest.mark.parametrize("done", range(5))
def test_a_down_is_completed_from_where_it_had_come_to(done: int) -> None:
    machine = Machine()
    machine.up(wants(*ALL))
    plan = machine.plan_down()
    assert len(plan.changes) == 4
    machine.carry_out(plan, done)
    rest = _completion(machine, plan)
    assert (rest.name, rest.verb) == ("net", "down")
    assert [step.op for step in rest.steps] == [step.op for step in plan.changes[done:]]


def test_a_down_does_not_take_what_somebody_made_meanwhile() -> None:
    machine = Machine()
    machine.up(wants(BRIDGE, ON))
    plan = machine.plan_down()
    machine.kernel.do(BRIDGE.flipped())
    machine.kernel.do(BridgeOp(ifname=BR0))
    machine.kernel.do(SysctlOp(name=ON.name, value="7"))
    assert _acts(_completion(machine, plan)) == []


def test_a_setting_in_a_namespace_that_is_gone_needs_no_putting_back() -> None:
    machine = Machine(NS)
    machine.up(wants(SysctlOp(netns=A, name=ON.name, value="1")))
    plan = machine.plan_down()
    assert _acts(plan) == ["restore: setting net.ipv4.ip_forward = 0 in a"]
    machine.kernel.do(NS.flipped())
    assert _acts(_completion(machine, plan)) == []


@pytest.mark.parametrize("done", range(8))
def test_an_undo_that_makes_things_again_is_completed(done: int) -> None:
    machine, whole = Machine(), Machine()
    whole.up(wants(*ALL))
    plan = machine.plan_up(wants(*ALL))
    machine.carry_out(plan, done)
    rest = _completion(machine, plan)
    assert [step.op for step in rest.steps] == [step.op for step in plan.changes[done:]]
    machine.carry_out(rest)
    assert machine.kernel.dump() == whole.kernel.dump()


@pytest.mark.parametrize("done", range(4))
def test_a_replacement_is_completed_once(done: int) -> None:
    lowest = BridgeOp(ifname=BR0, alias="glassnet:net/br0", up=True, mtu=1300)
    machine, whole = Machine(), Machine()
    machine.up(wants(NS, LOWER, CABLE))
    whole.up(wants(NS, lowest, CABLE))
    plan = machine.plan_up(wants(NS, lowest, CABLE))
    assert _acts(plan) == [f"remove: no {LOWER}", f"make: {lowest}", f"mend: {CABLE}"]
    machine.carry_out(plan, done)
    rest = _completion(machine, plan)
    assert [step.op for step in rest.steps] == [step.op for step in plan.changes[done:]]
    machine.carry_out(rest)
    assert machine.kernel.dump() == whole.kernel.dump()


def test_where_what_is_there_may_be_either_it_is_replaced_again() -> None:
    machine = Machine()
    machine.up(wants(BRIDGE))
    plan = machine.plan_up(wants(LOWER))
    machine.carry_out(plan)
    assert _completion(machine, plan).steps == plan.changes
