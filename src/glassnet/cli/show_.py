"""``glassnet show [NS]``."""

from __future__ import annotations

from typing import Any

import click

from glassnet.cli.out import json_option, print_json
from glassnet.netlink.route.neigh import NUD_NOARP
from glassnet.state.link import LinkState
from glassnet.state.neigh import NeighState
from glassnet.state.route import RouteState
from glassnet.state.snapshot import NetnsState


@click.command(name="show")
@click.argument("namespace", metavar="[NS]", required=False)
@json_option
def command(namespace: str | None, as_json: bool) -> None:
    """Show links, addresses, routes and neighbours of NS, or of the host and every namespace."""
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
    names = {link.index: link.ifname for link in state.links.values()}
    return {
        "namespace": state.netns.label,
        "links": [
            {
                "index": link.index,
                "ifname": link.ifname,
                "kind": link.kind or "physical",
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
        "routes": [_route_words(route, names) for route in state.routes],
        "neighbours": [
            {"dev": names.get(entry.index), "address": entry.address, "mac": entry.mac}
            for entry in state.neighbours
            if _is_peer(entry)
        ],
    }


def as_text(state: NetnsState) -> str:
    """A namespace as indented lines."""
    names = {link.index: link.ifname for link in state.links.values()}
    lines = [state.netns.label if state.is_namespace else f"{state.netns} (no namespace)"]
    for link in state.links.values():
        lines.append(f"  {_link_words(link, names)}")
        lines += [
            f"      {addr.cidr}{f' peer {addr.peer}' if addr.peer else ''}"
            for addr in state.addrs
            if addr.index == link.index
        ]
    if state.routes:
        lines.append("  routes")
        lines += [f"      {_route_words(route, names)}" for route in state.routes]
    neighbours = [one for one in state.neighbours if _is_peer(one)]
    if neighbours:
        lines.append("  neighbours")
        lines += [f"      {n.address} is at {n.mac} on {names.get(n.index)}" for n in neighbours]
    return "\n".join(lines)


def _is_peer(entry: NeighState) -> bool:
    """A neighbour with a MAC of its own: no forwarding entry, no group."""
    return not entry.is_fdb and entry.mac is not None and not entry.state & NUD_NOARP


def _link_words(link: LinkState, names: dict[int, str]) -> str:
    words = [f"{link.index}: {link.ifname}", link.kind or "physical", "up" if link.up else "down"]
    words.append("" if link.carrier or not link.up else "(no carrier)")
    words += [f"mtu {link.mtu}", str(link.mac or "")]
    words.append(f"port of {names.get(link.master)}" if link.master else "")
    words.append(f"[{link.alias}]" if link.alias else "")
    return " ".join(word for word in words if word)


def _route_words(route: RouteState, names: dict[int, str]) -> str:
    words = ["default" if route.dst.is_default else str(route.dst)]
    words.append(f"via {route.via}" if route.via else "")
    words.append(f"dev {names.get(route.index)}" if route.index else "")
    words += [
        f"nexthop{f' via {hop.via}' if hop.via else ''} dev {names.get(hop.index)}"
        for hop in route.hops
    ]
    words.append(f"metric {route.metric}" if route.metric else "")
    words.append("[glassnet]" if route.protocol == 103 else "")
    return " ".join(word for word in words if word)
