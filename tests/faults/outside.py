"""The state of a host as ``ip`` and ``nft`` see it, less what differs between two equal hosts.

Nothing of glassnet is asked. Left out are what the kernel draws by lot (indexes, MACs, handles),
what it does by itself a moment later (carrier, duplicate address detection, multicast routes) and
what counts (statistics, timers).
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from glassnet.testing.host import Host

State = dict[str, Any]
"""Normalised lines by ``NAMESPACE NOUN``; the host's own namespace is ``host``."""

_QUESTIONS: Final = {
    "-d": ("link show", "addr show", "neigh show nud permanent"),
    "-4": ("route show table all", "rule show"),
    "-6": ("route show table all", "rule show"),
}
_SYSCTLS: Final = (
    "net/ipv4/ip_forward",
    "net/ipv4/conf/all/rp_filter",
    "net/ipv6/conf/all/forwarding",
    "net/core/somaxconn",
)
_SCRIPT: Final = """
one() {
    echo "== $1"
    shift
    printf '%s\\n' "$Q1" | "$@" ip -d -j -b -
    printf '%s\\n' "$Q2" | "$@" ip -4 -j -b -
    printf '%s\\n' "$Q2" | "$@" ip -6 -j -b -
    echo "=="
    "$@" nft -j list ruleset
    for name in $SYSCTLS; do printf '%s ' "$name"; done
    echo
    "$@" sh -c 'cd /proc/sys; for name in $SYSCTLS; do read -r v < $name; printf "%s " "$v"; done'
    echo
}
one host env
for name in $(ls /run/netns 2>/dev/null); do
    if [ -s "/run/netns/$name" ] || ip -n "$name" link show lo >/dev/null 2>&1
    then one "$name" nsenter "--net=/run/netns/$name"
    else echo "== $name"; echo "== leftover"; fi
done
"""
_VOLATILE: Final = frozenset(
    "ifindex ifi_index link_index link_netnsid operstate txqlen qdisc num_tx_queues num_rx_queues "
    "gso_max_size gso_max_segs tso_max_size tso_max_segs gro_max_size gso_ipv4_max_size "
    "gro_ipv4_max_size valid_life_time preferred_life_time tentative dynamic handle metainfo "
    "group promiscuity allmulti stable-privacy min_mtu max_mtu parentbus used "
    "hello_timer tcn_timer topology_change_timer gc_timer bridge_id root_id "
    "designated_bridge designated_root id no hold_timer message_age_timer forward_delay_timer "
    "topology_change topology_change_detected root_port root_path_cost state config_pending "
    "proto_down designated_port designated_cost topology_change_ack port_number".split()
)
_FIXED_MAC: Final = re.compile(r"02:00:00:00:31:..")


def state(host: Host) -> State:
    """All of a host: links, addresses, routes, rules, neighbours, settings, nft."""
    env = {
        "Q1": "\n".join(_QUESTIONS["-d"]),
        "Q2": "\n".join(_QUESTIONS["-4"]),
        "SYSCTLS": " ".join(_SYSCTLS),
    }
    questions = [f"{flag} {words}" for flag, group in _QUESTIONS.items() for words in group]
    text = host.run("sh", "-e", "-c", _SCRIPT, env=env).stdout
    out: State = {}
    for block in re.split(r"^== (?=\S)", text, flags=re.MULTILINE)[1:]:
        name, _, rest = block.partition("\n")
        if rest.startswith("== leftover") or not rest:
            out[f"{name} file"] = "no namespace"
            continue
        answers, _, more = rest.partition("==\n")
        lists = _documents(answers)
        for question, items in zip(questions, lists, strict=True):
            out[f"{name} {question}"] = _sorted(_clean(item) for item in items if _counts(item))
        ruleset, keys, values, *_ = more.splitlines()
        out[f"{name} nft"] = _sorted(_clean(item) for item in json.loads(ruleset)["nftables"])
        out[f"{name} settings"] = dict(zip(keys.split(), values.split(), strict=True))
    return out


def differences(one: State, other: State) -> list[str]:
    """What is in one of two states and not in the other, in words."""
    found: list[str] = []
    for key in sorted(one.keys() | other.keys()):
        before, after = one.get(key), other.get(key)
        if before == after:
            continue
        if isinstance(before, list) and isinstance(after, list):
            found += [f"- {key}: {line}" for line in before if line not in after]
            found += [f"+ {key}: {line}" for line in after if line not in before]
            if len(before) != len(after):
                found.append(f"  {key}: {len(before)} lines, then {len(after)}")
        else:
            found.append(f"  {key}: {before} then {after}")
    return found


def _documents(text: str) -> list[list[dict[str, Any]]]:
    decoder = json.JSONDecoder()
    found, position = [], 0
    text = text.strip()
    while position < len(text):
        document, end = decoder.raw_decode(text, position)
        found.append(document)
        position = end + len(text[end:]) - len(text[end:].lstrip())
    return found


def _sorted(items: Any) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in items)


def _counts(item: dict[str, Any]) -> bool:
    """Not what the kernel adds by itself for IPv6: link-local, multicast, the local table."""
    target = str(item.get("dst", ""))
    by_itself = target.startswith(("fe80:", "ff00:", "multicast"))
    return not by_itself and (item.get("table") != "local" or ":" not in target)


def _clean(item: Any) -> Any:
    if isinstance(item, dict):
        kept = {key: _clean(value) for key, value in item.items() if _keeps(key, value)}
        if "elem" in kept:
            kept["elem"] = _sorted(kept["elem"])
        return kept
    if isinstance(item, list):
        members = [_clean(member) for member in item if not _is_link_local(member)]
        plain = all(isinstance(member, str) for member in members)
        return sorted(members) if plain and _are_flags(members) else members
    return item


def _keeps(key: str, value: Any) -> bool:
    if key in {"address", "lladdr"}:
        return not re.fullmatch(r"(..:){5}..", str(value)) or bool(_FIXED_MAC.match(str(value)))
    return key not in _VOLATILE


def _are_flags(members: list[Any]) -> bool:
    for passing in ("NO-CARRIER", "LOWER_UP", "linkdown", "M-DOWN"):
        while passing in members:
            members.remove(passing)
    return True


def _is_link_local(member: Any) -> bool:
    return isinstance(member, dict) and str(member.get("local", "")).startswith("fe80:")
