"""The socket against a kernel: batches, refusals, lookups, dumps, monitors, what may go wrong."""

from __future__ import annotations

import _socket
import errno
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fresh_netns import done, fresh, index, make, other, run, within

from glassnet.errors import InvalidRequest, InvalidValue, KernelNonsense, KernelRefused
from glassnet.kernel.socket import NetlinkSocket
from glassnet.netlink.message import ACK, CREATE, ECHO, EXCL, Message
from glassnet.netlink.placeholder import FdOf, IndexOf, Placeholder
from glassnet.netlink.route import groups
from glassnet.netlink.route.addr import GETADDR, NEWADDR
from glassnet.netlink.route.link import DELLINK, GETLINK, IFF_UP, NEWLINK
from glassnet.netlink.route.neigh import NEWNEIGH
from glassnet.netlink.route.route import GETROUTE, NEWROUTE
from glassnet.values import IpAddress, Netns

pytestmark = pytest.mark.kernel
NAME = frozenset({"ifname"})
LINKS = Message(GETLINK, 0, {}, {})


@pytest.fixture(autouse=True)
def namespace() -> Iterator[int]:
    with fresh() as fd:
        yield fd


@pytest.fixture
def sock() -> Iterator[NetlinkSocket]:
    with NetlinkSocket() as one:
        yield one


def names(sock: NetlinkSocket) -> set[str]:
    return {message.attrs["ifname"] for message in sock.dump(LINKS, NAME)}


def test_a_batch_goes_on_past_the_message_that_fails(sock: NetlinkSocket) -> None:
    replies = sock.request(
        [make("bridge", "br0"), make("bridge", "br0"), make("ifb", "ifb7"), make("bridge", "br1")]
    )
    assert [reply.error.errno if reply.error else 0 for reply in replies] == [
        0,
        errno.EEXIST,
        0,
        0,
    ]
    assert {"br0", "br1", "ifb7"} <= names(sock)


def test_nothing_to_send(sock: NetlinkSocket) -> None:
    assert sock.request([]) == []


def test_a_bad_message_keeps_all_from_being_sent(sock: NetlinkSocket) -> None:
    with pytest.raises(InvalidValue, match=r"RTM_NEWLINK\.mtu"):
        sock.request([make("bridge", "br0"), Message(NEWLINK, 0, {}, {"mtu": -1})])
    assert names(sock) == {"lo"}


def test_more_messages_than_one_send_takes(sock: NetlinkSocket) -> None:
    done(sock, make("bridge", "br0"))
    number = index(sock, "br0")
    header = {"family": 2, "prefixlen": 32, "index": number}
    addresses = [IpAddress(f"10.0.{n >> 8}.{n & 255}") for n in range(1, 501)]
    replies = sock.request(
        [Message(NEWADDR, CREATE | EXCL, header, {"local": one}) for one in addresses]
    )
    assert [reply.error for reply in replies] == [None] * 500
    found = sock.dump(Message(GETADDR, 0, {"family": 2}, {}), frozenset({"local"}))
    assert {message.attrs["local"] for message in found} == set(addresses)


def test_answers_to_a_large_batch_fit_the_receive_buffer(sock: NetlinkSocket) -> None:
    done(sock, make("bridge", "br0"))
    wanted = Message(GETLINK, 0, {}, {"ifname": "br0"})
    replies = sock.request([wanted] * 200)
    assert [len(reply.messages) for reply in replies] == [1] * 200
    refused = sock.request([make("nosuchkind", "x0")] * 500)
    assert {reply.error.errno for reply in refused if reply.error} == {errno.EOPNOTSUPP}
    assert all(reply.error for reply in refused)


