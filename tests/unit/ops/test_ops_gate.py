"""Gates, of nftables and of old, and sources of zones: as seen, at a glance and in full."""

from __future__ import annotations

import json

import pytest
from scene import NS1, typed

from glassnet.errors import InvalidValue
from glassnet.nft import gate
from glassnet.nft.listing import Chain, Rule, Ruleset, Table
from glassnet.ops.gate import AdmitOp, GateOp, is_name
from glassnet.ops.legacy import LegacyGateOp
from glassnet.ops.request import GateRequest, NftRequest, ProgramRequest, ZoneRequest
from glassnet.ops.zone import ZoneSourceOp
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, IpAddress, Prefix

GATE = GateOp(family="ip", table="filter", chain="FORWARD", admins=("CNI-ADMIN",))
OLD = LegacyGateOp(version=4, admins=("CNI-ADMIN",))
SOURCE = ZoneSourceOp(zone="trusted", source=Prefix("10.0.0.2/32"))
OURS = f"ip filter {gate.CHAIN}"


def seen(nft: Ruleset | None = None) -> Snapshot:
    state = NetnsState(HOST)
    state.nft = nft
    return Snapshot({HOST: state})


def listed(*rules: tuple[str, object], chains: tuple[str, ...] = ("FORWARD",)) -> Snapshot:
    table = Table("ip", "filter")
    table.chains = [Chain(name) for name in chains]
    table.rules = [Rule(chain, json.dumps([said]), "", 7) for chain, said in rules]
    ruleset = Ruleset()
    ruleset.tables["ip", "filter"] = table
    return seen(ruleset)


JUMP = ("FORWARD", {"jump": {"target": gate.CHAIN}})
WHOLE = listed(
    JUMP,
    (gate.CHAIN, {"jump": {"target": "CNI-ADMIN"}}),
    (gate.CHAIN, {"accept": None}),
    chains=("FORWARD", gate.CHAIN),
)


def test_a_gate_in_full() -> None:
    assert GATE.satisfied_by(WHOLE) == ()
    assert [one.found for one in GATE.flipped().satisfied_by(WHOLE)] == ["it"]
    assert [one.found for one in GATE.satisfied_by(listed(JUMP))] == ["others"]
    assert [one.found for one in GATE.satisfied_by(listed())] == [""]
    assert GATE.flipped().satisfied_by(listed()) == ()


def test_where_its_chain_is_gone_there_is_nothing_to_open() -> None:
    for host in (listed(chains=()), seen(Ruleset())):
        assert GATE.satisfied_by(host) == GATE.flipped().satisfied_by(host) == ()
        assert GATE.remedy(host) == ()


def test_a_gate_at_a_glance() -> None:
    host = seen()
    assert GATE.lookups() == (Facet(HOST, "chain", OURS),)
    assert GATE.satisfied_by(host)
    assert GATE.flipped().satisfied_by(host) == ()
    host[HOST].chains[OURS] = 3
    assert GATE.satisfied_by(host) == ()
    assert GATE.flipped().satisfied_by(host)
    host[HOST].chains[OURS] = 2
    assert GATE.satisfied_by(host)


def test_no_namespace_no_gate() -> None:
    nowhere = Snapshot({NS1: NetnsState(NS1, exists=False, is_namespace=False)})
    inside = GateOp(netns=NS1, family="ip", table="filter", chain="FORWARD")
    assert inside.satisfied_by(nowhere)
    assert inside.flipped().satisfied_by(nowhere) == ()


def test_it_is_mended_in_one_transaction() -> None:
    [request] = GATE.remedy(listed(JUMP))
    assert isinstance(request, NftRequest)
    first, *rest = request.text.splitlines()
    assert first == "delete rule ip filter FORWARD handle 7"
    assert rest == list(gate.opening("ip", "filter", "FORWARD", ("CNI-ADMIN",), 0))
    [request] = GATE.flipped().remedy(WHOLE)
    assert isinstance(request, NftRequest)
    assert request.text.endswith(f"delete chain {OURS}")
    assert GATE.flipped().requests() == (GateRequest(HOST, "ip", "filter", "FORWARD"),)


