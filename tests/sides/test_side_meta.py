"""portmap, firewall, bandwidth, tuning, sbr and vrf behind a bridge, beside the reference's."""

from __future__ import annotations

from typing import Any

import pytest
from confs import DEFAULTS, V4_DEFAULT, local, result, runtime
from judge import Matrix, judge
from packets import KNOWING, NEAR, OUTSIDE, Probe

from sides import Conf, Row, need_kind, row

pytestmark = pytest.mark.kernel

ALSO = ("bridge", "ptp", "host-local")


def bridge(number: int, *more: str, **keys: Any) -> Conf:
    """A bridge with an IPv4 network, and others."""
    pools = local(f"10.{number}.0.0/24", *more, **DEFAULTS)
    return {
        "type": "bridge",
        "bridge": f"br{number}",
        "isGateway": True,
        "ipMasq": True,
        "ipam": pools,
        **keys,
    }


def plain(number: int) -> Conf:
    return {"type": "bridge", "bridge": f"br{number}", "ipam": local(f"10.{number}.0.0/24")}


def gateway(number: int) -> Conf:
    """A bridge that is the way to all else."""
    pools = local(f"10.{number}.0.0/24")
    return {"type": "bridge", "bridge": f"br{number}", "isDefaultGateway": True, "ipam": pools}


def on(type_: str, **keys: Any) -> Conf:
    return {"type": type_, **keys}


def ports(*said: str) -> Conf:
    """``host:container/protocol@address`` each."""
    found = []
    for one in said:
        rest, _, address = one.partition("@")
        numbers, _, protocol = rest.partition("/")
        host, _, container = numbers.partition(":")
        mapping: Conf = {
            "hostPort": int(host),
            "containerPort": int(container),
            "protocol": protocol or "tcp",
        }
        found.append(mapping | ({"hostIP": address} if address else {}))
    return runtime(portMappings=found)


def bad(name: str, type_: str, *ips: str, **keys: Any) -> Row:
    """What is refused, behind a plugin that made an interface."""
    more = {k: keys.pop(k) for k in ("args", "verb", "version") if k in keys}
    prev = {"prevResult": result(*(ips or ("10.99.0.5/24",)))}
    return row(name, {"type": type_, **prev, **keys}, netns="c1", **more)


PORTMAP = (
    row(
        "web",
        bridge(1, "fd00:1::/64"),
        on("portmap", **ports("8080:80", "8053:53/udp", "8081:81@192.0.2.1", "8082:82@0.0.0.0")),
    ),
    row("peer", bridge(1, "fd00:1::/64"), on("portmap"), network="web"),
    row(
        "cable",
        on("ptp", ipMasq=True, ipam=local("10.2.0.0/24", **V4_DEFAULT)),
        on("portmap", **ports("8090:80")),
    ),
    row("nosnat", bridge(3, ipMasq=False), on("portmap", snat=False, **ports("8070:80"))),
    row(
        "gone",
        bridge(3, ipMasq=False),
        on("portmap", **ports("8060:80")),
        network="nosnat",
        vanishes=True,
    ),
)
PUBLISHED = (
    Probe("from outside", "outside", "192.0.2.1", "web", 8080, 80),
    Probe("from outside by IPv6", "outside", "2001:db8::1", "web", 8080, 80),
    Probe("from outside by UDP", "outside", "192.0.2.1", "web", 8053, 53, udp=True),
    Probe("at the address that was asked for", "outside", "192.0.2.1", "web", 8081, 81),
    Probe("at any address", "outside", "192.0.2.1", "web", 8082, 82),
    Probe("at another address", NEAR, "10.1.0.1", "web", 8081, 81),
    Probe("from the host", NEAR, "192.0.2.1", "web", 8080, 80),
    Probe("from the host's loopback", NEAR, "127.0.0.1", "web", 8080, 80),
    Probe("from the host's loopback of IPv6", NEAR, "::1", "web", 8080, 80),
    Probe("from itself", "web", "10.1.0.1", "web", 8080, 80),
    Probe("from a neighbour", "peer", "10.1.0.1", "web", 8080, 80),
    Probe("from a neighbour by the host's other address", "peer", "192.0.2.1", "web", 8080, 80),
    Probe("from another network", "cable", "192.0.2.1", "web", 8080, 80),
    Probe("at the end of a cable", "outside", "192.0.2.1", "cable", 8090, 80),
    Probe("there from the host's loopback", NEAR, "127.0.0.1", "cable", 8090, 80),
    Probe("without snat", "outside", "192.0.2.1", "nosnat", 8070, 80),
    Probe("without snat from a neighbour", "web", "192.0.2.1", "nosnat", 8070, 80),
    Probe("not published", "outside", "192.0.2.1", "web", 8083, 80),
    Probe("past the translation", "outside", "10.1.0.2", "web", 80),
)
BAD_PORTMAP = (
    row("unchained", on("portmap", **ports("8080:80")), netns="c1"),
    bad("bit", "portmap", markMasqBit=32, **ports("8080:80")),
    bad("zero", "portmap", **ports("0:80")),
    bad("inside", "portmap", **ports("8080:0")),
    bad("large", "portmap", **ports("70000:80")),
    bad("protocol", "portmap", **ports("8080:80/icmp")),
    bad("hostip", "portmap", **ports("8080:80@zz")),
    bad("conditions", "portmap", conditionsV4=["-s", "192.0.2.0/24"], **ports("8080:80")),
    bad("marks", "portmap", markMasqBit=5, externalSetMarkChain="X", **ports("8080:80")),
)


