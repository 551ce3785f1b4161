"""docs/reference/cni.md: every key of every plugin type, and what differs from the reference."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Sequence

from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import SECTIONS, Key, Table, tables
from glassnet.testing.asked import READERS, asked, desired, features

DIFFERENCES = "glassnet.testing.differences"
IPV6 = "CONFIG_IPV6"
STATES = """\
| state | |
|---|---|
| done | as the reference plugins do it; "needs" names what else the kernel must have, or the host |
| ours | done, and the reference plugins do not have it |
| no effect | taken, but nothing follows from it: what it is for is not needed here |
| refused | an error that names it (code 2), and nothing is changed |"""
INTRODUCTION = """\
Every key that CNI's plugins take, with those of the reference plugins (v1.9.1) that are refused.
As there, keys match whatever their case, `null` is as good as nothing, and keys that are not listed
are passed over. A value of the wrong type is an error that names the place: `$.ipam.ranges[0][0]`.

In the tables a key is under its place: without a prefix it is the plugin's own, `runtimeConfig.` is
what the runtime says by capability, `args.cni.` what the configuration's author says to all
plugins, `CNI_ARGS` a pair of that variable. Where the kernel lacks a feature, ADD fails in its
words and leaves nothing."""


def page(note: str) -> str:
    """The page as Markdown."""
    all_ = tables()
    parts = [
        f"{note}\n\n# CNI: every key",
        INTRODUCTION,
        STATES,
        " · ".join(f"[{name}](#{name})" for name in all_),
        *(section(one) for one in all_.values()),
        "## In every object",
        rows((key.name, key, done(key)) for key in shared.OBJECT),
        "CNI_ARGS of each type that reads them:",
        rows((f"CNI_ARGS `{key.name}`", key, done(key)) for key in shared.ARGUMENTS),
        "## In a network's list",
        rows((key.name, key, done(key)) for key in shared.LIST),
        "## In the environment",
        "Of a plugin:",
        rows((key.name, key, done(key)) for key in shared.ENVIRONMENT),
        "Of `glassnet cni`, as of cnitool:",
        rows((key.name, key, done(key)) for key in shared.COMMAND_LINE),
        *differences(),
    ]
    return "\n\n".join(parts) + "\n"


def section(one: Table) -> str:
    """A type: what it is, what it needs, its keys."""
    base = needs(one)
    words = f"Needs {listed(base)}. " if base else ""
    keys = [
        (f"{prefix}{key.name}", key, state(one, name, key))
        for name, prefix in SECTIONS.items()
        for key in getattr(one, name)
    ]
    parts = [f"## {one.type}", f"{one.words} {words}".strip()]
    return "\n\n".join([*parts, rows(keys)] if keys else parts)


def state(one: Table, section: str, key: Key) -> str:
    """Done, and what it needs beside what the type needs; or why not."""
    if key.refused:
        return f"refused: {key.refused}"
    if key.idle or key.example is None:
        return done(key)
    more = [name for name in needs(one, section, key) if name not in needs(one)]
    return f"{done(key)}; needs {listed(more)}" if more else done(key)


def done(key: Key) -> str:
    """Done, as the reference does it or beyond it."""
    if key.idle:
        return f"no effect: {key.idle}"
    return "ours" if key.ours else "done"


def needs(one: Table, section: str = "", key: Key | None = None) -> list[str]:
    """Features of the kernel that a configuration needs; IPv6 is a matter of its addresses."""
    if one.type in READERS:
        return []
    wanted = desired(asked(one, section, key))
    return [name for name in features((*wanted.shared, *wanted.own)) if name != IPV6]


def listed(names: Sequence[str]) -> str:
    """Names in a row: ``CONFIG_IFB, CONFIG_NET_SCH_TBF``."""
    return ", ".join(names)


def rows(keys: Iterable[tuple[str, Key, str]]) -> str:
    """A table of keys, each with how it is written and its state."""
    lines = ["| key | type | default | | state |", "|---|---|---|---|---|"]
    for name, key, words in keys:
        written = name if "`" in name else f"`{name}`"
        cells = (written, key.type, default(key), key.words, words)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def default(key: Key) -> str:
    """What is as good as nothing, or words for it."""
    if key.otherwise:
        return key.otherwise
    return "" if key.default is None else f"`{json.dumps(key.default)}`"


def differences() -> list[str]:
    """What is meant to differ, if it is written down: each is tried side by side by the tests."""
    if importlib.util.find_spec(DIFFERENCES) is None:
        return []
    found = importlib.import_module(DIFFERENCES).DIFFERENCES
    lines = ["| type | | the reference | glassnet | why |", "|---|---|---|---|---|"]
    for one in found:
        cells = (one.type, one.what, one.theirs, one.ours, one.why)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    words = "Found by tests that run both beside each other: what is not here does not differ."
    return ["## What differs from the reference, on purpose", words, "\n".join(lines)]
