"""The tables of keys say what the plugins do: what they read, refuse, pass over, take for nothing.

tests/data/cni/reference-keys.json has the keys of the reference plugins (v1.9.1): each must be in a
table, be it as one that is refused.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from glassnet.cli.cni import options
from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import UNSUPPORTED_FIELD, CniError
from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import SECTIONS, Key, Table, table, tables
from glassnet.plugins.registry import IPAM, TYPES
from glassnet.testing.asked import answer, asked

ROOT: Final = Path(__file__).parents[3]
REFERENCE: Final[dict[str, dict[str, list[str]]]] = json.loads(
    (ROOT / "tests/data/cni/reference-keys.json").read_text()
)
LATER: Final[frozenset[str]] = frozenset()
"""Types of the reference that there are not yet; once there is one, it goes from here."""

EVERY: Final = [
    pytest.param(one, section, key, id=f"{one.type} {SECTIONS[section]}{key.name}")
    for one in tables().values()
    for section in SECTIONS
    for key in getattr(one, section)
]
VARIABLE: Final = r"(CNI|GLASSNET)_[A-Z_]+|TRACE(PARENT|STATE)|BAGGAGE"
PARTS: Final = ("bridge", "ptp", "portmap", "firewall", "bandwidth", "tuning")
"""What glassnet stands for."""


def test_every_type_of_the_reference_is_there_but_those_named_above() -> None:
    assert set(REFERENCE) - set(TYPES) == LATER
    assert set(TYPES) - set(REFERENCE) == {"glassnet"}


@pytest.mark.parametrize("type_", sorted(set(REFERENCE) - LATER))
def test_every_key_of_the_reference_is_there(type_: str) -> None:
    ours = table(type_)
    for section in SECTIONS:
        there = {key.name: key for key in getattr(ours, section)}
        theirs = set(REFERENCE[type_].get(section, ()))
        assert theirs <= there.keys(), section
        more = there.keys() - theirs
        assert all(there[name].ours or there[name].idle for name in more), (section, more)
        assert not any(there[name].ours for name in theirs), section


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The paths of what is read of configurations, from now on."""
    paths: set[str] = set()
    inner = Conf.get

    def get(self: Conf, name: str) -> Conf:
        found = inner(self, name)
        paths.add(re.sub(r"\[\d+\]", "[]", found.path).removeprefix("$."))
        return found

    monkeypatch.setattr(Conf, "get", get)
    return paths


def examples(one: Table) -> Iterator[Ask]:
    """The least configuration, and each key's example."""
    yield asked(one)
    for section in SECTIONS:
        for key in getattr(one, section):
            if key.example is not None:
                yield asked(one, section, key)


def written(one: Table) -> set[str]:
    """Its keys by their paths, without what is in a list."""
    below = "ipam." if one.type in IPAM else ""
    starts = {"conf": below, "runtime": "runtimeConfig.", "args": "args.cni."}
    paths = {f"{start}{key.name}" for name, start in starts.items() for key in getattr(one, name)}
    return {path.removesuffix("[]") for path in paths}


def parents(paths: set[str]) -> set[str]:
    """What keys are below."""
    parts = [path.split(".") for path in paths]
    whole = {".".join(one[:n]) for one in parts for n in range(1, len(one))}
    return {re.sub(r"(\[\])+$", "", path) for path in whole}


def keys_read(one: Table, seen: set[str]) -> set[str]:
    """What the plugin reads of the examples, but for what the protocol says."""
    for ask in examples(one):
        with contextlib.suppress(CniError):
            answer(ask)
    protocol = {key.name for key in shared.OBJECT} | {"args", "runtimeConfig"}
    of_all = {"ipam.type", *(key.name.removesuffix("[]") for key in shared.IN_DNS)}
    said = {path for path in seen if not path.startswith("CNI_") and "prevResult" not in path}
    return said - protocol - of_all


@pytest.mark.parametrize("type_", sorted(set(TYPES) - {"glassnet"}))
def test_the_table_has_what_the_plugin_reads_and_no_more(type_: str, seen: set[str]) -> None:
    one = table(type_)
    read, keys = keys_read(one, seen), written(one)
    assert keys - read - {"dns", "ipam"} == set()
    assert read - keys - parents(keys) == set()


def test_glassnet_reads_its_keys_and_passes_over_others_of_the_types_it_stands_for(
    seen: set[str],
) -> None:
    one = table("glassnet")
    assert written(one) - keys_read(one, seen) - {"dns", "ipam"} == set()
    before = answer(asked(one))
    for part in map(table, PARTS):
        for section in ("conf", "args"):
            there = {key.name for key in getattr(one, section)}
            for key in getattr(part, section):
                if key.name not in there and key.example is not None:
                    assert answer(asked(one, section, key)) == before, (part.type, key.name)


@pytest.mark.parametrize(("one", "section", "key"), EVERY)
def test_a_key_does_what_is_said_of_it(one: Table, section: str, key: Key) -> None:
    before = answer(asked(one))
    if key.example is None:
        assert key.otherwise == "must be there" or key.name in one.least
        return
    if key.refused:
        with pytest.raises(CniError) as raised:
            answer(asked(one, section, key))
        assert raised.value.code == UNSUPPORTED_FIELD
        return
    after = answer(asked(one, section, key))
    if key.idle:
        assert after == before
    if key.default is not None and key.name.rpartition(".")[2] not in key.beside:
        there, without = (asked(one, section, key, value) for value in (key.default, None))
        assert answer(there) == answer(without)


@pytest.mark.parametrize(("one", "section", "key"), EVERY)
def test_what_is_of_another_type_is_refused(one: Table, section: str, key: Key) -> None:
    if section == "arguments":
        return
    wrong: Any = "x" if key.type != "string" else 7
    with pytest.raises(CniError):
        answer(asked(one, section, key, wrong))


def test_the_environment() -> None:
    sources = [*ROOT.glob("src/glassnet/cni/call.py"), *ROOT.glob("src/glassnet/serve/*.py")]
    sources += [ROOT / "src/glassnet" / one for one in ("kernel/nft.py", "engine/store.py")]
    assert named(sources) == {key.name for key in shared.ENVIRONMENT}
    by_command_line = {key.name for key in shared.COMMAND_LINE}
    assert by_command_line == set(re.findall(r'envvar="(\w+)"', Path(options.__file__).read_text()))


def named(sources: list[Path]) -> set[str]:
    """The variables that some sources name."""
    found: set[str] = set()
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if re.fullmatch(VARIABLE, node.value) else set()
    return found
