#!/usr/bin/env python3
"""Makes kinds.json anew: what iproute2 sends to make links of more kinds, and how they are shown.

Run as root: ``python3 tests/data/netlink/capture_kinds.py``; see capture.py beside it. A kernel
that lacks a kind refuses it, but what was sent for it is captured all the same.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

from capture import CLONE_NEWNET, CLONE_NEWNS, ask, attr, run_traced

COMMANDS = """
ip link add link p0 name m0 up mtu 1400 address 02:00:00:00:00:05 master br0 \
type macvlan mode bridge bcqueuelen 500
ip link add link p0 name m1 \
type macvlan mode source macaddr set 02:00:00:00:00:11 02:00:00:00:00:12
ip link set m1 type macvlan macaddr add 02:00:00:00:00:13
ip link set m1 type macvlan macaddr del 02:00:00:00:00:13
ip link add link p0 name m2 type macvlan mode source macaddr add 02:00:00:00:00:14
ip link set m2 type macvlan macaddr flush
ip link add link p0 name eth0 index 4711 mtu 1400 address 02:00:00:00:00:06 netns ns1 \
type macvlan mode private nodst
ip link add link p1 name m3 type macvlan mode passthru nopromisc
ip link add link p0 name i0 type ipvlan mode l2
ip link add link p0 name i1 up netns ns1 type ipvlan mode l3s private
ip link add link p0 name i2 type ipvlan mode l3 vepa
ip link add link p0 name v0 type vlan id 5
ip link add link p0 name v1 up type vlan protocol 802.1ad id 4094 \
reorder_hdr off gvrp on mvrp on loose_binding on bridge_binding off \
ingress-qos-map 1:2 3:4 egress-qos-map 2:3
ip link add name red type vrf table 1000
ip link add name x0 type vxlan id 5 dstport 4789
ip link add name x1 type vxlan id 6 dev p0 ttl 4 tos 0x10 df inherit ageing 100 maxaddress 50 \
srcport 1000 2000 proxy rsc l2miss l3miss udpcsum noudp6zerocsumtx udp6zerocsumrx \
remcsumtx remcsumrx local 10.0.0.1 group 239.1.1.1 nolearning dstport 4789
ip link add name x2 type vxlan id 7 dev p0 flowlabel 0x10 ttl auto gbp \
local fd00::2 remote fd00::1 dstport 4789
ip link add name x3 netns ns1 type vxlan id 8 dev p0 ttl inherit remote 10.1.1.1 dstport 4789
ip link add name x4 type vxlan external vnifilter gpe dstport 4790
ip link set x1 type vxlan id 6 ageing 200
""".strip().splitlines()


def main() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS):
        raise SystemExit(f"needs root: {os.strerror(ctypes.get_errno())}")
    for words in (
        "mount --make-rprivate /",
        "mount -t tmpfs tmpfs /run",
        "ip netns add ns1",
        "ip link set lo up",
        "ip link add br0 type bridge",
        "ip link add p0 type veth peer name p1",
        "ip link set p0 up",
    ):
        subprocess.run(words.split(), check=True)
    requests = [run_traced(command) for command in COMMANDS]
    subprocess.run("ip tuntap add tap1 mode tap user 0 group 0 multi_queue".split(), check=True)
    quiet = attr(29, struct.pack("=I", 8))  # IFLA_EXT_MASK: without statistics
    replies = {"links of more kinds": ask(18, 0x301, bytes(16) + quiet)}
    version = subprocess.run(["ip", "-V"], capture_output=True, text=True, check=True).stdout
    made_by = {"iproute2": version.strip(), "kernel": os.uname().release, "host": sys.byteorder}
    text = json.dumps({"made by": made_by, "requests": requests, "replies": replies}, indent=1)
    (Path(__file__).parent / "kinds.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
