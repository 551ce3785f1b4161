"""What stands in the way of elements, told from a recorded listing before anything is touched."""

from __future__ import annotations

import pytest
from recorded import ours, ruleset

from glassnet.errors import InvalidValue
from glassnet.nft.base import BASE, REMOVE
from glassnet.nft.listing import Ruleset
from glassnet.ops.masquerade import LocalNetOp, MasqueradeOp
from glassnet.ops.nft import ElementOp, ElementsOp, NftBaseOp
from glassnet.ops.publish import PublishOp
from glassnet.ops.request import NftRequest
from glassnet.state.snapshot import Listener, NetnsState, Snapshot
from glassnet.values import HOST, IpAddress, Netns, Prefix

WEB = "glassnet:web"
TO4, TO6 = IpAddress("10.0.0.2"), IpAddress("fd00::2")


def _seen(name: str | None = "elements", *listeners: Listener, exists: bool = True) -> Snapshot:
    state = NetnsState(HOST, exists=exists)
    state.nft = ruleset(name) if name is not None else Ruleset()
    state.listeners = list(listeners)
    return Snapshot({HOST: state}, ours("base"))


def _publish(
    protocol: str, port: int, count: int = 1, to_port: int = 80, *, address: str = "", v: int = 4
) -> PublishOp:
    return PublishOp(
        netns=HOST,
        protocol=protocol,
        port=port,
        count=count,
        to=TO4 if v == 4 else TO6,
        to_port=to_port,
        address=IpAddress(address) if address else None,
        comment="glassnet:new",
    )


@pytest.mark.parametrize(
    ("op", "held"),
    [
        (_publish("tcp", 9005), "tcp . 9000-9009 : 10.0.0.2 is published already, with " + WEB),
        (_publish("tcp", 9009, 5, 9009), "tcp . 9000-9009 : 10.0.0.2 is published"),
        (_publish("tcp", 8995, 6, 8995), "tcp . 9000-9009 : 10.0.0.2 is published"),
        (_publish("tcp", 8075, 10, 8075), "tcp . 8080 : 10.0.0.2 . 80 is published"),
        (_publish("udp", 50, 10, 50), "udp . 53 : 10.0.0.3 . 53 is published already, with no"),
        (_publish("tcp", 9001, v=6), "tcp . 9000-9009 : fd00::2 is published"),
        (_publish("tcp", 443, 2, 443, address="192.0.2.2"), "192.0.2.2 . tcp . 443 : 10.0.0.2"),
        (_publish("tcp", 80, address="127.0.0.1"), "127.0.0.1 . tcp . 1-65535 : 10.0.0.2"),
        (_publish("tcp", 8080, to_port=81), "set ports4 has tcp . 8080 : 10.0.0.2 . 80 already"),
        (_publish("tcp", 8999), ""),
        (_publish("tcp", 9010), ""),
        (_publish("udp", 8191), ""),
        (_publish("tcp", 443), ""),
        (_publish("tcp", 443, address="192.0.2.3"), ""),
        (_publish("tcp", 53), ""),
    ],
)
def test_a_port_that_somebody_else_published(op: PublishOp, held: str) -> None:
    said = op.obstacle(_seen())
    assert said.startswith(held)
    assert bool(said) == bool(held)


def test_what_is_to_go_or_is_there_is_held_by_nobody() -> None:
    there = _publish("tcp", 8080)
    gone = PublishOp(
        netns=HOST, protocol="tcp", port=9005, to=TO4, to_port=80, present=False, comment=WEB
    )
    busy = Listener("tcp", "", 8080)
    assert there.obstacle(_seen("elements", busy)) == ""
    assert gone.obstacle(_seen("elements", Listener("tcp", "", 9005))) == ""
    assert _publish("tcp", 9005).obstacle(_seen(None)) == ""


