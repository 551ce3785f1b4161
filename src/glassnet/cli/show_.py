"""``glassnet show [NS]``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import click

from glassnet.cli import complete
from glassnet.cli.out import json_option, print_json
from glassnet.netlink.route.link import IFF_LOOPBACK
from glassnet.netlink.route.neigh import NUD_NOARP, NUD_PERMANENT
from glassnet.ops.owner import PROTOCOL
from glassnet.ops.route import MAIN, TYPES
from glassnet.state.link import LinkState
from glassnet.state.neigh import NeighState
from glassnet.state.route import RouteState
from glassnet.state.rule import RuleState
from glassnet.state.snapshot import NetnsState

_TYPE_WORDS: Final = {number: word for word, number in TYPES.items()}
_OWN_RULES: Final = frozenset({0, 32766, 32767})
"""Priorities of the rules that every namespace begins with (ip-rule(8))."""


@click.command(name="show")
@click.argument("namespace", metavar="[NS]", required=False, shell_complete=complete.namespace)
@json_option
def command(namespace: str | None, as_json: bool) -> None:
    """Show links, addresses, routes, rules and neighbours of NS, or of all there are.

    NS is a name, a path, a process id, or `host`. What bears glassnet's mark is said to.
    """
    from glassnet import app
    from glassnet.values import HOST, Netns

    if namespace is not None:
        wanted = [app.resolve_netns(namespace)]
    else:
        wanted = [HOST, *(Netns(name) for name in app.namespace_names())]
    snapshot = app.look_at(wanted)
    states = [snapshot[netns] for netns in wanted]
    if as_json:
        print_json([as_data(state) for state in states])
        return
    click.echo("\n\n".join(as_text(state) for state in states))


def as_data(state: NetnsState) -> dict[str, Any]:
    """A namespace as dicts and lists."""
    names = _names(state)
    return {
        "namespace": state.netns.label,
        "is_namespace": state.is_namespace,
        "links": [
            {
                "index": link.index,
                "ifname": link.ifname,
                "kind": _kind(link),
                "state": "up" if link.up else "down",
                "carrier": link.carrier,
                "mtu": link.mtu,
                "address": link.mac,
                "master": names.get(link.master),
                "alias": link.alias,
            }
            for link in state.links.values()
        ],
        "addresses": [
            {"dev": names.get(addr.index), "address": addr.cidr, "peer": addr.peer}
            for addr in state.addrs
        ],
        "routes": [_route_data(route, names) for route in _routes(state)],
        "rules": [_rule_data(rule) for rule in _rules(state)],
        "neighbours": [
            {
                "dev": names.get(entry.index),
                "address": entry.address,
                "mac": entry.mac,
                "permanent": bool(entry.state & NUD_PERMANENT),
            }
            for entry in _neighbours(state)
        ],
    }


def _route_data(route: RouteState, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "to": "default" if route.dst.is_default else route.dst,
        "version": route.dst.version,
        "type": _type(route),
        "via": route.via,
        "dev": names.get(route.index),
        "nexthops": [
            {"via": hop.via, "dev": names.get(hop.index), "weight": hop.weight}
            for hop in route.hops
        ],
        "metric": route.metric,
        "table": route.table,
        "glassnet": route.protocol == PROTOCOL,
    }


def _rule_data(rule: RuleState) -> dict[str, Any]:
    return {
        "priority": rule.priority,
        "version": rule.version,
        "from": rule.source,
        "to": rule.destination,
        "iif": rule.iif,
        "oif": rule.oif,
        "mark": rule.mark,
        "table": rule.table,
        "glassnet": rule.protocol == PROTOCOL,
    }


def as_text(state: NetnsState) -> str:
    """A namespace as indented lines."""
    names = _names(state)
    lines = [state.netns.label if state.is_namespace else f"{state.netns} (no namespace)"]
    for link in state.links.values():
        lines.append(f"  {_link_words(link, names)}")
        lines += [
            f"      {addr.cidr}{f' peer {addr.peer}' if addr.peer else ''}"
            for addr in state.addrs
            if addr.index == link.index
        ]
    lines += _part("routes", (_route_words(route, names) for route in _routes(state)))
    lines += _part("rules", (_rule_words(rule) for rule in _rules(state)))
    lines += _part("neighbours", (_neighbour_words(one, names) for one in _neighbours(state)))
    return "\n".join(lines)


def _part(title: str, items: Iterable[str]) -> list[str]:
    lines = [f"      {item}" for item in items]
    return [f"  {title}", *lines] if lines else []


def _names(state: NetnsState) -> dict[int, str]:
    return {link.index: link.ifname for link in state.links.values()}


def _routes(state: NetnsState) -> list[RouteState]:
    return sorted(state.routes, key=lambda route: (route.table != MAIN, route.table))


def _rules(state: NetnsState) -> list[RuleState]:
    return [rule for rule in state.rules if rule.priority not in _OWN_RULES]


def _neighbours(state: NetnsState) -> list[NeighState]:
    """Those with a MAC of their own: no forwarding entry, no group."""
    return [
        one
        for one in state.neighbours
        if not one.is_fdb and one.mac is not None and not one.state & NUD_NOARP
    ]


def _kind(link: LinkState) -> str:
    return link.kind or ("loopback" if link.flags & IFF_LOOPBACK else "physical")


def _type(route: RouteState) -> str:
    return _TYPE_WORDS.get(route.type, f"type {route.type}")


def _link_words(link: LinkState, names: Mapping[int, str]) -> str:
    words = [f"{link.index}: {link.ifname}", _kind(link), "up" if link.up else "down"]
    words.append("" if link.carrier or not link.up else "(no carrier)")
    words += [f"mtu {link.mtu}", str(link.mac or "")]
    words.append(f"port of {names.get(link.master)}" if link.master else "")
    words.append(f"[{link.alias}]" if link.alias else "")
    return _joined(words)


def _route_words(route: RouteState, names: Mapping[int, str]) -> str:
    words = ["" if _type(route) == "unicast" else _type(route)]
    words.append("default" if route.dst.is_default else str(route.dst))
    words.append(f"via {route.via}" if route.via else "")
    words.append(f"dev {names.get(route.index)}" if route.index else "")
    words += [
        f"nexthop{f' via {hop.via}' if hop.via else ''} dev {names.get(hop.index)}"
        f"{f' weight {hop.weight}' if hop.weight > 1 else ''}"
        for hop in route.hops
    ]
    words.append(f"metric {route.metric}" if route.metric else "")
    words.append(f"table {route.table}" if route.table != MAIN else "")
    words.append("[glassnet]" if route.protocol == PROTOCOL else "")
    return _joined(words)


def _rule_words(rule: RuleState) -> str:
    words = [f"{rule.priority}:"]
    words += [
        f"{word} {value}"
        for word, value in (
            ("from", rule.source),
            ("to", rule.destination),
            ("iif", rule.iif),
            ("oif", rule.oif),
            ("mark", rule.mark and hex(rule.mark)),
        )
        if value
    ]
    words.append(f"lookup {rule.table}" if rule.table else f"action {rule.action}")
    words.append("[glassnet]" if rule.protocol == PROTOCOL else "")
    return _joined(words)


def _neighbour_words(entry: NeighState, names: Mapping[int, str]) -> str:
    permanent = " permanent" if entry.state & NUD_PERMANENT else ""
    return f"{entry.address} is at {entry.mac} on {names.get(entry.index)}{permanent}"


def _joined(words: Iterable[str]) -> str:
    return " ".join(word for word in words if word)
