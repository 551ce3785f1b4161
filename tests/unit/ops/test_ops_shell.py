"""The commands a person would type: in which namespace, and quoted as a shell wants them."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scene import NS1, PATH

from glassnet.ops import shell
from glassnet.ops.addr import AddrOp
from glassnet.ops.base import ObjectOp, Op
from glassnet.ops.bridge import BridgeOp, PortOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.masquerade import MasqueradeOp
from glassnet.ops.neigh import FdbOp, NeighOp
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.route import RouteOp
from glassnet.ops.rule import RuleOp
from glassnet.ops.shell import Command
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.testing.cases import CASES, Case
from glassnet.values import HOST, Cidr, IfName, IpAddress, Mac, Netns, Prefix, SysctlKey


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Command(("ip", "link")), "ip link"),
        (Command(("echo", "a b", "", "$x", "it's")), """echo 'a b' '' '$x' 'it'"'"'s'"""),
        (
            Command(("nft", "-f", "-"), "table a {\n}\n\n"),
            "nft -f - <<'EOF'\ntable a {\n}\nEOF",
        ),
        (shell.ip(HOST, "link"), "ip link"),
        (shell.ip(NS1, "link"), "ip -n ns1 link"),
        (shell.ip(PATH, "link"), "nsenter --net=/proc/7/ns/net ip link"),
        (shell.link(HOST, "set", IfName("eth0"), "up"), "ip link set eth0 up"),
        (shell.link(NS1, "set", IfName("lo"), "up"), "ip -n ns1 link set lo up"),
        (shell.link(NS1, "set", IfName("up"), "up"), "ip -n ns1 link set dev up up"),
        (shell.link(HOST, "del", IfName("a")), "ip link del dev a"),
        (shell.link(HOST, "add", IfName("mast"), "type", "x"), "ip link add dev mast type x"),
        (shell.link(HOST, "add", IfName("masters")), "ip link add masters"),
        (shell.tc(HOST, "qdisc"), "tc qdisc"),
        (shell.tc(NS1, "qdisc"), "tc -n ns1 qdisc"),
        (shell.tc(PATH, "qdisc"), "nsenter --net=/proc/7/ns/net tc qdisc"),
        (Command(("false",), may_fail=True), "false || true"),
        (Command(("cat",), "a\n", may_fail=True), "cat || true <<'EOF'\na\nEOF"),
        (shell.bridge(HOST, "fdb"), "bridge fdb"),
        (shell.bridge(NS1, "fdb"), "bridge -n ns1 fdb"),
        (shell.bridge(PATH, "fdb"), "nsenter --net=/proc/7/ns/net bridge fdb"),
        (shell.inside(HOST, "ping", "::1"), "ping ::1"),
        (shell.inside(NS1, "ping", "::1"), "ip netns exec ns1 ping ::1"),
        (shell.inside(PATH, "cat", stdin="x"), "nsenter --net=/proc/7/ns/net cat <<'EOF'\nx\nEOF"),
        (shell.nft(HOST, "delete table inet glassnet"), "nft delete table inet glassnet"),
        (shell.nft(HOST, "add a\nadd b\n"), "nft -f - <<'EOF'\nadd a\nadd b\nEOF"),
        (
            shell.nft(NS1, 'add element inet g s { tcp . 80 comment "a b" }'),
            "ip netns exec ns1 nft add element inet g s '{ tcp . 80 comment \"a b\" }'",
        ),
        (
            shell.write(HOST, "/proc/sys/net/ipv4/ip_forward", "1"),
            "sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'",
        ),
        (
            shell.write(NS1, "/proc/sys/net/ipv4/conf/a;b/x", "1 2"),
            "ip netns exec ns1 sh -c 'echo '\"'\"'1 2'\"'\"' > "
            "'\"'\"'/proc/sys/net/ipv4/conf/a;b/x'\"'\"''",
        ),
    ],
)
def test_a_command_as_it_is_typed(command: Command, text: str) -> None:
    assert str(command) == text


def _as_split(command: Command) -> list[str]:
    """The words that a shell makes of it, less the here-document."""
    return shlex.split(str(command).removesuffix(f" <<'EOF'\n{command.stdin.rstrip()}\nEOF"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_commands_of_every_operation_come_back_from_a_shell(case: Case) -> None:
    ops: list[Op] = [case.op]
    if isinstance(case.op, ObjectOp):
        ops.append(case.op.flipped())
    for op in ops:
        assert op.commands()
        for command in op.commands():
            assert _as_split(command) == [*command.argv, *(["||", "true"] * command.may_fail)]
            assert "\nEOF\n" not in command.stdin


ODD = st.text("'\"$;|&<>()`~*?[]#!{}\\\\=,+-_.aé", min_size=1, max_size=9)
IFNAMES = ODD.filter(lambda text: text not in {".", ".."}).map(IfName)
NAMES = ODD.filter(lambda text: text not in {".", ".."} and text[0] != "-")
SPACES = st.one_of(NAMES.map(Netns), NAMES.map(lambda name: Netns(f"/x y/{name}")), st.just(HOST))


@given(IFNAMES, IFNAMES, SPACES)
def test_odd_but_legal_names_come_back_from_a_shell(
    ifname: IfName, other: IfName, netns: Netns
) -> None:
    mac, address = Mac("02:00:00:00:00:01"), IpAddress("10.0.0.2")
    key = SysctlKey(f"net/ipv4/conf/{ifname}/forwarding")
    ops: list[Op] = [
        AddrOp(netns=netns, ifname=ifname, cidr=Cidr("10.0.0.2/24")),
        BridgeOp(netns=netns, ifname=ifname, alias="it's $HOME; `x`"),
        PortOp(netns=netns, ifname=ifname, master=other, options={"isolated": 1}),
        LinkSetOp(netns=netns, ifname=ifname, up=True),
        NeighOp(netns=netns, ifname=ifname, address=address, mac=mac),
        FdbOp(netns=netns, ifname=ifname, mac=mac),
        RouteOp(netns=netns, dst=Prefix("10.0.0.0/8"), ifname=ifname),
        RuleOp(netns=netns, version=4, priority=1, table=1, iif=ifname, oif=other),
        SysctlOp(netns=netns, name=key, value="1 2"),
        MasqueradeOp(netns=netns, prefix=Prefix("10.0.0.0/8"), comment="it's $HOME; `x`"),
        NftBaseOp(netns=netns),
    ]
    if ifname != other:
        ops.append(VethOp(ifname=ifname, peer=other, peer_netns=netns))
    for op in ops:
        for command in op.commands():
            assert _as_split(command) == list(command.argv)
    [written] = ops[8].commands()
    assert shlex.split(written.argv[-1]) == ["echo", "1 2", ">", key.path]
