"""What is listened on, by real sockets and by tables as machines of both byte orders write them."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glassnet.kernel import listeners as module
from glassnet.kernel import netns as namespaces
from glassnet.kernel.listeners import listeners
from glassnet.state.snapshot import Listener
from glassnet.testing.host import Host
from glassnet.values import Netns

kernel = pytest.mark.kernel

TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
V4, V6 = socket.AF_INET, socket.AF_INET6


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        it.sh("ip addr add 10.0.0.1/24 dev lo; ip addr add fd00::1/64 dev lo nodad")
        yield it


def bound(family: int, kind: int, address: str, port: int, only6: bool = True) -> socket.socket:
    """A socket that holds a port, and listens if it can."""
    one = socket.socket(family, kind)
    if family == V6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(only6))
    one.bind((address, port))
    if kind == TCP:
        one.listen()
    return one


def seen(protocol: str, *sockets: tuple[Any, ...]) -> list[Listener]:
    with contextlib.ExitStack() as stack:
        for words in sockets:
            stack.enter_context(bound(*words))
        return sorted(listeners(protocol))


@kernel
@pytest.mark.parametrize(("protocol", "kind"), [("tcp", TCP), ("udp", UDP)])
def test_addresses_of_all_kinds(host: Host, protocol: str, kind: int) -> None:
    found = host.call(
        seen,
        protocol,
        (V4, kind, "0.0.0.0", 80),
        (V4, kind, "127.0.0.1", 81),
        (V4, kind, "10.0.0.1", 65535),
        (V6, kind, "::", 82),
        (V6, kind, "::1", 83),
        (V6, kind, "fd00::1", 84),
        (V6, kind, "::", 85, False),
        (V6, kind, "::ffff:10.0.0.1", 86, False),
        (V6, kind, "::ffff:0.0.0.0", 87, False),
    )
    assert found == sorted(
        Listener(protocol, address, port)
        for address, port in [
            ("", 80),
            ("127.0.0.1", 81),
            ("10.0.0.1", 65535),
            ("", 82),
            ("::1", 83),
            ("fd00::1", 84),
            ("", 85),
            ("10.0.0.1", 86),
            ("", 87),
        ]
    )


@kernel
def test_the_other_protocol_and_what_does_not_listen_are_not_there(host: Host) -> None:
    def work() -> tuple[list[Listener], list[Listener]]:
        with (
            bound(V4, TCP, "127.0.0.1", 80) as server,
            socket.create_connection(("127.0.0.1", 80)) as client,
            bound(V4, UDP, "127.0.0.1", 53),
            socket.socket(V4, TCP) as idle,
        ):
            idle.bind(("127.0.0.1", 99))
            accepted, _ = server.accept()
            with accepted:
                assert client.getpeername() == ("127.0.0.1", 80)
                return listeners("tcp"), listeners("udp")

    tcp, udp = host.call(work)
    assert tcp == [Listener("tcp", "127.0.0.1", 80)]
    assert udp == [Listener("udp", "127.0.0.1", 53)]


@kernel
def test_each_namespace_has_its_own(host: Host) -> None:
    host.run("ip", "netns", "add", "ns")

    def work() -> tuple[list[Listener], list[Listener]]:
        home, fd = namespaces.open_current(), namespaces.open_netns(Netns("ns"))
        with bound(V4, TCP, "0.0.0.0", 80):
            with namespaces.inside(fd, home):
                inside = listeners("tcp")
            return inside, listeners("tcp")

    assert host.call(work) == ([], [Listener("tcp", "", 80)])


@kernel
def test_many(host: Host) -> None:
    ports = range(1000, 1300)
    found = host.call(seen, "udp", *((V4, UDP, "0.0.0.0", port) for port in ports))
    assert [one.port for one in found] == list(ports)


# Tables as text.

HEAD = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout\n"
)
REST = "00000000:00000000 00:00000000 00000000     0        0 17 1 0000000000000000 100 0 0 10 0"


def word(packed: bytes, order: Any) -> str:
    """Four bytes in network order as a machine of that byte order prints their number."""
    return f"{int.from_bytes(packed, order):08X}"


def written(address: str, order: Any) -> str:
    packed = ipaddress.ip_address(address).packed
    return "".join(word(packed[at : at + 4], order) for at in range(0, len(packed), 4))


def read(protocol: str, tables: Mapping[str, Sequence[str]], order: str) -> list[Listener]:
    """What is made of tables that are not the kernel's."""
    texts = {
        name: HEAD + "".join(f"{at:4}: {line} {REST}\n" for at, line in enumerate(lines))
        for name, lines in tables.items()
    }

    def read_text(path: Path, encoding: str) -> str:
        assert encoding == "ascii"
        if path.name not in texts:
            raise FileNotFoundError(path)
        return texts[path.name]

    with (
        mock.patch.object(sys, "byteorder", order),
        mock.patch.object(Path, "read_text", read_text),
    ):
        return module.listeners(protocol)


