"""From the text of a lab file to a `Lab`: every part checked where it is written."""

from __future__ import annotations

from typing import NamedTuple

from glassnet.errors import InvalidValue
from glassnet.lab import schema
from glassnet.lab.document import parse
from glassnet.lab.fields import items, number
from glassnet.lab.link import Wiring
from glassnet.lab.model import Lab
from glassnet.lab.place import Place
from glassnet.lab.space import read_space
from glassnet.ops.owner import check_name
from glassnet.values import HOST, Netns


def read(text: str, file: str) -> Lab:
    """The lab that a file describes. ``file`` is its name, for messages and the default name.

    Raises `ConfigError` for the first thing that is wrong, as ``file:line:column: $.path: …``.
    """
    return Reader(parse(text, file)).lab()


class _Named(NamedTuple):
    """A namespace's name where it is written, and what stands under it."""

    netns: Netns
    origin: str
    body: Place | None = None


class Reader:
    """Reads one file: names first, then what refers to them."""

    def __init__(self, root: Place) -> None:
        self._root = root
        self._fields = root.fields(schema.SCHEMA)

    def lab(self) -> Lab:
        """The whole."""
        fields = self._fields
        name = self._name()
        named = self._namespaces()
        spaces: dict[str, Netns] = {"host": HOST}
        spaces |= {one.netns: one.netns for one in named}
        wiring = Wiring(spaces, number(fields, "mtu", schema.SCHEMA))
        if "bridges" in fields:
            for bridge, place in fields["bridges"].entries().items():
                wiring.read_bridge(bridge, place)
        host = fields.get("host")
        named.insert(0, _Named(HOST, (host or self._root).origin, host))
        return Lab(
            name,
            tuple(read_space(one.netns, one.body, one.origin, spaces) for one in named),
            tuple(wiring.bridges.values()),
            tuple(wiring.read_link(place) for place in items(fields, "links")),
            fields["description"].text() if "description" in fields else "",
        )

    def _name(self) -> str:
        place = self._fields.get("name")
        if place is not None:
            return place.value(check_name)
        stem = self._root.file.rpartition("/")[2].partition(".")[0]
        try:
            return check_name(stem)
        except InvalidValue as error:
            raise self._root.error(
                f"the file's name cannot be the network's: {error.problem}", "a key 'name'"
            ) from None

    def _namespaces(self) -> list[_Named]:
        place = self._fields.get("namespaces")
        if place is None:
            return []
        if place.is_sequence:
            out: dict[str, _Named] = {}
            for item in place.items():
                name = item.value(_netns_name)
                if name in out:
                    raise item.error(f"the namespace {name!r} is there twice", "each name once")
                out[name] = _Named(name, item.origin)
            return list(out.values())
        if not place.is_mapping:
            raise place.error(
                f"expected a list or keys, found {place.shown}",
                "[ns1, ns2], or names with keys below them",
            )
        return [
            _Named(body.key.blame(lambda name=name: _netns_name(name)), body.origin, body)  # type: ignore[misc]
            for name, body in place.entries().items()
        ]


def _netns_name(name: str) -> Netns:
    if "/" in name or ":" in name or not name or name == "host":
        raise InvalidValue(
            f"{name!r} cannot name a namespace", "a file name without ':', other than 'host'"
        )
    return Netns(name)
