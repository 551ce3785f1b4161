"""The JSON Schema and the reader say the same: examples pass both, every key is honoured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from glassnet.errors import ConfigError
from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.lab.schema import HOP, SCHEMA, Schema, keys, required
from glassnet.ops.written import to_builtins

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.yaml"))
PARTS: dict[str, Schema] = {"lab": SCHEMA, "hop": HOP, **SCHEMA["$defs"]}

# A file with a hole for one more key, where all that the key may refer to is there.
FRAMES = {
    "lab": "{%s}",
    "host": "host: {%s}",
    "namespace": "namespaces: {a: {%s}}",
    "bridge": "namespaces: [a]\nbridges: {br0: {prefixes: [10.9.0.0/24], %s}}",
    "bridge-options": "bridges: {br0: {options: {%s}}}",
    "port-options": (
        "namespaces: [a]\nbridges: {br0: }\nlinks: [{ends: [a:x, {at: br0, port: {%s}}]}]"
    ),
    "link": "namespaces: [a, b]\nlinks: [{ends: [a:x, b:x], %s}]",
    "end": "namespaces: [a, b]\nbridges: {br0: }\nlinks: [{ends: [a:x, {at: 'b:x', %s}]}]",
    "route": "host: {routes: [{to: 10.0.0.0/8, %s}]}",
    "hop": "host: {routes: [{to: default, nexthops: [{via: 10.0.0.1, %s}, {via: 10.0.0.2}]}]}",
    "rule": "host: {rules: [{priority: 5, table: 7, %s}]}",
    "neighbour": "host: {neighbours: [{address: 10.0.0.9, dev: eth0, %s}]}",
    "publish": "namespaces: [a]\nhost: {publish: [{port: 80, to: 10.0.0.2, %s}]}",
}
SETTINGS = {
    "routes": "[default via 10.0.0.1]",
    "rules": "[{priority: 5, table: 7}]",
    "neighbours": "[{address: 10.0.0.9, dev: eth0}]",
    "sysctls": "{net.ipv4.ip_forward: true}",
    "forwarding": "true",
    "masquerade": "[10.0.0.0/24]",
    "publish": "['80 -> 10.0.0.2']",
}
VALUES: dict[str, dict[str, str]] = {
    "lab": {
        "name": "one",
        "description": "a lab",
        "mtu": "1400",
        "host": "{forwarding: true}",
        "namespaces": "[a]",
        "bridges": "{br0: {in: host}}",
        "links": "['host:x -- host:y']",
    },
    "host": SETTINGS,
    "namespace": {**SETTINGS, "loopback": "false"},
    "bridge": {
        "in": "a",
        "addresses": "[10.0.0.1/24]",
        "prefixes": "[10.0.0.0/24]",
        "gateway": "true",
        "masquerade": "true",
        "mtu": "1400",
        "mac": "'02:00:00:00:00:01'",
        "options": "{stp_state: true}",
    },
    "bridge-options": {
        "stp_state": "true",
        "priority": "1",
        "forward_delay": "200",
        "hello_time": "100",
        "max_age": "600",
        "ageing_time": "1",
        "group_fwd_mask": "8",
        "vlan_filtering": "true",
        "vlan_default_pvid": "2",
        "mcast_snooping": "false",
        "mcast_querier": "true",
    },
    "port-options": {
        **dict.fromkeys(["isolated", "hairpin", "guard", "root_block", "fastleave"], "true"),
        **dict.fromkeys(["learning", "flood", "mcast_flood", "bcast_flood"], "false"),
        "neigh_suppress": "1",
        "cost": "10",
        "priority": "63",
    },
    "link": {"ends": "[a:y, b:y]", "prefixes": "[10.0.0.0/31]", "mtu": "1400"},
    "end": {
        "at": "'b:y'",
        "addresses": "[10.0.0.1/24]",
        "mac": "'02:00:00:00:00:01'",
        "port": "{isolated: true}",
    },
    "route": {
        "to": "10.0.0.0/9",
        "via": "10.0.0.1",
        "dev": "eth0",
        "nexthops": "[{via: 10.0.0.1}, {via: 10.0.0.2}]",
        "type": "blackhole",
        "scope": "link",
        "onlink": "true",
        "src": "10.0.0.1",
        "metric": "1",
        "table": "2",
        "mtu": "1400",
        "advmss": "1000",
    },
    "hop": {"via": "10.0.0.3", "dev": "eth0", "weight": "2"},
    "rule": {
        "priority": "6",
        "table": "8",
        "from": "10.0.0.0/24",
        "to": "10.0.0.0/24",
        "iif": "eth0",
        "oif": "eth0",
        "mark": "1",
        "mask": "0xf",
        "family": "6",
    },
    "neighbour": {"address": "10.0.0.8", "mac": "'02:00:00:00:00:01'", "dev": "eth1"},
    "publish": {"port": "8080-8081", "to": "10.0.0.3", "protocol": "udp", "address": "10.0.0.1"},
}
# What a key needs beside it, and what may not stand beside it.
BESIDE: dict[tuple[str, str], dict[str, Any]] = {
    ("lab", "mtu"): {"links": ["host:x -- host:y"]},
    ("end", "port"): {"at": "br0"},
    ("rule", "mask"): {"mark": 1},
}
APART = {("bridge", "addresses"): "prefixes"}


def _frame(part: str, key: str) -> tuple[Any, dict[str, Any]]:
    """The data of a part's frame, and the mapping in it that is to get the key."""
    data = yaml.safe_load(FRAMES[part] % "HOLE: 1")
    waiting = [data]
    for one in waiting:
        if isinstance(one, dict) and one.pop("HOLE", None):
            one.update(BESIDE.get((part, key), {}))
            one.pop(APART.get((part, key), ""), None)
            return (data, one)
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else []
    raise LookupError(part)


