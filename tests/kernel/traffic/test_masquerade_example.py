"""examples/article.yaml before examples/internet.yaml: what leaves has the host's address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from peers import EXAMPLES, HOST, Answer, ask, inside, refused, serving

from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

SERVER4, SERVER6 = "203.0.113.1", "2001:db8:ffff::1"
UPLINK4, UPLINK6 = "192.0.2.2", "2001:db8::2"


@pytest.fixture(scope="module")
def town() -> Iterator[Host]:
    with Host() as host:
        host.glassnet("up", str(EXAMPLES / "internet.yaml"))
        host.glassnet("up", str(EXAMPLES / "article.yaml"))
        with (
            serving(host, "server", "tcp/80", "udp/53"),
            serving(host, "ns2", "tcp/80", "udp/53"),
            serving(host, "", "tcp/8000"),
        ):
            yield host


@pytest.mark.parametrize("service", [("tcp", 80), ("udp", 53)])
@pytest.mark.parametrize("asking", ["ns1", "ns2", HOST])
@pytest.mark.parametrize(("to", "seen"), [(SERVER4, UPLINK4), (SERVER6, UPLINK6)])
def test_the_server_outside_sees_the_host(
    town: Host, asking: str, to: str, seen: str, service: tuple[str, int]
) -> None:
    protocol, port = service
    assert ask(town, asking, protocol, to, port) == Answer("server", seen, to, port)


@pytest.mark.parametrize(("protocol", "port"), [("tcp", 80), ("udp", 53)])
@pytest.mark.parametrize(("to", "seen"), [("10.0.0.3", "10.0.0.2"), ("fd00:10::3", "fd00:10::2")])
def test_a_neighbour_sees_the_container_itself(
    town: Host, to: str, seen: str, protocol: str, port: int
) -> None:
    assert ask(town, "ns1", protocol, to, port) == Answer("ns2", seen, to, port)


@pytest.mark.parametrize(
    ("to", "seen"),
    [
        ("10.0.0.1", "10.0.0.2"),
        ("fd00:10::1", "fd00:10::2"),
        (UPLINK4, "10.0.0.2"),
        (UPLINK6, "fd00:10::2"),
    ],
)
def test_the_host_sees_the_container_itself(town: Host, to: str, seen: str) -> None:
    assert ask(town, "ns1", "tcp", to, 8000) == Answer("host", seen, to, 8000)


@pytest.mark.parametrize(("to", "seen"), [("10.0.0.3", "10.0.0.1"), ("fd00:10::3", "fd00:10::1")])
def test_a_container_sees_the_host(town: Host, to: str, seen: str) -> None:
    assert ask(town, HOST, "tcp", to, 80) == Answer("ns2", seen, to, 80)


def _exchanges(address: str) -> int:
    """Many questions over one connection: every answer comes back through the translation."""
    import socket

    with socket.create_connection((address, 7), 8) as one, one.makefile("rwb") as file:
        for number in range(100):
            file.write(b"%d\n" % number)
            file.flush()
            assert file.readline() == b"%d\n" % number
    return 100


ECHO = """
import socket
one = socket.create_server(("::", 7), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
while True:
    client, _ = one.accept()
    with client, client.makefile("rwb") as file:
        for line in file:
            file.write(line)
            file.flush()
"""


@pytest.mark.parametrize("address", [SERVER4, SERVER6])
def test_an_established_connection_goes_both_ways(town: Host, address: str) -> None:
    echo = town.start("ip", "netns", "exec", "server", "python3", "-I", "-c", ECHO)
    assert echo.stdout is not None
    assert echo.stdout.readline() == "ready\n"
    try:
        assert inside(town, "ns1", _exchanges, address) == 100
    finally:
        echo.kill()
        echo.communicate()


@pytest.mark.parametrize("address", [SERVER4, SERVER6])
def test_a_refusal_comes_back_through_the_translation(town: Host, address: str) -> None:
    assert refused(town, "ns1", "tcp", address, 81)
    assert refused(town, "ns1", "udp", address, 81)


def test_without_masquerade_the_server_outside_cannot_answer() -> None:
    with Host() as host:
        host.glassnet("up", str(EXAMPLES / "internet.yaml"))
        host.glassnet("up", str(EXAMPLES / "article.yaml"))
        with serving(host, "server", "tcp/80"):
            assert ask(host, "ns1", "tcp", SERVER4, 80).seen == UPLINK4
            element = "{ 10.0.0.0/24 }"
            host.run("nft", "delete", "element", "inet", "glassnet", "masquerade4", element)
            assert host.glassnet("check", "article", check=False).returncode == 1
            with pytest.raises(OSError, match="timed out"):
                ask(host, "ns1", "tcp", SERVER4, 80, seconds=0.5)
