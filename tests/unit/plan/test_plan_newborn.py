"""What is known of a setting whose link the plan makes; more of it in the tests of `build_up`."""

from __future__ import annotations

import pytest

from glassnet.ops.base import Op
from glassnet.ops.bridge import PORT_OPTIONS, BridgeOp, PortOp
from glassnet.ops.link import DummyOp, LinkSetOp
from glassnet.ops.netns import NetnsOp
from glassnet.plan.model import Step
from glassnet.plan.newborn import PORT, remember_births, set_at_birth
from glassnet.values import IfName, Netns

A = Netns("a")
BR0, P0, LO = IfName("br0"), IfName("p0"), IfName("lo")
NS, BRIDGE = NetnsOp(netns=A), BridgeOp(ifname=BR0)


def _before(*ops: Op) -> dict[str, str]:
    """What the last is said to have been before."""
    steps = remember_births(Step(op, "make") for op in ops)  # type: ignore[arg-type]
    return dict(steps[-1].before)


def test_every_option_of_a_port_is_something_at_its_birth() -> None:
    assert PORT.keys() == PORT_OPTIONS.keys()
    for name, option in PORT_OPTIONS.items():
        assert option.low <= int(PORT[name]) <= option.high


@pytest.mark.parametrize(
    ("ops", "before"),
    [
        ((NS, LinkSetOp(netns=A, ifname=LO, up=True)), {"state": "down"}),
        ((BRIDGE, LinkSetOp(ifname=BR0, up=True)), {"state": "down"}),
        ((BRIDGE, LinkSetOp(ifname=BR0, up=False)), {}),
        (
            (BRIDGE, LinkSetOp(ifname=BR0, up=True, promisc=True, allmulti=True)),
            {"promisc": "off", "allmulti": "off", "state": "down"},
        ),
        ((BRIDGE, LinkSetOp(ifname=BR0, promisc=True, allmulti=False)), {"promisc": "off"}),
        ((LinkSetOp(ifname=BR0, up=True), BRIDGE), {}),
        ((LinkSetOp(ifname=BR0, up=True),), {}),
        ((NS, LinkSetOp(netns=A, ifname=P0, up=True)), {}),
        ((BRIDGE, PortOp(ifname=P0, master=BR0, options={"flood": 0})), {}),
        (
            (BridgeOp(ifname=P0), PortOp(ifname=P0, master=BR0, options={"flood": 0})),
            {"master": "none", "flood": "1"},
        ),
        ((DummyOp(ifname=P0, master=BR0), PortOp(ifname=P0, master=BR0)), {"master": "br0"}),
        ((BRIDGE,), {}),
    ],
)
def test_what_it_was_before(ops: tuple[Op, ...], before: dict[str, str]) -> None:
    assert _before(*ops) == before


def test_what_goes_with_the_links_that_are_made() -> None:
    up, port = LinkSetOp(ifname=BR0, up=True), PortOp(ifname=P0, master=BR0)
    steps = [Step(BRIDGE, "make"), Step(up, "make"), Step(port, "make")]
    assert set_at_birth(steps) == {up.key()}
    assert set_at_birth(steps[1:]) == frozenset()
    assert set_at_birth([Step(BRIDGE, "keep"), *steps[1:]]) == frozenset()
    assert set_at_birth([Step(BRIDGE, "make"), Step(up, "keep")]) == frozenset()


def test_what_was_seen_and_what_is_kept_stay_as_they_are() -> None:
    up = LinkSetOp(ifname=BR0, up=True)
    steps = (Step(BRIDGE, "make"), Step(up, "make", before={"state": "up"}), Step(up, "keep"))
    assert remember_births(steps) == steps
    mended = (Step(BRIDGE, "mend"), Step(up, "make"))
    assert remember_births(mended) == mended
