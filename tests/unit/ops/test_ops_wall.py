"""Walls: their elements, commands and bounds."""

from __future__ import annotations

import pytest

from glassnet.errors import InvalidValue
from glassnet.ops.wall import DirectOp, WallOp
from glassnet.values import IfName, IpAddress, Netns

BR0 = IfName("br0")
TO = IpAddress("10.0.0.2")


def test_the_commands_of_a_wall() -> None:
    assert [str(one) for one in WallOp(bridge=BR0, comment="glassnet:a").commands()] == [
        'nft add element inet glassnet walled \'{ "br0" comment "glassnet:a" }\'',
        'nft add element inet glassnet within \'{ "br0" . "br0" comment "glassnet:a" }\'',
    ]
    apart = WallOp(netns=Netns("ns1"), bridge=IfName("br-0_1"), apart=True, present=False)
    assert [str(one) for one in apart.commands()] == [
        "ip netns exec ns1 nft delete element inet glassnet walled '{ \"br-0_1\" }'",
        'ip netns exec ns1 nft delete element inet glassnet apart \'{ "br-0_1" . "br-0_1" }\'',
    ]


def test_the_words_for_them() -> None:
    assert str(WallOp(bridge=BR0)) == "wall round br0 on the host"
    assert str(WallOp(bridge=BR0, apart=True)) == "wall round and within br0 on the host"
    one = DirectOp(protocol="tcp", to=TO, port=80)
    assert str(one) == "no way round to tcp 10.0.0.2:80 on the host"
    many = DirectOp(protocol="udp", to=IpAddress("fd00::2"), port=80, count=3)
    assert str(many) == "no way round to udp [fd00::2]:80-82 on the host"


def test_what_is_reached_by_a_published_port_alone() -> None:
    [element] = DirectOp(protocol="tcp", to=TO, port=80, count=2).elements()
    assert (element.set, element.key) == ("direct4", ("10.0.0.2", "tcp", "80-81"))
    [element] = DirectOp(protocol="tcp", to=IpAddress("fd00::2"), port=80).elements()
    assert (element.set, element.key) == ("direct6", ("fd00::2", "tcp", "80"))


@pytest.mark.parametrize(
    ("protocol", "port", "count", "words"),
    [
        ("icmp", 80, 1, "no protocol 'icmp'; accepted: tcp, udp, sctp"),
        ("tcp", 0, 1, "port 0, 1 of them; accepted: 1 to 65535"),
        ("tcp", 65535, 2, "port 65535, 2 of them; accepted: 1 to 65535"),
        ("tcp", 80, 0, "port 80, 0 of them; accepted: 1 to 65535"),
    ],
)
def test_bounds(protocol: str, port: int, count: int, words: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        DirectOp(protocol=protocol, to=TO, port=port, count=count)
    assert str(caught.value) == words


def test_a_name_that_nft_would_take_for_many() -> None:
    with pytest.raises(InvalidValue, match=r"'br\*' is no part of an element"):
        WallOp(bridge=IfName("br*")).elements()
