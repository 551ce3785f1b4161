"""Tun and tap devices: made by ioctl, set by message, made anew for what a program must know."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from scene import BR0, MAC1, MAC2, NS1, PATH, Sent, index, link, seen, sent, typed, words

from glassnet.errors import InvalidValue
from glassnet.kernel.batch import batches
from glassnet.netlink.route.link import IFF_UP
from glassnet.ops import require
from glassnet.ops.request import TunRequest
from glassnet.ops.tun import TunOp
from glassnet.ops.written import to_builtins
from glassnet.values import IfName

TAP0 = IfName("tap0")
PLAIN = TunOp(netns=NS1, ifname=TAP0)
WHOLE = TunOp(
    netns=NS1,
    ifname=TAP0,
    owner=1000,
    group=100,
    multi_queue=True,
    vnet_hdr=True,
    pi=True,
    mtu=1400,
    mac=MAC1,
    alias="glassnet:a",
    up=True,
    master=BR0,
)
SEEN: dict[str, Any] = {"type": 2, "persist": 1, "pi": 0, "vnet_hdr": 0, "multi_queue": 0}
ALL: dict[str, Any] = {
    **{"type": 2, "persist": 1, "pi": 1, "vnet_hdr": 1, "multi_queue": 1},
    **{"owner": 1000, "group": 100},
}
BRIDGE = link("br0", 3, kind="bridge")


def tap(data: dict[str, Any], **more: Any) -> Any:
    return link("tap0", kind="tun", data=data, **more)


AS_WANTED = tap(ALL, mtu=1400, mac=MAC1, up=True, master=3, alias="glassnet:a")


def test_how_it_is_typed() -> None:
    assert typed(PLAIN) == ["ip -n ns1 tuntap add mode tap name tap0"]
    assert typed(WHOLE) == [
        "ip -n ns1 tuntap add mode tap name tap0 multi_queue vnet_hdr pi user 1000 group 100",
        "ip -n ns1 link set tap0 mtu 1400 address 02:00:00:00:00:01 master br0 alias glassnet:a "
        "group 103 up",
    ]
    assert typed(TunOp(netns=PATH, ifname=TAP0, mode="tun", up=True)) == [
        "nsenter --net=/proc/7/ns/net ip tuntap add mode tun name tap0",
        "nsenter --net=/proc/7/ns/net ip link set tap0 up",
    ]
    assert typed(WHOLE.flipped()) == ["ip -n ns1 link del tap0"]


def test_in_an_selinux_context() -> None:
    op = TunOp(netns=NS1, ifname=TAP0, owner=7, context="a:b:c:s0")
    words = "runcon a:b:c:s0 ip tuntap add mode tap name tap0"
    assert typed(op) == [f"nsenter --net=/run/netns/ns1 {words} user 7"]
    assert typed(TunOp(ifname=TAP0, context="a:b:c:s0")) == [words]
    assert op.requests() == (TunRequest(NS1, "tap0", "tap", owner=7, context="a:b:c:s0"),)
    assert require.SELINUX in op.requires()
    assert require.SELINUX not in (*PLAIN.requires(), *op.flipped().requires())
    assert to_builtins(op)["context"] == "a:b:c:s0"


def test_what_is_asked_of_the_kernel() -> None:
    assert PLAIN.requests() == (TunRequest(NS1, "tap0", "tap"),)
    first, *rest = WHOLE.requests()
    assert first == TunRequest(
        NS1,
        "tap0",
        "tap",
        owner=1000,
        group=100,
        multi_queue=True,
        vnet_hdr=True,
        pi=True,
        alias="glassnet:a",
    )
    settings = {"ifname": "tap0", "mtu": 1400, "address": MAC1, "master": 3}
    assert sent(rest, index("br0", 3)) == [
        Sent(
            "RTM_NEWLINK",
            0,
            {"flags": IFF_UP, "change": IFF_UP},
            {**settings, "ifalias": "glassnet:a", "group": 103},
        )
    ]
    assert sent(WHOLE.flipped().requests()) == [Sent("RTM_DELLINK", 0, {}, {"ifname": "tap0"})]


def test_it_is_a_batch_of_its_own() -> None:
    """What is made by ioctl must be there before a message names it."""
    requests = (*WHOLE.requests(), *PLAIN.requests(), *PLAIN.requests())
    parts = [[type(one).__name__ for one in batch.requests] for batch in batches(requests)]
    assert parts == [["TunRequest"], ["NetlinkRequest"], ["TunRequest"], ["TunRequest"]]


@pytest.mark.parametrize(
    ("op", "data", "differences"),
    [
        (PLAIN, SEEN, []),
        (PLAIN, {**SEEN, "owner": 7, "group": 8}, []),
        (WHOLE, ALL, []),
        (PLAIN, {**SEEN, "type": 1}, ["mode tap, found mode tun"]),
        (PLAIN, {**SEEN, "type": 3}, ["mode tap, found mode unknown"]),
        (PLAIN, {"persist": 1}, ["mode tap, found mode unknown"]),
        (PLAIN, {**SEEN, "persist": 0}, ["persist on, found persist off"]),
        (PLAIN, {**SEEN, "pi": 1}, ["pi off, found pi on"]),
        (PLAIN, {**SEEN, "vnet_hdr": 1}, ["vnet_hdr off, found vnet_hdr on"]),
        (WHOLE, {**ALL, "multi_queue": 0}, ["multi_queue on, found multi_queue off"]),
        (WHOLE, {**ALL, "owner": 0}, ["user 1000, found user 0"]),
        (WHOLE, {**ALL, "group": None}, ["group 100, found group None"]),
    ],
)
def test_what_a_program_must_know_lasts(
    op: TunOp, data: dict[str, Any], differences: list[str]
) -> None:
    more = {"mtu": 1400, "mac": MAC1, "up": True, "master": 3} if op is WHOLE else {}
    found = seen(tap(data, **more), BRIDGE)
    label = "tap tap0 in ns1: wanted"
    assert words(op.satisfied_by(found)) == [f"{label} {one}" for one in differences]
    if differences:
        assert op.remedy(found) == (*op.flipped().requests(), *op.requests())


def test_the_rest_is_mended_in_place() -> None:
    changed = msgspec.structs.replace(AS_WANTED, mtu=1300, mac=MAC2)
    [change] = sent(WHOLE.remedy(seen(changed, BRIDGE)), index("br0", 3))
    settings = {"ifname": "tap0", "mtu": 1400, "address": MAC1, "master": 3}
    assert change.attrs == {**settings, "ifalias": "glassnet:a"}
    assert PLAIN.remedy(seen(tap(SEEN))) == ()
    assert PLAIN.remedy(seen()) == PLAIN.requests()
    assert PLAIN.flipped().remedy(seen(tap(SEEN))) == PLAIN.flipped().requests()


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"mode": "tip"}, "no tun mode 'tip'; accepted: tun, tap"),
        ({"mode": "tun", "mac": MAC1}, "tun tap0 with a MAC; accepted: a MAC in mode tap"),
        ({"owner": -1}, "owner -1 is out of range; accepted: 0 to 4294967294"),
        ({"group": 2**32 - 1}, "group 4294967295 is out of range; accepted: 0 to 4294967294"),
    ],
)
def test_what_is_refused(values: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        msgspec.structs.replace(PLAIN, **values)
    assert str(caught.value) == refusal


@pytest.mark.parametrize("number", [0, 2**32 - 2])
def test_the_first_and_the_last_id(number: int) -> None:
    op = TunOp(ifname=TAP0, owner=number, group=number)
    assert typed(op)[0].endswith(f"user {number} group {number}")


def test_what_is_required() -> None:
    assert to_builtins(PLAIN)["op"] == "tun"
    assert PLAIN.requires() == ("right:net_admin", "tun")
    assert PLAIN.flipped().requires() == ("right:net_admin",)
    assert not require.is_privilege(require.TUN)
    said = "this kernel has no /dev/net/tun, or it may not be opened (CONFIG_TUN)"
    assert require.lacking(require.TUN) == said
    assert require.advice(require.TUN).startswith("load its module: modprobe tun;")


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        ("macvlan", "CONFIG_MACVLAN"),
        ("ipvlan", "CONFIG_IPVLAN"),
        ("vlan", "CONFIG_VLAN_8021Q"),
        ("vrf", "CONFIG_NET_VRF"),
        ("vxlan", "CONFIG_VXLAN"),
    ],
)
def test_a_kernel_that_lacks_a_kind_is_told_which_option(kind: str, option: str) -> None:
    said = f"this kernel has no links of kind {kind} ({option})"
    assert require.lacking(require.link_kind(kind)) == said


def test_what_the_planner_knows() -> None:
    assert str(WHOLE) == "tap tap0 in ns1"
    assert WHOLE.key() == ("link", "ns1", "tap0")
    assert WHOLE.needs() == (("netns", "ns1"), ("link", "ns1", "br0"))
    assert WHOLE.obstacle(seen(AS_WANTED, BRIDGE)) == ""
    assert "not made by glassnet" in WHOLE.obstacle(seen(tap(SEEN), BRIDGE))
