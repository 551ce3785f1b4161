"""Our own ping: the checksum against another way to reckon it, replies of all kinds, garbage."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import zip_longest

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glassnet.errors import NotPermitted
from glassnet.kernel import netns as namespaces
from glassnet.kernel.probe import Prober, Reply, checksum, echo_request, read_reply
from glassnet.testing.host import Host
from glassnet.values import IpAddress, Netns

kernel = pytest.mark.kernel

VERSIONS = pytest.mark.parametrize("version", [4, 6])
NUMBER = st.integers(0, 0xFFFF)
ECHO, REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
UNREACHABLE = {4: 3, 6: 1}


def reckoned(data: bytes) -> int:
    """RFC 1071, by the definition: one's complement sums are numbers modulo 2^16 - 1."""
    total = sum(high << 8 | low for high, low in zip_longest(data[::2], data[1::2], fillvalue=0))
    rest = total % 0xFFFF
    return 0xFFFF - (0xFFFF if total and not rest else rest)


@given(st.binary(max_size=200))
@example(b"")
@example(b"\xff")
@example(b"\xff\xff" * 70000)
@example(b"\x00\x01\xf2\x03\xf4\xf5\xf6\xf7")
def test_the_checksum_is_the_one_of_the_definition(data: bytes) -> None:
    assert checksum(data) == reckoned(data)


def test_the_example_of_the_rfc() -> None:
    """RFC 1071, section 3: the sum is ddf2."""
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2


@given(NUMBER, NUMBER)
def test_a_packet_with_its_checksum_sums_to_nothing(identifier: int, sequence: int) -> None:
    packet = echo_request(4, identifier, sequence)
    assert checksum(packet) == 0
    assert struct.unpack("!BBHHH", packet[:8])[0::3] == (8, identifier)
    assert struct.unpack("!H", packet[6:8]) == (sequence,)


@given(NUMBER, NUMBER)
def test_for_ipv6_the_checksum_is_the_kernels(identifier: int, sequence: int) -> None:
    assert struct.unpack("!BBHHH", echo_request(6, identifier, sequence)[:8]) == (
        128, 0, 0, identifier, sequence,
    )  # fmt: skip


def packet(version: int, kind: int, code: int, identifier: int, sequence: int) -> bytes:
    """As the socket gives it: IPv4 with its header, here one with options."""
    body = struct.pack("!BBHHH", kind, code, 0, identifier, sequence) + b"payload"
    return (b"\x46" + bytes(23) if version == 4 else b"") + body


def refusal(version: int, code: int, identifier: int, sequence: int) -> bytes:
    """Unreachable, with our request within."""
    request = echo_request(version, identifier, sequence)
    inner = (b"\x45" + bytes(19) if version == 4 else bytes(40)) + request
    return packet(version, UNREACHABLE[version], code, 0, 0)[: -len(b"payload")] + inner


@VERSIONS
def test_our_reply_is_ours_and_others_are_not(version: int) -> None:
    assert read_reply(version, packet(version, REPLY[version], 0, 7, 1), 7, 1) == ""
    assert read_reply(version, packet(version, REPLY[version], 0, 8, 1), 7, 1) is None
    assert read_reply(version, packet(version, REPLY[version], 0, 7, 2), 7, 1) is None
    assert read_reply(version, packet(version, ECHO[version], 0, 7, 1), 7, 1) is None


@pytest.mark.parametrize(
    ("version", "code", "words"),
    [
        (4, 0, "network unreachable"),
        (4, 1, "host unreachable"),
        (4, 3, "port unreachable"),
        (4, 9, "network administratively prohibited"),
        (4, 13, "administratively prohibited"),
        (4, 200, "unreachable, code 200"),
        (6, 0, "no route to destination"),
        (6, 1, "administratively prohibited"),
        (6, 3, "address unreachable"),
        (6, 200, "unreachable, code 200"),
    ],
)
def test_a_refusal_of_ours_is_told_in_words(version: int, code: int, words: str) -> None:
    assert read_reply(version, refusal(version, code, 7, 1), 7, 1) == words
    assert read_reply(version, refusal(version, code, 8, 1), 7, 1) is None
    assert read_reply(version, refusal(version, code, 7, 2), 7, 1) is None


@VERSIONS
@pytest.mark.parametrize("whole", [refusal, packet])
def test_what_is_cut_is_nobodys(version: int, whole: object) -> None:
    full = (
        refusal(version, 1, 7, 1) if whole is refusal else packet(version, REPLY[version], 0, 7, 1)
    )
    needed = len(full) - len(echo_request(version, 7, 1)) + 8 if whole is refusal else len(full) - 7
    for size in range(len(full)):
        read = read_reply(version, full[:size], 7, 1)
        assert (read is not None) == (size >= needed)


@given(st.sampled_from([4, 6]), st.binary(max_size=80), NUMBER, NUMBER)
def test_garbage_is_nobodys_and_nothing_raises(
    version: int, data: bytes, identifier: int, sequence: int
) -> None:
    read = read_reply(version, data, identifier, sequence)
    assert read is None or isinstance(read, str)


