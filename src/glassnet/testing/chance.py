"""Random environments and inputs for CNI plugins: nearly right more often than not."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from glassnet.plugins.keys.key import SECTIONS, tables
from glassnet.testing.asked import NETNS, PREV

TEXTS: Sequence[Any] = (
    "", "a", "net", "eth0", "cni0", "ens1", "lo", "..", "a/b", "a b", "é", "\0", "x" * 70,
    "10.1.0.0/24", "10.1.0.5", "10.1.0.5/24", "fd00::/64", "fd00::1", "::", "::1", "0.0.0.0",
    "10.1.0.0/33", "10.1.0.0/31", "300.1.1.1", "02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "zz",
    "tcp", "UDP", "sctp", "icmp", "bridge", "l3s", "vepa", "passthru", "isolated", "same-bridge",
    "net.ipv4.ip_forward", "net/ipv4/conf/IFNAME/x", "kernel/foo", "1", "true", "host-local",
    "static", "1.1.0", "0.3.1", "0.1.0", "9", "\ud800",
)  # fmt: skip
NUMBERS: Sequence[Any] = (
    0, 1, -1, 2, 80, 4094, 4095, 5000, 1400, 65535, 65536, 2**31, 2**32, 2**63, -(2**63), 2**64,
    0.5, 1e300,
)  # fmt: skip
PROTOCOL = (
    "cniVersion", "name", "type", "ipam", "prevResult", "runtimeConfig", "args", "cni", "dns",
    "interfaces", "interface", "sandbox", "ip4", "ip6", "ip", "ips", "address", "gateway", "routes",
    "cni.dev/valid-attachments", "containerID", "ifname",
)  # fmt: skip
OWN = {one.type: [key.name.partition("[")[0] for key in one.conf] for one in tables().values()}
KEYS = sorted(
    {
        part
        for one in tables().values()
        for section in SECTIONS
        for key in getattr(one, section)
        for part in key.name.replace("[]", "").split(".")
    }.union(PROTOCOL)
)
ENVIRONMENT: dict[str, Sequence[str]] = {
    "CNI_COMMAND": ("ADD",) * 6 + ("DEL", "CHECK", "GC", "STATUS", "VERSION", "", "add", "X"),
    "CNI_CONTAINERID": ("c1",) * 9 + ("", "-a", "a/b", "é", "\udc80"),
    "CNI_NETNS": (NETNS,) * 9 + ("", "x", "\0", "/run/netns/../a", "\udc80"),
    "CNI_IFNAME": ("eth0",) * 9 + ("", "lo", "x" * 16, "a b", "é" * 8, "..", "\udc80"),
    "CNI_ARGS": ("",) * 9
    + ("A=B", "IgnoreUnknown=1;A=B", "MAC=02:00:00:00:00:05", "MAC=zz", "IP=10.1.0.7", "X", "=;=",
       "IP=10.1.0.7/24;GATEWAY=10.1.0.1", "IP=,;GATEWAY=,", "\udc80=\udc80"),
    "CNI_PATH": ("/opt/cni/bin",) * 9 + ("", ":", "\0"),
    "CNI_NETNS_OVERRIDE": ("", "1", "TRUE"),
}  # fmt: skip


class Chance(random.Random):
    """What is drawn: values that are nearly right more often than not."""

    def value(self, depth: int = 0) -> Any:
        kind = self.random()
        if kind < 0.35 or depth > 4:
            return self.choice(TEXTS)
        if kind < 0.55:
            return self.choice(NUMBERS)
        if kind < 0.65:
            return self.choice((True, False, None))
        if kind < 0.8:
            return [self.value(depth + 1) for _ in range(self.randrange(3))]
        return self.object(depth + 1)

    def object(self, depth: int = 0) -> dict[str, Any]:
        return {self.key(): self.value(depth) for _ in range(self.randrange(5))}

    def key(self) -> str:
        key = self.choice(KEYS)
        return key if self.random() < 0.9 else key.swapcase()

    def conf(self, type_: str) -> dict[str, Any]:
        whole: dict[str, Any] = {"cniVersion": "1.1.0", "name": "net", "type": type_}
        sections = {
            "prevResult": PREV,
            "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.1.0.0/24"}]]},
            "master": "ens1",
            "runtimeConfig": {"portMappings": [{"hostPort": 80, "containerPort": 80}]},
        }
        for key, value in sections.items():
            if self.random() < 0.6:
                whole[key] = value if self.random() < 0.7 else {**self.object(), **_dict(value)}
        own = {key: self.value(3) for key in OWN.get(type_, ()) if self.random() < 0.3}
        return {**whole, **own, **self.object()}

    def stdin(self, type_: str) -> bytes:
        text = json.dumps(self.conf(type_)).encode()
        kind = self.random()
        if kind < 0.9:
            return text
        if kind < 0.95:
            cut = self.randrange(len(text))
            return text[:cut] + self.randbytes(self.randrange(3)) + text[cut + 1 :]
        return self.choice(
            (b"", b"\n", b"null", b"[]", b"{", b"\xff", b"[" * 5000, self.randbytes(9))
        )

    def environment(self) -> dict[str, str]:
        odd = self.random() < 0.25
        drawn = {
            name: self.choice(values) if odd or name in {"CNI_COMMAND", "CNI_ARGS"} else values[0]
            for name, values in ENVIRONMENT.items()
        }
        return {name: value for name, value in drawn.items() if not odd or self.random() < 0.97}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