def _said(data: Any) -> Any:
    """What a file with this data says, wherever in it that stands."""
    return _less_origins(to_builtins(read(yaml.safe_dump(data), "frame.yaml")))


def _less_origins(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _less_origins(v) for k, v in value.items() if k != "origin"}
    return [_less_origins(one) for one in value] if isinstance(value, list | tuple) else value


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(dict(SCHEMA))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_passes_both(example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    assert compile_lab(read(text, example.name))
    assert list(Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize("part", PARTS)
def test_every_key_is_tried(part: str) -> None:
    assert set(VALUES[part]) == set(keys(PARTS[part]))
    assert set(required(PARTS[part])) <= set(keys(PARTS[part]))


@pytest.mark.parametrize(
    ("part", "key"), [(part, key) for part, values in VALUES.items() for key in values]
)
def test_a_key_makes_a_difference(part: str, key: str) -> None:
    data, where = _frame(part, key)
    before = _said(data)
    where[key] = yaml.safe_load(VALUES[part][key])
    assert Draft202012Validator(SCHEMA).is_valid(data)
    assert _said(data) != before


@pytest.mark.parametrize("part", PARTS)
def test_a_key_that_is_not_in_it_is_refused(part: str) -> None:
    data, where = _frame(part, "")
    where["surplus"] = 1
    assert not Draft202012Validator(SCHEMA).is_valid(data)
    with pytest.raises(ConfigError, match="unknown key 'surplus'"):
        read(yaml.safe_dump(data), "frame.yaml")


@pytest.mark.parametrize(
    ("part", "key"), [(part, key) for part, schema in PARTS.items() for key in required(schema)]
)
def test_a_key_that_must_be_there_is_missed(part: str, key: str) -> None:
    data, where = _frame(part, key)
    del where[key]
    assert not Draft202012Validator(SCHEMA).is_valid(data)
    with pytest.raises(ConfigError, match=f"the key '{key}' is missing"):
        read(yaml.safe_dump(data), "frame.yaml")


def test_the_properties_that_have_bounds_have_both() -> None:
    for schema in PARTS.values():
        for value in schema["properties"].values():
            if value.get("type") == "integer":
                assert value["minimum"] < value["maximum"]


@pytest.mark.parametrize(
    ("part", "key", "good", "bad"),
    [
        ("lab", "mtu", [68, 65535], [67, 65536]),
        ("route", "dev", ["e", "e" * 15], ["", "e" * 16]),
        ("route", "table", [1, 2**32 - 1], [0, 2**32]),
        ("route", "metric", [0, 2**32 - 1], [-1, 2**32]),
        ("route", "advmss", [1, 65535], [0, 65536]),
        ("hop", "weight", [1, 256], [0, 257]),
        ("rule", "priority", [1, 32765], [0, 32766]),
        ("rule", "mark", [1, 2**32 - 1], [-1, 2**32]),
        ("rule", "family", [4, 6], [5]),
        ("publish", "port", [1, 65535, "1-65535"], [0, 65536]),
        ("bridge-options", "group_fwd_mask", [0, 65528], [-1, 65529]),
        ("bridge-options", "stp_state", [0, 1, True, False], [2, -1, "maybe"]),
        ("port-options", "cost", [1, 65535], [0, 65536]),
    ],
)
def test_bounds_are_the_same(part: str, key: str, good: list[object], bad: list[object]) -> None:
    for value in (*good, *bad):
        data, where = _frame(part, key)
        where[key] = value
        assert Draft202012Validator(SCHEMA).is_valid(data) == (value in good), value
        if value in good:
            read(yaml.safe_dump(data), "frame.yaml")
        else:
            with pytest.raises(ConfigError):
                read(yaml.safe_dump(data), "frame.yaml")
