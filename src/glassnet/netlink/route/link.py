"""Links: RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK (rtnetlink(7), linux/if_link.h)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.message import MessageType
from glassnet.netlink.route.kinds import (
    bridge,
    dummy,
    ifb,
    ipvlan,
    macvlan,
    tun,
    veth,
    vlan,
    vrf,
    vxlan,
)
from glassnet.netlink.route.linktable import (
    AF_BRIDGE,
    AF_INET6,
    BRIDGE_LINK_TABLE,
    INET6_LINK_TABLE,
    LINK_HEADER,
    LINK_TABLE,
    LINKINFO,
    LinkKind,
)

KINDS: Final[dict[str, LinkKind]] = {
    module.KIND.name: module.KIND
    for module in (veth, bridge, dummy, tun, ifb, macvlan, ipvlan, vlan, vrf, vxlan)
}
for _kind in KINDS.values():
    LINKINFO.learn(_kind)

_FAMILIES: Final = {AF_BRIDGE: BRIDGE_LINK_TABLE, AF_INET6: INET6_LINK_TABLE}
NEWLINK: Final = MessageType("RTM_NEWLINK", 16, LINK_HEADER, LINK_TABLE, _FAMILIES)
DELLINK: Final = MessageType("RTM_DELLINK", 17, LINK_HEADER, LINK_TABLE, _FAMILIES)
GETLINK: Final = MessageType("RTM_GETLINK", 18, LINK_HEADER, LINK_TABLE, _FAMILIES)
SETLINK: Final = MessageType("RTM_SETLINK", 19, LINK_HEADER, LINK_TABLE, _FAMILIES)

# linux/if.h: what ``flags`` of the header holds, and ``change`` says is meant.
IFF_UP: Final = 0x1
IFF_BROADCAST: Final = 0x2
IFF_DEBUG: Final = 0x4
IFF_LOOPBACK: Final = 0x8
IFF_POINTOPOINT: Final = 0x10
IFF_NOTRAILERS: Final = 0x20
IFF_RUNNING: Final = 0x40
IFF_NOARP: Final = 0x80
IFF_PROMISC: Final = 0x100
IFF_ALLMULTI: Final = 0x200
IFF_MASTER: Final = 0x400
IFF_SLAVE: Final = 0x800
IFF_MULTICAST: Final = 0x1000
IFF_PORTSEL: Final = 0x2000
IFF_AUTOMEDIA: Final = 0x4000
IFF_DYNAMIC: Final = 0x8000
IFF_LOWER_UP: Final = 0x10000
IFF_DORMANT: Final = 0x20000
IFF_ECHO: Final = 0x40000

FLAG_NAMES: Final[dict[int, str]] = {
    value: name.removeprefix("IFF_")
    for name, value in sorted(globals().items())
    if name.startswith("IFF_")
}

# linux/rtnetlink.h: what ``ext_mask`` asks for.
RTEXT_FILTER_VF: Final = 1
RTEXT_FILTER_BRVLAN: Final = 2
RTEXT_FILTER_BRVLAN_COMPRESSED: Final = 4
RTEXT_FILTER_SKIP_STATS: Final = 8


def flag_names(flags: int) -> list[str]:
    """The flags of a link by name, as ``ip link`` shows them: ``["UP", "LOWER_UP"]``."""
    return [name for value, name in sorted(FLAG_NAMES.items()) if flags & value]
