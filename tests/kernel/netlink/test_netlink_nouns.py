"""Each noun against a kernel: we write and ``ip -j`` reads, ``ip`` writes and we read."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from fresh_netns import done, fresh, index, ip, make, other, run

from glassnet.kernel.socket import NetlinkSocket
from glassnet.netlink.message import CREATE, EXCL, REPLACE, Message
from glassnet.netlink.route import neigh, route, rule, stats
from glassnet.netlink.route.addr import DELADDR, GETADDR, IFA_F_NODAD, NEWADDR
from glassnet.netlink.route.link import DELLINK, GETLINK, IFF_UP, NEWLINK, SETLINK
from glassnet.netlink.route.neigh import DELNEIGH, GETNEIGH, NEWNEIGH
from glassnet.netlink.route.netns import GETNSID, NEWNSID
from glassnet.netlink.route.route import DELROUTE, GETROUTE, NEWROUTE
from glassnet.netlink.route.rule import DELRULE, GETRULE, NEWRULE
from glassnet.values import IpAddress, Mac

pytestmark = pytest.mark.kernel


@pytest.fixture(autouse=True)
def namespace() -> Iterator[int]:
    with fresh() as fd:
        yield fd


@pytest.fixture
def sock() -> Iterator[NetlinkSocket]:
    with NetlinkSocket() as one:
        yield one


def look(sock: NetlinkSocket, ifname: str) -> Message:
    return sock.get(Message(GETLINK, 0, {}, {"ifname": ifname}))


def one(found: list[Any]) -> Any:
    assert len(found) == 1, found
    return found[0]


# Links.


@pytest.mark.parametrize("kind", ["bridge", "ifb", "dummy", "veth"])
def test_a_link_of_each_kind_comes_and_goes(sock: NetlinkSocket, kind: str) -> None:
    data: dict[str, Any] = {"peer": {"attrs": {"ifname": "other"}}} if kind == "veth" else {}
    (reply,) = sock.request([make(kind, "x0", **data)])
    if reply.error is not None and reply.error.words == "Unknown device type":
        pytest.skip(f"this kernel has no {kind} links (CONFIG_{kind.upper()})")
    assert reply.error is None
    found = look(sock, "x0")
    assert found.attrs["linkinfo"]["kind"] == kind
    assert found.header["flags"] & IFF_UP  # type: ignore[operator]
    assert one(ip("link", "show", "x0"))["linkinfo"]["info_kind"] == kind
    done(sock, Message(DELLINK, 0, {}, {"ifname": "x0"}))
    assert "x0" not in {link["ifname"] for link in ip("link")}


def test_a_tap_is_told_of_and_deleted(sock: NetlinkSocket) -> None:
    if not os.path.exists("/dev/net/tun"):
        pytest.skip("no /dev/net/tun (CONFIG_TUN)")
    run("ip tuntap add tap0 mode tap user 0")
    info = look(sock, "tap0").attrs["linkinfo"]
    assert info["kind"] == "tun"
    assert (info["data"]["type"], info["data"]["owner"], info["data"]["persist"]) == (2, 0, 1)
    (reply,) = sock.request([make("tun", "tun7", up=False)])
    assert reply.error is not None
    assert "creation via rtnetlink is not supported" in reply.error.words
    done(sock, Message(DELLINK, 0, {}, {"ifname": "tap0"}))


def test_a_veth_has_a_peer(sock: NetlinkSocket) -> None:
    peer = {"attrs": {"ifname": "p0", "mtu": 1400, "address": Mac("02:00:00:00:00:09")}}
    done(sock, make("veth", "h0", up=False, peer=peer))
    assert look(sock, "h0").attrs["link"] == index(sock, "p0")
    found = one(ip("link", "show", "p0"))
    assert (found["mtu"], found["address"]) == (1400, "02:00:00:00:00:09")


def test_a_bridges_options(sock: NetlinkSocket) -> None:
    options: dict[str, Any] = {
        "stp_state": 0,
        "forward_delay": 400,
        "ageing_time": 12000,
        "priority": 16384,
    }
    done(sock, make("bridge", "br0", **options, mcast_snooping=0))
    theirs = one(ip("link", "show", "br0"))["linkinfo"]["info_data"]
    assert {name: theirs[name] for name in options} == options
    ours = look(sock, "br0").attrs["linkinfo"]["data"]
    assert {name: ours[name] for name in options} == options
    done(
        sock,
        Message(
            NEWLINK,
            0,
            {},
            {"ifname": "br0", "linkinfo": {"kind": "bridge", "data": {"ageing_time": 500}}},
        ),
    )
    assert look(sock, "br0").attrs["linkinfo"]["data"]["ageing_time"] == 500


def test_a_ports_options(sock: NetlinkSocket) -> None:
    done(sock, make("bridge", "br0"), make("veth", "h0", peer={"attrs": {"ifname": "p0"}}))
    options = {"isolated": 1, "mode": 1, "learning": 0, "cost": 7}
    info = {"slave_kind": "bridge", "slave_data": options}
    master = {"ifname": "h0", "master": index(sock, "br0")}
    done(
        sock,
        Message(NEWLINK, 0, {}, master),
        Message(NEWLINK, 0, {}, {"ifname": "h0", "linkinfo": info}),
    )
    ours = look(sock, "h0").attrs["linkinfo"]
    assert ours["slave_kind"] == "bridge"
    assert {name: ours["slave_data"][name] for name in options} == options
    theirs = one(ip("link", "show", "h0"))["linkinfo"]["info_slave_data"]
    assert (theirs["isolated"], theirs["hairpin"], theirs["learning"]) == (True, True, False)

    number = index(sock, "h0")
    header = {"family": 7, "index": number}
    done(sock, Message(SETLINK, 0, header, {"protinfo": {"isolated": 0}}))
    ports = sock.dump(Message(GETLINK, 0, {"family": 7}, {}))
    port = one([port for port in ports if port.header["index"] == number])
    assert port.attrs["protinfo"]["isolated"] == 0
    assert port.attrs["protinfo"]["cost"] == 7


def test_settings_of_a_link(sock: NetlinkSocket) -> None:
    done(sock, make("veth", "h0", up=False, peer={"attrs": {"ifname": "p0"}}))
    attrs = {
        "ifname": "h0",
        "mtu": 1280,
        "address": Mac("02:00:00:00:00:01"),
        "ifalias": "glassnet:net/c1/eth0",
        "group": 7,
        "txqlen": 99,
        "af_spec": {"inet6": {"addr_gen_mode": 1}},
    }
    done(sock, Message(NEWLINK, 0, {"flags": IFF_UP, "change": IFF_UP}, attrs))
    found = look(sock, "h0").attrs
    same = attrs.keys() - {"af_spec"}
    assert {name: found[name] for name in same} == {name: attrs[name] for name in same}
    assert found["af_spec"]["inet6"]["addr_gen_mode"] == 1
    assert found["af_spec"]["inet6"]["conf"]["disable_ipv6"] == 0
    assert found["af_spec"]["inet"]["conf"]["forwarding"] in {0, 1}
    theirs = one(ip("link", "show", "h0"))
    assert (theirs["ifalias"], theirs["mtu"], theirs["txqlen"]) == (attrs["ifalias"], 1280, 99)
    done(sock, Message(NEWLINK, 0, {}, {"ifname": "h0", "ifalias": ""}))
    assert "ifalias" not in look(sock, "h0").attrs


def test_links_are_deleted_by_group(sock: NetlinkSocket) -> None:
    made = [make("ifb", f"ifb{n}", up=False) for n in range(20, 26)]
    grouped = [one._replace(attrs={**one.attrs, "group": 77}) for one in made]
    done(sock, *grouped, Message(DELLINK, 0, {}, {"group": 77}))
    assert {link["ifname"] for link in ip("link")} == {"lo"}


def test_statistics(sock: NetlinkSocket) -> None:
    run("ip link set lo up")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x" * 100, ("127.0.0.1", 9))
    header = {"ifindex": 1, "filter_mask": stats.FILTER_LINK_64}
    found = sock.get(Message(stats.GETSTATS, 0, header, {}))
    assert found.type is stats.NEWSTATS
    assert found.attrs["link_64"]["tx_packets"] >= 1
    assert found.attrs["link_64"]["tx_bytes"] >= 128
    assert look(sock, "lo").attrs["stats64"]["rx_bytes"] >= 128


# Addresses.


@pytest.mark.parametrize(
    ("family", "address", "length"), [(2, "10.0.0.1", 24), (10, "fd00::1", 64)]
)
def test_addresses(sock: NetlinkSocket, family: int, address: str, length: int) -> None:
    done(sock, make("bridge", "br0"))
    number = index(sock, "br0")
    header = {"family": family, "prefixlen": length, "index": number, "flags": IFA_F_NODAD}
    local = {"local": IpAddress(address), "address": IpAddress(address)}
    done(sock, Message(NEWADDR, CREATE | EXCL, header, local))
    info = one(ip("addr", "show", "br0"))["addr_info"]
    assert (address, length) in {(each["local"], each["prefixlen"]) for each in info}
    again = one(sock.request([Message(NEWADDR, CREATE | EXCL, header, local)]))
    assert again.error is not None
    assert again.error.errno == errno.EEXIST
    found = sock.dump(Message(GETADDR, 0, {"family": family}, {}))
    mine = one([each for each in found if each.attrs["address"] == address])
    assert (mine.header["index"], mine.header["prefixlen"]) == (number, length)
    assert mine.attrs["cacheinfo"]["valid"] == 0xFFFFFFFF
    done(sock, Message(DELADDR, 0, header, local))
    assert address not in {each["local"] for each in one(ip("addr", "show", "br0"))["addr_info"]}


# Routes.


@pytest.fixture
def link(sock: NetlinkSocket) -> int:
    """A link that is up, with 10.0.0.1/24 and fd00::1/64."""
    done(sock, make("veth", "h0", peer={"attrs": {"ifname": "p0"}}))
    run("ip link set p0 up")
    run("ip addr add 10.0.0.1/24 dev h0")
    run("ip addr add fd00::1/64 dev h0 nodad")
    return index(sock, "h0")


MAIN = {"table": 254, "protocol": 103, "type": route.RTN_UNICAST}


def routes(sock: NetlinkSocket, family: int, destination: str | None) -> list[Message]:
    found = sock.dump(Message(GETROUTE, 0, {"family": family}, {}))
    return [each for each in found if each.attrs.get("dst") == destination]


def test_a_default_route(sock: NetlinkSocket, link: int) -> None:
    header = {**MAIN, "family": 2}
    done(sock, Message(NEWROUTE, CREATE | EXCL, header, {"gateway": IpAddress("10.0.0.254")}))
    found = one([r for r in routes(sock, 2, None) if r.header["table"] == 254])
    assert (found.attrs["gateway"], found.attrs["oif"]) == ("10.0.0.254", link)
    assert one(ip("route", "show", "default"))["protocol"] == "103"
    done(sock, Message(DELROUTE, 0, {"family": 2, "table": 254}, {}))
    assert ip("route", "show", "default") == []


def test_a_route_with_everything(sock: NetlinkSocket, link: int) -> None:
    attrs = {
        "dst": IpAddress("10.3.0.0"),
        "gateway": IpAddress("192.0.2.1"),
        "oif": link,
        "priority": 50,
        "prefsrc": IpAddress("10.0.0.1"),
        "table": 1000,
        "metrics": {"mtu": 1400, "advmss": 1360},
    }
    header = {**MAIN, "family": 2, "dst_len": 16, "table": 0, "flags": route.RTNH_F_ONLINK}
    done(sock, Message(NEWROUTE, CREATE | EXCL, header, attrs))
    found = one(routes(sock, 2, "10.3.0.0"))
    assert {name: found.attrs[name] for name in attrs} == attrs
    assert found.header["flags"] & route.RTNH_F_ONLINK
    theirs = one(ip("route", "show", "table", "1000"))
    assert (theirs["metric"], theirs["prefsrc"], theirs["flags"]) == (50, "10.0.0.1", ["onlink"])
    assert theirs["metrics"] == [{"mtu": 1400, "advmss": 1360}]
    moved = {**attrs, "gateway": IpAddress("10.0.0.254")}
    done(sock, Message(NEWROUTE, CREATE | REPLACE, {**header, "flags": 0}, moved))
    assert one(routes(sock, 2, "10.3.0.0")).attrs["gateway"] == "10.0.0.254"


def test_a_multipath_route(sock: NetlinkSocket, link: int) -> None:
    hops = [
        {"hops": 1, "ifindex": link, "gateway": IpAddress("10.0.0.253")},
        {"hops": 0, "ifindex": link, "gateway": IpAddress("10.0.0.254")},
    ]
    attrs = {"dst": IpAddress("10.4.0.0"), "multipath": hops}
    done(sock, Message(NEWROUTE, CREATE, {**MAIN, "family": 2, "dst_len": 16}, attrs))
    found = one(routes(sock, 2, "10.4.0.0")).attrs["multipath"]
    assert [{**hop, "flags": 0} for hop in found] == [{**hop, "flags": 0} for hop in hops]
    theirs = one(ip("route", "show", "10.4.0.0/16"))["nexthops"]
    assert [(hop["gateway"], hop["weight"]) for hop in theirs] == [
        ("10.0.0.253", 2),
        ("10.0.0.254", 1),
    ]


def test_a_gateway_of_another_family(sock: NetlinkSocket, link: int) -> None:
    attrs = {"dst": IpAddress("10.6.0.0"), "via": IpAddress("fd00::9"), "oif": link}
    done(sock, Message(NEWROUTE, CREATE, {**MAIN, "family": 2, "dst_len": 16}, attrs))
    assert one(routes(sock, 2, "10.6.0.0")).attrs["via"] == "fd00::9"
    assert one(ip("route", "show", "10.6.0.0/16"))["via"] == {"family": "inet6", "host": "fd00::9"}


def test_routes_that_lead_nowhere(sock: NetlinkSocket) -> None:
    header = {**MAIN, "family": 2, "dst_len": 16, "type": route.RTN_BLACKHOLE}
    done(sock, Message(NEWROUTE, CREATE, header, {"dst": IpAddress("10.5.0.0")}))
    assert one(ip("route", "show", "10.5.0.0/16"))["type"] == "blackhole"


def test_an_ipv6_route(sock: NetlinkSocket, link: int) -> None:
    attrs = {"dst": IpAddress("fd02::"), "gateway": IpAddress("fd00::2"), "oif": link}
    done(sock, Message(NEWROUTE, CREATE, {**MAIN, "family": 10, "dst_len": 64}, attrs))
    found = one(routes(sock, 10, "fd02::"))
    assert found.attrs["gateway"] == "fd00::2"
    assert found.attrs["cacheinfo"]["error"] == 0
    answer = sock.get(
        Message(GETROUTE, 0, {"family": 10, "dst_len": 128}, {"dst": IpAddress("fd02::5")})
    )
    assert (answer.attrs["oif"], answer.attrs["gateway"]) == (link, "fd00::2")


# Rules.


def test_rules(sock: NetlinkSocket) -> None:
    header = {"family": 2, "src_len": 8, "table": 0, "action": rule.FR_ACT_TO_TBL}
    attrs = {
        "src": IpAddress("10.0.0.0"),
        "priority": 900,
        "table": 1000,
        "fwmark": 16,
        "fwmask": 255,
        "iifname": "lo",
        "protocol": 103,
        "ip_proto": 6,
        "dport_range": {"start": 80, "end": 90},
    }
    done(sock, Message(NEWRULE, CREATE | EXCL, header, attrs))
    found = sock.dump(Message(GETRULE, 0, {"family": 2}, {}))
    mine = one([each for each in found if each.attrs.get("priority") == 900])
    assert {name: mine.attrs[name] for name in attrs} == attrs
    theirs = one([each for each in ip("rule") if each["priority"] == 900])
    assert (theirs["src"], theirs["srclen"], theirs["fwmark"]) == ("10.0.0.0", 8, "0x10")
    done(sock, Message(DELRULE, 0, {"family": 2}, {"priority": 900}))
    assert 900 not in {each["priority"] for each in ip("rule")}


# Neighbours and forwarding entries.


def test_neighbours(sock: NetlinkSocket, link: int) -> None:
    header = {"family": 2, "ifindex": link, "state": neigh.NUD_PERMANENT}
    attrs = {"dst": IpAddress("10.0.0.9"), "lladdr": Mac("02:00:00:00:00:09"), "protocol": 103}
    done(sock, Message(NEWNEIGH, CREATE | EXCL, header, attrs))
    theirs = one([each for each in ip("neigh") if each["dst"] == "10.0.0.9"])
    assert (theirs["lladdr"], theirs["state"]) == ("02:00:00:00:00:09", ["PERMANENT"])
    found = sock.dump(Message(GETNEIGH, 0, {}, {}))
    mine = one([each for each in found if each.attrs["dst"] == "10.0.0.9"])
    assert (mine.attrs["lladdr"], mine.attrs["protocol"]) == ("02:00:00:00:00:09", 103)
    assert mine.header["state"] == neigh.NUD_PERMANENT
    done(sock, Message(DELNEIGH, 0, {"family": 2, "ifindex": link}, {"dst": IpAddress("10.0.0.9")}))
    assert "10.0.0.9" not in {each["dst"] for each in ip("neigh")}


def test_a_proxy_entry(sock: NetlinkSocket, link: int) -> None:
    header = {"family": 2, "ifindex": link, "flags": neigh.NTF_PROXY}
    done(sock, Message(NEWNEIGH, CREATE, header, {"dst": IpAddress("10.0.0.10")}))
    found = sock.dump(Message(GETNEIGH, 0, {"flags": neigh.NTF_PROXY}, {}))
    assert [each.attrs["dst"] for each in found] == ["10.0.0.10"]


def test_forwarding_entries(sock: NetlinkSocket) -> None:
    done(sock, make("bridge", "br0"), make("veth", "h0", peer={"attrs": {"ifname": "p0"}}))
    done(sock, Message(NEWLINK, 0, {}, {"ifname": "h0", "master": index(sock, "br0")}))
    port = index(sock, "h0")
    mac = {"lladdr": Mac("02:00:00:00:00:0a")}
    static = {"state": neigh.NUD_NOARP, "flags": neigh.NTF_MASTER}
    done(sock, Message(NEWNEIGH, CREATE, {"family": 7, "ifindex": port, **static}, mac))
    found = sock.dump(Message(GETNEIGH, 0, {"family": 7}, {}))
    mine = one([each for each in found if each.attrs["lladdr"] == mac["lladdr"]])
    assert (mine.header["ifindex"], mine.attrs["master"]) == (port, index(sock, "br0"))
    gone = {"family": 7, "ifindex": port, "flags": neigh.NTF_MASTER}
    done(sock, Message(DELNEIGH, 0, gone, mac))
    left = sock.dump(Message(GETNEIGH, 0, {"family": 7}, {}), frozenset({"lladdr"}))
    assert mac["lladdr"] not in {each.attrs["lladdr"] for each in left}


# Ids of namespaces.


def test_namespace_ids(sock: NetlinkSocket) -> None:
    with other() as there:
        assert sock.get(Message(GETNSID, 0, {}, {"fd": there})).attrs["nsid"] == -1
        done(sock, Message(NEWNSID, 0, {}, {"fd": there, "nsid": 77}))
        assert sock.get(Message(GETNSID, 0, {}, {"fd": there})).attrs["nsid"] == 77
        found = sock.dump(Message(GETNSID, 0, {}, {}))
        assert [each.attrs["nsid"] for each in found] == [77]
        peer = {"attrs": {"ifname": "eth0", "net_ns_fd": there}}
        done(sock, make("veth", "h0", peer=peer))
        assert look(sock, "h0").attrs["link_netnsid"] == 77