@pytest.mark.parametrize(
    ("op", "listener", "clash"),
    [
        (_publish("tcp", 70), Listener("tcp", "", 70), "*:70"),
        (_publish("tcp", 70), Listener("tcp", "127.0.0.1", 70), "127.0.0.1:70"),
        (_publish("tcp", 70, v=6), Listener("tcp", "::1", 70), "[::1]:70"),
        (_publish("tcp", 70, 3, 70), Listener("tcp", "", 72), "*:72"),
        (_publish("tcp", 70, address="192.0.2.1"), Listener("tcp", "", 70), "*:70"),
        (
            _publish("tcp", 70, address="192.0.2.1"),
            Listener("tcp", "192.0.2.1", 70),
            "192.0.2.1:70",
        ),
        (_publish("tcp", 70, address="192.0.2.1"), Listener("tcp", "192.0.2.9", 70), ""),
        (_publish("tcp", 70), Listener("tcp", "::1", 70), ""),
        (_publish("tcp", 70, v=6), Listener("tcp", "127.0.0.1", 70), ""),
        (_publish("tcp", 70), Listener("udp", "", 70), ""),
        (_publish("tcp", 70), Listener("tcp", "", 69), ""),
        (_publish("tcp", 70, 3, 70), Listener("tcp", "", 73), ""),
    ],
)
def test_a_port_that_a_process_holds(op: PublishOp, listener: Listener, clash: str) -> None:
    said = op.obstacle(_seen("base", listener))
    assert said == (f"port tcp {clash} is in use by a process" if clash else "")


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("10.0.0.0/16", "10.0.0.0/24 (glassnet:web)"),
        ("10.0.0.128/25", "10.0.0.0/24 (glassnet:web)"),
        ("10.2.0.0/24", "10.2.0.1 (with no mark)"),
        ("10.3.0.8/29", "10.3.0.3-10.3.0.9 (with no mark)"),
        ("10.3.0.0/30", "10.3.0.3-10.3.0.9 (with no mark)"),
        ("fd00::/48", "fd00::/64 (with no mark)"),
        ("fd02::8/127", "fd02::3-fd02::9 (with no mark)"),
        ("10.0.0.0/24", ""),
        ("10.0.1.0/24", ""),
        ("10.3.0.0/31", ""),
        ("10.3.0.10/31", ""),
        ("fd00:0:0:1::/64", ""),
    ],
)
def test_a_network_that_overlaps_a_masqueraded_one(prefix: str, found: str) -> None:
    op = MasqueradeOp(netns=HOST, prefix=Prefix(prefix), comment="glassnet:new")
    assert op.obstacle(_seen()) == (f"{prefix} overlaps {found}" if found else "")


@pytest.mark.parametrize(
    ("prefix", "found"),
    [("10.0.0.0/16", "10.0.0.0/24 (glassnet:web)"), ("10.2.0.0/24", ""), ("10.0.0.0/24", "")],
)
def test_a_network_that_overlaps_another(prefix: str, found: str) -> None:
    op = LocalNetOp(netns=HOST, prefix=Prefix(prefix), comment="glassnet:new")
    assert op.obstacle(_seen()) == (f"{prefix} overlaps {found}" if found else "")


@pytest.mark.parametrize("kind", [MasqueradeOp, LocalNetOp])
def test_a_network_that_goes_or_has_no_table_overlaps_nothing(
    kind: type[MasqueradeOp] | type[LocalNetOp],
) -> None:
    wide = Prefix("10.0.0.0/8")
    assert kind(netns=HOST, prefix=wide).obstacle(_seen(None)) == ""
    assert kind(netns=HOST, prefix=wide, present=False).obstacle(_seen()) == ""


@pytest.mark.parametrize(
    ("protocol", "numbers", "addresses", "words"),
    [
        ("icmp", (1, 1, 1), ("10.0.0.2", ""), "no protocol 'icmp'"),
        ("tcp", (0, 1, 1), ("10.0.0.2", ""), "accepted: 1 to 65535"),
        ("tcp", (1, 0, 1), ("10.0.0.2", ""), "accepted: 1 to 65535"),
        ("tcp", (1, 1, 0), ("10.0.0.2", ""), "accepted: 1 to 65535"),
        ("tcp", (65535, 1, 2), ("10.0.0.2", ""), "accepted: 1 to 65535"),
        ("tcp", (1, 65535, 2), ("10.0.0.2", ""), "accepted: 1 to 65535"),
        ("tcp", (1, 1, 1), ("10.0.0.2", "fd00::1"), "one address family"),
        ("tcp", (1, 1, 1), ("fd00::2", "::1"), "::1 leads nowhere"),
    ],
)
def test_a_publication_that_cannot_be(
    protocol: str, numbers: tuple[int, int, int], addresses: tuple[str, str], words: str
) -> None:
    port, to_port, count = numbers
    to, address = addresses
    with pytest.raises(InvalidValue, match=words):
        PublishOp(
            netns=HOST,
            protocol=protocol,
            port=port,
            to_port=to_port,
            count=count,
            to=IpAddress(to),
            address=IpAddress(address) if address else None,
        )


