"""static: addresses that the configuration, its author or the runtime names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from glassnet.cni.ask import Ask, check_families
from glassnet.cni.call import arguments
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Ip, Result, read_dns, read_route
from glassnet.errors import InvalidValue
from glassnet.values import Cidr, IpAddress

TYPE: Final = "static"
_ARGS: Final = frozenset({"IP", "GATEWAY", "MAC"})


def read(ask: Ask) -> Result:
    """The addresses, routes and DNS. Raises `CniError` in the reference's words.

    The runtime's addresses come in place of all others, ``args.cni.ips`` in place of the
    configuration's; those of CNI_ARGS are besides.
    """
    section = ask.conf.get("ipam")
    if not section:
        raise CniError(INVALID_CONFIG, "IPAM config missing 'ipam' key")
    ips = tuple(_addresses(ask, section))
    check_families(ask, (ip.address.version for ip in ips))
    return Result(
        ips=ips,
        routes=tuple(read_route(one) for one in section.get("routes").items()),
        dns=read_dns(section.get("dns")),
    )


def _addresses(ask: Ask, section: Conf) -> Iterator[Ip]:
    runtime = ask.runtime("ips").items()
    if runtime:
        problem = "an entry in the 'ips' field is NOT in CIDR notation, got: '{}'"
        yield from (Ip(_cidr(one, problem)) for one in runtime)
        return
    said = ask.arg("ips").items()
    if said:
        problem = "an entry in the 'ips' field is NOT in CIDR notation, got: '{}'"
        yield from (Ip(_cidr(one, problem)) for one in said)
        return
    arguments_ = arguments(ask.call.args, _ARGS)
    gateways = [
        Conf(one, "CNI_ARGS GATEWAY").as_(IpAddress)
        for one in _listed(arguments_.get("GATEWAY", ""))
    ]
    written = [_written(one) for one in section.get("addresses").items()]
    problem = "the 'ip' field is expected to be in CIDR notation, got: '{}'"
    written += [
        Ip(_cidr(Conf(one, "CNI_ARGS IP"), problem)) for one in _listed(arguments_.get("IP", ""))
    ]
    yield from (_with_gateway(one, gateways) for one in written)


def _written(conf: Conf) -> Ip:
    problem = "the 'address' field is expected to be in CIDR notation, got: '{}'"
    gateway = conf.get("gateway")
    try:
        return Ip(_cidr(conf.get("address"), problem), gateway.optional(IpAddress))
    except CniError as error:
        if gateway.path in error.message:
            raise gateway.error(f"invalid gateway address: {gateway.value}") from None
        raise


def _cidr(conf: Conf, problem: str) -> Cidr:
    text = conf.text()
    try:
        return Cidr(text)
    except InvalidValue as error:
        raise conf.error(problem.format(text), f"accepted: {error.accepted}") from None


def _with_gateway(ip: Ip, gateways: list[IpAddress]) -> Ip:
    """The last of those gateways that lie in its network, in place of its own."""
    inside = [one for one in gateways if ip.address.prefix.contains(one)]
    return Ip(ip.address, inside[-1]) if inside else ip


def _listed(text: str) -> list[str]:
    return [part for part in text.split(",") if part]
