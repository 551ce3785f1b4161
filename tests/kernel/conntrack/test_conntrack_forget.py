"""Old flows are really forgotten: clients that never paused are led anew, others not disturbed."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from flowing import HOST_ADDRESS, ONE, TWO, asked, flows, perform, town, within

from glassnet.kernel import conntrack
from glassnet.kernel.linux import LinuxKernel
from glassnet.kernel.socket import NETFILTER, NetlinkSocket
from glassnet.ops.conntrack import ForgetOp
from glassnet.ops.publish import PublishOp
from glassnet.state.flow import Selection
from glassnet.testing.host import Host
from glassnet.values import IpAddress, Netns

pytestmark = pytest.mark.kernel

versions = pytest.mark.parametrize("version", [4, 6])


@pytest.fixture
def host() -> Iterator[Host]:
    with town() as it:
        yield it


def published(to: str, port: int = 53) -> PublishOp:
    return PublishOp(protocol="udp", port=port, to=IpAddress(to), to_port=53, comment="glassnet:t")


@versions
def test_a_port_that_was_asked_for_before_it_was_published(host: Host, version: int) -> None:
    assert not asked(host, version)
    assert not perform(host, published(ONE[version]))
    assert not asked(host, version), "the flow should still lead to nobody"
    assert not perform(host, ForgetOp(port=53, version=version))
    assert asked(host, version) == "one"


@versions
def test_a_port_that_leads_to_another_container_now(host: Host, version: int) -> None:
    old, new = published(ONE[version]), published(TWO[version])
    assert not perform(host, old)
    assert asked(host, version) == "one"
    assert not perform(host, old.flipped(), new)
    assert asked(host, version) == "one", "the flow should still lead to the old one"
    assert not perform(host, ForgetOp(reply_source=IpAddress(ONE[version])))
    assert asked(host, version) == "two"


def test_a_port_of_one_address(host: Host) -> None:
    other = ForgetOp(port=53, address=IpAddress("10.1.0.1"))
    this = ForgetOp(port=53, address=IpAddress(HOST_ADDRESS[4]))
    assert not asked(host, 4)
    assert not perform(host, published(ONE[4]), other)
    assert not asked(host, 4)
    assert not perform(host, this)
    assert asked(host, 4) == "one"


def test_several_ports_in_one_walk(host: Host) -> None:
    ports = (53, 54, 55)
    assert [asked(host, 4, port) for port in ports] == [""] * 3
    assert not perform(host, *(published(ONE[4], port) for port in ports))
    assert not perform(host, ForgetOp(port=53, count=2))
    assert [asked(host, 4, port) for port in ports] == ["one", "one", ""]


@versions
def test_other_flows_are_not_disturbed(host: Host, version: int) -> None:
    for port in (53, 54, 55):
        asked(host, version, port)
    asked(host, 10 - version)
    before = flows(host)
    assert len(before) == 4
    assert not perform(host, ForgetOp(port=53, version=version))
    left = flows(host)
    assert len(left) == 3
    assert set(left) < set(before)


def test_a_flow_of_another_namespace_stays(host: Host) -> None:
    asked(host, 4)
    assert not perform(host, ForgetOp(netns=Netns("one"), port=53))
    assert len(flows(host)) == 1
    assert not perform(host, ForgetOp(port=53))
    assert not flows(host)


# The kernel's side.


def told(op: ForgetOp) -> list[str]:
    with LinuxKernel() as kernel:
        return [str(one) for one in op.satisfied_by(kernel.snapshot([op.flows()]))]


def test_what_there_is_to_forget_is_told_where_it_is_asked_for(host: Host) -> None:
    op = ForgetOp(port=53)
    assert not within(host, told, op)
    asked(host, 4)
    asked(host, 6)
    asked(host, 4, 54)
    assert within(host, told, op) == [f"{op}: wanted none, found 2"]
    assert within(host, told, ForgetOp(port=53, version=6)) == [
        f"{ForgetOp(port=53, version=6)}: wanted none, found 1"
    ]
    assert not perform(host, op)
    assert not within(host, told, op)


def forgotten(selection: Selection) -> int:
    with NetlinkSocket(protocol=NETFILTER) as socket:
        return conntrack.forget(socket, selection)


def test_how_many_were_forgotten(host: Host) -> None:
    asked(host, 4)
    asked(host, 4, 54)
    assert within(host, forgotten, Selection("udp", 0, 53, 2)) == 2
    assert within(host, forgotten, Selection("udp", 0, 53, 2)) == 0


def test_a_namespace_without_flows_is_not_searched(host: Host) -> None:
    assert within(host, conntrack.is_empty)
    asked(host, 4)
    assert not within(host, conntrack.is_empty)


def test_flows_in_a_zone_are_found_and_forgotten(host: Host) -> None:
    flow = "-p udp -s 192.0.2.9 -d 10.0.0.1 --sport 4000 --dport 53 -t 600"
    host.sh(f"conntrack -I {flow}; conntrack -I {flow} -w 7")
    assert within(host, forgotten, Selection("udp", 4, 53)) == 2
    assert not flows(host)


def test_without_the_right_nothing_is_forgotten(host: Host) -> None:
    asked(host, 4)
    script = (
        "from glassnet.kernel.linux import LinuxKernel\n"
        "from glassnet.ops.conntrack import ForgetOp\n"
        "with LinuxKernel() as kernel: print(kernel.perform(ForgetOp(port=53).requests())[0])\n"
    )
    done = host.run("setpriv", "--bounding-set=-net_admin", sys.executable, "-c", script)
    assert "EPERM" in done.stdout
    assert len(flows(host)) == 1
