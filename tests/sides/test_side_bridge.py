"""bridge beside the reference's."""

from __future__ import annotations

from typing import Any

import pytest
from confs import DEFAULTS, DNS, MAC, V4_DEFAULT, fixed, local, runtime
from judge import Matrix, judge
from packets import KNOWING, NEAR, OUTSIDE, Probe

from sides import Conf, need_kind, row, shared

pytestmark = pytest.mark.kernel


def bridge(called: str, /, **keys: Any) -> Conf:
    return {"type": "bridge", "bridge": called, **keys}


ROUTES = [
    {"dst": "198.51.100.0/24", "gw": "10.4.0.77"},
    {"dst": "203.0.113.0/24"},
]
TWO = fixed("10.10.0.5/24", "fd00:10::5/64")
ASKED = runtime(mac="02:00:00:00:77:02", ips=["10.6.0.66"])
FORCED = "ip link add br8 type bridge; ip link set br8 up; ip addr add 10.8.0.99/24 dev br8"
BOTH = bridge(
    "br2", isGateway=True, ipMasq=True, ipam=local("10.2.0.0/24", "fd00:2::/64", **DEFAULTS)
)
NAT = bridge("br3", isDefaultGateway=True, ipMasq=True, ipam=local("10.3.0.0/24"))
OLD = bridge("br11", isGateway=True, ipam=local("10.11.0.0/24", **V4_DEFAULT))
NEARBY = bridge("br6", ipam=local("10.6.0.0/24"))

ROWS = (
    row("both", BOTH),
    row("second", BOTH, network="both"),
    row("nat", NAT),
    row("third", OLD, version="0.3.1"),
    row("gone", BOTH, network="both", vanishes=True),
    *shared(
        "c",
        row("plain", bridge("br1", ipam=local("10.1.0.0/24"))),
        row("routes", bridge("br4", mtu=1400, ipam=local("10.4.0.0/24", routes=ROUTES), dns=DNS)),
        row("layer2", bridge("br5", hairpinMode=True)),
        row("mac", {**NEARBY, "promiscMode": True}, args=f"IgnoreUnknown=1;MAC={MAC}"),
        row("asked", {**NEARBY, **ASKED}, network="mac"),
        row("guard", bridge("br9", macspoofchk=True, ipam=local("10.9.0.0/24"))),
        row("first", bridge("br10", isGateway=True, ipam=TWO, dns=DNS), version="0.2.0"),
        row("other", bridge("br1", ipam=local("10.1.0.0/24")), network="plain"),
        row("fourth", {**OLD, "ipam": local("10.11.0.0/24")}, version="0.4.0", network="third"),
        row(
            "force",
            bridge("br8", isGateway=True, forceAddress=True, ipam=local("10.8.0.0/24")),
        ),
    ),
)
PROBES = (
    Probe("to a neighbour", "both", "10.2.0.3", "second"),
    Probe("to a neighbour of IPv6", "both", "fd00:2::3", "second"),
    Probe("to the gateway", "both", "10.2.0.1", NEAR),
    Probe("to the gateway of IPv6", "both", "fd00:2::1", NEAR),
    Probe("from the host", NEAR, "10.2.0.2", "both"),
    Probe("outside", "both", "192.0.2.2", "outside"),
    Probe("outside of IPv6", "both", "2001:db8::2", "outside"),
    Probe("outside by UDP", "nat", "192.0.2.2", "outside", udp=True),
    Probe("from outside", "outside", "10.2.0.2", "both"),
    Probe("to another bridge", "both", "10.3.0.2", "nat"),
    Probe("back from there", "nat", "10.2.0.2", "both"),
    Probe("outside without masquerade", "third", "192.0.2.2", "outside"),
    Probe("behind the guard", "c", "10.9.0.1", NEAR),
)
BAD = shared(
    "c",
    row("hairpin", bridge("brx", hairpinMode=True, promiscMode=True)),
    row("vlan", bridge("brx", vlan=5000)),
    row("nobridge", bridge("uplink", ipam=local("10.20.0.0/24"))),
    row("noipam", bridge("bry", ipam={"type": "nosuch"})),
    row("path", bridge("bry", ipam={"type": "a/b"})),
    row("noaddress", bridge("brz", ipam=fixed())),
    row("mac", bridge("brz"), args="IgnoreUnknown=1;MAC=zz"),
    row("unknown", bridge("brz"), args="FOO=BAR"),
    row("kind", bridge("brz", mtu="big")),
    row("gone", bridge("brz"), said=(("CNI_NETNS", "/run/netns/nobody"),)),
    row("file", bridge("brz"), said=(("CNI_NETNS", "/etc/passwd"),)),
    row("long", bridge("brz"), ifname="sixteen-letters-"),
    row("slash", bridge("brz"), ifname="a/b"),
    row("dots", bridge("brz"), ifname=".."),
    row("id", bridge("brz"), said=(("CNI_CONTAINERID", "a b"),)),
    row("noid", bridge("brz"), said=(("CNI_CONTAINERID", ""), ("CNI_IFNAME", ""))),
    row("verb", bridge("brz"), verb="ERASE"),
    row("version", bridge("brz", cniVersion="9.9.9")),
    row("name", bridge("brz", name="")),
    row("letters", bridge("brz", name="a/b")),
    row("early", bridge("brz"), verb="CHECK", version="0.3.1"),
    row("check", bridge("brz", ipam=local("10.21.0.0/24")), verb="CHECK"),
    prefix="bad",
)


def test_vlans() -> None:
    need_kind("bridge VLANs")
    rows = (
        row("one", bridge("br1", vlan=7, isGateway=True, ipam=local("10.1.0.0/24"))),
        row("other", bridge("br1", vlan=8, ipam=local("10.2.0.0/24"))),
    )
    also = ("host-local", "static")
    judge(Matrix("bridge", rows, also=also, whole=False))


def test_what_is_made_and_what_is_refused() -> None:
    also = ("host-local", "static")
    judge(Matrix("bridge", ROWS, PROBES, BAD, OUTSIDE + KNOWING + FORCED, also))
