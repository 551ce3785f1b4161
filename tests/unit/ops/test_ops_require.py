"""What operations require, and what is said where it is lacking."""

from __future__ import annotations

import pytest
from scene import BR0, ETH0, NS1

from glassnet.ops import require
from glassnet.ops.addr import AddrOp
from glassnet.ops.base import Op
from glassnet.ops.bridge import BridgeOp, PortOp
from glassnet.ops.link import DummyOp, LinkSetOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.testing.cases import CASES
from glassnet.values import Cidr, SysctlKey

ADMIN = "right:net_admin"


@pytest.mark.parametrize(
    ("op", "requirements"),
    [
        (NetnsOp(netns=NS1), ("right:sys_admin",)),
        (LinkSetOp(ifname=ETH0, up=True), (ADMIN,)),
        (DummyOp(ifname=ETH0), (ADMIN, "link:dummy")),
        (DummyOp(ifname=ETH0, present=False), (ADMIN,)),
        (
            BridgeOp(ifname=BR0, options={"stp_state": 1, "priority": 7}),
            (ADMIN, "link:bridge", "bridge:stp_state=1", "bridge:priority=7"),
        ),
        (BridgeOp(ifname=BR0, options={"stp_state": 1}, present=False), (ADMIN,)),
        (PortOp(ifname=ETH0, master=BR0, options={"hairpin": 1}), (ADMIN, "port:mode=1")),
        (AddrOp(ifname=ETH0, cidr=Cidr("10.0.0.2/24")), (ADMIN,)),
        (AddrOp(ifname=ETH0, cidr=Cidr("fd00::2/64")), (ADMIN, "ipv6")),
        (
            SysctlOp(name=SysctlKey("net.ipv4.ip_forward"), value="1"),
            ("setting:net.ipv4.ip_forward", "writable:net.ipv4.ip_forward"),
        ),
        (
            SysctlOp(name=SysctlKey("net.ipv6.conf.eth0/1.forwarding"), value="1"),
            ("setting:net.ipv6.conf.lo.forwarding", "writable:net.ipv6.conf.lo.forwarding"),
        ),
        (
            SysctlOp(name=SysctlKey("net.ipv6.conf.all.forwarding"), value="1"),
            ("setting:net.ipv6.conf.all.forwarding", "writable:net.ipv6.conf.all.forwarding"),
        ),
    ],
    ids=str,
)
def test_what_is_required(op: Op, requirements: tuple[str, ...]) -> None:
    assert op.requires() == requirements


RIGHT = "run it as root, or within 'glassnet lab'"
MODULE = "load its module, or use a kernel that was built with it"


@pytest.mark.parametrize(
    ("requirement", "words", "advice"),
    [
        (require.NET_ADMIN, "you lack CAP_NET_ADMIN in the namespace", RIGHT),
        (require.SYS_ADMIN, "you lack CAP_SYS_ADMIN, which making namespaces takes", RIGHT),
        (
            require.link_kind("dummy"),
            "this kernel has no links of kind dummy (CONFIG_DUMMY)",
            MODULE,
        ),
        (require.link_kind("nlmon"), "this kernel has no links of kind nlmon", MODULE),
        (
            require.bridge_attribute("vlan_filtering", 1),
            "this kernel's bridges do not take vlan_filtering=1 (CONFIG_BRIDGE_VLAN_FILTERING)",
            MODULE,
        ),
        (
            require.bridge_attribute("priority", 7),
            "this kernel's bridges do not take priority=7",
            MODULE,
        ),
        (
            require.port_attribute("fast_leave", 1),
            "this kernel's bridge ports do not take fast_leave=1 (CONFIG_BRIDGE_IGMP_SNOOPING)",
            MODULE,
        ),
        (
            require.setting("net.a.b"),
            "this kernel has no setting net.a.b in such a namespace",
            "check its spelling, or load its module",
        ),
        (
            require.writable("net.a.b"),
            "the setting net.a.b may not be written",
            "run it as root, and where /proc/sys is not mounted read-only",
        ),
        (
            require.IPV6,
            "this kernel has no IPv6 (CONFIG_IPV6, or it was switched off at boot)",
            MODULE,
        ),
    ],
)
def test_what_is_said_where_it_is_lacking(requirement: str, words: str, advice: str) -> None:
    assert require.lacking(requirement) == words
    assert require.advice(requirement) == advice


@pytest.mark.parametrize(
    ("requirement", "privilege"),
    [
        (require.NET_ADMIN, True),
        (require.SYS_ADMIN, True),
        (require.writable("net.a.b"), True),
        (require.setting("net.a.b"), False),
        (require.link_kind("dummy"), False),
        (require.bridge_attribute("priority", 7), False),
        (require.port_attribute("mode", 1), False),
        (require.IPV6, False),
    ],
)
def test_what_is_a_matter_of_who_asks(requirement: str, privilege: bool) -> None:
    assert require.is_privilege(requirement) is privilege


def test_whatever_an_operation_requires_has_words_and_advice() -> None:
    for requirement in {one for case in CASES for one in case.op.requires()}:
        words, advice = require.lacking(requirement), require.advice(requirement)
        assert min(len(words.split()), len(advice.split())) > 3