def test_portmap() -> None:
    before = OUTSIDE + KNOWING
    judge(Matrix("portmap", PORTMAP, PUBLISHED, BAD_PORTMAP, before, ALSO))


OPEN = (bridge(1, "fd00:1::/64", ipMasq=False), on("firewall"))
SAME = (bridge(2, ipMasq=False), on("firewall", ingressPolicy="same-bridge"))
NAMED = on("firewall", backend="iptables", iptablesAdminChainName="ADMIN")
FIREWALL = (
    row("open", *OPEN),
    row("near", *OPEN, network="open"),
    row("same", *SAME),
    row("beside", *SAME, network="same"),
    row("gone", bridge(3, ipMasq=False), NAMED, vanishes=True),
)
PASSING = (
    Probe("to a neighbour", "open", "10.1.0.3", "near"),
    Probe("to a neighbour within the same bridge", "same", "10.2.0.3", "beside"),
    Probe("into the same bridge from another", "open", "10.2.0.2", "same"),
    Probe("out of the same bridge to another", "same", "10.1.0.2", "open"),
    Probe("into the same bridge from outside", "outside", "10.2.0.2", "same"),
    Probe("out of the same bridge", "same", "192.0.2.2", "outside"),
    Probe("into the same bridge from the host", NEAR, "10.2.0.2", "same"),
    Probe("from the same bridge to the host", "same", "10.2.0.1", NEAR),
    Probe("into the open one from outside", "outside", "10.1.0.2", "open"),
    Probe("out of the open one", "open", "192.0.2.2", "outside"),
    Probe("out of the open one by IPv6", "open", "2001:db8::2", "outside"),
)
BAD_FIREWALL = (
    row("unchained", on("firewall"), netns="c1"),
    bad("policy", "firewall", ingressPolicy="x"),
)


def test_firewall() -> None:
    before = OUTSIDE + KNOWING
    judge(Matrix("firewall", FIREWALL, PASSING, BAD_FIREWALL, before, ALSO))


RATES = {
    "ingressRate": 8_000_000,
    "ingressBurst": 800_000,
    "egressRate": 16_000_000,
    "egressBurst": 1_600_000,
}
BANDWIDTH = (
    row("gone", plain(1), on("bandwidth", **RATES), network="both", vanishes=True),
    row("both", plain(1), on("bandwidth", **RATES)),
    row(
        "in", plain(1), on("bandwidth", ingressRate=1_000_000, ingressBurst=100_000), network="both"
    ),
    row(
        "out",
        on("ptp", mtu=1400, ipam=local("10.2.0.0/24")),
        on("bandwidth", **runtime(bandwidth={"egressRate": 1_000_000, "egressBurst": 100_000})),
    ),
    row("none", plain(1), on("bandwidth"), network="both"),
    row("both2", plain(3), on("bandwidth", **RATES), version="0.3.1", netns="none", ifname="eth1"),
)
BAD_BANDWIDTH = (
    row("unchained", on("bandwidth", **RATES), netns="c1"),
    bad("burst", "bandwidth", ingressRate=1000),
    bad("rate", "bandwidth", egressBurst=1000),
    bad("large", "bandwidth", ingressRate=1000, ingressBurst=2**36),
    bad("nobody", "bandwidth", **RATES),
    bad("text", "bandwidth", ingressRate="fast"),
)


