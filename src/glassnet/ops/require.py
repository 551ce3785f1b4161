"""What an operation requires of the kernel and of whoever runs it, as names with words for each.

``right:…``     a privilege in the namespace
``link:KIND``   links of that kind
``bridge:ATTR=N`` that bridges take a value for an attribute, ``port:ATTR=N`` that their ports do
``qdisc:KIND``  queueing disciplines of that kind, ``filter:KIND`` filters, ``action:KIND`` actions
``conntrack``   messages about connection tracking
``setting:KEY`` a file under /proc/sys/net; ``writable:KEY`` that it may be written
``ipv6``        the protocol
``nft``         the library libnftables, or the program nft
``tun``         /dev/net/tun, by which tun and tap devices are made
``selinux``     SELinux, by which devices have contexts
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NET_ADMIN: Final = "right:net_admin"
SYS_ADMIN: Final = "right:sys_admin"
NET_RAW: Final = "right:net_raw"
CONNTRACK: Final = "conntrack"
FILTER_U32: Final = "filter:u32"
ACTION_MIRRED: Final = "action:mirred"
IPV6: Final = "ipv6"
NFT: Final = "nft"
TUN: Final = "tun"
SELINUX: Final = "selinux"

_RIGHTS: Final[Mapping[str, str]] = {
    NET_ADMIN: "CAP_NET_ADMIN in the namespace",
    SYS_ADMIN: "CAP_SYS_ADMIN, which making namespaces takes",
    NET_RAW: "CAP_NET_RAW in the namespace",
}
_CONFIG: Final[Mapping[str, str]] = {
    "link:bridge": "CONFIG_BRIDGE",
    "link:dummy": "CONFIG_DUMMY",
    "link:ifb": "CONFIG_IFB",
    "link:ipvlan": "CONFIG_IPVLAN",
    "link:macvlan": "CONFIG_MACVLAN",
    "link:veth": "CONFIG_VETH",
    "link:vlan": "CONFIG_VLAN_8021Q",
    "link:vrf": "CONFIG_NET_VRF",
    "link:vxlan": "CONFIG_VXLAN",
    "bridge:mcast_querier": "CONFIG_BRIDGE_IGMP_SNOOPING",
    "bridge:mcast_snooping": "CONFIG_BRIDGE_IGMP_SNOOPING",
    "bridge:vlan_default_pvid": "CONFIG_BRIDGE_VLAN_FILTERING",
    "bridge:vlan_filtering": "CONFIG_BRIDGE_VLAN_FILTERING",
    "port:fast_leave": "CONFIG_BRIDGE_IGMP_SNOOPING",
    "qdisc:tbf": "CONFIG_NET_SCH_TBF",
    "qdisc:htb": "CONFIG_NET_SCH_HTB",
    "qdisc:ingress": "CONFIG_NET_SCH_INGRESS",
    FILTER_U32: "CONFIG_NET_CLS_U32",
    ACTION_MIRRED: "CONFIG_NET_ACT_MIRRED",
    CONNTRACK: "CONFIG_NF_CT_NETLINK",
    IPV6: "CONFIG_IPV6, or it was switched off at boot",
    TUN: "CONFIG_TUN",
    SELINUX: "CONFIG_SECURITY_SELINUX, or it was switched off at boot",
}


def link_kind(kind: str) -> str:
    """Links of a kind."""
    return f"link:{kind}"


def qdisc_kind(kind: str) -> str:
    """Queueing disciplines of a kind."""
    return f"qdisc:{kind}"


def bridge_attribute(name: str, value: int) -> str:
    """A value of an attribute of bridges, by its netlink name."""
    return f"bridge:{name}={value}"


def port_attribute(name: str, value: int) -> str:
    """A value of an attribute of bridge ports, by its netlink name."""
    return f"port:{name}={value}"


def setting(key: str) -> str:
    """A setting, by its key in dots."""
    return f"setting:{key}"


def writable(key: str) -> str:
    """That a setting may be written."""
    return f"writable:{key}"


def is_privilege(requirement: str) -> bool:
    """Whether it is a matter of who asks, not of what the kernel can do."""
    return requirement.startswith(("right:", "writable:"))


def feature(requirement: str) -> str:
    """What a kernel must be built with for it, or what must be installed; nothing where no kernel
    that runs containers is without.
    """
    if requirement == NFT:
        return "nftables"
    return _CONFIG.get(requirement.partition("=")[0], "").partition(",")[0]


def lacking(requirement: str) -> str:
    """What is wrong where it is not met: ``this kernel has no links of kind dummy (…)``."""
    kind, _, name = requirement.partition(":")
    config = _CONFIG.get(requirement.partition("=")[0], "")
    config = f" ({config})" if config else ""
    match kind:
        case "right":
            return f"you lack {_RIGHTS[requirement]}"
        case "link":
            return f"this kernel has no links of kind {name}{config}"
        case "qdisc" | "filter" | "action":
            noun = "queueing discipline" if kind == "qdisc" else kind
            return f"this kernel has no {noun} {name}{config}"
        case "bridge":
            return f"this kernel's bridges do not take {name}{config}"
        case "port":
            return f"this kernel's bridge ports do not take {name}{config}"
        case "setting":
            return f"this kernel has no setting {name} in such a namespace"
        case "writable":
            return f"the setting {name} may not be written"
        case "nft":
            return "nftables cannot be spoken to: there is no libnftables, nor the program nft"
        case "tun":
            return f"this kernel has no /dev/net/tun, or it may not be opened{config}"
        case "selinux":
            return f"this host has no SELinux{config}"
        case _:
            return f"this kernel has no {requirement.replace('ipv6', 'IPv6')}{config}"


def advice(requirement: str) -> str:
    """What to do about it."""
    if requirement.startswith("writable:"):
        return "run it as root, and where /proc/sys is not mounted read-only"
    if is_privilege(requirement):
        return "run it as root, or within 'glassnet lab'"
    if requirement.startswith("setting:"):
        return "check its spelling, or load its module"
    if requirement == NFT:
        return "install it: apt install libnftables1 (or nftables)"
    if requirement == SELINUX:
        return "leave the context out: where there is no SELinux nothing has one"
    if requirement == TUN:
        return "load its module: modprobe tun; in a container, the device must be given to it"
    return "load its module, or use a kernel that was built with it"
