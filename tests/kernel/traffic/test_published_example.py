"""examples/published.yaml, with the Internet of examples/internet.yaml before it: real clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from peers import EXAMPLES, HOST, Answer, ask, refused, serving

from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

WEB4, WEB6 = "10.1.0.2", "fd00:11::2"
BRIDGE4, BRIDGE6 = "10.1.0.1", "fd00:11::1"
UPLINK4, UPLINK6 = "192.0.2.2", "2001:db8::2"
SERVER4, SERVER6 = "203.0.113.1", "2001:db8:ffff::1"


@pytest.fixture(scope="module")
def town() -> Iterator[Host]:
    with Host() as host:
        host.glassnet("up", str(EXAMPLES / "internet.yaml"))
        host.glassnet("up", str(EXAMPLES / "published.yaml"))
        ports = [f"tcp/{port}" for port in (80, 9000, 9004, 9009)]
        with (
            serving(host, "web", *ports, "udp/53", "udp/9000"),
            serving(host, "client", "tcp/9010"),
            serving(host, "", f"tcp/22/{UPLINK4}", "tcp/7000/127.0.0.1"),
        ):
            yield host


@pytest.mark.parametrize(
    "way",  # who asks, where, who is seen, and as what it is reached
    [
        ("server", UPLINK4, SERVER4, WEB4),
        ("server", UPLINK6, SERVER6, WEB6),
        ("client", UPLINK4, BRIDGE4, WEB4),
        ("client", UPLINK6, BRIDGE6, WEB6),
        ("client", BRIDGE4, BRIDGE4, WEB4),
        ("client", BRIDGE6, BRIDGE6, WEB6),
        ("web", UPLINK4, BRIDGE4, WEB4),
        ("web", UPLINK6, BRIDGE6, WEB6),
        ("web", BRIDGE4, BRIDGE4, WEB4),
        ("web", BRIDGE6, BRIDGE6, WEB6),
        (HOST, "127.0.0.1", BRIDGE4, WEB4),
        (HOST, "127.8.9.10", BRIDGE4, WEB4),
        (HOST, UPLINK4, UPLINK4, WEB4),
        (HOST, UPLINK6, UPLINK6, WEB6),
        (HOST, BRIDGE4, BRIDGE4, WEB4),
        (HOST, BRIDGE6, BRIDGE6, WEB6),
    ],
)
@pytest.mark.parametrize("service", [("tcp", 8080, 80), ("udp", 5353, 53), ("tcp", 9004, 9004)])
def test_a_published_port_answers(
    town: Host, way: tuple[str, str, str, str], service: tuple[str, int, int]
) -> None:
    asking, address, seen, at = way
    protocol, port, to_port = service
    assert ask(town, asking, protocol, address, port) == Answer("web", seen, at, to_port)


@pytest.mark.parametrize("port", [9000, 9009])
def test_both_ends_of_a_range_answer(town: Host, port: int) -> None:
    assert ask(town, "server", "tcp", UPLINK4, port).port == port
    assert ask(town, "server", "tcp", UPLINK6, port).port == port


@pytest.mark.parametrize("port", [80, 8079, 8999, 9010])
@pytest.mark.parametrize("address", [UPLINK4, UPLINK6])
def test_what_is_beside_the_published_ports_is_closed(town: Host, address: str, port: int) -> None:
    assert refused(town, "server", "tcp", address, port)


@pytest.mark.parametrize(("protocol", "port"), [("udp", 8080), ("tcp", 5353), ("udp", 9000)])
def test_a_port_is_published_for_its_own_protocol_only(
    town: Host, protocol: str, port: int
) -> None:
    assert refused(town, "server", protocol, UPLINK4, port)


def test_a_port_of_127_0_0_1_is_for_the_host_alone(town: Host) -> None:
    assert ask(town, HOST, "tcp", "127.0.0.1", 8081) == Answer("web", BRIDGE4, WEB4, 80)
    for asking, address in [("server", UPLINK4), ("client", BRIDGE4), (HOST, UPLINK4)]:
        assert refused(town, asking, "tcp", address, 8081), (asking, address)


def test_the_ipv6_loopback_refuses_at_once_so_that_clients_go_on_to_ipv4(town: Host) -> None:
    assert refused(town, HOST, "tcp", "::1", 8080)
    assert refused(town, HOST, "tcp", "::1", 9004)


def test_translation_leaves_the_hosts_own_services_alone(town: Host) -> None:
    assert ask(town, "server", "tcp", UPLINK4, 22) == Answer("host", SERVER4, UPLINK4, 22)
    assert ask(town, HOST, "tcp", "127.0.0.1", 7000).name == "host"


def test_a_published_port_number_of_another_machine_is_not_translated(town: Host) -> None:
    with serving(town, "server", "tcp/8080"):
        assert ask(town, "client", "tcp", SERVER4, 8080).name == "server"
        assert ask(town, HOST, "tcp", SERVER6, 8080).name == "server"
    assert refused(town, "client", "tcp", SERVER4, 8080)


def test_only_the_port_of_who_publishes_sends_frames_back(town: Host) -> None:
    """Where br_netfilter is on, a container reaches itself by a published port only so."""
    ports = town.json("bridge", "-j", "-d", "link", "show")
    hairpin = {port["ifname"]: port["hairpin"] for port in ports if "hairpin" in port}
    assert hairpin == {"web-eth0": True, "client-eth0": False}
