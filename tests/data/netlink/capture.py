#!/usr/bin/env python3
"""Makes requests.json and replies.json anew: what iproute2 sends and what the kernel answers.

Run as root: ``python3 tests/data/netlink/capture.py``. Everything happens in a private network and
mount namespace. Needs iproute2 and strace.

requests.json: for each command, the messages that iproute2 sent, in hex, as strace saw them.
replies.json: for each request (in hex), the datagrams that the kernel answered with, in hex.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import socket
import struct
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CLONE_NEWNET, CLONE_NEWNS = 0x40000000, 0x00020000

# Commands run one after another in one namespace; each is captured by itself. Some fail on
# kernels that lack the feature: what was sent is captured all the same.
COMMANDS = """
ip link add br0 type bridge
ip link add br1 up mtu 1400 address 02:00:00:00:00:0b type bridge stp_state 1 vlan_filtering 1
ip link add h0 type veth peer name p0
ip link add h1 up master br0 alias mark:1 type veth peer name eth0 netns ns1
ip link add ifb0 type ifb
ip link add dum0 type dummy
ip link set h0 master br0
ip link set h0 nomaster
ip link set h0 up
ip link set h0 down
ip link set h0 mtu 1280
ip link set h0 alias hello
ip link set h0 address 02:00:00:00:00:01
ip link set h1 type bridge_slave isolated on hairpin on cost 7
ip link set p0 netns ns1
ip link set h0 addrgenmode none
ip link set h0 name h9
ip link set h9 name h0
ip link set h0 group 7
ip link set h0 up
ip link set br0 up
ip link show dev h0
ip addr add 10.0.0.1/24 dev h0
ip addr add 10.0.1.1/24 broadcast 10.0.1.255 dev h0
ip addr add 10.0.2.1 peer 10.0.2.2 dev h0
ip addr add fd00::1/64 dev h0 nodad
ip addr add fd01::1/64 dev h0 nodad noprefixroute
ip addr add 10.0.3.1/24 dev h0 scope link valid_lft 1000 preferred_lft 500
ip addr del 10.0.1.1/24 dev h0
ip route add default via 10.0.0.254
ip route add 10.1.0.0/16 via 10.0.0.254 dev h0 metric 50 proto 103
ip route add 10.2.0.0/16 via 192.0.2.1 dev h0 onlink
ip route add 169.254.1.1 dev h0 scope link
ip route add 10.3.0.0/16 via 10.0.0.254 table 1000 mtu 1400 advmss 1360 src 10.0.0.1
ip route add 10.4.0.0/16 nexthop via 10.0.0.253 dev h0 weight 2 nexthop via 10.0.0.254 dev h0 onlink
ip route add blackhole 10.5.0.0/16
ip route add unreachable fd05::/16
ip route add fd02::/64 via fd00::2 dev h0
ip route replace 10.1.0.0/16 via 10.0.0.253 dev h0 metric 50 proto 103
ip route del 10.1.0.0/16 metric 50
ip route get 10.0.0.9
ip rule add from 10.0.0.0/8 table 100 priority 1000
ip rule add fwmark 0x10/0xff table 1000 priority 1001
ip rule add iif lo to 10.9.0.0/16 lookup main priority 1002
ip rule add ipproto tcp dport 80-90 blackhole priority 1003
ip -6 rule add from fd00::/8 table 100 priority 1000 protocol 103
ip rule del priority 1003
ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev h0 nud permanent
ip neigh add fd00::9 lladdr 02:00:00:00:00:09 dev h0
ip neigh add proxy 10.0.0.10 dev h0
ip neigh del 10.0.0.9 dev h0
bridge fdb add 02:00:00:00:00:0a dev h1 master static
bridge fdb add 02:00:00:00:00:0b dev h1 self
bridge fdb del 02:00:00:00:00:0a dev h1 master
ip netns set ns1 77
ip tuntap add tap0 mode tap user 0
ip link del tap0
ip link add h5 type veth peer name p5
ip link del h5
""".strip().splitlines()


def messages_sent(trace: str) -> list[str]:
    """The buffers of all sendmsg (and sendto) calls in strace's hex dumps."""
    found: list[str] = []
    for block in re.split(r"(?m)^(?=send(?:msg|to)\()", trace)[1:]:
        lines = re.findall(r"(?m)^ \| [0-9a-f]{5}  (.{47,49}) ", block)
        data = re.sub(r"[^0-9a-f]", "", "".join(lines))
        if data:
            found.append(data)
    return found


