"""One container's interface: by a bridge or routed, over IPv4, IPv6 or both."""

from __future__ import annotations

import pytest

from glassnet.errors import InvalidValue
from glassnet.ops.veth import VethOp
from glassnet.plan.attachment import Attachment
from glassnet.plan.model import Wanted
from glassnet.plan.order import order
from glassnet.state.snapshot import Facet
from glassnet.values import Cidr, IfName, IpAddress, Netns

PATH = Netns("/proc/7/ns/net")


def _attachment(
    *addresses: str,
    gateways: tuple[str, ...] = (),
    bridge: str = "",
    network: str = "net",
    container: str = "c1",
    mtu: int | None = None,
) -> Attachment:
    return Attachment(
        network=network,
        container=container,
        netns=PATH,
        ifname=IfName("eth0"),
        host_ifname=IfName("gn0"),
        addresses=tuple(map(Cidr, addresses)),
        gateways=tuple(map(IpAddress, gateways)),
        bridge=IfName(bridge) if bridge else None,
        mtu=mtu,
    )


WHERE = "in /proc/7/ns/net"
BORN = [
    f"veth gn0 on the host to eth0 {WHERE}",
    f"link lo up {WHERE}",
    f"link eth0 up {WHERE}",
]


@pytest.mark.parametrize(
    ("attachment", "said"),
    [
        (_attachment(), []),
        (_attachment("10.0.0.2/24", bridge="br0"), [f"address 10.0.0.2/24 on eth0 {WHERE}"]),
        (
            _attachment("10.0.0.2/24", gateways=("10.0.0.1",), bridge="br0"),
            [
                f"address 10.0.0.2/24 on eth0 {WHERE}",
                f"route to default via 10.0.0.1 dev eth0 {WHERE}",
            ],
        ),
        (
            _attachment(
                "10.0.0.2/24", "fd00::2/64", gateways=("fd00::1", "10.0.0.1"), bridge="br0"
            ),
            [
                f"address 10.0.0.2/24 on eth0 {WHERE}",
                f"address fd00::2/64 on eth0 {WHERE}",
                f"route to default via fd00::1 dev eth0 {WHERE}",
                f"route to default via 10.0.0.1 dev eth0 {WHERE}",
            ],
        ),
        (
            _attachment("10.0.0.2/32", gateways=("169.254.1.1",)),
            [
                f"address 10.0.0.2/32 on eth0 {WHERE}",
                f"neighbour 169.254.1.1 at 02:7f:85:30:59:4d on eth0 {WHERE}",
                f"route to 169.254.1.1/32 dev eth0 {WHERE}",
                f"route to default via 169.254.1.1 dev eth0 {WHERE}",
                "route to 10.0.0.2/32 dev gn0 on the host",
            ],
        ),
        (
            _attachment("10.0.0.2/24", "fd00::2/64"),
            [
                f"address 10.0.0.2/24 on eth0 {WHERE}",
                f"address fd00::2/64 on eth0 {WHERE}",
                "route to 10.0.0.2/32 dev gn0 on the host",
                "route to fd00::2/128 dev gn0 on the host",
                "neighbour fd00::2 at 02:b0:fb:98:16:da on gn0 on the host",
            ],
        ),
    ],
)
def test_what_wires_a_container(attachment: Attachment, said: list[str]) -> None:
    assert [str(op) for op in attachment.ops()] == [*BORN, *said]


@pytest.mark.parametrize(
    "attachment",
    [
        _attachment("10.0.0.2/24", gateways=("10.0.0.1",), bridge="br0"),
        _attachment("10.0.0.2/32", gateways=("169.254.1.1",)),
        _attachment("fd00::2/128", gateways=("fd00::1",)),
    ],
)
def test_it_is_in_the_order_of_its_doing(attachment: Attachment) -> None:
    ops = attachment.ops()
    assert [item.op for item in order([Wanted(op) for op in ops])] == ops


def test_the_cable_bears_all_there_is_to_know() -> None:
    attachment = _attachment("10.0.0.2/24", bridge="br0", mtu=1400)
    veth = attachment.ops()[0]
    assert isinstance(veth, VethOp)
    assert (veth.alias, veth.master, veth.mtu, veth.up) == (
        "glassnet:net/c1/eth0",
        "br0",
        1400,
        True,
    )
    assert attachment.name == "net/c1/eth0"
    routed = _attachment("10.0.0.2/24").ops()[0]
    assert isinstance(routed, VethOp)
    assert (routed.master, routed.mtu) == (None, None)


def test_addresses_of_ipv6_are_not_asked_about() -> None:
    ops = _attachment("10.0.0.2/24", "fd00::2/64", bridge="br0").ops()
    assert [getattr(op, "nodad", None) for op in ops[3:]] == [False, True]


def test_only_loopback_is_looked_up() -> None:
    assert _attachment("10.0.0.2/24").lookups() == (Facet(PATH, "flags", "lo"),)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ({"gateways": ("fd00::1",)}, "gateway fd00::1 of c1; accepted: a gateway of an address's"),
        ({"network": "my net"}, "name 'my net' has characters that marks cannot carry"),
        ({"container": ""}, "name '' has 0 characters"),
        ({"container": "-c"}, "name '-c' has characters"),
    ],
)
def test_what_is_no_attachment(kind: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        _attachment("10.0.0.2/24", **kind)  # type: ignore[arg-type]
    assert str(caught.value).startswith(words)


def test_without_addresses_no_gateway_is_of_their_family() -> None:
    with pytest.raises(InvalidValue, match=r"gateway 10\.0\.0\.1 of c1"):
        _attachment(gateways=("10.0.0.1",))
