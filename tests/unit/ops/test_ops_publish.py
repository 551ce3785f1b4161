"""Published ports: the elements they are, in words, and as they were seen."""

from __future__ import annotations

import pytest
from scene import NS1, seen_in, state, typed, words

from glassnet.errors import InvalidValue
from glassnet.nft.element import Element
from glassnet.nft.listing import Ruleset, Table
from glassnet.ops.base import KEPT, MADE
from glassnet.ops.publish import PublishOp
from glassnet.ops.request import NftRequest
from glassnet.state.snapshot import Facet, Listener, Snapshot
from glassnet.values import HOST, IpAddress

TO4, TO6, AT4 = IpAddress("10.0.0.2"), IpAddress("fd00::2"), IpAddress("192.0.2.1")
MARK = "glassnet:net1"


def publish(
    protocol: str = "tcp",
    port: int = 8080,
    to_port: int = 80,
    count: int = 1,
    *,
    to: IpAddress = TO4,
    at: IpAddress | None = None,
    comment: str = MARK,
) -> PublishOp:
    return PublishOp(
        netns=NS1,
        protocol=protocol,
        port=port,
        to=to,
        to_port=to_port,
        count=count,
        address=at,
        comment=comment,
    )


def there(*elements: Element, listeners: tuple[Listener, ...] = ()) -> Snapshot:
    table = Table("inet", "glassnet")
    for one in elements:
        table.elements[one.set] = (*table.elements.get(one.set, ()), one)
    ruleset = Ruleset()
    ruleset.tables["inet", "glassnet"] = table
    return seen_in(state(NS1, ruleset, *listeners))


@pytest.mark.parametrize(
    ("op", "elements", "label"),
    [
        (
            publish(),
            [Element("ports4", ("tcp", "8080"), ("10.0.0.2", "80"), MARK)],
            "tcp 8080 to 10.0.0.2:80",
        ),
        (
            publish("udp", 53, 53, at=AT4),
            [Element("hostports4", ("192.0.2.1", "udp", "53"), ("10.0.0.2", "53"), MARK)],
            "udp 192.0.2.1:53 to 10.0.0.2:53",
        ),
        (
            publish("sctp", 9, 9, to=TO6, at=IpAddress("fd00::1")),
            [Element("hostports6", ("fd00::1", "sctp", "9"), ("fd00::2", "9"), MARK)],
            "sctp [fd00::1]:9 to [fd00::2]:9",
        ),
        (
            publish(port=8000, to_port=8000, count=100, to=TO6),
            [Element("ranges6", ("tcp", "8000-8099"), ("fd00::2",), MARK)],
            "tcp 8000-8099 to [fd00::2]:8000-8099",
        ),
        (
            publish(port=8000, to_port=8000, count=2, at=AT4),
            [Element("hostranges4", ("192.0.2.1", "tcp", "8000-8001"), ("10.0.0.2",), MARK)],
            "tcp 192.0.2.1:8000-8001 to 10.0.0.2:8000-8001",
        ),
        (
            publish(port=8000, to_port=9000, count=2),
            [
                Element("ports4", ("tcp", "8000"), ("10.0.0.2", "9000"), MARK),
                Element("ports4", ("tcp", "8001"), ("10.0.0.2", "9001"), MARK),
            ],
            "tcp 8000-8001 to 10.0.0.2:9000-9001",
        ),
        (
            publish(port=80, to_port=80),
            [Element("ports4", ("tcp", "80"), ("10.0.0.2", "80"), MARK)],
            "tcp 80 to 10.0.0.2:80",
        ),
    ],
)
def test_the_elements_that_it_is(op: PublishOp, elements: list[Element], label: str) -> None:
    assert list(op.elements()) == elements
    assert str(op) == f"published port {label} in ns1"
    assert op.satisfied_by(there(*elements)) == ()
    assert op.key() == ("element", "ns1", elements[0].set, *elements[0].key)
    assert op.needs() == op.within() == (("netns", "ns1"), ("nft", "ns1"))
    assert op.reads() == (Facet(NS1, "nft"), Facet(NS1, "ports", op.protocol))


