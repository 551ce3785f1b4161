"""host-local: addresses from ranges of this host. The ``ipam`` section, read and checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from glassnet.cni.ask import Ask, check_families
from glassnet.cni.call import arguments
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Dns, Ip, Result, Route, read_route
from glassnet.errors import InvalidValue
from glassnet.ipam.pool import Range, RangeSet, make_range, make_set
from glassnet.values import Cidr, IpAddress

T = TypeVar("T")

TYPE: Final = "host-local"
DATA_DIR: Final = "/var/lib/cni/networks"
_ARGS: Final = frozenset({"IP", "MAC", "GATEWAY"})


class HostLocalConf(msgspec.Struct, frozen=True):
    """The keys, read and checked; ``wanted`` are addresses that were asked for."""

    pools: tuple[RangeSet, ...]
    routes: tuple[Route, ...]
    resolv_conf: str
    data_dir: str
    wanted: tuple[IpAddress, ...]


def read(ask: Ask) -> HostLocalConf:
    """The section. Raises `CniError` in the reference's words."""
    section = ask.conf.get("ipam")
    if not section:
        raise CniError(INVALID_CONFIG, "IPAM config missing 'ipam' key")
    pools = _pools(ask, section)
    check_families(ask, (pool.version for pool in pools))
    return HostLocalConf(
        pools=pools,
        routes=tuple(read_route(one) for one in section.get("routes").items()),
        resolv_conf=section.get("resolvConf").text(),
        data_dir=section.get("dataDir").text() or DATA_DIR,
        wanted=_wanted(ask),
    )


def _pools(ask: Ask, section: Conf) -> tuple[RangeSet, ...]:
    """The runtime's ranges, then the legacy single one, then the configuration's."""
    places: list[list[Conf]] = [one.items() for one in ask.runtime("ipRanges").items()]
    if section.get("subnet"):
        places.append([section])
    places += [one.items() for one in section.get("ranges").items()]
    if not places:
        raise section.error("no IP ranges specified", '"ranges": [[{"subnet": "10.1.0.0/16"}]]')
    pools: list[RangeSet] = []
    for number, ranges in enumerate(places):
        pool = _blamed(section, number, lambda ranges=ranges: _pool(ranges))  # type: ignore[misc]
        for earlier, other in enumerate(pools):
            if pool.overlaps(other):
                raise section.error(f"range set {earlier} overlaps with {number}")
        pools.append(pool)
    return tuple(pools)


def _blamed(section: Conf, number: int, make: Callable[[], T]) -> T:
    try:
        return make()
    except InvalidValue as error:
        raise section.error(
            f"invalid range set {number}: {error.problem}", f"accepted: {error.accepted}"
        ) from None


def _pool(ranges: list[Conf]) -> RangeSet:
    return make_set([_range(one) for one in ranges])


def _range(conf: Conf) -> Range:
    subnet = conf.get("subnet")
    if not subnet:
        raise conf.error("a range without a subnet", '"subnet": "10.1.0.0/16"')
    return make_range(
        subnet.as_(Cidr),
        conf.get("rangeStart").optional(IpAddress),
        conf.get("rangeEnd").optional(IpAddress),
        conf.get("gateway").optional(IpAddress),
    )


def _wanted(ask: Ask) -> tuple[IpAddress, ...]:
    """By CNI_ARGS, by ``args.cni.ips``, by the runtime: each must be given."""
    said = arguments(ask.call.args, _ARGS).get("IP")
    places = [Conf(said, "CNI_ARGS IP")] if said else []
    places += [*ask.arg("ips").items(), *ask.runtime("ips").items()]
    return tuple(dict.fromkeys(_without_length(one) for one in places))


def _without_length(conf: Conf) -> IpAddress:
    """``10.1.0.5`` or ``10.1.0.5/16``: the length is the range's."""
    if "/" in conf.text():
        return conf.as_(Cidr).address
    return conf.as_(IpAddress)


def result(conf: HostLocalConf, given: list[Cidr], dns: Dns) -> Result:
    """What ADD gives: an address of each pool with its range's gateway, the routes, the DNS."""
    ips: list[Ip] = []
    for pool, cidr in zip(conf.pools, given, strict=True):
        one = pool.find(cidr.address)
        ips.append(Ip(cidr, one.gateway if one is not None else None))
    return Result(ips=tuple(ips), routes=conf.routes, dns=dns)


def parse_resolv_conf(text: str) -> Dns:
    """resolv.conf(5) as a result's DNS."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    options: list[str] = []
    domain = ""
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or line.startswith(("#", ";")):
            continue
        match words[0]:
            case "nameserver":
                servers.append(words[1])
            case "domain":
                domain = words[1]
            case "search":
                search = tuple(words[1:])
            case "options":
                options += words[1:]
    return Dns(tuple(servers), domain, search, tuple(options))
