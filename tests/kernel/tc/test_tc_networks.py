"""Shaping as part of a network: planned, kept, checked, mended and taken away by the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pytest
from shaped import cable

from glassnet.engine.engine import Engine
from glassnet.engine.store import Store
from glassnet.errors import Conflict, NotFound, Unsupported
from glassnet.kernel.linux import LinuxKernel
from glassnet.ops import require
from glassnet.ops.base import Op
from glassnet.ops.ingress import IngressOp, RedirectOp
from glassnet.ops.link import IfbOp
from glassnet.ops.qdisc import HtbOp, TbfOp
from glassnet.ops.registry import AnyOp
from glassnet.ops.tclass import ClassOp
from glassnet.plan.fit import check_fit
from glassnet.plan.model import Plan, Step, Wanted
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.testing.host import Host
from glassnet.values import HOST, IfName

pytestmark = pytest.mark.kernel

T = TypeVar("T")
H0, S0, D0 = map(IfName, ("h0", "shape0", "d0"))
TEN = TbfOp(ifname=H0, rate=10_000_000, burst=32768, latency=25_000)
OPS: tuple[AnyOp, ...] = (
    TEN,
    RedirectOp(ifname=H0, target=S0),
    IngressOp(ifname=H0),
    TbfOp(ifname=S0, rate=5_000_000, burst=32768, latency=25_000),
    IfbOp(ifname=S0, up=True, alias="glassnet:net/shape0"),
)
"""In an order that needs to be put right."""


@pytest.fixture
def host() -> Iterator[Host]:
    with cable() as it:
        yield it


def working(host: Host, work: Callable[[Engine], T]) -> T:
    """Do something with an engine of the host's."""
    done: T = host.call(_working, work)
    return done


def _working(work: Callable[[Engine], T]) -> T:
    with Engine(LinuxKernel(), Store()) as engine:
        return work(engine)


class Up:
    """Bring a network up: its name and what is done about each step."""

    def __init__(self, *ops: AnyOp) -> None:
        self.ops = ops

    def __call__(self, engine: Engine) -> dict[str, str]:
        return did(engine.up("net", [Wanted(op) for op in self.ops]))


def did(plan: Plan) -> dict[str, str]:
    return {str(step.op): step.action for step in plan.steps}


def down(engine: Engine) -> dict[str, str]:
    return did(engine.down("net"))


def drift(engine: Engine) -> list[str]:
    return [str(one) for found in engine.check(engine.recorded("net")) for one in found.differences]


def repair(engine: Engine) -> list[dict[str, str]]:
    return [did(plan) for plan in engine.repair("net")]


def traffic(host: Host) -> str:
    return host.sh("tc qdisc show; tc filter show dev h0 ingress")


def test_a_network_with_shaping_comes_and_goes(host: Host) -> None:
    before = traffic(host)
    assert set(working(host, Up(*OPS)).values()) == {"make"}
    assert "rate 10Mbit" in traffic(host)
    assert "Egress Redirect to device shape0" in traffic(host)
    assert not working(host, drift)
    assert set(working(host, Up(*OPS)).values()) == {"keep"}
    gone = working(host, down)
    assert gone["no redirection of h0 to shape0 on the host"] == "implied"
    assert gone["no tbf on shape0 on the host"] == "implied"
    assert traffic(host) == before


def test_another_rate_is_changed_in_place(host: Host) -> None:
    working(host, Up(*OPS))
    faster = TbfOp(ifname=H0, rate=20_000_000, burst=32768, latency=25_000)
    working(host, Up(faster, *OPS[1:]))
    assert "rate 20Mbit" in traffic(host)
    assert not working(host, drift)


def test_what_somebody_breaks_is_named_and_mended(host: Host) -> None:
    working(host, Up(*OPS))
    host.sh(
        """
        ip link del shape0
        ip link add shape0 type ifb
        ip link set shape0 alias glassnet:net/shape0 up
        tc qdisc del dev h0 root
        """
    )
    assert sorted(working(host, drift)) == [
        "redirection of h0 to shape0 on the host: wanted target shape0,"
        " found target a link that is gone",
        "tbf on h0 on the host: wanted to be there, found nothing",
        "tbf on shape0 on the host: wanted to be there, found nothing",
    ]
    assert working(host, repair)
    assert not working(host, drift)
    assert "device *" not in traffic(host)
    assert traffic(host).count("Egress Redirect") == 1


def test_an_ifb_that_is_gone_is_made_and_led_to_again(host: Host) -> None:
    working(host, Up(*OPS))
    host.sh("ip link del shape0")
    working(host, Up(*OPS))
    assert not working(host, drift)


