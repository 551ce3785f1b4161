"""Hypothesis strategies for results and JSON objects."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from glassnet.cni import version as versions
from glassnet.cni.result import Dns, Interface, Ip, Result, Route
from glassnet.testing.strategies import macs
from glassnet.values import Cidr, IpAddress

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
MAYBE = NAMES | st.just("")


@st.composite
def cidrs(draw: st.DrawFn, address: st.SearchStrategy[IpAddress] | None = None) -> Cidr:
    """An address with a length that fits its family."""
    ip = draw(ips() if address is None else address)
    return Cidr.of(ip, draw(st.integers(0, ip.bits)))


def of_family(version: int) -> st.SearchStrategy[IpAddress]:
    """Addresses of one family."""
    length = {4: 4, 6: 16}[version]
    return st.binary(min_size=length, max_size=length).map(IpAddress.from_bytes)


def ips() -> st.SearchStrategy[IpAddress]:
    """Addresses of both."""
    return of_family(4) | of_family(6)


@st.composite
def routes(draw: st.DrawFn, version: str, family: int | None = None) -> Route:
    """A route with what a version has words for."""
    address = ips() if family is None else of_family(family)
    base = Route(draw(cidrs(address)).prefix, draw(st.none() | address))
    if not versions.at_least(version, "1.1.0"):
        return base
    return Route(
        base.dst,
        base.gw,
        mtu=draw(st.integers(0, 2**31 - 1)),
        advmss=draw(st.integers(0, 65535)),
        priority=draw(st.integers(0, 2**32 - 1)),
        table=draw(st.none() | st.integers(0, 2**32 - 1)),
        scope=draw(st.none() | st.integers(0, 255)),
    )


@st.composite
def interfaces(draw: st.DrawFn, version: str) -> Interface:
    """An interface with what a version has words for."""
    base = Interface(draw(NAMES), draw(macs().map(str) | st.just("")), sandbox=draw(MAYBE))
    if not versions.at_least(version, "1.1.0"):
        return base
    return Interface(
        base.name,
        base.mac,
        draw(st.integers(0, 2**31 - 1)),
        base.sandbox,
        socket_path=draw(MAYBE),
        pci_id=draw(MAYBE),
    )


def dns() -> st.SearchStrategy[Dns]:
    """A resolver's settings."""
    several = st.lists(NAMES, max_size=3).map(tuple)
    return st.builds(Dns, several, MAYBE, several, several)


@st.composite
def results(draw: st.DrawFn, version: str) -> Result:
    """A result that a version can say whole."""
    if not versions.at_least(version, "0.3.0"):
        return draw(_old(version))
    one = st.builds(Ip, cidrs(), st.none() | ips(), st.none() | st.integers(-1, 9))
    return Result(
        interfaces=tuple(draw(st.lists(interfaces(version), max_size=3))),
        ips=tuple(draw(st.lists(one, max_size=3))),
        routes=tuple(draw(st.lists(routes(version), max_size=3))),
        dns=draw(dns()),
    )


@st.composite
def _old(draw: st.DrawFn, version: str) -> Result:
    """One address a family, at least one, and routes of the families that there are."""
    families = draw(st.sampled_from([(4,), (6,), (4, 6)]))
    found: list[Ip] = []
    ways: list[Route] = []
    for family in families:
        address = of_family(family)
        found.append(Ip(draw(cidrs(address)), draw(st.none() | address)))
        ways += draw(st.lists(routes(version, family), max_size=2))
    return Result(ips=tuple(found), routes=tuple(ways), dns=draw(dns()))


def json_values() -> st.SearchStrategy[Any]:
    """What JSON can say."""
    leaves = (
        st.none()
        | st.booleans()
        | st.integers(-(2**60), 2**60)
        | st.floats(allow_nan=False, allow_infinity=False)
        | NAMES
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=8,
    )
