"""Ports bound to addresses of the host, ranges with other numbers, several networks, ``down``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peers import HOST, Answer, ask, refused, serving

from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

LAB = """
name: bound
namespaces:
  one: {}
  two: {}
  outside: {routes: [default via 192.0.2.1, "default via 2001:db8::1"]}
bridges:
  red: {addresses: [10.1.0.1/24, "fd00:1::1/64"], gateway: true, masquerade: true}
  blue: {addresses: [10.2.0.1/24, "fd00:2::1/64"], gateway: true}
links:
  - one:eth0 10.1.0.2/24 fd00:1::2/64 -- red
  - two:eth0 10.2.0.2/24 fd00:2::2/64 -- blue
  - ends:
      - {at: "host:wan0", addresses: [192.0.2.1/24, 192.0.2.2/24, "2001:db8::1/64"]}
      - {at: "outside:eth0", addresses: [192.0.2.9/24, "2001:db8::9/64"]}
host:
  forwarding: true
  publish:
    - 192.0.2.1:443:80 -> one           # the same port of two addresses: two services
    - 192.0.2.2:443:80 -> two
    - "[2001:db8::1]:443:80 -> two"
    - 7000-7004 -> one                  # all addresses,
    - 192.0.2.2:7002:80 -> two          # but for one port of one of them,
    - 192.0.2.1:7003-7004 -> two        # and for two of another
    - 6000-6002:5000-5002 -> one        # ranges that change their numbers
    - 192.0.2.2:6001-6002:5001-5002 -> two
    - 4000:80 -> 10.1.0.2               # IPv4 only
    - 5300:53/udp -> two
"""
ONE, TWO = "one", "two"
OUTSIDE = "192.0.2.9"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("lab") / "bound.yaml"
    file.write_text(LAB)
    return file


@pytest.fixture(scope="module")
def town(lab: Path) -> Iterator[Host]:
    ports = [f"tcp/{port}" for port in (80, *range(5000, 5003), *range(7000, 7005))]
    with Host() as host:
        host.glassnet("up", str(lab))
        with serving(host, ONE, *ports), serving(host, TWO, *ports, "udp/53"):
            yield host


@pytest.mark.parametrize(
    ("published", "answering"),
    [
        (("192.0.2.1", 443), (ONE, 80)),
        (("192.0.2.2", 443), (TWO, 80)),
        (("2001:db8::1", 443), (TWO, 80)),
        (("192.0.2.1", 7000), (ONE, 7000)),
        (("192.0.2.2", 7000), (ONE, 7000)),
        (("2001:db8::1", 7004), (ONE, 7004)),
        (("192.0.2.1", 7002), (ONE, 7002)),
        (("192.0.2.2", 7002), (TWO, 80)),
        (("192.0.2.1", 7003), (TWO, 7003)),
        (("192.0.2.1", 7004), (TWO, 7004)),
        (("192.0.2.2", 7003), (ONE, 7003)),
        (("192.0.2.1", 6000), (ONE, 5000)),
        (("192.0.2.1", 6002), (ONE, 5002)),
        (("192.0.2.2", 6002), (TWO, 5002)),
        (("192.0.2.2", 6000), (ONE, 5000)),
        (("192.0.2.1", 4000), (ONE, 80)),
    ],
)
@pytest.mark.parametrize("asking", ["outside", HOST])
def test_the_most_particular_publication_answers(
    town: Host, asking: str, published: tuple[str, int], answering: tuple[str, int]
) -> None:
    answer = ask(town, asking, "tcp", *published)
    assert (answer.name, answer.port) == answering


@pytest.mark.parametrize(
    ("protocol", "address", "port"),
    [
        ("tcp", "10.1.0.1", 443),
        ("tcp", "10.2.0.1", 443),
        ("tcp", "2001:db8::1", 4000),
        ("tcp", "192.0.2.1", 6999),
        ("tcp", "192.0.2.1", 7005),
        ("tcp", "192.0.2.1", 5000),
        ("tcp", "192.0.2.1", 6003),
        ("udp", "192.0.2.1", 443),
    ],
)
def test_another_address_another_port_another_family_refuses(
    town: Host, protocol: str, address: str, port: int
) -> None:
    assert refused(town, "outside", protocol, address, port)


@pytest.mark.parametrize(
    ("asking", "address", "answer"),
    [
        ("outside", "192.0.2.2", Answer(TWO, OUTSIDE, "10.2.0.2", 53)),
        ("outside", "2001:db8::1", Answer(TWO, "2001:db8::9", "fd00:2::2", 53)),
        (TWO, "10.2.0.1", Answer(TWO, "10.2.0.1", "10.2.0.2", 53)),
        (TWO, "2001:db8::1", Answer(TWO, "fd00:2::1", "fd00:2::2", 53)),
        (ONE, "192.0.2.1", Answer(TWO, "10.2.0.1", "10.2.0.2", 53)),
    ],
)
def test_datagrams_to_all_addresses(town: Host, asking: str, address: str, answer: Answer) -> None:
    assert ask(town, asking, "udp", address, 5300) == answer


def test_who_asks_from_another_network_that_is_not_masqueraded_is_seen(town: Host) -> None:
    """Network blue is routed as it is: only its hairpins are masqueraded."""
    assert ask(town, TWO, "tcp", "192.0.2.1", 443) == Answer(ONE, "10.2.0.2", "10.1.0.2", 80)
    assert ask(town, TWO, "tcp", "192.0.2.2", 443) == Answer(TWO, "10.2.0.1", "10.2.0.2", 80)


def test_after_down_the_ports_are_closed_and_the_other_network_goes_on(
    lab: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(
        "name: other\nnamespaces: [three]\n"
        "bridges: {green: {addresses: [10.3.0.1/24], gateway: true}}\n"
        "links: ['three:eth0 10.3.0.2/24 -- green']\n"
        "host: {forwarding: true, publish: ['8080:80 -> three']}\n"
    )
    with Host() as host:
        host.glassnet("up", str(lab))
        host.glassnet("up", str(other))
        with serving(host, ONE, "tcp/80"), serving(host, "three", "tcp/80"):
            assert ask(host, HOST, "tcp", "192.0.2.1", 443).name == ONE
            host.sh("ip link add keep0 type bridge; ip addr add 192.0.2.1/32 dev keep0")
            host.glassnet("down", "bound")
            assert refused(host, HOST, "tcp", "192.0.2.1", 443)
            assert refused(host, HOST, "tcp", "127.0.0.1", 7000)
            assert ask(host, HOST, "tcp", "127.0.0.1", 8080).name == "three"
            host.glassnet("down", "other")
            assert refused(host, HOST, "tcp", "127.0.0.1", 8080)
        assert host.sh("nft list ruleset") == ""
