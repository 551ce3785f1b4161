"""Neighbours really take the new MAC of an address that is used again."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from street import ADDRESS, arrives, believed, frames, perform, street

from glassnet.frames import gratuitous_arp, unsolicited_advertisement
from glassnet.ops.announce import AnnounceOp
from glassnet.testing.host import Host
from glassnet.values import IfName, IpAddress, Mac, Netns

pytestmark = pytest.mark.kernel

NEW, ETH0 = Netns("new"), IfName("eth0")
OLD_MAC, NEW_MAC = Mac("02:00:00:00:00:0a"), Mac("02:00:00:00:00:0b")

versions = pytest.mark.parametrize("version", [4, 6])


@pytest.fixture
def host() -> Iterator[Host]:
    with street() as it:
        yield it


def announce(version: int, *, times: int = 1, answer: bool = False) -> AnnounceOp:
    address = IpAddress(ADDRESS[version])
    return AnnounceOp(netns=NEW, ifname=ETH0, address=address, times=times, answer=answer)


@versions
def test_a_neighbour_that_has_heard_of_the_old_one_is_told(host: Host, version: int) -> None:
    assert believed(host, version) == OLD_MAC
    assert not arrives(host, "new", version), "the neighbour should still send to the old one"
    assert not host.call(perform, announce(version))
    assert believed(host, version) == NEW_MAC
    assert arrives(host, "new", version)


def test_an_answer_is_heeded_as_well(host: Host) -> None:
    assert not host.call(perform, announce(4, answer=True))
    assert believed(host, 4) == NEW_MAC


@versions
def test_what_is_heard_is_what_was_made(host: Host, version: int) -> None:
    address = IpAddress(ADDRESS[version])
    made = (
        gratuitous_arp(address, NEW_MAC, answer=False)
        if version == 4
        else unsolicited_advertisement(address, NEW_MAC, router=False)
    )
    assert frames(host, announce(version)) == [made]
    assert frames(host, announce(version, times=3)) == [made] * 3


def test_whoever_forwards_says_that_it_is_a_router(host: Host) -> None:
    host.sh("nsenter --net=/run/netns/new sh -c 'echo 1 > /proc/sys/net/ipv6/conf/eth0/forwarding'")
    address = IpAddress(ADDRESS[6])
    assert unsolicited_advertisement(address, NEW_MAC, router=True) in frames(host, announce(6))


def test_a_link_whose_name_has_a_dot(host: Host) -> None:
    host.sh(
        """
        ip -n new link set eth0 down
        ip -n new link set eth0 name eth0.7
        ip -n new link set eth0.7 up
        ip -n new addr add fd00::2/64 dev eth0.7 nodad
        nsenter --net=/run/netns/new sh -c 'echo 1 > /proc/sys/net/ipv6/conf/eth0.7/forwarding'
        """
    )
    op = AnnounceOp(netns=NEW, ifname=IfName("eth0.7"), address=IpAddress(ADDRESS[6]))
    made = unsolicited_advertisement(IpAddress(ADDRESS[6]), NEW_MAC, router=True)
    assert made in frames(host, op)


def test_an_address_of_nobody_here_can_be_announced(host: Host) -> None:
    """A gateway of an attachment that is routed is nobody's address."""
    address = IpAddress("10.0.0.77")
    op = AnnounceOp(netns=NEW, ifname=ETH0, address=address)
    assert frames(host, op) == [gratuitous_arp(address, NEW_MAC, answer=False)]


def test_what_cannot_be_sent_is_refused_in_words(host: Host) -> None:
    host.sh("ip -n new link set eth0 down")
    assert host.call(perform, announce(4)) == [
        "announcing 10.0.0.2 on eth0: Network is down (ENETDOWN)"
    ]
    gone = AnnounceOp(netns=NEW, ifname=IfName("eth9"), address=IpAddress(ADDRESS[4]))
    assert host.call(perform, gone) == ["announcing 10.0.0.2 on eth9: No such device (ENODEV)"]
    loop = AnnounceOp(netns=NEW, ifname=IfName("lo"), address=IpAddress(ADDRESS[4]))
    assert host.call(perform, loop) == [
        "lo is no Ethernet: it has no neighbours to tell of 10.0.0.2"
    ]
    unheard = AnnounceOp(netns=Netns("no"), ifname=ETH0, address=IpAddress(ADDRESS[4]))
    assert host.call(perform, unheard) == ["there is no namespace no"]


def test_without_the_right_nothing_is_announced(host: Host) -> None:
    script = (
        "from glassnet.kernel.linux import LinuxKernel\n"
        "from glassnet.ops.announce import AnnounceOp\n"
        "from glassnet.state.snapshot import Facet\n"
        "from glassnet.values import HOST, IfName, IpAddress\n"
        "op = AnnounceOp(ifname=IfName('br0'), address=IpAddress('10.0.0.9'))\n"
        "with LinuxKernel() as kernel:\n"
        "    error = kernel.perform(op.requests())[0]\n"
        "    print(error, error.advice())\n"
        "    print(kernel.snapshot([Facet(HOST, 'fit', 'right:net_raw')])[HOST].lacks)\n"
    )
    done = host.run("setpriv", "--bounding-set=-net_raw", sys.executable, "-c", script)
    assert done.stdout == (
        "announcing 10.0.0.9 on br0: Operation not permitted"
        " needs CAP_NET_RAW: run it as root, or in 'glassnet lab'\n"
        "{'right:net_raw'}\n"
    )