def test_somebody_elses_discipline_is_left_and_said(host: Host) -> None:
    host.sh("tc qdisc add dev h0 root handle 7: htb")
    with pytest.raises(Conflict, match="a htb is there already, not made by glassnet"):
        working(host, Up(TEN))
    host.sh("tc qdisc replace dev h0 root tbf rate 1mbit burst 32kb latency 25ms")
    with pytest.raises(Conflict, match="a tbf is there already, not made by glassnet"):
        working(host, Up(TEN))
    assert "rate 1Mbit" in traffic(host)


def test_what_stands_as_wanted_is_kept_and_stays(host: Host) -> None:
    host.sh("tc qdisc add dev h0 root tbf rate 10mbit burst 32kb latency 25ms")
    assert working(host, Up(TEN)) == {str(TEN): "keep"}
    working(host, down)
    assert "rate 10Mbit" in traffic(host)


def test_ours_that_somebody_has_replaced_stays_on_the_way_down(host: Host) -> None:
    working(host, Up(TEN))
    host.sh("tc qdisc replace dev h0 root handle 7: htb")
    assert working(host, down) == {f"no {TEN}": "leave"}
    assert "htb 7:" in traffic(host)


def test_classes_come_after_their_discipline_and_lenders(host: Host) -> None:
    ops: tuple[AnyOp, ...] = (
        ClassOp(ifname=D0, minor=0x10, parent=1, rate=10**6, ceil=10**7, burst=5000, cburst=5000),
        ClassOp(ifname=D0, minor=1, rate=10**7, burst=5000),
        HtbOp(ifname=D0, default=0x10),
        IfbOp(ifname=D0, up=True),
    )
    assert set(working(host, Up(*ops)).values()) == {"make"}
    assert not working(host, drift)
    host.sh("tc qdisc del dev d0 root")
    working(host, repair)
    assert not working(host, drift)
    assert set(working(host, down).values()) == {"remove", "implied"}


@pytest.mark.parametrize(
    ("op", "words"),
    [
        (RedirectOp(ifname=H0, target=IfName("ifb0")), "there is no qdisc h0 ingress on the host"),
        (ClassOp(ifname=H0, minor=1, rate=8000, burst=9), "there is no qdisc h0 root on the host"),
        (TbfOp(ifname=IfName("no"), rate=8000, burst=9, limit=9), "there is no link no"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_touched(
    host: Host, op: AnyOp, words: str
) -> None:
    with pytest.raises(NotFound) as caught:
        working(host, Up(op))
    assert words in str(caught.value)


def test_what_needs_a_place_is_content_with_somebody_elses(host: Host) -> None:
    host.sh("tc qdisc add dev h0 ingress")
    op = RedirectOp(ifname=H0, target=IfName("ifb0"))
    assert working(host, Up(op)) == {str(op): "make"}
    assert working(host, down) == {f"no {op}": "remove"}
    assert "ingress" in traffic(host)
    assert "Egress" not in traffic(host)


# What the kernel can do.


def lacks(asked: Sequence[str]) -> set[str]:
    with LinuxKernel() as kernel:
        return kernel.snapshot([Facet(HOST, "fit", one) for one in asked])[HOST].lacks


def test_kinds_that_there_are_not_are_lacked(host: Host) -> None:
    there = [require.qdisc_kind(kind) for kind in ("tbf", "htb", "ingress")]
    there += [require.FILTER_U32, require.ACTION_MIRRED, require.CONNTRACK, require.NET_RAW]
    unheard = [f"{noun}:nosuchkind" for noun in ("qdisc", "filter", "action")]
    before = traffic(host)
    assert host.call(lacks, [*there, *unheard]) == set(unheard)
    assert traffic(host) == before


@pytest.mark.parametrize(
    ("op", "lacking", "words"),
    [
        (TEN, "qdisc:tbf", "this kernel has no queueing discipline tbf (CONFIG_NET_SCH_TBF)"),
        (OPS[1], "filter:u32", "this kernel has no filter u32 (CONFIG_NET_CLS_U32)"),
        (OPS[1], "action:mirred", "this kernel has no action mirred (CONFIG_NET_ACT_MIRRED)"),
    ],
)
def test_what_is_lacking_is_said_with_its_option(op: Op, lacking: str, words: str) -> None:
    [known] = [one for one in OPS if one == op]
    snapshot = _lacking(lacking)
    with pytest.raises(Unsupported) as caught:
        check_fit(Plan("net", "up", (Step(known, "make"),)), snapshot)
    assert words in str(caught.value)


def _lacking(requirement: str) -> Snapshot:
    state = NetnsState(HOST)
    state.lacks = {requirement}
    return Snapshot({HOST: state})
