"""What is there on a side: the oracle's state of a host, flat, with chance taken out of it.

Each value has a path like ``after ADD/c1/links/eth0/mtu``. Names and MACs that are random with the
reference and derived with us are named after what they belong to, the same on both sides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from glassnet.testing import oracle
from glassnet.testing.host import Host
from glassnet.testing.programs import Raw
from sides import LARGE

Flat = Mapping[str, Any]
NOTHING: Final = "nothing"
SOMETHING: Final = "something"
"""In the place of what is there on one side alone, and is more than a value."""

_RANDOM_NAMES: Final = ("veth", "ifb", "bwp")
_LINK_LOCAL: Final = re.compile(r"\bfe80::[0-9a-f:]{9,}")
_MAC: Final = re.compile(r"\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b")
_FILES: Final = """
for place in /var/lib/cni /run/cni; do
    [ ! -d "$place" ] || find "$place" -type f
done | sort | while read -r file; do
    printf '%s %s\\n' "$file" "$(tr '\\r\\n' '  ' < "$file")"
done
"""
_CONF: Final = {
    "ipv4": "accept_local accept_redirects arp_announce arp_filter arp_ignore arp_notify "
    "forwarding log_martians promote_secondaries proxy_arp route_localnet rp_filter send_redirects",
    "ipv6": "accept_dad accept_ra accept_redirects addr_gen_mode dad_transmits disable_ipv6 "
    "enhanced_dad forwarding keep_addr_on_down ndisc_notify proxy_ndp",
}
_SETTINGS: Final = (
    oracle.SETTINGS
    if LARGE
    else (
        "/proc/sys/net/ipv4/ip_forward",
        *(f"/proc/sys/net/{kind}/conf/*/{one}" for kind in _CONF for one in _CONF[kind].split()),
    )
)
"""All of them cost a second of reading for each host."""
_UNTOLD: Final = frozenset({"ids", "nft", "fdb", "ports", "proxies"})
"""Rules are compared by what they do, and ports by the links' own data."""


class Seen(NamedTuple):
    """The state of a side, and what was random in it by what it is called."""

    flat: Flat
    names: Mapping[str, str]

    def called(self, value: Any) -> Any:
        """A value with names in the place of what is random."""
        return called(value, self.names)


def look(host: Host) -> Seen:
    """What is there on a host once it has settled."""
    raw = oracle.settled(host, _SETTINGS)
    names = _link_names(raw)
    raw = called(raw, names)
    macs = oracle.random_macs(raw)
    state = oracle.normal(raw)
    found: dict[str, Any] = {}
    for netns, sections in state.items():
        for section, value in sections.items():
            if section not in _UNTOLD:
                found |= _flat(f"{netns}/{section}", _keyed(section, value))
    found |= {f"host/tables/{one}": True for one in _tables(state["host"]["nft"])}
    found |= {f"host/files/{path}": content for path, content in _files(host)}
    return Seen(called(found, {}), {**names, **macs})


def _files(host: Host) -> Iterator[tuple[str, str]]:
    for line in host.sh(_FILES).splitlines():
        path, _, content = line.partition(" ")
        yield path.removeprefix("/"), content


def _tables(listed: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The tables of rules, and the chains in them that are not one container's."""
    for one in listed:
        for kind in ("table", "chain"):
            if kind in one:
                body = one[kind]
                yield " ".join(filter(None, (body["family"], body.get("table"), body["name"])))


def _link_names(raw: Raw) -> dict[str, str]:
    """Links of the host that have a name of chance, by the interface that they are there for."""
    links = raw["host"]["links"]
    names = {}
    for link in links:
        if link["ifname"].startswith("veth") and len(link["ifname"]) > 8:
            end = oracle.peer_of(link, raw, "host")
            names[link["ifname"]] = f"veth({end})"
    for one in raw["host"]["tc"]:
        for action in one.get("options", {}).get("actions", ()):
            if action.get("to_dev", "").startswith(("ifb", "bwp")):
                names[action["to_dev"]] = names[one["dev"]].replace("veth", "ifb")
    return names


def called(value: Any, names: Mapping[str, str]) -> Any:
    """A JSON value with names in its texts; random addresses that nobody has are nobody's."""
    text = json.dumps(value)
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, names[name])
    if not names:
        text = _LINK_LOCAL.sub("<fe80 of nobody>", text)
    return json.loads(text)


