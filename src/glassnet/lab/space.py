"""Namespaces and the host: what stands under their names."""

from __future__ import annotations

from collections.abc import Mapping

from glassnet.lab import schema
from glassnet.lab.fields import flag, items, networks
from glassnet.lab.model import Space, SysctlSpec
from glassnet.lab.place import Place
from glassnet.lab.publish import read_publish
from glassnet.lab.route import read_neighbour, read_route, read_rule
from glassnet.values import Netns, SysctlKey


def read_space(netns: Netns, body: Place | None, origin: str, spaces: Mapping[str, Netns]) -> Space:
    """A namespace; ``spaces`` are those that its published ports may lead to."""
    known = schema.HOST if netns.is_host else schema.NAMESPACE
    fields = {} if body is None or body.is_null else body.fields(known)
    return Space(
        origin=origin,
        netns=netns,
        loopback=not netns.is_host and flag(fields, "loopback", default=True),
        routes=tuple(read_route(place) for place in items(fields, "routes")),
        rules=tuple(read_rule(place) for place in items(fields, "rules")),
        neighbours=tuple(read_neighbour(place) for place in items(fields, "neighbours")),
        sysctls=_sysctls(fields["sysctls"]) if "sysctls" in fields else (),
        forwarding=flag(fields, "forwarding"),
        masquerade=networks(fields, "masquerade"),
        publish=tuple(read_publish(place, spaces) for place in items(fields, "publish")),
    )


def _sysctls(place: Place) -> tuple[SysctlSpec, ...]:
    out: list[SysctlSpec] = []
    for name, item in place.entries().items():
        key = item.key.blame(lambda name=name: SysctlKey(name))  # type: ignore[misc]
        text = item.text()
        if "\n" in text:
            raise item.error("a setting of several lines", "one line")
        value = {"true": "1", "false": "0"}.get(text.lower(), text)
        out.append(SysctlSpec(item.origin, key, value))
    return tuple(out)
