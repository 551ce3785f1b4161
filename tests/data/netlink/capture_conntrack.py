#!/usr/bin/env python3
"""Makes conntrack.json anew: what conntrack sends, and what the kernel tells of its entries.

Run as root: ``python3 tests/data/netlink/capture_conntrack.py``. Needs conntrack and strace.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import struct
import subprocess
import sys

from capture import CLONE_NEWNET, CLONE_NEWNS, HERE, attr, run_traced, types_of

SEEN = "conntrack -I -p udp -s 192.0.2.9 -d 10.0.0.1 --sport 4000 --dport 53 -t 600"
TRANSLATED = f"{SEEN.replace('--dport 53', '--dport 54')} -r 10.0.0.2 -q 192.0.2.9"
COMMANDS = f"""
{SEEN}
{TRANSLATED} --reply-port-src 54 --reply-port-dst 4000
conntrack -I -p udp -s 2001:db8::9 -d fd00::1 --sport 4000 --dport 53 -t 600
conntrack -I -p udp -s 192.0.2.9 -d 10.0.0.3 --sport 4000 --dport 53 -t 600 -w 7
conntrack -I -p tcp -s 192.0.2.9 -d 10.0.0.1 --sport 4000 --dport 80 -t 600 --state ESTABLISHED
conntrack -I -p icmp -s 192.0.2.9 -d 10.0.0.1 --icmp-type 8 --icmp-code 0 --icmp-id 1 -t 600
conntrack -D -p udp --orig-port-dst 53 --orig-dst 10.0.0.1
{SEEN}
""".strip().splitlines()

DUMP, GET, NETFILTER = 0x301, 0x101, 12


def ask(flags: int, body: bytes) -> dict[str, object]:
    """One question by hand, of connection tracking."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER) as sock:
        sock.bind((0, 0))
        for option in (10, 11, 12):
            sock.setsockopt(270, option, 1)
        request = struct.pack("=IHHII", 16 + len(body), GET, flags, 7, 0) + body
        sock.send(request)
        datagrams = []
        while True:
            data = sock.recv(65536)
            datagrams.append(data.hex())
            if {2, 3} & {*types_of(data)} or not flags & 0x200:
                break
        return {"portid": sock.getsockname()[0], "request": request.hex(), "datagrams": datagrams}


def filtered(port: int) -> bytes:
    proto = attr(1, b"\x11") + attr(3, port.to_bytes(2, "big"))
    flags = struct.pack("=I", 1 << 3 | 1 << 5)
    return b"\2\0\0\0" + attr(0x8001, attr(0x8002, proto)) + attr(0x8019, attr(1, flags))


def main() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS):
        raise SystemExit(f"needs root: {os.strerror(ctypes.get_errno())}")
    for words in ("mount --make-rprivate /", "mount -t tmpfs tmpfs /run"):
        subprocess.run(words.split(), check=True)
    requests = [run_traced(command) for command in COMMANDS]
    replies = {
        "entries": ask(DUMP, bytes(4)),
        "entries of port 53": ask(DUMP, filtered(53)),
        "no family": ask(DUMP, b"\0" + filtered(53)[1:]),
    }
    version = subprocess.run(["conntrack", "-V"], capture_output=True, text=True, check=True).stdout
    made_by = {"conntrack": version.strip(), "kernel": os.uname().release, "host": sys.byteorder}
    data = {"made by": made_by, "requests": requests, "replies": replies}
    (HERE / "conntrack.json").write_text(json.dumps(data, indent=1) + "\n")


if __name__ == "__main__":
    main()
