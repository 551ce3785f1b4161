"""By what id the links of one namespace tell of another, for links whose other end is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from glassnet.kernel.linux import LinuxKernel
from glassnet.netlink.route.netns import NOT_ASSIGNED
from glassnet.state.snapshot import Facet
from glassnet.testing.host import Host
from glassnet.values import HOST, Netns

pytestmark = pytest.mark.kernel

NS1, NS2, PATH1 = Netns("ns1"), Netns("ns2"), Netns("/run/netns/ns1")


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        it.sh("ip netns add ns1; ip netns add ns2")
        yield it


def look(
    netns: Netns, others: Iterable[Netns], *kinds: str
) -> tuple[dict[Netns, int | None], dict[str, int | None]]:
    """The ids of the others, and those that the namespace's links tell."""
    facets = [Facet(netns, kind) for kind in kinds] + [Facet(netns, "nsid", one) for one in others]
    with LinuxKernel() as kernel:
        state = kernel.snapshot(facets)[netns]
    return state.nsids, {name: link.link_netnsid for name, link in state.links.items()}


def test_a_link_tells_of_its_other_ends_namespace_by_that_id(host: Host) -> None:
    host.sh("""
    ip link add a0 type veth peer name b0 netns ns1
    ip link add a1 type veth peer name b1 netns ns2
    ip link add a2 type veth peer name b2
    """)
    nsids, links = host.call(look, HOST, [NS1, NS2, PATH1, HOST], "links")
    assert links["a0"] == nsids[NS1] == nsids[PATH1]
    assert links["a1"] == nsids[NS2]
    assert links["a0"] != links["a1"]
    assert links["a2"] is nsids[HOST] is None
    nsids, links = host.call(look, NS1, [HOST, PATH1], "links")
    assert links["b0"] == nsids[HOST]
    assert nsids[PATH1] is None


def test_links_are_told_of_first_for_then_ids_are_given(host: Host) -> None:
    assert host.call(look, HOST, [NS1], "links")[0] == {NS1: NOT_ASSIGNED}
    host.sh("ip link add a0 type veth peer name b0 netns ns1")
    nsids, links = host.call(look, HOST, [NS1], "links")
    assert nsids[NS1] == links["a0"] not in {None, NOT_ASSIGNED}


def test_what_is_no_namespace_has_none(host: Host) -> None:
    host.sh("touch /run/netns/file")
    assert host.call(look, HOST, [Netns("absent"), Netns("file")], "links")[0] == {}