def test_an_element_that_somebody_else_marked_otherwise() -> None:
    op = ElementOp(netns=HOST, set="ports4", parts=("tcp", "8080"), value=("10.0.0.9", "80"))
    assert op.obstacle(_seen()) == f"set ports4 has tcp . 8080 : 10.0.0.2 . 80 already, with {WEB}"
    gone = ElementOp(netns=HOST, set="ports4", parts=("tcp", "8080"), present=False)
    assert "already, with" in gone.obstacle(_seen())
    unmarked = ElementOp(
        netns=HOST, set="ports4", parts=("udp", "53"), value=("10.0.0.9", "1"), comment=WEB
    )
    assert unmarked.obstacle(_seen()).endswith("with nobody's mark")


def _texts(op: ElementsOp | NftBaseOp, snapshot: Snapshot) -> list[str]:
    requests = op.remedy(snapshot)
    assert all(isinstance(one, NftRequest) for one in requests)
    return [one.text for one in requests if isinstance(one, NftRequest)]


def test_the_remedy_of_elements_is_only_what_is_missing_or_leads_elsewhere() -> None:
    op = PublishOp(netns=HOST, protocol="tcp", port=8079, to=TO4, to_port=79, count=3, comment=WEB)
    assert _texts(op, _seen()) == [
        "\n".join(
            f'add element inet glassnet ports4 {{ tcp . {port} comment "{WEB}" : 10.0.0.2 . {to} }}'
            for port, to in ((8079, 79), (8081, 81))
        )
    ]
    elsewhere = PublishOp(netns=HOST, protocol="tcp", port=8080, to=TO4, to_port=81, comment=WEB)
    assert _texts(elsewhere, _seen()) == [
        "delete element inet glassnet ports4 { tcp . 8080 }\n"
        f'add element inet glassnet ports4 {{ tcp . 8080 comment "{WEB}" : 10.0.0.2 . 81 }}'
    ]
    there = PublishOp(netns=HOST, protocol="tcp", port=8080, to=TO4, to_port=80, comment=WEB)
    assert _texts(there, _seen()) == []
    assert there.remedy(_seen(None)) == there.requests()


def test_the_remedy_of_a_base_that_was_edited_keeps_every_element() -> None:
    edited = _seen()
    table = ours("elements")
    edited[HOST].nft = found = Ruleset()
    found.tables["inet", "glassnet"] = table
    assert NftBaseOp(netns=HOST).satisfied_by(edited) == ()
    table.rules.pop()
    [difference] = NftBaseOp(netns=HOST).satisfied_by(edited)
    assert "its own rules" in str(difference)
    [text] = _texts(NftBaseOp(netns=HOST), edited)
    assert text.startswith(f"{REMOVE}\n{BASE}")
    assert text.count("\nadd element") == sum(map(len, table.elements.values()))
    table.elements["stranger"] = table.elements.pop("ports4")
    assert "stranger" not in _texts(NftBaseOp(netns=HOST), edited)[0]


def test_a_base_that_is_missing_is_made_and_one_too_many_is_removed() -> None:
    base, none = NftBaseOp(netns=HOST), NftBaseOp(netns=HOST, present=False)
    assert base.satisfied_by(_seen(None))
    assert _texts(base, _seen(None)) == [BASE]
    assert none.satisfied_by(_seen(None)) == ()
    assert none.satisfied_by(_seen())
    assert _texts(none, _seen()) == [REMOVE]


def test_where_the_namespace_is_gone_nothing_is_there() -> None:
    op = MasqueradeOp(netns=HOST, prefix=Prefix("10.0.0.0/24"))
    assert op.satisfied_by(_seen(exists=False))
    assert NftBaseOp(netns=Netns("gone")).satisfied_by(_seen())
