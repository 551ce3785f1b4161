"""portmap: an element for each port, family and address; what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask, cable, data, desired, failure, lines, said

from glassnet.cni.ask import Ask
from glassnet.plugins.registry import plugin


def mapped(*mappings: dict[str, Any], prev: Any = None, **conf: Any) -> Ask:
    runtime = {"runtimeConfig": {"portMappings": list(mappings)}}
    return ask("portmap", {"prevResult": prev or cable(), **runtime, **conf})


WEB = {"hostPort": 80, "containerPort": 8080}
MARK = 'comment "glassnet:net/c1/eth0"'


def test_a_port_is_published_of_either_family() -> None:
    wanted = desired(mapped(WEB))
    assert lines(wanted.shared) == ["base ruleset", "net/ipv4/conf/cni0/route_localnet=1"]
    assert lines(wanted.own) == [
        f"nft add element inet glassnet ports4 '{{ tcp . 80 {MARK} : 10.1.0.2 . 8080 }}'",
        f"nft add element inet glassnet ports6 '{{ tcp . 80 {MARK} : fd00::2 . 8080 }}'",
    ]
    assert data(wanted) == cable()


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_a_port_of_one_address_has_its_family_and_nobody_goes_round_it(address: str) -> None:
    wanted = desired(mapped({**WEB, "hostIP": address}))
    family, target = ("6", "fd00::2") if ":" in address else ("4", "10.1.0.2")
    assert lines(wanted.own)[:2] == [
        f"nft add element inet glassnet hostports{family} "
        f"'{{ {address} . tcp . 80 {MARK} : {target} . 8080 }}'",
        f"nft add element inet glassnet direct{family} '{{ {target} . tcp . 8080 {MARK} }}'",
    ]
    assert len(wanted.own) == 2


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "", None])
def test_all_addresses_have_several_names(address: str | None) -> None:
    assert desired(mapped({**WEB, "hostIP": address})).own == desired(mapped(WEB)).own


def test_flows_of_udp_are_forgotten() -> None:
    wanted = desired(mapped({"hostPort": 53, "containerPort": 53, "protocol": "UDP"}))
    forgotten = [line for line in lines(wanted.own) if line.startswith("conntrack")]
    assert len(forgotten) >= 2
    assert all("-p udp" in line and "--orig-port-dst 53" in line for line in forgotten)


@pytest.mark.parametrize("protocol", ["tcp", "udp", "sctp", "SCTP"])
def test_protocols(protocol: str) -> None:
    one = desired(mapped({**WEB, "protocol": protocol}))
    assert any(f"{{ {protocol.lower()} . 80 " in line for line in lines(one.own))


def test_without_snat_the_loopback_stays_alone() -> None:
    assert lines(desired(mapped(WEB, snat=False)).shared) == ["base ruleset"]
    assert lines(desired(mapped(WEB, snat=True)).shared)[1:] == [
        "net/ipv4/conf/cni0/route_localnet=1"
    ]


def test_the_end_of_a_cable_is_the_containers_own() -> None:
    prev = {**cable(), "interfaces": cable()["interfaces"][1:]}
    prev["ips"] = [{"address": "10.1.0.2/24", "interface": 1}]
    wanted = desired(mapped(WEB, prev=prev))
    assert lines(wanted.shared) == ["base ruleset"]
    assert lines(wanted.own)[1:] == ["net/ipv4/conf/veth0/route_localnet=1"]


def test_ipv6_alone_needs_no_loopback() -> None:
    prev = {**cable(), "ips": [{"address": "fd00::2/64", "interface": 2}]}
    assert len(lines(desired(mapped(WEB, prev=prev)).own)) == 1


def test_without_an_interface_on_the_host_there_is_no_way_for_the_loopback() -> None:
    prev = {"ips": [{"address": "10.1.0.2/24"}]}
    assert len(lines(desired(mapped(WEB, prev=prev)).own)) == 1


def test_nothing_is_made_where_nothing_is_mapped() -> None:
    confs: list[dict[str, Any]] = [{}, {"runtimeConfig": {}}]
    for conf in [*confs, {"runtimeConfig": {"portMappings": []}}]:
        wanted = desired(ask("portmap", {"prevResult": cable(), **conf}))
        assert (wanted.shared, wanted.own, data(wanted)) == ((), (), cable())


def test_addresses_of_other_interfaces_are_no_targets() -> None:
    prev = cable()
    prev["interfaces"].append({"name": "eth1", "sandbox": "/run/netns/a"})
    prev["ips"] = [
        {"address": "10.9.0.2/24", "interface": 3},
        {"address": "10.8.0.2/24", "interface": 0},
        {"address": "10.1.0.2/24", "interface": 2},
        {"address": "10.1.0.3/24", "interface": 2},
    ]
    assert [line for line in lines(desired(mapped(WEB, prev=prev)).own) if "nft" in line] == [
        f"nft add element inet glassnet ports4 '{{ tcp . 80 {MARK} : 10.1.0.2 . 8080 }}'"
    ]


def test_an_address_of_no_interface_there_is() -> None:
    prev = {**cable(), "ips": [{"address": "10.1.0.2/24", "interface": 7}]}
    assert said(failure(mapped(WEB, prev=prev))) == (7, "prevResult: no interface 7")


def test_it_stands_in_a_chain() -> None:
    assert said(failure(ask("portmap"))) == (
        7,
        "portmap must be called as chained plugin: missing prevResult from earlier plugin",
    )


PORTS = "$.runtimeConfig.portMappings"
FAILED = "failed to parse config: Invalid"


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ({"hostPort": 0}, f"{PORTS}[0].hostPort: {FAILED} host port number: 0"),
        ({"hostPort": 65536}, f"{PORTS}[0].hostPort: {FAILED} host port number: 65536"),
        ({"containerPort": -1}, f"{PORTS}[0].containerPort: {FAILED} container port number: -1"),
        ({"hostPort": "80"}, f"{PORTS}[0].hostPort: expected a whole number, found '80'"),
        ({"protocol": "icmp"}, f"{PORTS}[0].protocol: unknown protocol 'icmp'"),
        ({"protocol": 6}, f"{PORTS}[0].protocol: expected a string, found 6"),
    ],
)
def test_what_is_wrong_with_a_mapping(mapping: dict[str, Any], problem: str) -> None:
    assert said(failure(mapped({**WEB, **mapping}))) == (7, problem)


def test_a_host_address_that_is_none() -> None:
    error = failure(mapped({**WEB, "hostIP": "1.2.3"}))
    assert error.code == 7
    assert error.message.startswith(f"{PORTS}[0].hostIP: ")


@pytest.mark.parametrize(
    ("conf", "code", "problem"),
    [
        ({"backend": "x"}, 7, 'backend: unknown backend: "x"'),
        ({"markMasqBit": 32}, 7, "MasqMarkBit must be between 0 and 31"),
        ({"markMasqBit": -1}, 7, "MasqMarkBit must be between 0 and 31"),
        ({"markMasqBit": "1"}, 7, "$.markMasqBit: expected a whole number, found '1'"),
        ({"conditionsV4": ["-s", "1.2.3.4"]}, 2, "conditionsV4 ['-s', '1.2.3.4']"),
        ({"conditionsV6": ["x"]}, 2, "conditionsV6 ['x']"),
        ({"externalSetMarkChain": "X"}, 2, "externalSetMarkChain 'X'"),
        ({"snat": 1}, 7, "$.snat: expected true or false, found 1"),
    ],
)
def test_what_is_wrong_with_the_configuration(
    conf: dict[str, Any], code: int, problem: str
) -> None:
    error = failure(mapped(WEB, **conf))
    assert error.code == code
    assert problem in error.message


def test_options_of_the_references_that_change_nothing() -> None:
    conf = {"backend": "iptables", "markMasqBit": 13, "conditionsV4": [], "conditionsV6": []}
    assert desired(mapped(WEB, **conf)).own == desired(mapped(WEB)).own


def test_keys_match_whatever_their_case() -> None:
    runtime = {"RuntimeConfig": {"PORTMAPPINGS": [{"HOSTPORT": 80, "containerport": 8080}]}}
    asked = ask("portmap", {"prevresult": cable(), **runtime})
    assert desired(asked).own == desired(mapped(WEB)).own


def test_it_has_no_rest_and_looks_at_nothing() -> None:
    one = plugin("portmap")
    assert (one.rest(mapped(WEB)), one.looks(mapped(WEB))) == ((), ())
    assert one.repeats
