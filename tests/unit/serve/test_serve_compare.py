"""What CHECK expects of what a plugin made, later ones having had their say."""

from __future__ import annotations

import pytest

from glassnet.cni.ask import Ask
from glassnet.cni.call import read
from glassnet.cni.conf import Conf
from glassnet.cni.result import Interface, Result
from glassnet.ops.macvlan import MacvlanOp
from glassnet.ops.registry import AnyOp
from glassnet.ops.route import MAIN, RouteOp
from glassnet.serve.compare import expected
from glassnet.values import IfName, IpAddress, Netns, Prefix

PATH = Netns("/run/netns/a")
ETH0 = IfName("eth0")
CALL = {
    "CNI_COMMAND": "CHECK",
    "CNI_CONTAINERID": "c1",
    "CNI_NETNS": PATH,
    "CNI_IFNAME": "eth0",
    "CNI_PATH": "/opt/cni/bin",
}
ASK = Ask("bridge", read(CALL), Conf({"cniVersion": "1.0.0", "name": "net"}))
PREV = Result(interfaces=(Interface("eth0", mac="02:00:00:00:00:09", sandbox=PATH),))


def default(via: str, metric: int = 0, table: int = MAIN) -> RouteOp:
    gateway = IpAddress(via)
    return RouteOp(
        netns=PATH,
        dst=Prefix.default(gateway.version),
        via=gateway,
        ifname=ETH0,
        beside=True,
        metric=metric,
        table=table,
    )


@pytest.mark.parametrize(
    ("made", "gone"),
    [
        (default("10.1.0.1"), default("10.1.0.1")),
        (default("fd00::1"), default("fd00::1", metric=1024)),
        (default("fd00::1", metric=7), default("fd00::1", metric=7)),
    ],
)
def test_a_route_that_a_later_one_took_away_is_not_missed(made: RouteOp, gone: RouteOp) -> None:
    flipped = RouteOp(present=False, netns=PATH, dst=gone.dst, ifname=ETH0, metric=gone.metric)
    assert expected(ASK, [made], [], PREV) == [made]
    assert expected(ASK, [made], [flipped], PREV) == []


def test_one_of_another_metric_or_table_is() -> None:
    made = default("fd00::1")
    others: list[AnyOp] = [default("fd00::1", metric=7), default("fd00::1", table=100)]
    assert expected(ASK, [made], others, PREV) == [made]


def test_a_macvlan_that_has_its_masters_mac_is_asked_for_none() -> None:
    link = MacvlanOp(netns=PATH, ifname=ETH0, lower=IfName("card0"), mode="passthru")
    assert expected(ASK, [link], [], PREV) == [link]
