"""portmap: ports of the host that lead to the container's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import msgspec

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, UNSUPPORTED_FIELD, CniError
from glassnet.cni.result import Result
from glassnet.ops.conntrack import ForgetOp
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.owner import mark
from glassnet.ops.publish import PROTOCOLS, PublishOp
from glassnet.ops.wall import DirectOp
from glassnet.plugins.contract import Desired, Plugin
from glassnet.plugins.inside import dotted, setting
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IpAddress

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

BACKENDS = {name: name for name in ("iptables", "nftables")}
_UNSPECIFIED = frozenset({"0.0.0.0", "::"})


class Mapping(msgspec.Struct, frozen=True):
    """One entry of ``portMappings``; ``address`` is None for all of the host's."""

    host_port: int
    container_port: int
    protocol: str
    address: IpAddress | None


class PortMap(Plugin):
    """What arrives at a port of the host's goes on to the container.

    ``backend`` names what the reference translates with; here it is nftables whatever it says, by
    elements of maps and not by rules (docs/reference/cni.md).
    """

    type: ClassVar[str] = "portmap"
    repeats: ClassVar[bool] = True

    def ipam(self, ask: Ask) -> Conf | None:
        """No addresses of its own; the whole configuration is checked."""
        ask.conf.get("backend").choice(BACKENDS, "nftables", "backend")
        for name in ("conditionsV4", "conditionsV6", "externalSetMarkChain"):
            conf = ask.conf.get(name)
            if conf and conf.value not in ([], ""):
                raise conf.error(
                    f"failed to parse config: {name} {conf.value!r} are rules of other tools",
                    "hostIP narrows a mapping to one address",
                    UNSUPPORTED_FIELD,
                )
        everyone = ask.conf.get("masqAll")
        if everyone.flag():
            raise everyone.error(
                "failed to parse config: callers keep their address, but where answers would not "
                "find their way back",
                "masqAll false",
                UNSUPPORTED_FIELD,
            )
        bit = ask.conf.get("markMasqBit")
        if bit and not 0 <= bit.integer(-(2**31), 2**31) <= 31:
            raise CniError(
                INVALID_CONFIG, "failed to parse config: MasqMarkBit must be between 0 and 31"
            )
        _from_loopback(ask)
        mappings(ask)
        return None

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """Nothing: what is taken the transaction refuses."""
        del ask
        return ()

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """An element of a map for each mapping and family."""
        del seen, given
        result = ask.chained()
        wanted = mappings(ask)
        if not wanted:
            return Desired(result)
        targets = addresses(ask, result)
        comment = mark(ask.network, f"{ask.call.container}/{ask.call.ifname}")
        own: list[AnyOp] = []
        for one in wanted:
            own += _published(one, targets, comment)
        shared: list[AnyOp] = [NftBaseOp()]
        outer, alone = _way(ask, result)
        for op in _loopback(ask, outer, targets):
            (own if alone else shared).append(op)
        return Desired(result, tuple(shared), tuple(own))

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """What the reference plugin made bears the container's id alone; it is left to it."""
        del ask
        return ()


def mappings(ask: Ask) -> tuple[Mapping, ...]:
    """The runtime's ``portMappings``. Raises `CniError`."""
    return tuple(_mapping(one) for one in ask.runtime("portMappings").items())


def _mapping(conf: Conf) -> Mapping:
    protocol = (conf.get("protocol").text() or "tcp").lower()
    if protocol not in PROTOCOLS:
        raise conf.get("protocol").error(
            f"unknown protocol {protocol!r}", f"one of {', '.join(PROTOCOLS)}"
        )
    address = conf.get("hostIP").optional(IpAddress)
    return Mapping(
        _port(conf.get("hostPort"), "host"),
        _port(conf.get("containerPort"), "container"),
        protocol,
        None if address in _UNSPECIFIED else address,
    )


def _port(conf: Conf, whose: str) -> int:
    number = conf.integer(-(2**63), 2**63)
    if not 1 <= number <= 65535:
        raise conf.error(
            f"failed to parse config: Invalid {whose} port number: {number}", "1 to 65535"
        )
    return number


def addresses(ask: Ask, result: Result) -> tuple[IpAddress, ...]:
    """The first address of each family that the container has on the interface."""
    found: dict[int, IpAddress] = {}
    for ip in result.ips:
        interface = ip.interface
        if interface is not None:
            if not 0 <= interface < len(result.interfaces):
                raise CniError(INVALID_CONFIG, f"prevResult: no interface {interface}")
            one = result.interfaces[interface]
            if not one.sandbox or one.name != ask.call.ifname:
                continue
        found.setdefault(ip.address.version, ip.address.address)
    return tuple(found.values())


def _published(one: Mapping, targets: tuple[IpAddress, ...], comment: str) -> Iterator[AnyOp]:
    for target in targets:
        if one.address is not None and one.address.version != target.version:
            continue
        yield PublishOp(
            protocol=one.protocol,
            port=one.host_port,
            to=target,
            to_port=one.container_port,
            address=one.address,
            comment=comment,
        )
        if one.address is not None:
            yield DirectOp(
                protocol=one.protocol, to=target, port=one.container_port, comment=comment
            )
        if one.protocol == "udp":
            yield ForgetOp(port=one.host_port, address=one.address, version=target.version)


def _way(ask: Ask, result: Result) -> tuple[str, bool]:
    """The host's first interface on the way to the container; whether no others use it.

    That of a bridge is everybody's, the end of a cable is the container's own.
    """
    names = [one.name for one in result.interfaces]
    host = [one.name for one in result.interfaces if not one.sandbox]
    if not host:
        return ("", True)
    after = names[names.index(host[0]) + 1 :]
    return (host[0], after[:1] == [ask.call.ifname])


def _from_loopback(ask: Ask) -> bool:
    return ask.conf.get("snat").flag(default=True)


def _loopback(ask: Ask, outer: str, targets: tuple[IpAddress, ...]) -> Iterator[AnyOp]:
    """From 127.0.0.1 too: the way out to the container takes packets of the loopback network.

    127/8 stays unreachable from outside by the base ruleset.
    """
    if _from_loopback(ask) and outer and any(target.version == 4 for target in targets):
        yield setting(HOST, f"net.ipv4.conf.{dotted(outer)}.route_localnet", "1")
