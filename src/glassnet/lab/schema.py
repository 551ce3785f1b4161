"""The lab file's JSON Schema: what editors complete from, and the list of keys `read` accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassnet.ops.bridge import BRIDGE_OPTIONS, PORT_OPTIONS, Option
from glassnet.ops.publish import PROTOCOLS
from glassnet.ops.route import TYPES

Schema = Mapping[str, Any]

CIDR: Schema = {"type": "string", "description": "an address with its prefix length: 10.0.0.2/24"}
ADDRESS: Schema = {"type": "string", "description": "an IPv4 or IPv6 address"}
PREFIX: Schema = {"type": "string", "description": "a network: 10.0.0.0/24"}
IFNAME: Schema = {"type": "string", "minLength": 1, "maxLength": 15}
NAME: Schema = {"type": "string", "minLength": 1}
MAC: Schema = {"type": "string", "pattern": "^([0-9A-Fa-f]{1,2}[:-]){5}[0-9A-Fa-f]{1,2}$"}
MTU: Schema = {"type": "integer", "minimum": 68, "maximum": 65535}
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
TABLE: Schema = {"type": "integer", "minimum": 1, "maximum": 2**32 - 1}
WORD: Schema = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}
BOOLEAN: Schema = {"type": "boolean"}


def _object(properties: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    out: dict[str, Any] = {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
    }
    if required:
        out["required"] = list(required)
    return out


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _said(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _options(table: Mapping[str, Option]) -> Schema:
    def one(option: Option) -> Schema:
        number = {"type": "integer", "minimum": option.low, "maximum": option.high}
        kind: Schema = {"anyOf": [BOOLEAN, number]} if option.high == 1 else number
        return _said(kind, option.help)

    return _object({name: one(option) for name, option in table.items()})


HOP = _object(
    {
        "via": ADDRESS,
        "dev": IFNAME,
        "weight": {"type": "integer", "minimum": 1, "maximum": 256},
    }
)
ROUTE = _object(
    {
        "to": _said(NAME, "a network, or 'default'"),
        "via": _said(ADDRESS, "the gateway"),
        "dev": _said(IFNAME, "the interface to leave by"),
        "nexthops": _said(_list(HOP), "several ways, by weight"),
        "type": {"enum": list(TYPES)},
        "scope": {"enum": ["global", "link", "host"]},
        "onlink": _said(BOOLEAN, "take the gateway to be on the link whatever the addresses say"),
        "src": _said(ADDRESS, "the address to send from"),
        "metric": WORD,
        "table": TABLE,
        "mtu": MTU,
        "advmss": {"type": "integer", "minimum": 1, "maximum": 65535},
    },
    ("to",),
)
RULE = _object(
    {
        "priority": {"type": "integer", "minimum": 1, "maximum": 32765},
        "table": TABLE,
        "from": PREFIX,
        "to": PREFIX,
        "iif": IFNAME,
        "oif": IFNAME,
        "mark": WORD,
        "mask": WORD,
        "family": {"enum": [4, 6]},
    },
    ("priority", "table"),
)
NEIGHBOUR = _object({"address": ADDRESS, "mac": MAC, "dev": IFNAME}, ("address", "dev"))
PUBLISH = _object(
    {
        "port": _said(
            {"anyOf": [PORT, {"type": "string"}]}, "the host's port, or a range 8000-8010"
        ),
        "to": _said(NAME, "NAMESPACE or ADDRESS, with :PORT if it is another"),
        "protocol": {"enum": list(PROTOCOLS)},
        "address": _said(ADDRESS, "only this one of the host's addresses"),
    },
    ("port", "to"),
)

_SETTINGS: dict[str, Schema] = {
    "routes": _said(
        _list({"anyOf": [{"type": "string"}, _ref("route")]}),
        "routes, as 'default via 10.0.0.1' or key by key",
    ),
    "rules": _said(_list(_ref("rule")), "routing rules"),
    "neighbours": _said(_list(_ref("neighbour")), "fixed neighbour entries"),
    "sysctls": _said(
        {"type": "object", "additionalProperties": {"type": ["string", "integer", "boolean"]}},
        "settings under net., such as net.ipv4.tcp_syncookies: 1",
    ),
    "forwarding": _said(BOOLEAN, "pass packets on between interfaces"),
    "masquerade": _said(_list(PREFIX), "networks that leave with this namespace's own address"),
    "publish": _said(
        _list({"anyOf": [{"type": "string"}, _ref("publish")]}),
        "ports that lead into namespaces, as '8080:80 -> ns1' or key by key",
    ),
}

SWITCH_OPTIONS = _options(BRIDGE_OPTIONS)
SWITCH_PORT_OPTIONS = _options(PORT_OPTIONS)
HOST = _object(_SETTINGS)
NAMESPACE = _object(
    {**_SETTINGS, "loopback": _said(BOOLEAN, "whether lo is brought up (default: true)")}
)
_BRIDGE = _object(
    {
        "in": _said(NAME, "the namespace it is in (default: host)"),
        "addresses": _said(_list(CIDR), "the bridge's own addresses"),
        "prefixes": _said(
            _list(PREFIX),
            "networks: the bridge takes the first address, ends without one the next",
        ),
        "gateway": _said(BOOLEAN, "whether its addresses are the default routes of who is on it"),
        "masquerade": _said(BOOLEAN, "whether what leaves its networks leaves masqueraded"),
        "mtu": MTU,
        "mac": MAC,
        "options": _ref("bridge-options"),
    }
)
BRIDGE: Schema = {**_BRIDGE, "not": {"required": ["addresses", "prefixes"]}}
END = _object(
    {
        "at": _said(NAME, "NAMESPACE:IFNAME, BRIDGE or BRIDGE:IFNAME"),
        "addresses": _list(CIDR),
        "mac": MAC,
        "port": _ref("port-options"),
    },
    ("at",),
)
LINK = _object(
    {
        "ends": _said(
            {
                "type": "array",
                "items": {"anyOf": [{"type": "string"}, _ref("end")]},
                "minItems": 2,
                "maxItems": 2,
            },
            "the two ends of the cable",
        ),
        "prefixes": _said(_list(PREFIX), "networks that ends without addresses get theirs from"),
        "mtu": MTU,
    },
    ("ends",),
)

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "glassnet lab file",
    "type": "object",
    "properties": {
        "name": _said(NAME, "the network's name (default: the file's)"),
        "description": _said({"type": "string"}, "a word for people"),
        "mtu": _said(MTU, "the mtu of every link and bridge that names none"),
        "host": _ref("host"),
        "namespaces": _said(
            {
                "anyOf": [
                    _list(NAME),
                    {
                        "type": "object",
                        "additionalProperties": {"anyOf": [{"type": "null"}, _ref("namespace")]},
                    },
                ]
            },
            "the namespaces, by name",
        ),
        "bridges": _said(
            {
                "type": "object",
                "additionalProperties": {"anyOf": [{"type": "null"}, _ref("bridge")]},
            },
            "the virtual switches, by name",
        ),
        "links": _said(
            _list({"anyOf": [{"type": "string"}, _ref("link")]}),
            "the virtual cables, as 'ns1:eth0 -- br0' or key by key",
        ),
    },
    "additionalProperties": False,
    "$defs": {
        "host": HOST,
        "namespace": NAMESPACE,
        "bridge": BRIDGE,
        "bridge-options": SWITCH_OPTIONS,
        "port-options": SWITCH_PORT_OPTIONS,
        "link": LINK,
        "end": END,
        "route": ROUTE,
        "rule": RULE,
        "neighbour": NEIGHBOUR,
        "publish": PUBLISH,
    },
}


def keys(schema: Schema) -> tuple[str, ...]:
    """The keys that an object of this schema may have."""
    return tuple(schema["properties"])


def required(schema: Schema) -> tuple[str, ...]:
    """Those that it must have."""
    return tuple(schema.get("required", ()))
