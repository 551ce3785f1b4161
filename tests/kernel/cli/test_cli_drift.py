"""``check`` names what somebody has changed, ``repair`` mends it, what is theirs stays theirs."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest
from cli_host import Quick, example, unchanged

from glassnet.testing import oracle

pytestmark = pytest.mark.kernel


class Harm(NamedTuple):
    """What somebody does to a network, and the objects that are no longer as wanted."""

    network: str
    script: str
    drifted: tuple[str, ...]
    stays: bool = False
    """Whether what they have put there stays beside what is mended."""


BR0 = "bridge br0 on the host"
VETH1 = "veth veth1-host on the host to veth1 in ns1"
VETH2 = "veth veth2-host on the host to veth2 in ns2"
IN_NS1 = (
    "link veth1 up in ns1",
    "address 10.0.0.2/24 on veth1 in ns1",
    "address fd00:10::2/64 on veth1 in ns1",
    "route to default via 10.0.0.1 in ns1",
    "route to default via fd00:10::1 in ns1",
)
ON_BR0 = ("address 10.0.0.1/24 on br0 on the host", "address fd00:10::1/64 on br0 on the host")
IN_NFT = (
    "network 10.0.0.0/24 on the host",
    "network fd00:10::/64 on the host",
    "masquerade of 10.0.0.0/24 on the host",
    "masquerade of fd00:10::/64 on the host",
)
TABLE = "nft table inet glassnet on the host"

GONE = "until ! ip link show dev veth1-host >/dev/null 2>&1; do :; done"
"""A namespace ends, and its cables with it, some time after its name is gone."""

HARM = {
    "a cable is cut": Harm("article", "ip link del veth1-host", (VETH1, *IN_NS1)),
    "a cable is cut from within": Harm("article", "ip -n ns1 link del veth1", (VETH1, *IN_NS1)),
    "a cable is pulled out": Harm("article", "ip link set veth1-host nomaster", (VETH1,)),
    "an end is down": Harm("article", "ip link set veth2-host down", (VETH2,)),
    "an inner end is down": Harm(
        "article",
        "ip -n ns1 link set veth1 down",
        (IN_NS1[0], IN_NS1[2], IN_NS1[3], IN_NS1[4]),
    ),
    "loopback is down": Harm("article", "ip -n ns2 link set lo down", ("link lo up in ns2",)),
    "the bridge is down": Harm("article", "ip link set br0 down", (BR0, ON_BR0[1])),
    "the bridge is gone": Harm("article", "ip link del br0", (BR0, *ON_BR0, VETH1, VETH2)),
    "another mtu": Harm(
        "two-hosts",
        "ip -n host1 link set cable0 mtu 1400",
        ("veth cable0 in host1 to cable0 in host2",),
    ),
    "the ruleset is flushed": Harm("article", "nft flush ruleset", (TABLE, *IN_NFT)),
    "a rule is gone": Harm("article", "nft flush chain inet glassnet leaving", (TABLE,)),
    "an element is gone": Harm(
        "article",
        "nft delete element inet glassnet masquerade4 { 10.0.0.0/24 }",
        (IN_NFT[2],),
    ),
    "an address is gone": Harm("article", "ip addr del 10.0.0.1/24 dev br0", (ON_BR0[0],)),
    "an address is changed": Harm(
        "article",
        "ip -n ns1 addr del 10.0.0.2/24 dev veth1; ip -n ns1 addr add 10.0.0.22/24 dev veth1",
        (IN_NS1[1], IN_NS1[3]),
        stays=True,
    ),
    "an address has another length": Harm(
        "article",
        "ip -n ns2 addr del 10.0.0.3/24 dev veth2; ip -n ns2 addr add 10.0.0.3/16 dev veth2;"
        "ip -n ns2 route add default via 10.0.0.1 proto 103",
        ("address 10.0.0.3/24 on veth2 in ns2",),
        stays=True,
    ),
    "a route is gone": Harm("article", "ip -n ns1 -6 route del default", (IN_NS1[4],)),
    "a setting is changed": Harm(
        "article",
        "echo 0 >/proc/sys/net/ipv4/ip_forward",
        ("setting net.ipv4.ip_forward = 1 on the host",),
    ),
    "a namespace is gone": Harm(
        "article",
        f"ip netns del ns1; {GONE}",
        ("namespace ns1", "link lo up in ns1", VETH1, *IN_NS1),
    ),
    "a rule of routing is gone": Harm(
        "dual-stack",
        "ip -n a rule del priority 100",
        ("rule 100: from 10.31.0.0/24 lookup 100 in a",),
    ),
    "a neighbour is gone": Harm(
        "dual-stack",
        "ip -n a neigh del 10.31.0.1 dev eth0",
        ("neighbour 10.31.0.1 at 02:00:00:00:31:01 on eth0 in a",),
    ),
    "a port has another option": Harm(
        "dual-stack",
        "ip netns exec router bridge link set dev port-a hairpin off",
        ("port port-a in router of lan, hairpin 1, isolated 0, cost 10",),
    ),
    "a bridge has another option": Harm(
        "dual-stack",
        "ip -n router link set lan type bridge priority 8192",
        ("bridge lan in router",),
    ),
    "a published port is gone": Harm(
        "published",
        "nft delete element inet glassnet ports4 { tcp . 8080 }",
        ("published port tcp 8080 to 10.1.0.2:80 on the host",),
    ),
}


@pytest.mark.parametrize("kind", HARM)
def test_drift_is_named_and_mended(kind: str) -> None:
    harm = HARM[kind]
    with Quick() as host:
        before = oracle.look(host)
        host.glassnet("up", example(harm.network))
        up = oracle.look(host)
        host.sh(harm.script)
        harmed = oracle.look(host)
        done = host.glassnet("check", harm.network, "--json", check=False)
        findings = json.loads(done.stdout)
        drifted = {one["operation"] for one in findings if not one["ok"]}
        assert done.returncode == 1
        assert drifted == set(harm.drifted)
        assert all(one["differences"] for one in findings if not one["ok"])
        quiet = host.glassnet("check", example(harm.network), "--quiet", check=False)
        assert quiet.returncode == 1
        assert {li[6:] for li in quiet.stdout.splitlines() if li.startswith("DRIFT ")} == drifted
        assert "ok  " not in quiet.stdout
        unchanged(host, harmed)  # to look changes nothing
        assert host.glassnet("repair", harm.network).stdout.endswith(f"repaired: {harm.network}\n")
        host.glassnet("check", harm.network)
        if not harm.stays:
            unchanged(host, up)
        host.glassnet("down", harm.network)
        unchanged(host, before)


LASTING = """
nft add table inet theirs
nft add chain inet theirs input '{ type filter hook input priority 0; }'
nft add rule inet theirs input tcp dport 9 counter drop
ip netns add theirs
ip link add theirs0 type veth peer name theirs1
ip addr add 10.99.0.1/24 dev theirs1
ip link set theirs0 up
ip link set theirs1 up
ip route add 10.98.0.0/24 dev theirs1
ip rule add priority 77 to 10.98.0.0/24 lookup 98
ip route add blackhole 10.98.0.0/25 table 98
ip neigh add 10.99.0.9 lladdr 02:00:00:00:00:09 dev theirs1
echo 2 >/proc/sys/net/ipv4/conf/theirs1/rp_filter
"""
"""What others have on the host, and keep whatever becomes of our network."""

LEANING = {
    "ip link set theirs0 master br0": "ip -o link show dev theirs0 | grep ' master br0 '",
    "ip addr add 10.97.0.1/24 dev br0": "ip -o addr show dev br0 | grep ' 10.97.0.1/24 '",
    "ip addr add 10.96.0.1/24 dev veth1-host": "ip -o addr show | grep ' 10.96.0.1/24 '",
    "ip route add 10.95.0.0/24 dev br0": "ip route show 10.95.0.0/24 | grep ' dev br0 '",
    "ip -n ns1 route add 10.94.0.0/24 via 10.0.0.1": "ip -n ns1 route show | grep '^10.94.0.0/24'",
    "ip -n ns1 link add mine type veth peer name yours": "ip -n ns1 link show dev mine",
}
"""What they have on our objects, and how to see that it is there: it goes when those go."""


@pytest.mark.parametrize(
    "harm",
    [
        "an end is down",
        "loopback is down",
        "a rule is gone",
        "an element is gone",
        "an address is gone",
        "a route is gone",
        "a setting is changed",
    ],
)
def test_what_is_theirs_stays(harm: str) -> None:
    with Quick() as host:
        host.sh(LASTING)
        before = oracle.look(host)
        host.glassnet("up", example("article"))
        for command, seen in LEANING.items():
            host.sh(f"{command}; {seen}")
        host.glassnet("check", "article")  # it is no drift
        host.sh(HARM[harm].script)
        assert host.glassnet("check", "article", check=False).returncode == 1
        host.glassnet("repair", "article")
        host.glassnet("check", "article")
        for seen in LEANING.values():
            host.sh(seen)
        done = host.glassnet("down", "article")
        assert "left" not in done.stderr
        unchanged(host, before)


def test_what_stands_in_the_place_of_ours_is_left() -> None:
    with Quick() as host:
        host.glassnet("up", example("article"))
        host.sh("ip link del br0; ip link add br0 type bridge; ip link set br0 alias theirs")
        done = host.glassnet("repair", "article", check=False)
        assert done.returncode == 1
        assert "left   bridge br0 on the host: a link br0 is there already" in done.stderr
        assert "left as found: 5 objects, see glassnet check article -q\n" in done.stdout
        assert done.stderr.count("on is somebody else's by now") == 4  # addresses and cables
        seen = host.glassnet("check", "article", "-q", check=False).stdout.splitlines()
        drifted = [line for line in seen if line.startswith("DRIFT")]
        assert (len(drifted), drifted[0]) == (5, f"DRIFT {BR0}")
        done = host.glassnet("down", "article")
        assert "left   no bridge br0 on the host: the link br0 there now is marked" in done.stderr
        [theirs] = host.json("ip", "-j", "link", "show", "type", "bridge")
        assert (theirs["ifname"], theirs["ifalias"], "UP" in theirs["flags"]) == (
            "br0",
            "theirs",
            False,
        )
        assert host.sh("ls /run/netns; nft list ruleset; ip -o link show type veth") == ""


def test_what_they_changed_is_not_put_back() -> None:
    with Quick() as host:
        setting = "/proc/sys/net/ipv4/conf/all/rp_filter"
        host.sh(f"ip netns add router; ip netns exec router sh -c 'echo 1 >{setting}'")
        host.glassnet("up", example("dual-stack"))
        assert host.sh(f"ip netns exec router cat {setting}") == "0\n"
        host.sh(f"ip netns exec router sh -c 'echo 2 >{setting}'")
        done = host.glassnet("down", "dual-stack")
        assert "left" in done.stderr
        assert "net.ipv4.conf.all.rp_filter" in done.stderr
        assert host.sh(f"ip netns exec router cat {setting}") == "2\n"


def test_repair_of_all_and_of_one() -> None:
    with Quick() as host:
        for name in ("article", "two-hosts"):
            host.glassnet("up", example(name))
        harm = "ip -n ns1 link set lo down; ip -n c1 link set lo down"
        host.sh(harm)
        said = host.glassnet("repair", "two-hosts").stdout
        assert "article" not in said
        assert host.glassnet("check", "two-hosts").returncode == 0
        assert host.glassnet("check", "article", check=False).returncode == 1
        host.sh("ip -n c1 link set lo down")
        assert host.glassnet("repair").stdout.endswith("repaired: article, two-hosts\n")
        for name in ("article", "two-hosts"):
            assert host.glassnet("check", name).returncode == 0


def test_check_of_a_file_that_is_not_up() -> None:
    with Quick() as host:
        done = host.glassnet("check", example("article"), check=False)
        assert done.returncode == 1
        assert done.stdout.count("DRIFT") == 26
        assert done.stdout.endswith("0 of 26 as wanted\n")
