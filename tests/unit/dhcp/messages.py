"""Servers' answers, and what hypothesis draws of messages."""

from __future__ import annotations

from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from glassnet.dhcp import option, packet
from glassnet.dhcp.packet import Packet
from glassnet.values import IpAddress, Mac

EXAMPLES: Final = settings(deadline=None, suppress_health_check=list(HealthCheck))
"""A busy machine is no failure."""

MAC: Final = Mac("02:00:00:00:00:01")
HOP: Final = Mac("02:00:00:00:00:fe")
SERVER: Final = IpAddress("10.0.0.1")
OTHER: Final = IpAddress("10.0.0.9")
ADDRESS: Final = IpAddress("10.0.0.50")


def reply(
    kind: int,
    to: Packet,
    *,
    yours: IpAddress = ADDRESS,
    server: IpAddress | None = SERVER,
    seconds: int | None = 1000,
    options: dict[int, bytes] | None = None,
    **more: object,
) -> Packet:
    """What a server answers; None leaves an option out."""
    said = {option.MESSAGE_TYPE: bytes((kind,)), option.SUBNET_MASK: b"\xff\xff\xff\0"}
    if server is not None:
        said[option.SERVER_ID] = server.packed
    if seconds is not None:
        said[option.LEASE_TIME] = seconds.to_bytes(4)
    fields = {"xid": to.xid, "hardware": to.hardware, "yours": yours, **more}
    return Packet(op=packet.REPLY, options={**said, **(options or {})}, **fields)  # type: ignore[arg-type]


def addresses() -> st.SearchStrategy[IpAddress]:
    """IPv4 addresses."""
    return st.binary(min_size=4, max_size=4).map(IpAddress.from_bytes)


def _field(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=size).map(lambda value: value.rstrip(b"\0"))


def packets() -> st.SearchStrategy[Packet]:
    """Any message that can be: options of any length, 255 and more among them."""
    codes = st.integers(1, 254).filter(lambda code: code != option.OVERLOAD)
    values = st.one_of(st.binary(max_size=9), st.binary(min_size=250, max_size=600))
    return st.builds(
        Packet,
        op=st.sampled_from((packet.REQUEST, packet.REPLY)),
        hardware_type=st.integers(0, 255),
        hops=st.integers(0, 255),
        xid=st.integers(0, 2**32 - 1),
        seconds=st.integers(0, 0xFFFF),
        flags=st.integers(0, 0xFFFF),
        client=addresses(),
        yours=addresses(),
        next_server=addresses(),
        relay=addresses(),
        hardware=st.binary(max_size=16),
        server_name=_field(64),
        boot_file=_field(128),
        options=st.dictionaries(codes, values, max_size=6),
    )