def test_bandwidth() -> None:
    judge(Matrix("bandwidth", BANDWIDTH, refused=BAD_BANDWIDTH, also=ALSO))


SYSCTLS = {"net.ipv4.conf.IFNAME.arp_filter": "1", "net.ipv4.conf.all.log_martians": "1"}
TUNING = (
    row("gone", plain(1), on("tuning", mtu=1400), network="all", vanishes=True),
    row(
        "all",
        plain(1),
        on("tuning", sysctl=SYSCTLS, mac="02:00:00:00:77:05", promisc=True, mtu=1400),
    ),
    row(
        "asked",
        plain(1),
        on("tuning", mac="02:00:00:00:77:05", **runtime(mac="02:00:00:00:77:06")),
        network="all",
    ),
    row(
        "args", plain(1), on("tuning"), network="all", args="IgnoreUnknown=1;MAC=02:00:00:00:77:07"
    ),
    row(
        "cni",
        plain(1),
        on(
            "tuning",
            sysctl=SYSCTLS,
            args={
                "cni": {
                    "mac": "02:00:00:00:77:08",
                    "mtu": 1300,
                    "promisc": True,
                    "sysctl": {"net.ipv4.conf.IFNAME.arp_filter": "1"},
                }
            },
        ),
        network="all",
    ),
    row(
        "slashes",
        plain(1),
        on("tuning", sysctl={"net/ipv4/conf/IFNAME/arp_ignore": "1"}),
        network="all",
        version="0.3.1",
    ),
    row("groups", plain(1), on("tuning", allmulti=True), network="all"),
)
BAD_TUNING = (
    row("unchained", on("tuning", mtu=1400), netns="c1"),
    bad("kernel", "tuning", sysctl={"kernel.hostname": "x"}),
    bad("above", "tuning", sysctl={"net/../kernel/hostname": "x"}),
    bad("mac", "tuning", mac="zz"),
    bad("noifname", "tuning", mtu=1400),
    bad("nokey", "tuning", sysctl={"net.ipv4.nothing": "1"}),
)


def test_tuning() -> None:
    judge(Matrix("tuning", TUNING, refused=BAD_TUNING, also=ALSO))


SBR = (
    row("gone", gateway(5), on("sbr"), vanishes=True),
    row("one", gateway(1), on("sbr")),
    row("other", gateway(2), on("sbr"), netns="one", ifname="net1"),
    row("both", bridge(3, "fd00:3::/64", ipMasq=False), on("sbr")),
    row("cable", on("ptp", ipam=local("10.4.0.0/24", **V4_DEFAULT)), on("sbr")),
)
BAD_SBR = (
    row("unchained", on("sbr"), netns="c1"),
    row("none", on("sbr", prevResult=result("10.99.0.5/24", space="c2")), netns="c1"),
    bad("link", "sbr"),
)


def test_sbr() -> None:
    probes = (
        Probe("by the first", "one", "10.1.0.1", NEAR),
        Probe("by the second", "one", "10.2.0.1", NEAR),
        Probe("from the host to the first", NEAR, "10.1.0.2", "one"),
        Probe("from the host to the second", NEAR, "10.2.0.2", "one"),
    )
    judge(Matrix("sbr", SBR, probes, BAD_SBR, also=ALSO))


def test_vrf() -> None:
    need_kind("vrf")
    rows = (
        row("one", bridge(1), on("vrf", vrfname="blue")),
        row("other", bridge(2), on("vrf", vrfname="blue"), netns="one", ifname="net1"),
        row("table", bridge(3), on("vrf", vrfname="red", table=77)),
    )
    judge(Matrix("vrf", rows, refused=(bad("name", "vrf"),), also=ALSO, whole=False))