def test_refusals_have_words_and_a_path(sock: NetlinkSocket) -> None:
    (kind,) = sock.request([make("nosuchkind", "x0")])
    assert kind.error is not None
    assert (kind.error.errno, kind.error.words) == (errno.EOPNOTSUPP, "Unknown device type")

    wrong = Message(NEWLINK, 0, {"index": 1}, {"mtu": 7, "#13": b"\1"})
    (path,) = sock.request([wrong])
    assert path.error is not None
    assert path.error.attribute == "txqlen", str(path.error)

    done(sock, make("bridge", "br0", up=False))
    short: dict[str, Any] = {"priority": 5, "#5": b"\1"}
    (nested,) = sock.request([make("bridge", "br1", **short)])
    assert nested.error is not None
    assert nested.error.attribute == "linkinfo.data.stp_state", str(nested.error)

    done(sock, Message(NEWLINK, 0, {"index": 1, "flags": IFF_UP, "change": IFF_UP}, {}))
    header = {"family": 2, "dst_len": 32, "table": 254, "type": 1, "protocol": 4}
    attrs = {"dst": IpAddress("10.9.9.9"), "gateway": IpAddress("10.1.1.1"), "oif": 1}
    (gateway,) = sock.request([Message(NEWROUTE, CREATE, header, attrs)])
    assert gateway.error is not None
    assert gateway.error.words == "Nexthop has invalid gateway"


def test_words_without_a_path(sock: NetlinkSocket) -> None:
    (reply,) = sock.request([Message(NEWNEIGH, CREATE, {"family": 2, "ifindex": 1}, {})])
    assert reply.error is not None
    assert reply.error.errno == errno.EINVAL
    assert reply.error.words == "Network address not specified"
    assert reply.error.attribute == ""


def test_lookups(sock: NetlinkSocket) -> None:
    loopback = sock.get(Message(GETLINK, 0, {}, {"ifname": "lo"}))
    assert loopback.header["index"] == 1
    assert loopback.attrs["mtu"] == 65536
    assert sock.get(Message(GETLINK, 0, {"index": 1}, {}), NAME).attrs == {"ifname": "lo"}
    with pytest.raises(KernelRefused) as caught:
        sock.get(Message(GETLINK, 0, {}, {"ifname": "absent"}))
    assert caught.value.errno == errno.ENODEV


def test_a_lookup_within_a_batch(sock: NetlinkSocket) -> None:
    made, found, absent = sock.request(
        [
            make("bridge", "br0"),
            Message(GETLINK, 0, {}, {"ifname": "br0"}),
            Message(GETLINK, 0, {}, {"ifname": "absent"}),
        ]
    )
    assert (made.error, made.messages) == (None, ())
    assert [message.attrs["ifname"] for message in found.messages] == ["br0"]
    assert absent.error is not None
    assert absent.error.errno == errno.ENODEV


def test_the_new_index_is_echoed(sock: NetlinkSocket) -> None:
    """NLM_F_ECHO on RTM_NEWLINK: since Linux 6.2."""
    message = make("bridge", "br0")
    (reply,) = sock.request([message._replace(flags=message.flags | ECHO)])
    assert reply.error is None
    assert [one.header["index"] for one in reply.messages] == [index(sock, "br0")]


def test_placeholders_are_found_on_the_same_socket(sock: NetlinkSocket) -> None:
    def resolve(placeholder: Placeholder) -> int:
        assert isinstance(placeholder, IndexOf)
        return index(sock, placeholder.ifname)

    done(sock, make("bridge", "br0"))
    up = {"flags": IFF_UP, "change": IFF_UP}
    replies = sock.request(
        [
            Message(NEWLINK, 0, {"index": IndexOf("lo"), **up}, {}),
            Message(NEWLINK, 0, {"index": IndexOf("br0"), **up}, {"mtu": 1400}),
        ],
        resolve,
    )
    assert [reply.error for reply in replies] == [None, None]
    assert sock.get(Message(GETLINK, 0, {}, {"ifname": "br0"})).attrs["mtu"] == 1400


def test_a_link_born_in_another_namespace(sock: NetlinkSocket) -> None:
    with other() as there:
        peer = {"attrs": {"ifname": "eth0", "net_ns_fd": FdOf(Netns("there"))}}
        (reply,) = sock.request([make("veth", "h0", peer=peer)], lambda _: there)
        assert reply.error is None
        assert names(sock) == {"lo", "h0"}
        with within(there), NetlinkSocket() as inside:
            pass_on = names(inside)
        assert pass_on == {"lo", "eth0"}


