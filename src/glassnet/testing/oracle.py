"""The state of a host as ``ip``, ``bridge``, ``nft`` and /proc/sys show it, without glassnet.

Two hosts that were brought to the same state by different means compare equal. What depends on
the moment, on counters or on chance is left out or named: `DROPPED` has each field with its
reason.
"""

from __future__ import annotations

import ipaddress
import json
import re
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any, Final

from glassnet.testing.host import Host
from glassnet.testing.programs import Raw, run

State = Mapping[str, Mapping[str, Any]]
"""By namespace (``host``, ``ns1``), by program (``links``, ``addrs``, ``routes``, …)."""

DROPPED: Final[Mapping[str, str]] = {
    "ifindex": "the kernel numbers links in the order of their making; names tell them apart",
    "link_index": "as ifindex; the other end is named as `peer`",
    "link_netnsid": "ids are given on first use; the other end's namespace is named as `peer`",
    "link": "in bridge's words an ifindex; ip's words are kept",
    "id": "of a namespace: given on first use",
    "handle": "nft numbers its objects in the order of their making",
    "metainfo": "the version of nft",
    "packets": "a counter",
    "bytes": "a counter",
    "hello_timer": "a running timer",
    "tcn_timer": "a running timer",
    "topology_change_timer": "a running timer",
    "gc_timer": "a running timer",
    "hold_timer": "a running timer",
    "message_age_timer": "a running timer",
    "forward_delay_timer": "a running timer",
    "topology_change": "set while the topology_change_timer runs",
    "topology_change_detected": "set while the topology_change_timer runs",
    "used": "seconds since a neighbour was used",
    "confirmed": "seconds since a neighbour was confirmed",
    "updated": "seconds since a neighbour was updated",
    "refcnt": "a counter of users",
    "expires": "seconds left to a route",
    "index": "of tc's actions, which are numbered in the order of their making",
    "fh": "of tc's filters, which are numbered in the order of their making",
    "key_ht": "as fh",
    "direct_packets_stat": "a counter",
    "qdisc": "a link gets one when it first comes up, and keeps it",
    "tso_max_size": "a bridge takes its ports' and keeps it when they have left",
}
"""Fields that are left out wherever they stand."""

FOREVER: Final = 0xFFFFFFFF  # a lifetime that does not run
LASTING_MACS: Final = "02:00:00:00:"
"""MACs that begin so are told apart by their bytes. All others are taken for the kernel's random
ones, which begin so once in 2^30, and named after the first link that has them."""

SETTLE_SECONDS: Final = 10.0
SETTINGS: Final = ("/proc/sys/net/ipv4", "/proc/sys/net/ipv6")


def look(host: Host, settings: Sequence[str] = SETTINGS) -> State:
    """The state of a host and of every named namespace in it, once it has settled.

    ``settings`` are the files and directories under /proc/sys of which the values are told.
    """
    return normal(settled(host, settings))


def settled(host: Host, settings: Sequence[str] = SETTINGS) -> Raw:
    """What the programs print once it has settled, of which `normal` makes a state."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        raw = run(host, settings)
        if not (late := list(_unsettled(raw))):
            return raw
        if time.monotonic() > deadline:
            raise AssertionError(f"{', '.join(late)}: does not settle")


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two states differ, a line for each place; nothing if they are equal."""
    if one == other:
        return []
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return [
            line
            for key in sorted({*one, *other})
            for line in differences(one.get(key), other.get(key), f"{path}/{key}")
        ]
    if isinstance(one, list) and isinstance(other, list):
        if (named := _by_ifname(one)) and (there := _by_ifname(other)):
            return differences(named, there, path)
        missing = [item for item in one if item not in other]
        extra = [item for item in other if item not in one]
        if len(missing) == len(extra) == 1:
            return differences(missing[0], extra[0], f"{path}[]")
        lines = [f"{path}: only first: {item}" for item in missing]
        lines += [f"{path}: only second: {item}" for item in extra]
        return lines or ([] if len(one) == len(other) else [f"{path}: {one} != {other}"])
    return [f"{path}: {one!r} != {other!r}"]