def test_its_commands_and_one_transaction() -> None:
    op = publish("udp", 8000, 9000, 2)
    adds = [
        f'add element inet glassnet ports4 {{ udp . {port} comment "{MARK}" : 10.0.0.2 . {to} }}'
        for port, to in ((8000, 9000), (8001, 9001))
    ]
    deletes = [f"delete element inet glassnet ports4 {{ udp . {port} }}" for port in (8000, 8001)]
    head = "ip netns exec ns1 nft add element inet glassnet ports4"
    assert typed(op)[0] == f"{head} '{{ udp . 8000 comment \"{MARK}\" : 10.0.0.2 . 9000 }}'"
    assert len(typed(op)) == 2
    assert op.requests() == (NftRequest(NS1, "\n".join(adds)),)
    assert op.flipped().requests() == (NftRequest(NS1, "\n".join(deletes)),)
    assert op.inverse(MADE) == (op.flipped(),)
    assert op.inverse(KEPT) == ()


def test_as_seen_each_port_for_itself() -> None:
    op = publish("udp", 8000, 9000, 3)
    first, second, _ = op.elements()
    found = there(first, second._replace(value=("10.0.0.9", "1")))
    label = "published port udp 8000-8002 to 10.0.0.2:9000-9002 in ns1"
    assert words(op.satisfied_by(found)) == [
        f"{label}: wanted udp . 8001 : 10.0.0.2 . 9001, found udp . 8001 : 10.0.0.9 . 1",
        f"{label}: wanted element udp . 8002 : 10.0.0.2 . 9002, found nothing",
    ]
    assert words(op.flipped().satisfied_by(found)) == [
        f"{label}: wanted not to be there, found udp . 8000 : 10.0.0.2 . 9000",
        f"{label}: wanted not to be there, found udp . 8001 : 10.0.0.9 . 1",
    ]


def test_what_holds_its_port() -> None:
    op = publish()
    busy = Listener("tcp", "", 8080)
    assert op.obstacle(there(listeners=(busy,))) == "port tcp *:8080 is in use by a process"
    assert op.obstacle(there(*op.elements(), listeners=(busy,))) == ""
    assert op.flipped().obstacle(there(*op.elements(), listeners=(busy,))) == ""
    others = Element("ranges4", ("tcp", "8000-8999"), ("10.0.0.9",), "glassnet:other")
    assert op.obstacle(there(others)) == (
        "tcp . 8000-8999 : 10.0.0.9 is published already, with glassnet:other"
    )
    ours = others._replace(comment=MARK)
    assert op.obstacle(there(ours)) == ""


@pytest.mark.parametrize(
    ("build", "refusal"),
    [
        (
            lambda: publish("icmp"),
            "no protocol 'icmp' to publish; accepted: tcp, udp, sctp",
        ),
        (lambda: publish(port=0), "ports 0 to 80, 1 of them; accepted: 1 to 65535"),
        (lambda: publish(to_port=0), "ports 8080 to 0, 1 of them; accepted: 1 to 65535"),
        (lambda: publish(count=0), "ports 8080 to 80, 0 of them; accepted: 1 to 65535"),
        (
            lambda: publish(port=65535, count=2),
            "ports 65535 to 80, 2 of them; accepted: 1 to 65535",
        ),
        (
            lambda: publish(to=TO6, at=AT4),
            "192.0.2.1 cannot lead to fd00::2; accepted: one address family",
        ),
        (
            lambda: publish(to=TO6, at=IpAddress("::1")),
            "::1 leads nowhere: IPv6 has no route_localnet; accepted: 127.0.0.1",
        ),
    ],
)
def test_what_is_refused(build: object, refusal: str) -> None:
    assert callable(build)
    with pytest.raises(InvalidValue) as caught:
        build()
    assert str(caught.value) == refusal


def test_the_last_port_there_is() -> None:
    op = publish(port=65534, to_port=65534, count=2)
    assert op.elements() == (Element("ranges4", ("tcp", "65534-65535"), ("10.0.0.2",), MARK),)
    assert PublishOp(protocol="tcp", port=1, to=TO4, to_port=1).netns == HOST