@given(st.sampled_from([4, 6]), st.integers(0, 255), st.binary(max_size=60), NUMBER)
def test_garbage_within_a_refusal(version: int, code: int, data: bytes, sequence: int) -> None:
    begin = packet(version, UNREACHABLE[version], code, 0, 0)[: -len(b"payload")]
    read = read_reply(version, begin + data, 7, sequence)
    assert read != ""  # it answers nothing


# On real kernels.

HOST_A = {4: "10.0.0.2", 6: "fd00::2"}
BEYOND = {4: "192.0.2.1", 6: "2001:db8::1"}


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """A namespace behind a cable, and a router on the host that knows where it does not go."""
    with Host() as it:
        it.sh(
            """
            ip netns add a
            ip link add a0 type veth peer eth0 netns a
            ip link set a0 up
            ip -n a link set lo up
            ip -n a link set eth0 up
            ip addr add 10.0.0.1/24 dev a0
            ip addr add fd00::1/64 dev a0 nodad
            ip -n a addr add 10.0.0.2/24 dev eth0
            ip -n a addr add fd00::2/64 dev eth0 nodad
            ip -n a route add default via 10.0.0.1
            ip -n a -6 route add default via fd00::1
            echo 1 > /proc/sys/net/ipv4/ip_forward
            echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
            ip route add unreachable 192.0.2.1
            ip route add prohibit 192.0.2.2
            ip -6 route add unreachable 2001:db8::1
            ip -6 route add prohibit 2001:db8::2
            ip -n a route add blackhole 192.0.2.9
            ip -n a -6 route add blackhole 2001:db8::9
            """
        )
        yield it


def probed(netns: str, target: str, sequence: int, seconds: float) -> Reply:
    home = namespaces.open_current()
    fd = namespaces.open_netns(Netns(netns)) if netns else None
    with namespaces.inside(fd, home):
        prober = Prober(IpAddress(target))
    try:
        return prober.probe(sequence, seconds)
    finally:
        prober.close()


@kernel
@pytest.mark.parametrize(
    "target", ["10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2", "127.0.0.1", "::1"]
)
@pytest.mark.parametrize("sequence", [0, 1, 65535, 65536, 1 << 40])
def test_who_is_there_answers(host: Host, target: str, sequence: int) -> None:
    reply = host.call(probed, "a", target, sequence, 5.0)
    assert (reply.sequence, reply.sender, reply.words) == (sequence, target, "")
    assert reply.milliseconds is not None
    assert 0 < reply.milliseconds < 5000


@kernel
@pytest.mark.parametrize(
    ("target", "sender", "words"),
    [
        ("192.0.2.1", "10.0.0.1", "host unreachable"),
        ("192.0.2.2", "10.0.0.1", "administratively prohibited"),
        ("2001:db8::1", "fd00::1", "no route to destination"),
        ("2001:db8::2", "fd00::1", "administratively prohibited"),
    ],
)
def test_a_router_that_says_no(host: Host, target: str, sender: str, words: str) -> None:
    reply = host.call(probed, "a", target, 1, 5.0)
    assert reply == Reply(1, None, sender, words)


@kernel
@pytest.mark.parametrize("target", ["192.0.2.9", "2001:db8::9"])
def test_the_own_kernel_says_no(host: Host, target: str) -> None:
    reply = host.call(probed, "a", target, 1, 5.0)
    assert reply == Reply(1, None, "", "Invalid argument")


@kernel
@pytest.mark.parametrize("target", ["203.0.113.1", "2001:db8:1::1"])
def test_there_is_no_way(host: Host, target: str) -> None:
    assert host.call(probed, "", target, 1, 5.0) == Reply(1, None, "", "Network is unreachable")


@kernel
@pytest.mark.parametrize("target", ["10.0.0.1", "fd00::1"])
def test_no_answer_takes_no_longer_than_was_asked_for(host: Host, target: str) -> None:
    host.sh("nft add table inet t")
    host.sh("nft 'add chain inet t in { type filter hook input priority 0; }'")
    host.sh("nft add rule inet t in meta l4proto '{ icmp, ipv6-icmp }' iifname a0 drop")
    try:
        reply = host.call(probed, "a", target, 1, 0.2)
    finally:
        host.run("nft", "delete", "table", "inet", "t")
    assert reply == Reply(1, None, "", "no answer within 0.2 s")


@kernel
def test_without_the_right_to_it_is_said_so(host: Host) -> None:
    def work() -> None:
        import ctypes

        header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # capset(2), version 3
        assert namespaces.libc().capset(header, (ctypes.c_uint32 * 6)()) == 0
        Prober(IpAddress("127.0.0.1"))

    with pytest.raises(NotPermitted, match="an ICMP socket") as caught:
        host.call(work)
    assert "CAP_NET_RAW" in caught.value.advice()