ORDERS = pytest.mark.parametrize("order", ["little", "big"])


@ORDERS
def test_a_table_of_each_byte_order(order: str) -> None:
    nobody4, nobody6 = written("0.0.0.0", order), written("::", order)
    tables = {
        "tcp": [
            f"{written('127.0.0.1', order)}:1F90 {nobody4}:0000 0A",
            f"{nobody4}:0016 {nobody4}:0000 0A",
            f"{written('10.0.0.1', order)}:0016 {written('10.0.0.2', order)}:C350 01",
            f"{written('10.0.0.1', order)}:0016 {written('10.0.0.2', order)}:C351 06",
        ],
        "tcp6": [
            f"{written('fd00::1:2', order)}:01BB {nobody6}:0000 0A",
            f"{written('::ffff:10.0.0.9', order)}:01BC {nobody6}:0000 0A",
            f"{nobody6}:01BD {nobody6}:0000 0A",
        ],
    }
    assert read("tcp", tables, order) == [
        Listener("tcp", "127.0.0.1", 0x1F90),
        Listener("tcp", "", 22),
        Listener("tcp", "fd00::1:2", 443),
        Listener("tcp", "10.0.0.9", 444),
        Listener("tcp", "", 445),
    ]


def test_the_words_of_a_machine_that_everybody_has_seen() -> None:
    """Captured: 127.0.0.53:53 and ::1 on x86."""
    assert written("127.0.0.53", "little") == "3500007F"
    assert written("::1", "little") == "00000000000000000000000001000000"
    assert written("127.0.0.53", "big") == "7F000035"


@example(ipaddress.ip_address("::ffff:0.0.0.0"), 80, "little")
@given(st.ip_addresses(), st.integers(0, 65535), st.sampled_from(["little", "big"]))
def test_any_address(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int, order: str
) -> None:
    name = "udp" if address.version == 4 else "udp6"
    line = f"{written(str(address), order)}:{port:04X} {written('::', order)}:0000 07"
    mapped = getattr(address, "ipv4_mapped", None)
    plain = address if mapped is None else mapped
    text = str(plain) if int(plain) else ""
    assert read("udp", {name: [line]}, order) == [Listener("udp", text, port)]


def test_tables_that_are_not_there() -> None:
    """IPv6 or SCTP is not in every kernel."""
    assert read("tcp", {}, "little") == []
    assert read("sctp", {}, "little") == []


def test_sctp_has_a_table_of_its_own() -> None:
    """proc(5) is silent: net/sctp/proc.c, sctp_eps_seq_show."""
    text = (
        " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n"
        "       0        0 2   10  29   5000     0 12345 0.0.0.0 \n"
        "       0        0 2   10  30   132    100 12346 10.0.0.1 fd00::1 \n"
    )
    with mock.patch.object(Path, "read_text", return_value=text):
        assert module.listeners("sctp") == [Listener("sctp", "", 5000), Listener("sctp", "", 132)]