def _by_ifname(items: list[Any]) -> Mapping[str, Any]:
    """Items by the link that each is about; nothing if they are not of one link each."""
    found = {
        item["ifname"]: item for item in items if isinstance(item, Mapping) and "ifname" in item
    }
    return found if len(found) == len(items) else {}


def _unsettled(raw: Raw) -> Iterable[str]:
    """What the kernel's work queues have yet to come to: links' carriers, addresses of IPv6."""
    for netns, state in raw.items():
        for link in state.get("links", ()):
            flags = link["flags"]
            carrier = link["operstate"] in {"UP", "UNKNOWN"}
            if "UP" in flags and carrier != ("LOWER_UP" in flags):
                yield f"the carrier of {link['ifname']} in {netns}"
        for link in state.get("addrs", ()):
            if {"UP", "LOWER_UP"} <= set(link["flags"]) and _is_quiet(link["ifname"], state):
                routed = {route["dst"] for route in state["routes"]}
                found = [one for one in link["addr_info"] if _is_awaited(one, routed)]
                yield from (f"{one['local']} on {link['ifname']} in {netns}" for one in found)


def _is_quiet(ifname: str, state: Mapping[str, Any]) -> bool:
    """Whether an address is taken up at once, not after asking around for a second or two."""
    conf, sysctls = "/proc/sys/net/ipv6/conf", state["sysctls"]
    paths = (f"{conf}/{name}/accept_dad" for name in ("all", ifname))
    off = all(int(sysctls.get(path, 1)) < 1 for path in paths)
    return off or int(sysctls.get(f"{conf}/{ifname}/dad_transmits", 1)) < 1


def _is_awaited(address: Mapping[str, Any], routed: Container[str]) -> bool:
    """Whether the routes to it, and to its peer, have yet to come."""
    ends = (address["local"], address.get("address", address["local"]))
    return address["family"] == "inet6" and not all(end in routed for end in ends)


def normal(raw: Raw) -> State:
    """The state, without what is left to chance, and with names for random MACs."""
    called = _calling(random_macs(raw))
    return {
        netns: {
            section: _in_order(section, _clean(_telling(section, value, raw, netns), called))
            for section, value in state.items()
            if section != "ids"
        }
        for netns, state in raw.items()
    }


def _telling(section: str, value: Any, raw: Raw, netns: str) -> Any:
    """What of a section is told: peers by name, no traces of traffic."""
    if section == "links":
        return [_link(link, raw, netns) for link in value]
    if section == "ports":
        return [{**port, "flags": _lasting(port["flags"])} for port in value]
    if section == "routes":
        return [route for route in value if not _is_of_all_groups(route)]
    if section == "addrs":  # links again, but for their addresses
        return [{"ifname": one["ifname"], "addrs": one["addr_info"]} for one in value]
    if section == "neighbours":
        return [one for one in value if _made(one)]
    if section == "fdb":
        return [one for one in value if one["state"] and not _is_group(one["mac"])]
    return value


def _link(link: Mapping[str, Any], raw: Raw, netns: str) -> Any:
    """With its other end, and without what depends on whose index that end's happens to be."""
    operstate = link["operstate"].replace("LOWERLAYERDOWN", "DOWN")
    flags = _lasting(link["flags"])
    return {**link, "operstate": operstate, "flags": flags, "peer": peer_of(link, raw, netns)}


def _lasting(flags: Iterable[str]) -> list[str]:
    """M-DOWN tells of the link that has the other end's index, in whichever namespace."""
    return [flag for flag in flags if flag != "M-DOWN"]


def _is_of_all_groups(route: Mapping[str, Any]) -> bool:
    """IPv6 gives it to a link with its first address or its carrier, and leaves it there."""
    return (route["dst"], route.get("table")) == ("ff00::/8", "local")


