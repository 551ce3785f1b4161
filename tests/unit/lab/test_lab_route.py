"""Routes, rules and neighbours: what is written is what is run."""

from __future__ import annotations

import pytest
from compiled import commands, ops

from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.ops.neigh import NeighOp
from glassnet.ops.route import RouteOp
from glassnet.ops.rule import RuleOp
from glassnet.values import IfName, Prefix


def _in(space: str, key: str, *items: str) -> str:
    lines = "".join(f"\n    - {item}" for item in items)
    return f"{space}\n    {key}:{lines}"


@pytest.mark.parametrize(
    ("short", "long", "command"),
    [
        (
            "default via 10.0.0.1",
            "{to: default, via: 10.0.0.1}",
            "ip route add default via 10.0.0.1 proto 103",
        ),
        (
            "10.2.0.1 via 10.0.0.1 dev eth0 onlink",
            "{to: 10.2.0.1/32, via: 10.0.0.1, dev: eth0, onlink: true}",
            "ip route add 10.2.0.1/32 via 10.0.0.1 dev eth0 proto 103 onlink",
        ),
        (
            "default via fd00::1 metric 0x10 table 100 mtu 1400 advmss 1300",
            "{to: default, via: 'fd00::1', metric: 16, table: 100, mtu: 1400, advmss: 1300}",
            "ip -6 route add default via fd00::1 table 100 metric 16 proto 103 "
            "mtu 1400 advmss 1300",
        ),
        (
            "10.2.0.0/16 dev eth0 src 10.0.0.9 scope link",
            "{to: 10.2.0.0/16, dev: eth0, src: 10.0.0.9, scope: link}",
            "ip route add 10.2.0.0/16 dev eth0 proto 103 scope link src 10.0.0.9",
        ),
        (
            "default dev tun0 src fd00::9",
            "{to: default, dev: tun0, src: 'fd00::9'}",
            "ip -6 route add default dev tun0 proto 103 src fd00::9",
        ),
        (
            "default dev tun0",
            "{to: default, dev: tun0, type: unicast}",
            "ip route add default dev tun0 proto 103",
        ),
        ("::/0 dev tun0", "{to: '::/0', dev: tun0}", "ip -6 route add default dev tun0 proto 103"),
    ],
)
def test_a_route_in_either_form(short: str, long: str, command: str) -> None:
    for form in (short, long):
        assert commands(_in("host:", "routes", form), RouteOp) == [command]


@pytest.mark.parametrize(
    ("long", "command"),
    [
        ("{to: 10.9.0.0/16, type: blackhole}", "ip route add blackhole 10.9.0.0/16 proto 103"),
        (
            "{to: 'fd09::/16', type: prohibit, metric: 7}",
            "ip -6 route add prohibit fd09::/16 metric 7 proto 103",
        ),
        (
            "{to: default, nexthops: [{via: 'fd00::1', weight: 256}, {via: 'fd00::2', dev: x}]}",
            "ip -6 route add default proto 103 nexthop via fd00::1 weight 256 "
            "nexthop via fd00::2 dev x weight 1",
        ),
    ],
)
def test_a_route_that_has_no_short_form(long: str, command: str) -> None:
    assert commands(_in("host:", "routes", long), RouteOp) == [command]


EIGHT, SIXTY_FOUR = Prefix("10.0.0.0/8"), Prefix("fd00::/64")


@pytest.mark.parametrize(
    ("rule", "op"),
    [
        ("", RuleOp(version=4, priority=5, table=7)),
        ("family: 6", RuleOp(version=6, priority=5, table=7)),
        ("from: 'fd00::/64'", RuleOp(version=6, priority=5, table=7, source=SIXTY_FOUR)),
        ("to: 'fd00::/64'", RuleOp(version=6, priority=5, table=7, destination=SIXTY_FOUR)),
        (
            "from: 10.0.0.0/8, to: 0.0.0.0/0",
            RuleOp(version=4, priority=5, table=7, source=EIGHT, destination=Prefix("0.0.0.0/0")),
        ),
        (
            "iif: a, oif: b",
            RuleOp(version=4, priority=5, table=7, iif=IfName("a"), oif=IfName("b")),
        ),
        ("mark: 0x10", RuleOp(version=4, priority=5, table=7, mark=16)),
        ("mark: 16, mask: 0xf0", RuleOp(version=4, priority=5, table=7, mark=16, mask=240)),
    ],
)
def test_a_rule(rule: str, op: RuleOp) -> None:
    text = _in("host:", "rules", f"{{priority: 5, table: 7, {rule}}}")
    assert [item.op for item in compile_lab(read(text, "f.yaml"))] == [op]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{address: 10.0.0.9, dev: eth0}", "neighbour 10.0.0.9 by proxy on eth0 in a"),
        (
            "{address: 'fd00:0::9', dev: eth0, mac: 2-0-0-0-0-9}",
            "neighbour fd00::9 at 02:00:00:00:00:09 on eth0 in a",
        ),
    ],
)
def test_a_neighbour(entry: str, said: str) -> None:
    assert ops(_in("namespaces:\n  a:", "neighbours", entry), NeighOp) == [said]


def test_they_keep_their_order_within_a_namespace() -> None:
    text = _in("namespaces:\n  a:", "rules", "{priority: 9, table: 1}", "{priority: 8, table: 1}")
    text += "\n    routes: [default via 10.0.0.1, {to: 10.0.0.0/8, type: unreachable}]"
    assert ops(text, RouteOp) == [
        "route to default via 10.0.0.1 in a",
        "route to 10.0.0.0/8 unreachable in a",
    ]
    assert [rule.partition(":")[0] for rule in ops(text, RuleOp)] == ["rule 9", "rule 8"]