def run_traced(command: str) -> dict[str, object]:
    trace = Path("/run/trace")
    words = ["strace", "-o", str(trace), "-e", "trace=sendmsg,sendto", "-e", "write=all", "-x"]
    done = subprocess.run([*words, *command.split()], capture_output=True, text=True, check=False)
    return {
        "command": command,
        "exit": done.returncode,
        "sent": messages_sent(trace.read_text()),
    }


def ask(kind: int, flags: int, body: bytes) -> dict[str, object]:
    """One request by hand: strict checking and extended acks on."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        sock.bind((0, 0))
        for option in (11, 12):
            sock.setsockopt(270, option, 1)
        request = struct.pack("=IHHII", 16 + len(body), kind, flags, 7, 0) + body
        sock.send(request)
        datagrams = []
        while True:
            data = sock.recv(65536)
            datagrams.append(data.hex())
            types = types_of(data)
            if 3 in types or 2 in types or not flags & 0x200:
                break
        return {
            "portid": sock.getsockname()[0],
            "request": request.hex(),
            "datagrams": datagrams,
        }


def types_of(data: bytes) -> list[int]:
    at, found = 0, []
    while at < len(data):
        size, kind = struct.unpack_from("=IH", data, at)
        found.append(kind)
        at += (size + 3) & ~3
    return found


def attr(number: int, data: bytes) -> bytes:
    return struct.pack("=HH", len(data) + 4, number) + data + b"\0" * (-len(data) % 4)


def replies() -> dict[str, object]:
    dump, one = 0x301, 0x1
    number = socket.if_nametoindex("h0")
    link, index = bytes(16), struct.pack("=BxHiII", 0, 0, number, 0, 0)
    route = bytes([2, 0, 0, 0, 254, 4, 0, 1]) + bytes(4)
    bad_nest = attr(18, attr(1, b"bridge") + attr(2, attr(5, b"\1")))
    bad_kind = attr(3, b"x0\0") + attr(18, attr(1, b"nosuchkind"))
    no_peer = attr(3, b"x1\0") + attr(18, attr(1, b"veth") + attr(2, attr(1, bytes(4))))
    return {
        "links": ask(18, dump, link),
        "links without statistics": ask(18, dump, link + attr(29, struct.pack("=I", 8))),
        "bridge links": ask(18, dump, b"\7" + bytes(15) + attr(29, struct.pack("=I", 2))),
        "inet6 links": ask(18, dump, b"\12" + bytes(15)),
        "link": ask(18, one, index),
        "addresses": ask(22, dump, bytes(8)),
        "routes": ask(26, dump, bytes(12)),
        "rules": ask(34, dump, bytes(12)),
        "neighbours": ask(30, dump, bytes(12)),
        "forwarding": ask(30, dump, b"\7" + bytes(11)),
        "statistics": ask(94, one, struct.pack("=BxxxII", 0, number, 1)),
        "namespace ids": ask(90, dump, bytes(4)),
        "no such link": ask(18, one, link + attr(3, b"absent\0")),
        "no such kind": ask(16, 0x605, link + bad_kind),
        "bad option": ask(16, 0x605, link + attr(3, b"b9\0") + bad_nest),
        "bad peer": ask(16, 0x605, link + no_peer),
        "bad family": ask(26, dump, b"\2\7" + bytes(10)),
        "no gateway": ask(24, 0x605, route + attr(5, b"\1\2\3\4")),
        "ack": ask(16, 0x5, struct.pack("=BxHiII", 0, 0, 1, 1, 1)),
    }


def main() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS):
        raise SystemExit(f"needs root: {os.strerror(ctypes.get_errno())}")
    for words in (
        "mount --make-rprivate /",
        "mount -t tmpfs tmpfs /run",
        "ip netns add ns1",
        "ip link set lo up",
    ):
        subprocess.run(words.split(), check=True)
    requests = [run_traced(command) for command in COMMANDS]
    subprocess.run("ip tuntap add tap1 mode tap".split(), check=True)
    told = replies()
    version = subprocess.run(["ip", "-V"], capture_output=True, text=True, check=True).stdout
    made_by = {"iproute2": version.strip(), "kernel": os.uname().release, "host": sys.byteorder}
    for name, data in (("requests", requests), ("replies", told)):
        text = json.dumps({"made by": made_by, name: data}, indent=1)
        (HERE / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
