"""Addresses and networks beside the standard library's: the same, and refused in words."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.errors import InvalidValue
from glassnet.values import Cidr, IpAddress, Prefix

ADDRESSES = st.ip_addresses()
INTERFACES = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)),
    st.tuples(st.ip_addresses(v=6), st.integers(0, 128)),
).map(lambda pair: ipaddress.ip_interface(f"{pair[0]}/{pair[1]}"))
NETWORKS = INTERFACES.map(lambda interface: interface.network)


def _refused(kind: type[str], text: str) -> str:
    with pytest.raises(InvalidValue) as caught:
        kind(text)
    return str(caught.value)


class TestIpAddress:
    @given(ADDRESSES)
    def test_as_the_standard_library_has_it(
        self, known: ipaddress.IPv4Address | ipaddress.IPv6Address
    ) -> None:
        for address in (
            IpAddress(str(known)),
            IpAddress(known.exploded.upper()),
            IpAddress.from_bytes(known.packed),
            IpAddress(IpAddress(str(known))),
        ):
            assert address == str(known)
            assert (address.packed, address.version) == (known.packed, known.version)
            assert (address.bits, address.number) == (known.max_prefixlen, int(known))
            assert address.is_link_local == known.is_link_local

    @pytest.mark.parametrize("zeros", range(256))
    def test_groups_of_zeros_are_shortened_as_the_standard_library_does(self, zeros: int) -> None:
        groups = (0 if zeros >> at & 1 else 0x10 + at for at in range(8))
        packed = b"".join(group.to_bytes(2, "big") for group in groups)
        assert IpAddress.from_bytes(packed) == str(ipaddress.ip_address(packed))

    @pytest.mark.parametrize("size", [0, 3, 5, 15, 17])
    def test_of_another_size_is_none(self, size: int) -> None:
        with pytest.raises(InvalidValue, match=f"{size} bytes"):
            IpAddress.from_bytes(bytes(size))

    @pytest.mark.parametrize(
        ("text", "there"),
        [
            ("169.254.0.1", True),
            ("169.253.0.1", False),
            ("fe80::1", True),
            ("febf::1", True),
            ("fec0::1", False),
            ("fd80::1", False),
        ],
    )
    def test_of_the_link(self, text: str, there: bool) -> None:
        assert IpAddress(text).is_link_local is there

    @pytest.mark.parametrize("text", ["", "10.0.0", "10.0.0.256", "010.0.0.1", "fd00::g", "ns1"])
    def test_what_is_none(self, text: str) -> None:
        accepted = "an address such as 10.0.0.2 or fd00::2"
        assert _refused(IpAddress, text) == f"{text!r} is no IP address; accepted: {accepted}"

    def test_a_scope_is_no_part_of_it(self) -> None:
        words = "'fe80::1%eth0' names a scope; accepted: an address without %zone"
        assert _refused(IpAddress, "fe80::1%eth0") == words


class TestCidr:
    @given(INTERFACES)
    def test_as_the_standard_library_has_it(
        self, known: ipaddress.IPv4Interface | ipaddress.IPv6Interface
    ) -> None:
        cidr = Cidr(str(known))
        assert cidr == str(known) == Cidr.of(IpAddress(str(known.ip)), known.network.prefixlen)
        assert (cidr.address, cidr.prefixlen) == (str(known.ip), known.network.prefixlen)
        assert cidr.version == known.version
        assert cidr.host_bits == known.max_prefixlen - cidr.prefixlen
        assert cidr.prefix == str(known.network)
        assert type(cidr.prefix) is Prefix

    def test_it_is_brought_to_one_form(self) -> None:
        assert Cidr("FD00:0::2/064") == "fd00::2/64"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (
                "10.0.0.2",
                "'10.0.0.2' has no prefix length; accepted: 10.0.0.2/24, or 10.0.0.2/32 alone",
            ),
            (
                "fd00::2",
                "'fd00::2' has no prefix length; accepted: fd00::2/24, or fd00::2/128 alone",
            ),
            *(
                (
                    f"10.0.0.2/{bad}",
                    f"'10.0.0.2/{bad}' has a bad prefix length; "
                    "accepted: a number from 0 to 32 after '/'",
                )
                for bad in ("", "33", "-1", "+1", "٣", "255.255.255.0", "24/8", "9" * 5000)
            ),
            (
                "::/129",
                "'::/129' has a bad prefix length; accepted: a number from 0 to 128 after '/'",
            ),
            (
                "/24",
                "'' is no IP address; accepted: an address such as 10.0.0.2 or fd00::2",
            ),
        ],
    )
    def test_what_is_none(self, text: str, words: str) -> None:
        assert _refused(Cidr, text) == words


class TestPrefix:
    @given(INTERFACES)
    def test_no_host_bits(self, known: ipaddress.IPv4Interface | ipaddress.IPv6Interface) -> None:
        assert Prefix(str(known.network)) == str(known.network)
        if known.ip != known.network.network_address:
            words = f"'{known}' has host bits set; accepted: the network {known.network}"
            assert _refused(Prefix, str(known)) == words

    def test_of_everything_and_of_one(self) -> None:
        assert Prefix.default(4) == "0.0.0.0/0"
        assert Prefix.default(6) == "::/0"
        assert Prefix.default(6).is_default
        assert not Prefix("0.0.0.0/1").is_default
        assert Prefix.single(IpAddress("10.0.0.2")) == "10.0.0.2/32"
        assert Prefix.single(IpAddress("fd00::2")) == "fd00::2/128"

    @given(st.data(), NETWORKS)
    def test_what_lies_within(
        self, data: st.DataObject, known: ipaddress.IPv4Network | ipaddress.IPv6Network
    ) -> None:
        other = data.draw(NETWORKS | st.sampled_from([known, known.supernet()]))
        prefix, another = Prefix(str(known)), Prefix(str(other))
        within = other.version == known.version and other.subnet_of(known)  # type: ignore[arg-type]
        assert prefix.contains(another) is within
        assert prefix.contains(another.address) is (other.network_address in known)
        meets = other.version == known.version and other.overlaps(known)
        assert prefix.overlaps(another) is another.overlaps(prefix) is meets

    @pytest.mark.parametrize(("text", "n"), [("10.0.0.0/24", 256), ("10.0.0.2/32", 1)])
    def test_one_past_the_end(self, text: str, n: int) -> None:
        assert Prefix(text).nth(n - 1).address in {"10.0.0.255", "10.0.0.2"}
        with pytest.raises(InvalidValue, match=f"has no address number {n}"):
            Prefix(text).nth(n)

    @given(NETWORKS, st.integers(-1, 2**64))
    def test_the_nth_address(
        self, known: ipaddress.IPv4Network | ipaddress.IPv6Network, n: int
    ) -> None:
        prefix = Prefix(str(known))
        if 0 <= n < known.num_addresses:
            assert prefix.nth(n) == f"{known[n]}/{known.prefixlen}"
            return
        with pytest.raises(InvalidValue) as caught:
            prefix.nth(n)
        assert str(caught.value) == f"{prefix} has no address number {n}; accepted: a larger prefix"
