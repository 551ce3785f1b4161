"""What a kernel changes of a VXLAN that is there, and what it does not: as the operation has it."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from glassnet.kernel.linux import LinuxKernel
from glassnet.netlink.message import Message
from glassnet.netlink.route.link import NEWLINK
from glassnet.ops import require
from glassnet.ops.request import NetlinkRequest
from glassnet.ops.vxlan import VXLAN_OPTIONS, VxlanOp
from glassnet.state.snapshot import Facet
from glassnet.testing.host import Host
from glassnet.values import HOST, IfName, IpAddress

pytestmark = pytest.mark.kernel

X0 = IfName("x0")
OP = VxlanOp(ifname=X0, id=5, remote=IpAddress("fd00::1"), options=dict.fromkeys(VXLAN_OPTIONS, 0))


def lacks() -> set[str]:
    with LinuxKernel() as kernel:
        return kernel.snapshot([Facet(HOST, "fit", require.link_kind("vxlan"))])[HOST].lacks


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        if it.call(lacks):
            pytest.skip(require.lacking(require.link_kind("vxlan")))
        yield it


def change(data: Mapping[str, Any], more: Mapping[str, Any]) -> list[Any]:
    """Make the VXLAN, and change what is given."""
    attrs = {"ifname": "x0", "linkinfo": {"kind": "vxlan", "data": data}, **more}
    with LinuxKernel() as kernel:
        kernel.perform(OP.requests())
        return kernel.perform([NetlinkRequest(HOST, Message(NEWLINK, 0, {}, attrs))])


def is_changed(host: Host, data: Mapping[str, Any], more: Mapping[str, Any]) -> bool:
    [error] = host.call(change, data, more)
    if error is None:
        return True
    assert error.errno == errno.EOPNOTSUPP
    assert "change" in error.words or "match" in error.words
    return False


@pytest.mark.parametrize("name", VXLAN_OPTIONS)
def test_each_option_lasts_or_does_not(host: Host, name: str) -> None:
    option = VXLAN_OPTIONS[name]
    value = True if name in {"gbp", "ttl_inherit"} else 1
    assert is_changed(host, {option.attribute: value}, {}) is not option.lasts


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"id": 6}, {"id"}),
        ({"port": 4790}, {"dstport"}),
        ({"port_range": {"low": 1, "high": 2}}, {"srcport"}),
        ({"group6": IpAddress("fd00::9")}, set()),
        ({"local6": IpAddress("fd00::8")}, set()),
        ({"group": IpAddress("10.0.0.1")}, {"remote"}),
        ({"local": IpAddress("10.0.0.1")}, {"local"}),
    ],
    ids=str,
)
def test_numbers_ports_and_families_last(host: Host, data: dict[str, Any], words: set[str]) -> None:
    seen = OP.kind_seen({**OP.kind_data(), **data})
    told = {name for name in words if name in OP.kind_lasting(seen)}
    if "group" in data:  # a kernel would tell that one alone
        told = words & set(OP.kind_lasting(OP.kind_seen({**data, "id": 5})))
    assert told == words
    assert is_changed(host, data, {}) is not bool(words)


def test_an_mtu_is_not_changed_beside_options(host: Host) -> None:
    """Hence two messages; alone it is."""
    assert not is_changed(host, {"ageing": 7}, {"mtu": 1300})
    host.sh("ip link set x0 mtu 1300")
