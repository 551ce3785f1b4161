"""What a plan requires of the host, and the refusal for what is not there."""

from __future__ import annotations

import pytest

from glassnet.errors import NotPermitted, Unsupported
from glassnet.ops import require
from glassnet.ops.addr import AddrOp
from glassnet.ops.bridge import BridgeOp, PortOp
from glassnet.ops.link import DummyOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.registry import AnyOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.plan.fit import check_fit, fit_facets
from glassnet.plan.model import Action, Plan, Step
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, Cidr, IfName, Netns, SysctlKey

NS1 = Netns("ns1")
EXPECTED: list[tuple[AnyOp, set[str]]] = [
    (NetnsOp(netns=NS1), {require.SYS_ADMIN}),
    (DummyOp(ifname=IfName("d0")), {require.NET_ADMIN, "link:dummy"}),
    (DummyOp(ifname=IfName("d0"), present=False), {require.NET_ADMIN}),
    (
        BridgeOp(ifname=IfName("br0"), options={"vlan_filtering": 1}),
        {require.NET_ADMIN, "link:bridge", "bridge:vlan_filtering=1"},
    ),
    (
        BridgeOp(ifname=IfName("br0"), options={"vlan_filtering": 1}, present=False),
        {require.NET_ADMIN},
    ),
    (
        PortOp(ifname=IfName("p0"), master=IfName("br0"), options={"hairpin": 1}),
        {require.NET_ADMIN, "port:mode=1"},
    ),
    (AddrOp(ifname=IfName("d0"), cidr=Cidr("10.0.0.1/24")), {require.NET_ADMIN}),
    (AddrOp(ifname=IfName("d0"), cidr=Cidr("fd00::1/64")), {require.NET_ADMIN, require.IPV6}),
    (
        SysctlOp(name=SysctlKey("net.ipv4.ip_forward"), value="1"),
        {"setting:net.ipv4.ip_forward", "writable:net.ipv4.ip_forward"},
    ),
    (
        SysctlOp(name=SysctlKey("net.ipv4.conf.eth0/1.rp_filter"), value="1"),
        {"setting:net.ipv4.conf.lo.rp_filter", "writable:net.ipv4.conf.lo.rp_filter"},
    ),
]


def plan(op: AnyOp, action: Action = "make", origin: str = "") -> Plan:
    return Plan("net", "up", (Step(op, action, origin=origin),))


def seen(netns: Netns, *lacks: str) -> Snapshot:
    state = NetnsState(netns)
    state.lacks = set(lacks)
    return Snapshot({netns: state})


@pytest.mark.parametrize(("op", "requirements"), EXPECTED, ids=[str(op) for op, _ in EXPECTED])
def test_what_an_operation_requires(op: AnyOp, requirements: set[str]) -> None:
    assert set(op.requires()) == requirements
    assert fit_facets(plan(op)) == {Facet(op.netns, "fit", name) for name in requirements}


def test_what_is_not_done_requires_nothing() -> None:
    assert fit_facets(plan(NetnsOp(netns=NS1), "keep")) == frozenset()


def test_a_host_that_lacks_nothing_is_fit() -> None:
    check_fit(plan(DummyOp(ifname=IfName("d0"))), seen(HOST))


def test_what_the_kernel_lacks_is_unsupported() -> None:
    wanted = plan(DummyOp(ifname=IfName("d0")), origin="lab.yaml:3:1: $.links[0]")
    with pytest.raises(Unsupported) as caught:
        check_fit(wanted, seen(HOST, "link:dummy"))
    assert str(caught.value) == (
        "lab.yaml:3:1: $.links[0]: dummy d0 on the host: "
        "this kernel has no links of kind dummy (CONFIG_DUMMY)"
    )
    assert caught.value.advice() == "load its module, or use a kernel that was built with it"


def test_what_the_caller_lacks_is_not_permitted() -> None:
    with pytest.raises(NotPermitted) as caught:
        check_fit(plan(NetnsOp(netns=NS1)), seen(NS1, require.SYS_ADMIN))
    assert str(caught.value) == (
        "namespace ns1: you lack CAP_SYS_ADMIN, which making namespaces takes"
    )
    assert "glassnet lab" in caught.value.advice()


@pytest.mark.parametrize(
    ("requirement", "words", "advice", "privilege"),
    [
        (require.NET_ADMIN, "you lack CAP_NET_ADMIN in the namespace", "run it as root", True),
        ("link:odd", "this kernel has no links of kind odd", "load its module", False),
        (
            require.bridge_attribute("vlan_filtering", 1),
            "this kernel's bridges do not take vlan_filtering=1 (CONFIG_BRIDGE_VLAN_FILTERING)",
            "load its module",
            False,
        ),
        (
            require.port_attribute("mode", 1),
            "this kernel's bridge ports do not take mode=1",
            "load its module",
            False,
        ),
        (
            require.setting("net.ipv4.no"),
            "this kernel has no setting net.ipv4.no in such a namespace",
            "check its spelling",
            False,
        ),
        (
            require.writable("net.ipv4.no"),
            "the setting net.ipv4.no may not be written",
            "run it as root, and where /proc/sys is not mounted read-only",
            True,
        ),
        (
            require.IPV6,
            "this kernel has no IPv6 (CONFIG_IPV6, or it was switched off at boot)",
            "load its module",
            False,
        ),
    ],
)
def test_words_for_each_requirement(
    requirement: str, words: str, advice: str, privilege: bool
) -> None:
    assert require.lacking(requirement) == words
    assert require.advice(requirement).startswith(advice)
    assert require.is_privilege(requirement) is privilege