def test_a_socket_stays_where_it_was_opened() -> None:
    with other() as there:
        with within(there):
            inside = NetlinkSocket()
        with inside, NetlinkSocket() as here:
            done(inside, make("bridge", "br0"))
            assert names(inside) == {"lo", "br0"}
            assert names(here) == {"lo"}


def test_sockets_are_closed_on_exec(sock: NetlinkSocket) -> None:
    assert not os.get_inheritable(sock.fileno())


def test_a_refused_dump(sock: NetlinkSocket) -> None:
    with pytest.raises(KernelRefused) as caught:
        sock.dump(Message(GETROUTE, 0, {"family": 2, "dst_len": 7}, {}))
    assert (caught.value.errno, caught.value.what) == (errno.EINVAL, "RTM_GETROUTE")
    assert caught.value.words
    assert names(sock) == {"lo"}


def test_an_answer_larger_than_the_room_is_asked_for_again(sock: NetlinkSocket) -> None:
    done(sock, *[make("ifb", f"ifb{n}", up=False) for n in range(20, 60)])
    everything = names(sock)
    sock._room = 301
    assert names(sock) == everything
    assert sock._room > 3000
    sock._room = 301
    assert index(sock, "lo") == 1


def test_a_cut_reply_in_a_batch_is_an_error_and_harmless(sock: NetlinkSocket) -> None:
    sock._room = 301
    with pytest.raises(KernelNonsense, match="cut at 301 bytes"):
        sock.request([Message(GETLINK, 0, {}, {"ifname": "lo"}), make("bridge", "br0")])
    assert names(sock) == {"lo", "br0"}