@pytest.mark.parametrize("name", ["", "a b", "1a", "a;b", "x" * 29, "ä"])
def test_names_that_text_cannot_carry_are_refused(name: str) -> None:
    assert not is_name(name)
    with pytest.raises(InvalidValue, match="no name"):
        GateOp(family="ip", table="filter", chain=name)
    with pytest.raises(InvalidValue, match="no name of a chain"):
        LegacyGateOp(version=6, admins=(name,))


def test_whom_the_host_has_its_say_of_is_no_part_of_the_element() -> None:
    admitted = AdmitOp(address=IpAddress("10.0.0.2"), admin="CNI-ADMIN", comment="glassnet:a")
    assert typed(admitted) == [
        "nft add element inet glassnet admitted4 '{ 10.0.0.2 comment \"glassnet:a\" }'"
    ]


# Of old.


def old(*lines: str) -> Snapshot:
    host = seen()
    host[HOST].legacy = {4: ("-P FORWARD DROP", *lines)}
    return host


TO_US = f"-A FORWARD -m comment --comment x -j {gate.CHAIN}"
SAYS = f"-A {gate.CHAIN} -j CNI-ADMIN"
LETS = f"-A {gate.CHAIN} -m mark --mark 0x67000000/0xff000000 -j ACCEPT"


def test_a_gate_of_old() -> None:
    whole = old(f"-N {gate.CHAIN}", TO_US, SAYS, LETS)
    assert OLD.satisfied_by(whole) == ()
    assert OLD.flipped().satisfied_by(whole)
    assert [one.found for one in OLD.satisfied_by(old(TO_US, LETS, SAYS))] == ["others"]
    assert [one.found for one in OLD.satisfied_by(old())] == [""]
    assert OLD.flipped().satisfied_by(old()) == ()
    assert OLD.satisfied_by(seen()) == ()  # no such table
    with pytest.raises(InvalidValue, match="IP version 5"):
        LegacyGateOp(version=5)


def test_its_program_is_run_and_may_find_nothing_to_do() -> None:
    made = [one for one in OLD.requests() if isinstance(one, ProgramRequest)]
    assert [(one.argv[:4], one.may_fail) for one in made] == [
        (("iptables-legacy", "-w", "-N", "CNI-ADMIN"), True),
        (("iptables-legacy", "-w", "-N", gate.CHAIN), False),
        (("iptables-legacy", "-w", "-A", gate.CHAIN), False),
        (("iptables-legacy", "-w", "-A", gate.CHAIN), False),
        (("iptables-legacy", "-w", "-I", "FORWARD"), False),
    ]
    gone = [one for one in OLD.flipped().requests() if isinstance(one, ProgramRequest)]
    assert [(one.argv[2], one.may_fail) for one in gone] == [(w, True) for w in ("-D", "-F", "-X")]
    assert typed(LegacyGateOp(version=6, present=False))[2] == (
        f"ip6tables-legacy -w -X {gate.CHAIN} || true"
    )


# Of zones.


def test_a_source_of_a_zone() -> None:
    host = seen()
    assert SOURCE.satisfied_by(host) == SOURCE.flipped().satisfied_by(host) == ()
    host[HOST].zones = {}
    assert [one.found for one in SOURCE.satisfied_by(host)] == [""]
    assert SOURCE.flipped().satisfied_by(host) == ()
    host[HOST].zones = {"trusted 10.0.0.2/32": True}
    assert SOURCE.satisfied_by(host) == ()
    assert [one.found for one in SOURCE.flipped().satisfied_by(host)] == ["it"]
    assert SOURCE.requests() == (ZoneRequest(HOST, "trusted", "10.0.0.2/32", add=True),)
    assert typed(SOURCE.flipped()) == [
        "firewall-cmd --quiet --zone=trusted --remove-source=10.0.0.2/32"
    ]
    with pytest.raises(InvalidValue, match="no zone"):
        ZoneSourceOp(zone="a b", source=Prefix("10.0.0.2/32"))
