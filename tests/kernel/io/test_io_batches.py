"""What goes to the kernel in one send: as much as can, never more than may."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from glassnet.kernel.batch import Batch, batches
from glassnet.ops.addr import AddrOp
from glassnet.ops.base import Op
from glassnet.ops.link import LinkSetOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.registry import AnyOp
from glassnet.ops.request import NetlinkRequest, NetnsRequest, NftRequest, SysctlRequest
from glassnet.ops.route import RouteOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.values import HOST, Cidr, IfName, Netns, Prefix, SysctlKey

A, B = Netns("a"), Netns("b")
ETH = IfName("eth0")


def cut(*ops: Op) -> list[Batch]:
    return list(batches([request for op in ops for request in op.requests()]))


def sizes(*ops: Op) -> list[int]:
    return [len(batch.requests) for batch in cut(*ops)]


def up(netns: Netns, ifname: str = "eth0") -> LinkSetOp:
    return LinkSetOp(netns=netns, ifname=IfName(ifname), up=True)


def address(netns: Netns, number: int = 1, ifname: str = "eth0") -> AddrOp:
    return AddrOp(netns=netns, ifname=IfName(ifname), cidr=Cidr(f"10.0.0.{number}/24"))


def cable(ifname: str = "veth0", peer: str = "eth0", netns: Netns = A) -> VethOp:
    return VethOp(ifname=IfName(ifname), peer=IfName(peer), peer_netns=netns)


def setting(netns: Netns = HOST) -> SysctlOp:
    return SysctlOp(netns=netns, name=SysctlKey("net.ipv4.ip_forward"), value="1")


def test_nothing() -> None:
    assert cut() == []


def test_neighbours_of_a_namespace_go_together() -> None:
    route = RouteOp(netns=A, dst=Prefix("0.0.0.0/0"), ifname=ETH)
    assert sizes(up(A), address(A, 1), address(A, 2), route) == [4]
    assert [batch.netns for batch in cut(up(A), up(B), up(A))] == [A, B, A]


def test_kinds_do_not_mix_and_settings_and_namespaces_go_alone() -> None:
    assert sizes(up(A), setting(A), setting(A), up(A)) == [1, 1, 1, 1]
    assert sizes(NetnsOp(netns=A), NetnsOp(netns=B)) == [1, 1]


def test_nft_goes_as_one_transaction() -> None:
    [batch] = cut(NftBaseOp(netns=A), NftBaseOp(netns=A))
    [text] = NftBaseOp(netns=A).requests()
    assert isinstance(text, NftRequest)
    assert batch.nft_text() == f"{text.text}\n{text.text}"


def test_who_needs_the_index_of_a_link_waits_until_it_is_there() -> None:
    made = cut(cable(), address(HOST, 1, "veth0"))
    assert [len(batch.requests) for batch in made[-1:]] == [1]
    assert made[-1].requests == address(HOST, 1, "veth0").requests()
    assert made[0].moves_links
    assert not made[-1].moves_links


def test_who_needs_another_does_not_wait() -> None:
    assert len(cut(cable(), address(HOST, 1, "eth9"))) <= len(cut(cable())) + 1
    before = len(cut(cable()))
    assert len(cut(address(HOST, 1, "eth9"), cable())) == before


def test_who_needs_the_index_of_a_link_that_goes_waits_too() -> None:
    """The next link of that name has another one."""
    gone = cable().flipped()
    assert [len(one.requests) for one in cut(gone, address(HOST, 1, "veth0"))] == [1, 1]
    assert cut(gone)[0].moves_links


OPS: Sequence[AnyOp] = [
    NetnsOp(netns=A), up(A), up(B), up(HOST, "veth0"), address(A), address(HOST, 3, "veth0"),
    cable(), cable("veth1", "eth1", B), cable().flipped(), setting(), setting(A),
    NftBaseOp(), NftBaseOp(netns=A),
]  # fmt: skip


@given(st.lists(st.sampled_from(OPS), max_size=12))
def test_nothing_is_lost_and_the_order_is_kept(ops: list[AnyOp]) -> None:
    requests = [request for op in ops for request in op.requests()]
    cuts = list(batches(requests))
    assert [request for batch in cuts for request in batch.requests] == requests
    for batch in cuts:
        assert {request.netns for request in batch.requests} == {batch.netns}
        assert len({type(request) for request in batch.requests}) == 1
        if isinstance(batch.requests[0], SysctlRequest | NetnsRequest):
            assert len(batch.requests) == 1
        if isinstance(batch.requests[0], NetlinkRequest):
            assert len(batch.messages()) == len(batch.requests)