def nobodys(value: Any) -> Any:
    """A result with no MACs of chance."""

    def told(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith(oracle.LASTING_MACS) else "<mac of nobody>"

    text = re.sub(r"\b00:00:00:00:00:00\b", "<no mac>", json.dumps(value))
    return json.loads(_MAC.sub(told, text).replace("<no mac>", "00:00:00:00:00:00"))


def _keyed(section: str, value: Any) -> Any:
    """Lists as dictionaries, by what tells their items apart."""
    if section in {"links", "addrs"}:
        return {one["ifname"]: _without_name(section, one) for one in value}
    if section == "routes":
        return _numbered(value, _route_key)
    if section in {"rules", "rules6"}:
        return _numbered(value, lambda one: f"{one.get('src')} table {one.get('table')}")
    if section == "neighbours":
        return _numbered(value, lambda one: f"{one['dst']} {one.get('dev')}")
    if section == "tc":
        return _numbered(value, lambda one: f"{one['dev']} {one.get('kind')}")
    if section == "vlans":
        return {one["ifname"]: {_vlan(v): True for v in one["vlans"]} for one in value}
    if section == "sysctls":
        return {path.removeprefix("/proc/sys/").replace("/", "."): v for path, v in value.items()}
    return value


def _without_name(section: str, one: Mapping[str, Any]) -> Any:
    if section == "links":
        flags = dict.fromkeys(one["flags"], True)
        return {key: v for key, v in one.items() if key != "ifname"} | {"flags": flags}
    return {f"{a['local']}/{a['prefixlen']}": a for a in one["addrs"]}


def _route_key(one: Mapping[str, Any]) -> str:
    parts = (
        one.get("table", "main"),
        one["dst"],
        f"via {one['gateway']}" if "gateway" in one else "",
        f"dev {one.get('dev')}",
        f"metric {one['metric']}" if "metric" in one else "",
    )
    return " ".join(filter(None, parts))


def _vlan(one: Mapping[str, Any]) -> str:
    return " ".join([str(one["vlan"]), *one.get("flags", ())])


def _numbered(items: Sequence[Any], key: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in items:
        name, number = key(one), 2
        while name in found:
            name, number = f"{key(one)} #{number}", number + 1
        found[name] = one
    return found


def _flat(path: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping) and value:
        found: dict[str, Any] = {}
        for key, inner in value.items():
            found |= _flat(f"{path}/{key}", inner)
        return found
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        return _flat(path, {str(number): one for number, one in enumerate(value)})
    return {path: value}


def flat(path: str, value: Any) -> dict[str, Any]:
    """A JSON value by paths."""
    return _flat(path, value)


class Differing(NamedTuple):
    """A place at which the sides differ."""

    path: str
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.path}: {json.dumps(self.theirs)} != {json.dumps(self.ours)}"


def compare(theirs: Flat, ours: Flat) -> list[Differing]:
    """The places at which they differ; of what is there on one side alone the top is told."""
    there = [_tops(one) for one in (theirs, ours)]
    found: dict[str, Differing] = {}
    for path in sorted({*theirs, *ours}):
        one, other = theirs.get(path, NOTHING), ours.get(path, NOTHING)
        if one != other:
            lacking = there[0] if one == NOTHING else there[1]
            top = path if NOTHING not in (one, other) else _top(path, lacking)
            values = [one, other] if top == path else [_some(one), _some(other)]
            found[top] = Differing(top, *values)
    return [one for one in found.values() if not _is_of_absent_link(one.path, found)]


def _some(value: Any) -> str:
    return NOTHING if value == NOTHING else SOMETHING


def _tops(flat_: Flat) -> set[str]:
    """All that paths begin with, up to a stroke."""
    return {path[: found.start()] for path in flat_ for found in re.finditer("/", path)} | {*flat_}


def _top(path: str, lacking: set[str]) -> str:
    """The shortest beginning of a path that the side that lacks it has nothing of."""
    if "/files/" in path:
        return path
    tops = (path[: found.start()] for found in re.finditer("/", path))
    return next((top for top in tops if top not in lacking), path)


def _is_of_absent_link(path: str, found: Mapping[str, Any]) -> bool:
    """Whether it is a setting of a link that is on one side alone, which is told already."""
    where, _, key = path.partition("/sysctls/")
    parts = key.split(".conf.")
    link = parts[-1].rpartition(".")[0]
    return len(parts) == 2 and f"{where}/links/{link}" in found
