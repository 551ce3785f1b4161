"""Asking a plugin in a test: a configuration, an environment, what is seen of the host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from glassnet.cni.ask import Ask
from glassnet.cni.call import Call
from glassnet.cni.conf import Conf
from glassnet.cni.error import CniError
from glassnet.cni.result import Ip, Result, Route, as_data
from glassnet.ops.registry import AnyOp
from glassnet.plugins.contract import Desired
from glassnet.plugins.registry import plugin
from glassnet.state.addr import AddrState
from glassnet.state.link import LinkState
from glassnet.state.route import RouteState
from glassnet.state.snapshot import NetnsState, Snapshot
from glassnet.values import HOST, Cidr, IpAddress, Netns, Prefix

NETNS = Netns("/run/netns/a")


def ask(
    type_: str,
    conf: dict[str, Any] | None = None,
    *,
    args: str = "",
    ifname: str = "eth0",
    netns: str = NETNS,
    container: str = "c1",
    version: str = "1.1.0",
) -> Ask:
    """An ADD of container ``c1`` to the network ``net``."""
    whole = {"cniVersion": version, "name": "net", "type": type_, **(conf or {})}
    call = Call("ADD", container, netns, ifname, args, ("/opt/cni/bin",))
    return Ask(type_, call, Conf(whole))


def host(
    *links: LinkState, addrs: Iterable[AddrState] = (), routes: Iterable[RouteState] = ()
) -> Snapshot:
    """A look at a host with these, and at an empty container."""
    here, there = NetnsState(HOST), NetnsState(NETNS)
    here.links = {link.ifname: link for link in links}
    here.addrs = list(addrs)
    here.routes = list(routes)
    return Snapshot({HOST: here, NETNS: there})


def given(*ips: str, routes: Sequence[Route] = ()) -> Result:
    """What IPAM gives: ``10.1.0.2/24`` or ``10.1.0.2/24 via 10.1.0.1``."""
    found = []
    for text in ips:
        cidr, _, gateway = text.partition(" via ")
        found.append(Ip(Cidr(cidr), IpAddress(gateway) if gateway else None))
    return Result(ips=tuple(found), routes=tuple(routes))


def route(dst: str, gw: str = "", **more: int) -> Route:
    """A route of a result."""
    return Route(Prefix(dst), IpAddress(gw) if gw else None, **more)


def desired(asked: Ask, ipam: Result | None = None, seen: Snapshot | None = None) -> Desired:
    """What the type's plugin wants, having read its configuration as ADD does."""
    one = plugin(asked.type)
    one.ipam(asked)
    one.looks(asked)
    return one.add(asked, seen or host(), ipam)


def lines(ops: Iterable[AnyOp]) -> list[str]:
    """What a person would type for them: ``a:`` is the container, ``KEY=VALUE`` a setting.

    The base ruleset, which has its own tests, is one word.
    """
    return [_short(str(command)) for op in ops for command in op.commands()]


_SETTING = re.compile(r"sh -c 'echo (\S+) > /proc/sys/(\S+)'")


def _short(line: str) -> str:
    if line.startswith("nft -f"):
        return "base ruleset"
    line = line.replace(f"nsenter --net={NETNS} ", "a: ")
    return _SETTING.sub(r"\2=\1", line)


def data(wanted: Desired, version: str = "1.1.0") -> dict[str, Any]:
    """Its result as JSON has it."""
    return as_data(wanted.result, version)


def failure(asked: Ask, ipam: Result | None = None, seen: Snapshot | None = None) -> CniError:
    """The error of an ADD that must fail."""
    with pytest.raises(CniError) as raised:
        desired(asked, ipam, seen)
    return raised.value


def said(error: CniError) -> tuple[int, str]:
    """Its code and its message."""
    return (error.code, error.message)


def cable(container_ifname: str = "eth0", host_ifname: str = "veth0") -> dict[str, Any]:
    """The result of a plugin that made a cable to a bridge."""
    return {
        "cniVersion": "1.1.0",
        "interfaces": [
            {"name": "cni0", "mac": "02:00:00:00:00:01"},
            {"name": host_ifname, "mac": "02:00:00:00:00:02"},
            {"name": container_ifname, "mac": "02:00:00:00:00:03", "sandbox": NETNS},
        ],
        "ips": [
            {"address": "10.1.0.2/24", "gateway": "10.1.0.1", "interface": 2},
            {"address": "fd00::2/64", "interface": 2},
        ],
    }