def test_a_dump_that_changes_keep_interrupting(
    sock: NetlinkSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links come and go meanwhile: the kernel marks dumps as torn, and they are asked again."""
    done(sock, *[make("ifb", f"ifb{n}", up=False) for n in range(20, 140)])
    expected = {"lo", *(f"ifb{n}" for n in range(20, 140))}
    asked = 0
    converse = NetlinkSocket._patiently

    def counted(self: NetlinkSocket, message: Message, flags: int) -> list[object]:
        nonlocal asked
        asked += 1
        return converse(self, message, flags)  # type: ignore[return-value]

    monkeypatch.setattr(NetlinkSocket, "_patiently", counted)
    stop = threading.Event()
    with NetlinkSocket() as busy:

        def churn() -> None:
            while not stop.is_set():
                busy.request([make("bridge", "churn", up=False)])
                busy.request([Message(DELLINK, 0, {}, {"ifname": "churn"})])

        churner = threading.Thread(target=churn)
        churner.start()
        try:
            dumps = 0
            while asked == dumps and dumps < 300:
                dumps += 1
                found = sock.dump(LINKS, NAME)
                got = [message.attrs["ifname"] for message in found]
                assert len(got) == len(set(got))
                assert expected <= set(got)
        finally:
            stop.set()
            churner.join()
    assert asked > dumps, "no dump was interrupted"


def test_a_dump_that_is_always_torn_ends(
    sock: NetlinkSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = NetlinkSocket._receive

    def torn(self: NetlinkSocket) -> bytes:
        data = bytearray(receive(self))
        data[6] |= 0x10  # NLM_F_DUMP_INTR of the first message
        return bytes(data)

    monkeypatch.setattr(NetlinkSocket, "_receive", torn)
    with pytest.raises(KernelRefused, match="kept changing during 30 dumps") as caught:
        sock.dump(LINKS)
    assert caught.value.errno == errno.EINTR


def test_a_strangers_message_is_dropped(sock: NetlinkSocket) -> None:
    """A process with CAP_NET_ADMIN may send to our address; only the kernel is listened to."""
    forged = struct.pack("=IHHIIi", 20, 2, 0, sock._seq, sock._portid, -errno.EPERM)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as stranger:
        stranger.sendto(forged, (sock._portid, 0))
    assert sock.get(Message(GETLINK, 0, {}, {"ifname": "lo"}), NAME).attrs == {"ifname": "lo"}


def test_monitors_hear_what_others_do(sock: NetlinkSocket) -> None:
    with NetlinkSocket((groups.LINK, groups.IPV4_IFADDR)) as monitor:
        assert monitor.events(0) == []
        done(sock, make("bridge", "br0", up=False))
        header = {"family": 2, "prefixlen": 24, "index": index(sock, "br0")}
        done(sock, Message(NEWADDR, CREATE, header, {"local": IpAddress("10.0.0.1")}))
        heard = monitor.events(5)
        assert [(one.type, one.attrs.get("ifname")) for one in heard][:1] == [(NEWLINK, "br0")]
        assert [one.attrs["local"] for one in heard if one.type is NEWADDR] == ["10.0.0.1"]
        done(sock, Message(DELLINK, 0, {}, {"ifname": "br0"}))
        assert DELLINK in {one.type for one in monitor.events(5)}


def test_monitors_hear_every_group_and_pass_over_what_they_do_not_know() -> None:
    with NetlinkSocket(range(1, 37)) as monitor:
        run("ip link set lo up")
        assert NEWLINK in {one.type for one in monitor.events(5)}


def test_a_monitor_takes_no_requests() -> None:
    with (
        NetlinkSocket((groups.LINK,)) as monitor,
        pytest.raises(InvalidRequest, match="takes no requests"),
    ):
        monitor.dump(LINKS)


def test_events_that_were_lost_are_an_error(sock: NetlinkSocket) -> None:
    done(sock, make("bridge", "br0", up=False))
    with NetlinkSocket((groups.LINK,)) as monitor:
        monitor._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        for mtu in range(1300, 1340):
            done(sock, Message(NEWLINK, 0, {}, {"ifname": "br0", "mtu": mtu}))
        with pytest.raises(KernelRefused, match="messages were lost") as caught:
            monitor.events(0)
        assert caught.value.errno == errno.ENOBUFS


def test_a_reply_that_never_comes_is_an_error(
    sock: NetlinkSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = struct.pack("@ll", 0, 20000)
    sock._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, quick)
    monkeypatch.setattr(NetlinkSocket, "_send", lambda _self, _data: None)
    with pytest.raises(KernelRefused, match="no reply within") as caught:
        sock.dump(LINKS)
    assert caught.value.errno == errno.EAGAIN


def test_a_closed_socket_sends_nothing(sock: NetlinkSocket) -> None:
    sock.close()
    with pytest.raises(KernelRefused) as caught:
        sock.dump(LINKS)
    assert caught.value.errno == errno.EBADF


def test_no_descriptors_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> socket.socket:
        raise OSError(errno.EMFILE, "too many")

    monkeypatch.setattr(_socket, "socket", none)
    with pytest.raises(KernelRefused, match="opening a netlink socket"):
        NetlinkSocket()


def test_a_group_that_does_not_exist() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(KernelRefused, match="preparing a netlink socket"):
        NetlinkSocket((9999,))
    assert len(os.listdir("/proc/self/fd")) == before


def test_an_ack_is_no_answer(sock: NetlinkSocket) -> None:
    with pytest.raises(KernelNonsense, match="an ack and no answer"):
        sock.get(Message(NEWLINK, ACK, {"index": 1}, {}))


def test_a_monitor_without_privileges_outside() -> None:
    """In a user namespace of its own the receive buffer cannot be forced; it still listens."""
    script = (
        "from glassnet.kernel.socket import NetlinkSocket\n"
        "with NetlinkSocket((1,)) as monitor: print(len(monitor.events(0)))"
    )
    words = ["unshare", "-Urn", sys.executable, "-c", script]
    done_ = subprocess.run(words, capture_output=True, text=True, check=False)
    if "unshare failed" in done_.stderr:
        pytest.skip("no user namespaces here (CONFIG_USER_NS, or a sysctl forbids them)")
    assert (done_.stdout, done_.stderr) == ("0\n", "")
