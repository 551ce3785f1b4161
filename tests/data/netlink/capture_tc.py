#!/usr/bin/env python3
"""Makes tc.json anew: what tc sends, and what the kernel tells of it, as capture.py does for ip.

Run as root: ``python3 tests/data/netlink/capture_tc.py``. fq_codel may be refused by the kernel at
hand; what was sent is captured all the same.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import struct
import subprocess
import sys

from capture import CLONE_NEWNET, CLONE_NEWNS, HERE, ask, attr, run_traced

COMMANDS = """
tc qdisc add dev h0 root tbf rate 10mbit burst 32kb latency 25ms
tc qdisc replace dev h0 root tbf rate 1234567bit burst 5000b limit 6000b
tc qdisc replace dev h0 root tbf rate 40gbit burst 10mb latency 400us
tc qdisc del dev h0 root
tc qdisc add dev h0 root handle 1: htb default 10
tc class add dev h0 parent 1: classid 1:10 htb rate 10mbit burst 32kb
tc class add dev h0 parent 1: classid 1:11 htb rate 1mbit ceil 40gbit burst 5000b cburst 7000b
tc class del dev h0 classid 1:11
tc qdisc add dev h0 ingress
tc filter add dev h0 parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev ifb0
tc filter add dev h0 parent ffff: protocol ip pref 7 u32 match ip dst 10.0.0.0/8 action mirred egress mirror dev ifb0
tc filter del dev h0 parent ffff: protocol all pref 49152 u32
tc qdisc add dev p0 clsact
tc qdisc add dev p0 root fq_codel limit 100 flows 16 target 5ms interval 100ms noecn
tc qdisc del dev p0 clsact
tc qdisc add dev p0 ingress
tc qdisc del dev p0 ingress
tc filter add dev h0 parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev ifb0
tc qdisc add dev ifb0 root tbf rate 10mbit burst 32kb latency 25ms
""".strip().splitlines()  # noqa: E501

ROOT, INGRESS = 0xFFFFFFFF, 0xFFFF0000


def tc(index: int, parent: int, handle: int = 0, info: int = 0) -> bytes:
    return struct.pack("=BxxxiIII", 0, index, handle, parent, info)


def replies() -> dict[str, object]:
    dump, new = 0x301, 0x605
    number = socket.if_nametoindex("h0")
    kind = attr(1, b"nosuchkind\0")
    odd = attr(1, b"tbf\0") + attr(2, attr(1, b"\1\2\3"))
    return {
        "qdiscs": ask(38, dump, tc(0, 0)),
        "classes": ask(42, dump, tc(number, 0)),
        "filters": ask(46, dump, tc(number, INGRESS)),
        "no such kind": ask(36, new, tc(number, ROOT) + kind),
        "bad option": ask(36, new, tc(socket.if_nametoindex("p0"), ROOT) + odd),
    }


def main() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS):
        raise SystemExit(f"needs root: {os.strerror(ctypes.get_errno())}")
    for words in (
        "mount --make-rprivate /",
        "mount -t tmpfs tmpfs /run",
        "ip link add h0 type veth peer name p0",
        "ip link add ifb0 type ifb",
        "ip link set h0 up",
        "ip link set p0 up",
        "ip link set ifb0 up",
    ):
        subprocess.run(words.split(), check=True)
    requests = [run_traced(command) for command in COMMANDS]
    version = subprocess.run(["tc", "-V"], capture_output=True, text=True, check=True).stdout
    made_by = {"iproute2": version.strip(), "kernel": os.uname().release, "host": sys.byteorder}
    data = {"made by": made_by, "requests": requests, "replies": replies()}
    (HERE / "tc.json").write_text(json.dumps(data, indent=1) + "\n")


if __name__ == "__main__":
    main()
