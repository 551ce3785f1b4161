"""firewall where the host has one already: it lets through what is admitted, and nothing else."""

from __future__ import annotations

import pytest
from calling import BRIDGE
from walled_host import (
    CLOSED,
    FIREWALL,
    HOST,
    IPTABLES,
    LEGACY,
    OUT,
    OUT6,
    POLICY,
    PORT,
    WALLED,
    foreign,
    serves,
    walled_host,
)

pytestmark = pytest.mark.kernel


@pytest.mark.parametrize(
    "script",
    [IPTABLES, LEGACY + IPTABLES + POLICY + CLOSED.replace("mine", "other")],
    ids=["iptables", "all"],
)
def test_what_is_admitted_passes_and_nothing_else(script: str) -> None:
    with walled_host(script) as host:
        before = foreign(host)
        plain = host.chain((BRIDGE, PORT)).out
        assert not host.reaches("c0", OUT)
        assert not serves(host, "out", HOST, 8080)
        host.unchain((BRIDGE, PORT), plain)
        result = host.chain(WALLED).out
        address, address6 = (one["address"].partition("/")[0] for one in result["ips"])
        assert host.reaches("c0", OUT)
        assert host.reaches("c0", OUT6)
        assert serves(host, "out", HOST, 8080)
        assert not host.reaches("out", address)
        assert not host.reaches("out", address6)
        for conf in WALLED:
            assert host.call("CHECK", {**conf, "prevResult": result}) == ({}, 0)
        other = host.chain((BRIDGE, FIREWALL), "c1").out
        host.unchain(WALLED, result)
        assert host.reaches("c1", OUT)
        assert not host.reaches("c0", OUT)
        host.unchain((BRIDGE, FIREWALL), other, "c1")
        assert [one for one in foreign(host) if "CNI-ADMIN" not in str(one)] == before
        assert host.left() == {}
        assert "GLASSNET" not in host.host.sh(
            "iptables-legacy -S; ip6tables-legacy -S", check=False
        )


def test_iptables_reads_it_and_the_host_has_its_say() -> None:
    """What iptables saves it can restore, and the gate is as good as before."""
    named = {**FIREWALL, "iptablesAdminChainName": "SITE"}
    with walled_host(IPTABLES) as host:
        host.host.sh("iptables-nft -N SITE")
        first = host.chain((BRIDGE, FIREWALL)).out
        host.chain((BRIDGE, named), "c1")
        saved = [
            line for line in host.host.sh("iptables-nft-save").splitlines() if line[:2] == "-A"
        ]
        assert saved == [
            '-A FORWARD -m comment --comment "glassnet: what networks let through"'
            " -j GLASSNET-FORWARD",
            '-A FORWARD -i eth9 -m comment --comment "the host has it" -j ACCEPT',
            '-A GLASSNET-FORWARD -m comment --comment "glassnet: the host has its say first"'
            " -j CNI-ADMIN",
            '-A GLASSNET-FORWARD -m comment --comment "glassnet: the host has its say first"'
            " -j SITE",
            "-A GLASSNET-FORWARD -m mark --mark 0x67000000/0xff000000 -m comment --comment"
            ' "glassnet: admitted by table inet glassnet" -j ACCEPT',
        ]
        host.host.sh("iptables-nft-save | iptables-nft-restore")
        conf = {**FIREWALL, "prevResult": first}
        assert host.call("CHECK", conf) == ({}, 0)
        assert host.reaches("c0", OUT)
        host.host.sh(f"iptables-nft -A SITE -d {OUT} -j DROP")
        assert not host.reaches("c0", OUT)
        host.host.sh("iptables-nft -F SITE; iptables-nft -F FORWARD")
        assert not host.reaches("c0", OUT)
        ended = host.call("CHECK", conf)
        assert ended.error[1].startswith("gate in chain ip filter FORWARD on the host: wanted")
        host.delete(FIREWALL, "c1", CNI_IFNAME="eth9")  # any call mends
        assert host.reaches("c0", OUT)
        for name in ("c0", "c1"):
            host.unchain((BRIDGE, FIREWALL), None, name)
        after = host.host.sh("iptables-nft-save")
        assert "GLASSNET" not in after
        assert {":SITE - [0:0]", ":CNI-ADMIN - [0:0]"} <= set(after.splitlines())


@pytest.mark.parametrize("script", ["", IPTABLES + LEGACY], ids=["no-firewall", "iptables"])
def test_no_way_leads_round_a_published_port(script: str) -> None:
    """Neither by a route to the container nor to 127.0.0.1, whatever chains the host has."""
    mapped = [
        {"hostPort": 8080, "containerPort": 80, "hostIP": HOST},
        {"hostPort": 8081, "containerPort": 81, "hostIP": "127.0.0.1"},
    ]
    bound = {"type": "portmap", "runtimeConfig": {"portMappings": mapped}}
    attack = f"""
        ip -n out addr del 127.0.0.1/8 dev lo
        ip netns exec out sh -c 'echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet'
        ip -n out route add 127.0.0.1/32 via {HOST} dev eth0 src {OUT}
    """
    with walled_host(script + attack, 1) as host:
        result = host.chain((BRIDGE, bound, FIREWALL)).out
        address = result["ips"][0]["address"].partition("/")[0]
        assert serves(host, "out", HOST, 8080)
        assert serves(host, "", "127.0.0.1", 8081, at=81)
        for port in (80, 81):
            assert not serves(host, "out", address, port, at=port)
        assert not serves(host, "out", "127.0.0.1", 8081, at=81)
        host.host.sh(
            "nft flush chain inet glassnet guard; nft flush set inet glassnet direct4;"
            "iptables-nft -P FORWARD ACCEPT; iptables-legacy -P FORWARD ACCEPT || true"
        )
        assert serves(host, "out", address, 81, at=81), "no attack at all"
        assert serves(host, "out", "127.0.0.1", 8081, at=81), "no attack at all"
