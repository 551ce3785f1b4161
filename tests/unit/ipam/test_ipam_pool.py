"""Pools: every address once, in turn, never the gateway; what is no range."""

from __future__ import annotations

import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.errors import InvalidValue
from glassnet.ipam.error import AddressTaken, PoolExhausted
from glassnet.ipam.lease import Holder, Lease
from glassnet.ipam.pool import Range, RangeSet, at, make_range, make_set
from glassnet.values import Cidr, IpAddress


@st.composite
def ranges(draw: st.DrawFn, index: int = 0, version: int | None = None) -> Range:
    """A range of a subnet of its own, by ``index``."""
    which = version or draw(st.sampled_from([4, 6]))
    host_bits = draw(st.integers(2, 4))
    base = int(ipaddress.ip_address("10.0.0.0" if which == 4 else "fd00::")) + (index << 8)
    bits = 32 if which == 4 else 128
    subnet = Cidr(f"{at(base, which)}/{bits - host_bits}")
    first, last = base + 1, base + (1 << host_bits) - (2 if which == 4 else 1)
    start, end = sorted(draw(st.tuples(st.integers(first, last), st.integers(first, last))))
    gateway = draw(st.one_of(st.none(), st.integers(first, last)))
    return make_range(
        subnet,
        draw(st.sampled_from([None, at(start, which)])),
        draw(st.sampled_from([None, at(end, which)])),
        None if gateway is None else at(gateway, which),
    )


@st.composite
def pools(draw: st.DrawFn) -> RangeSet:
    version = draw(st.sampled_from([4, 6]))
    count = draw(st.integers(1, 3))
    return make_set([draw(ranges(index, version)) for index in range(count)])


def expected(pool: RangeSet) -> list[str]:
    """By the standard library, and by counting."""
    out: list[str] = []
    for one in pool.ranges:
        number = int(ipaddress.ip_address(one.start))
        while number <= int(ipaddress.ip_address(one.end)):
            address = str(ipaddress.ip_address(number.to_bytes(4 if one.version == 4 else 16)))
            if address != one.gateway:
                out.append(address)
            number += 1
    return out


@given(pools())
def test_every_address_once_and_the_gateway_never(pool: RangeSet) -> None:
    assert [one.address for one in pool.after(None)] == expected(pool)


@given(pools(), st.data())
def test_in_turn_from_any_last_one(pool: RangeSet, data: st.DataObject) -> None:
    everything = expected(pool)
    if not everything:
        assert list(pool.after(None)) == []
        return
    last = data.draw(st.integers(0, len(everything) - 1))
    turn = [one.address for one in pool.after(IpAddress(everything[last]))]
    assert turn == everything[last + 1 :] + everything[: last + 1]


@given(pools(), st.data())
def test_also_from_a_last_one_that_is_a_gateway(pool: RangeSet, data: st.DataObject) -> None:
    gateway = data.draw(st.sampled_from(pool.ranges)).gateway
    assert sorted(one.address for one in pool.after(gateway)) == sorted(expected(pool))


@given(pools())
def test_a_last_one_from_elsewhere_begins_anew(pool: RangeSet) -> None:
    for stranger in ("192.0.2.1", "2001:db8::1"):
        assert [one.address for one in pool.after(IpAddress(stranger))] == expected(pool)


@given(pools(), st.data())
def test_an_address_has_the_length_and_the_range_of_its_subnet(
    pool: RangeSet, data: st.DataObject
) -> None:
    everything = list(pool.after(None))
    if everything:
        cidr = data.draw(st.sampled_from(everything))
        found = pool.find(cidr.address)
        assert found is not None
        assert found.contains(cidr.address)
        assert cidr.prefix == found.subnet
        assert pool.version == cidr.version