def _made(neighbour: Mapping[str, Any]) -> bool:
    """Whether somebody made it: the kernel learns others from traffic, and maps groups itself."""
    return "PERMANENT" in neighbour.get("state", ())


def _is_group(mac: str) -> bool:
    """Group memberships follow from addresses, which are told, when the kernel sees fit."""
    return bool(int(mac[:2], 16) & 1)


def peer_of(link: Mapping[str, Any], raw: Raw, netns: str) -> str:
    """The other end of a pair, wherever it is; empty if the link is no end of one."""
    if link.get("linkinfo", {}).get("info_kind") != "veth":
        return ""
    if "link" in link:
        return f"{netns}:{link['link']}"
    names = {one["nsid"]: one.get("name", "host") for one in raw[netns]["ids"]}
    other = names.get(link.get("link_netnsid"), "")
    for end in raw.get(other, {}).get("links", ()):
        if (end["ifindex"], end.get("link_index")) == (link["link_index"], link["ifindex"]):
            return f"{other}:{end['ifname']}"
    return "out of sight"


def random_macs(raw: Raw) -> Mapping[str, str]:
    """Random MACs, and what the kernel derives from them, by what they are to be called."""
    names: dict[str, str] = {}
    for netns, state in raw.items():
        for link in sorted(state.get("links", ()), key=_own_mac_first):
            mac = link.get("address", "")
            if len(mac) != 17 or mac.startswith((LASTING_MACS, "00:00:00:00:00:00")):
                continue
            called = f"<mac of {netns}:{link['ifname']}>"
            short = ":".join(f"{int(byte, 16):x}" for byte in mac.split(":"))
            names.setdefault(mac, called)
            names.setdefault(short, called)
            names.setdefault(_link_local(mac), f"<fe80 of {netns}:{link['ifname']}>")
    return names


def _own_mac_first(link: Mapping[str, Any]) -> tuple[bool, str]:
    """A bridge may have the MAC of a port."""
    return (link.get("linkinfo", {}).get("info_kind") == "bridge", str(link["ifname"]))


def _link_local(mac: str) -> str:
    """The address that IPv6 makes of a MAC (RFC 4291, appendix A)."""
    first, *rest = bytes.fromhex(mac.replace(":", ""))
    whole = bytes([0xFE, 0x80, *[0] * 6, first ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:]])
    return str(ipaddress.IPv6Address(whole))


def _calling(names: Mapping[str, str]) -> Callable[[str], str]:
    """What puts names in the place of MACs in a text."""
    if not names:
        return str
    find = re.compile("|".join(map(re.escape, names)))
    return lambda text: find.sub(lambda found: names[found[0]], text)


def _clean(value: Any, called: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _clean(inner, called)
            for key, inner in value.items()
            if key not in DROPPED and not _runs_out(key, inner)
        }
    if isinstance(value, list):
        return [_clean(inner, called) for inner in value if not _is_metainfo(inner)]
    return called(value) if isinstance(value, str) else value


def _runs_out(key: str, value: Any) -> bool:
    """A lifetime that runs is another at each look; one that does not run is told."""
    return key.endswith("_life_time") and value != FOREVER


def _is_metainfo(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"metainfo"}


def _in_order(section: str, value: Any) -> Any:
    """Sorted where the kernel's order is that of making or of a hash; nft's rules keep theirs."""
    if section == "nft":
        return [_with_sorted_elements(one) for one in value["nftables"]]
    if isinstance(value, list):
        return sorted(value, key=lambda one: json.dumps(one, sort_keys=True))
    return value


def _with_sorted_elements(one: Mapping[str, Any]) -> Any:
    out: dict[str, Any] = {}
    for kind, body in one.items():
        elements = sorted(body.get("elem", ()), key=lambda e: json.dumps(e, sort_keys=True))
        out[kind] = {**body, "elem": elements} if elements else body
    return out
