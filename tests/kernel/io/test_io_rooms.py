"""What the kernel port keeps open: as little as it may, never the wrong one, nothing at the end."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

import pytest

from glassnet.kernel import netns as namespaces
from glassnet.kernel.linux import LinuxKernel
from glassnet.ops.addr import AddrOp
from glassnet.ops.base import Op
from glassnet.ops.link import LinkSetOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.state.snapshot import Facet
from glassnet.testing.host import Host
from glassnet.values import HOST, Cidr, IfName, Netns, SysctlKey

pytestmark = pytest.mark.kernel

MANY = 60
"""More namespaces than are kept open at a time."""


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


def name(number: int) -> Netns:
    return Netns(f"n{number}")


def done(kernel: LinuxKernel, ops: Iterable[Op]) -> None:
    """All of them, in one call."""
    outcomes = kernel.perform([request for op in ops for request in op.requests()])
    assert not [outcome for outcome in outcomes if outcome]


def make(kernel: LinuxKernel, count: int = MANY) -> None:
    done(kernel, (NetnsOp(netns=name(number)) for number in range(count)))


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def links(host: Host, netns: Netns) -> set[str]:
    inside = ("-n", netns) if netns else ()
    return {link["ifname"] for link in host.json("ip", *inside, "-j", "link")} - {"lo"}


def test_cables_to_many_namespaces_in_one_send_end_where_they_should(host: Host) -> None:
    def work() -> None:
        with LinuxKernel() as kernel:
            make(kernel)
            done(
                kernel,
                (
                    VethOp(
                        ifname=IfName(f"h{number}"),
                        peer=IfName(f"far{number}"),
                        peer_netns=name(number),
                    )
                    for number in range(MANY)
                ),
            )

    host.call(work)
    assert [links(host, name(number)) for number in range(MANY)] == [
        {f"far{number}"} for number in range(MANY)
    ]
    assert links(host, HOST) == {f"h{number}" for number in range(MANY)}


def test_cables_from_one_namespace_to_many_others(host: Host) -> None:
    """The one that sends was opened first, and is the first that would have to go."""

    def work() -> None:
        with LinuxKernel() as kernel:
            make(kernel)
            done(
                kernel,
                (
                    VethOp(
                        netns=name(0),
                        ifname=IfName(f"h{number}"),
                        peer=IfName(f"far{number}"),
                        peer_netns=name(number),
                    )
                    for number in range(1, MANY)
                ),
            )

    host.call(work)
    assert links(host, name(0)) == {f"h{number}" for number in range(1, MANY)}
    assert [links(host, name(number)) for number in range(1, MANY)] == [
        {f"far{number}"} for number in range(1, MANY)
    ]
    assert links(host, HOST) == set()


@pytest.mark.parametrize("first", [0, 30, 59])
def test_a_cable_between_two_whichever_was_opened_when(host: Host, first: int) -> None:
    """The far one is opened while the near one is in use."""

    def work() -> None:
        with LinuxKernel() as kernel:
            make(kernel)
            near, far = name(first), Netns("beyond")
            done(kernel, [NetnsOp(netns=far)])
            for number in range(MANY):
                kernel.room(name((first + number) % MANY))
            done(
                kernel,
                [VethOp(netns=near, ifname=IfName("a"), peer=IfName("b"), peer_netns=far)],
            )

    host.call(work)
    assert links(host, name(first)) == {"a"}
    assert links(host, Netns("beyond")) == {"b"}


def test_all_that_is_done_in_many_namespaces_is_done_there(host: Host) -> None:
    """Links, addresses, settings and nft, one after the other; looked at from outside."""
    setting = SysctlKey("net.ipv4.ip_forward")

    def work() -> list[bool]:
        with LinuxKernel() as kernel:
            make(kernel)
            lo = IfName("lo")
            kinds: Sequence[Sequence[Op]] = [
                [LinkSetOp(netns=name(number), ifname=lo, up=True) for number in range(MANY)],
                [
                    AddrOp(netns=name(number), ifname=lo, cidr=Cidr(f"10.0.{number}.1/32"))
                    for number in range(MANY)
                ],
                [SysctlOp(netns=name(n), name=setting, value="1") for n in range(MANY)],
                [NftBaseOp(netns=name(number)) for number in range(0, MANY, 7)],
            ]
            for ops in kinds:
                done(kernel, ops)
            ops = [op for some in kinds for op in some]
            snapshot = kernel.snapshot(facet for op in ops for facet in op.reads())
            return [not op.satisfied_by(snapshot) for op in ops]

    assert all(host.call(work))
    for number in range(MANY):
        inside = f"ip netns exec n{number}"
        assert f"10.0.{number}.1/32" in host.sh(f"{inside} ip -br addr show lo")
        assert host.sh(f"{inside} cat /proc/sys/net/ipv4/ip_forward") == "1\n"
        tables = host.sh(f"{inside} nft list tables")
        assert tables == ("table inet glassnet\n" if number % 7 == 0 else "")
    assert host.sh("cat /proc/sys/net/ipv4/ip_forward; nft list tables") == "0\n"


def test_no_more_than_a_few_are_kept_open(host: Host) -> None:
    def work() -> list[int]:
        counts = []
        with LinuxKernel() as kernel:
            make(kernel, 120)
            for number in range(120):
                kernel.snapshot([Facet(name(number), "links")])
                counts.append(descriptors())
        return counts

    counts = host.call(work)
    assert max(counts) - counts[0] <= 3 * 50
    assert counts[60:] == [counts[60]] * 60  # from some number on it is always the same


def test_all_is_closed_at_the_end_and_closing_again_does_nothing(host: Host) -> None:
    host.sh("ip netns add n0; ip netns add n1")

    def work() -> list[int]:
        before = descriptors()
        kernel = LinuxKernel()
        done(kernel, [NftBaseOp(netns=name(0)), NftBaseOp()])
        kernel.snapshot([Facet(name(1), "links"), Facet(HOST, "links"), Facet(name(0), "nft")])
        during = descriptors()
        kernel.close()
        after = descriptors()
        kernel.close()
        return [before, during, after, descriptors()]

    before, during, after, again = host.call(work)
    assert during >= before + 5
    assert before == after == again


def test_what_failed_leaves_nothing_open(host: Host) -> None:
    host.sh("mkdir -p /run/netns; touch /run/netns/file")

    def work() -> list[int]:
        with LinuxKernel() as kernel:
            before = descriptors()
            for netns in (Netns("nowhere"), Netns("file")):
                up = LinkSetOp(netns=netns, ifname=IfName("lo"), up=True)
                [outcome] = kernel.perform(up.requests())
                assert outcome is not None
                assert not kernel.snapshot([Facet(netns, "links")]).exists(netns)
            return [before, descriptors()]

    before, after = host.call(work)
    assert before == after


def test_a_namespace_that_is_deleted_is_let_go_of(host: Host) -> None:
    """An open socket would keep it, and the cables into it, alive."""
    host.sh("ip netns add n0; ip link add h0 type veth peer far netns n0")

    def work() -> tuple[int, int]:
        with LinuxKernel() as kernel:
            before = descriptors()
            kernel.snapshot([Facet(name(0), "links")])
            done(kernel, [NetnsOp(netns=name(0), present=False)])
            return before, descriptors()

    before, after = host.call(work)
    assert before == after


@pytest.mark.parametrize("verb", ["perform", "snapshot"])
def test_a_namespace_made_anew_by_somebody_else_is_the_new_one(host: Host, verb: str) -> None:
    """The one of that name that was open is another one by now."""
    host.run("ip", "netns", "add", "n0")

    def work() -> bool:
        with LinuxKernel() as kernel:
            kernel.snapshot([Facet(name(0), "links")])
            for words in ("ip netns del n0", "ip netns add n0", "ip -n n0 link set lo up"):
                assert os.system(words) == 0
            if verb == "perform":
                op = AddrOp(netns=name(0), ifname=IfName("lo"), cidr=Cidr("10.0.0.1/32"))
                done(kernel, [op])
                return os.system("ip -n n0 addr show lo | grep -q 10.0.0.1") == 0
            return kernel.snapshot([Facet(name(0), "links")])[name(0)].links["lo"].up

    assert host.call(work)


def test_a_namespace_deleted_by_somebody_else_is_there_no_more(host: Host) -> None:
    host.run("ip", "netns", "add", "n0")

    def work() -> bool:
        with LinuxKernel() as kernel:
            assert kernel.snapshot([Facet(name(0), "links")]).exists(name(0))
            assert os.system("ip netns del n0") == 0
            return kernel.snapshot([Facet(name(0), "links")]).exists(name(0))

    assert not host.call(work)


def test_the_thread_is_at_home_after_all_of_it(host: Host) -> None:
    host.run("ip", "netns", "add", "n0")

    def work() -> bool:
        home = namespaces.inode(namespaces.open_current())
        with LinuxKernel() as kernel:
            done(kernel, [NftBaseOp(netns=name(0)), NetnsOp(netns=name(1))])
            kernel.snapshot([Facet(name(0), "nft"), Facet(name(0), "ports", "tcp")])
            kernel.perform(NetnsOp(netns=name(1)).requests())
            kernel.perform(SysctlOp(netns=name(0), name=SysctlKey("net.a.b"), value="1").requests())
            kernel.reference()
        return namespaces.inode(namespaces.open_current()) == home

    assert host.call(work)