@given(ranges(0, 4), ranges(0, 4))
def test_overlaps_are_addresses_in_common(one: Range, other: Range) -> None:
    mine = set(range(one.start.number, one.end.number + 1))
    theirs = set(range(other.start.number, other.end.number + 1))
    assert one.size == len(mine)
    assert one.overlaps(other) == other.overlaps(one) == bool(mine & theirs)
    sets = RangeSet((one,)), RangeSet((other,))
    assert sets[0].overlaps(sets[1]) == one.overlaps(other)
    if one.overlaps(other):
        with pytest.raises(InvalidValue, match="overlap"):
            make_set([one, other])
    else:
        assert make_set([one, other]).ranges == (one, other)


def test_families_never_overlap() -> None:
    four, six = make_range(Cidr("10.0.0.0/24")), make_range(Cidr("::/64"))
    assert not four.overlaps(six)
    assert not four.contains(IpAddress("::1"))
    with pytest.raises(InvalidValue, match="mixed address families"):
        make_set([four, six])


@pytest.mark.parametrize(
    ("subnet", "addresses"),
    [
        ("10.0.0.0/30", ["10.0.0.2"]),
        ("10.0.0.0/29", [f"10.0.0.{n}" for n in (2, 3, 4, 5, 6)]),
        ("fd00::/126", ["fd00::2", "fd00::3"]),
    ],
)
def test_small_networks(subnet: str, addresses: list[str]) -> None:
    assert [one.address for one in make_set([make_range(Cidr(subnet))]).after(None)] == addresses


def test_a_network_of_64_bits_is_walked_from_where_it_stands() -> None:
    pool = make_set([make_range(Cidr("fd00::/64"))])
    assert pool.ranges[0].size == 2**64 - 1
    last = IpAddress("fd00::ffff:ffff:ffff:fffe")
    turn = [one.address for one in itertools.islice(pool.after(last), 2)]
    assert turn == ["fd00::ffff:ffff:ffff:ffff", "fd00::2"]


def test_a_gateway_outside_of_the_range_costs_nothing() -> None:
    one = make_range(
        Cidr("10.0.0.0/24"), IpAddress("10.0.0.10"), IpAddress("10.0.0.11"), IpAddress("10.0.0.1")
    )
    assert [str(cidr) for cidr in make_set([one]).after(None)] == ["10.0.0.10/24", "10.0.0.11/24"]
    assert str(one) == "10.0.0.10-10.0.0.11"


@pytest.mark.parametrize(
    ("subnet", "start", "end", "gateway", "problem"),
    [
        ("10.0.0.1/24", None, None, None, "Network has host bits set"),
        ("10.0.0.0/31", None, None, None, "Network 10.0.0.0/31 too small to allocate from"),
        ("10.0.0.0/32", None, None, None, "Network 10.0.0.0/32 too small to allocate from"),
        ("fd00::/127", None, None, None, "Network fd00::/127 too small to allocate from"),
        ("10.0.0.0/24", "10.0.1.1", None, None, "RangeStart 10.0.1.1 not in network 10.0.0.0/24"),
        ("10.0.0.0/24", None, "10.0.1.1", None, "RangeEnd 10.0.1.1 not in network 10.0.0.0/24"),
        ("10.0.0.0/24", None, None, "fd00::1", "gateway fd00::1 not in network 10.0.0.0/24"),
        ("10.0.0.0/24", "10.0.0.9", "10.0.0.8", None, "RangeStart 10.0.0.9 comes after"),
    ],
)
def test_what_is_no_range(
    subnet: str, start: str | None, end: str | None, gateway: str | None, problem: str
) -> None:
    with pytest.raises(InvalidValue) as raised:
        make_range(
            Cidr(subnet),
            IpAddress(start) if start else None,
            IpAddress(end) if end else None,
            IpAddress(gateway) if gateway else None,
        )
    assert problem in raised.value.problem


def test_a_set_of_none() -> None:
    with pytest.raises(InvalidValue, match="empty range set"):
        make_set([])


def test_values_of_leases() -> None:
    lease = Lease("net", IpAddress("10.0.0.2"), Holder("c1", "eth0"))
    assert (lease.holder.netns, lease.holder.inode) == ("", 0)
    assert PoolExhausted("none", "more").exit_code == AddressTaken("x", "y").exit_code
