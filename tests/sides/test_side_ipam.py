"""host-local and static beside the reference's: what they give, keep and give back."""

from __future__ import annotations

from typing import Any

import pytest
from confs import DNS, fixed, local, runtime
from judge import Matrix, judge

from sides import Conf, Row, row

pytestmark = pytest.mark.kernel

RESOLV = """
printf 'domain example\\nsearch a.example b.example\\nnameserver 192.0.2.53\\noptions ndots:2\\n' \\
    > /run/resolv.test
"""


def pool(name: str, *subnets: str, key: dict[str, Any] | None = None, **more: Any) -> Row:
    """A container's address of a pool."""
    conf: Conf = {"type": "host-local", "ipam": local(*subnets, **(key or {}))}
    conf |= more.pop("conf", {})
    return row(name, conf, netns="c", **more)


def part(subnet: str, **keys: str) -> Conf:
    return {"subnet": subnet, **keys}


def ipam(*sets: list[Conf], **more: Any) -> Conf:
    return {"ipam": {"type": "host-local", "ranges": list(sets), **more}}


ONE, TWO = part("10.2.0.0/24", rangeStart="10.2.0.20", rangeEnd="10.2.0.21"), part("10.3.0.0/29")
ROUTES = [
    {"dst": "0.0.0.0/0"},
    {"dst": "198.51.100.0/24", "gw": "10.1.0.9"},
    {"dst": "203.0.113.0/24", "gw": "10.1.0.9", "mtu": 1400, "priority": 7},
]
LOCAL = (
    pool("a1", "10.1.0.0/24", network="a"),
    pool("a2", "10.1.0.0/24", network="a"),
    pool("a3", "10.1.0.0/24", network="a", ifname="eth1"),
    pool("both", "10.4.0.0/30", "fd00:4::/120"),
    pool("routes", "10.1.0.0/24", key={"routes": ROUTES, "resolvConf": "/run/resolv.test"}),
    *(pool(f"set{n}", network="set", conf=ipam([ONE, TWO])) for n in range(4)),
    pool(
        "legacy",
        conf={
            "ipam": {
                "type": "host-local",
                "subnet": "10.5.0.0/24",
                "rangeStart": "10.5.0.9",
                "gateway": "10.5.0.254",
            }
        },
    ),
    pool("args", "10.6.0.0/24", args="IgnoreUnknown=1;IP=10.6.0.66"),
    pool("asked", "10.7.0.0/24", "fd00:7::/64", conf=runtime(ips=["10.7.0.77/24", "fd00:7::77"])),
    pool("cni", "10.8.0.0/24", conf={"args": {"cni": {"ips": ["10.8.0.88"]}}}),
    pool(
        "given", conf={**ipam([part("10.9.0.0/24")]), **runtime(ipRanges=[[part("10.10.0.0/24")]])}
    ),
    pool("dir", "10.11.0.0/24", key={"dataDir": "/var/lib/cni/networks/elsewhere"}),
    pool("first", "10.12.0.0/24", "fd00:12::/64", version="0.2.0"),
    pool("third", "10.13.0.0/24", "fd00:13::/64", version="0.3.1"),
    pool("gate", conf=ipam([part("10.14.0.0/24", gateway="10.14.0.2")])),
    pool("end", conf=ipam([part("10.15.0.0/24", rangeStart="10.15.0.254")])),
)
FULL = (
    "for n in 2 3 4 5 6; do mkdir -p /var/lib/cni/networks/full; "
    "printf 'x\\r\\neth0' > /var/lib/cni/networks/full/10.20.0.$n; done"
)
BAD_LOCAL = (
    pool("nothing", conf={"ipam": {"type": "host-local"}}),
    pool("missing", conf={"ipam": {}}),
    pool("small", "10.0.0.0/31"),
    pool("bits", "10.0.0.1/24"),
    pool("start", conf=ipam([part("10.0.0.0/24", rangeStart="10.0.1.5")])),
    pool("after", conf=ipam([part("10.0.0.0/24", rangeEnd="10.0.1.5")])),
    pool("empty", conf=ipam([])),
    pool("mixed", conf=ipam([part("10.0.0.0/24"), part("fd00::/64")])),
    pool("inside", conf=ipam([part("10.0.0.0/24"), part("10.0.0.0/25")])),
    pool("overlap", conf=ipam([part("10.0.0.0/24")], [part("10.0.0.0/25")])),
    pool("full", "10.20.0.0/29", before=FULL),
    pool("gateway", "10.21.0.0/24", args="IgnoreUnknown=1;IP=10.21.0.1"),
    pool("elsewhere", "10.22.0.0/24", args="IgnoreUnknown=1;IP=10.99.0.1"),
    pool("taken", "10.20.0.0/24", args="IgnoreUnknown=1;IP=10.20.0.3", network="full"),
    pool("noaddress", "10.23.0.0/24", args="IgnoreUnknown=1;IP=zz"),
    pool("unknown", "10.24.0.0/24", args="FOO=BAR"),
    pool("pair", "10.25.0.0/24", args="FOO"),
    pool("families", "10.26.0.0/24", "10.27.0.0/24", version="0.2.0"),
    pool("subnet", conf=ipam([part("zz")])),
    pool("kind", conf={"ipam": {"type": "host-local", "ranges": 5}}),
    pool("check", "10.28.0.0/24", verb="CHECK"),
    pool("name", "10.29.0.0/24", network="a/b"),
)


def static(name: str, *addresses: str, conf: Conf | None = None, **more: Any) -> Row:
    keys = {k: more.pop(k) for k in ("gateway", "routes", "dns") if k in more}
    return row(
        name,
        {"type": "static", "ipam": fixed(*addresses, **keys), **(conf or {})},
        netns="c",
        **more,
    )


STATIC = (
    static("one", "10.1.0.5/24", gateway="10.1.0.1", routes=ROUTES, dns=DNS),
    static("both", "10.1.0.5/24", "fd00:1::5/64"),
    static("none"),
    static(
        "args",
        "10.1.0.5/24",
        args="IgnoreUnknown=1;IP=10.2.0.5/24,fd00:2::5/64;GATEWAY=10.2.0.1,fd00:2::1",
    ),
    static("cni", "10.1.0.5/24", conf={"args": {"cni": {"ips": ["10.3.0.5/24"]}}}),
    static("asked", "10.1.0.5/24", conf=runtime(ips=["10.4.0.5/24", "fd00:4::5/64"])),
    static("first", "10.1.0.5/24", "fd00:1::5/64", version="0.2.0"),
    static("third", "10.1.0.5/24", version="0.3.1"),
)
BAD_STATIC = (
    static("cidr", "10.1.0.5"),
    static("address", "zz/24"),
    static("args", args="IgnoreUnknown=1;IP=10.2.0.5"),
    static("gateway", "10.2.0.5/24", args="IgnoreUnknown=1;GATEWAY=zz"),
    static("cni", conf={"args": {"cni": {"ips": ["10.3.0.5"]}}}),
    static("asked", conf=runtime(ips=["10.3.0.5"])),
    static("unknown", "10.2.0.5/24", args="FOO=BAR"),
    static("families", "10.1.0.5/24", "10.2.0.5/24", version="0.2.0"),
    row("missing", {"type": "static"}, netns="c"),
)


def test_host_local() -> None:
    judge(Matrix("host-local", LOCAL, refused=BAD_LOCAL, before=RESOLV))


def test_static() -> None:
    judge(Matrix("static", STATIC, refused=BAD_STATIC))
