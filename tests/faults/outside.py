"""What the tests here see of a host: no more settings than what the examples change.

They look thousands of times, and to read every setting of every namespace would take as long as
all the rest of a look.
"""

from __future__ import annotations

from typing import Final

from glassnet.testing.host import Host
from glassnet.testing.lasting import lasting
from glassnet.testing.oracle import State, differences, look

__all__ = ["State", "differences", "state"]

SETTINGS: Final = (
    "/proc/sys/net/ipv4/ip_forward",
    "/proc/sys/net/ipv4/conf/all/rp_filter",
    "/proc/sys/net/ipv6/conf/all/forwarding",
    "/proc/sys/net/core/somaxconn",
)


def state(host: Host) -> State:
    """All that lasts of a host: links, addresses, routes, rules, neighbours, settings, nft."""
    return lasting(look(host, SETTINGS))
