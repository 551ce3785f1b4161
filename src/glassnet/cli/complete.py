"""What the shell may offer for an argument: networks, namespaces, runs.

Asked with every press of the Tab key, so: cheap, silent, and nothing is made. What cannot be read
is not offered.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from glassnet.errors import GlassnetError


def network_or_file(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """FILE|NAME: the networks that are up and lab files; if none fits, the shell's own files."""
    del ctx, param
    files = CompletionItem(incomplete, type="file")  # first: bash forgets what comes before it
    return [files, *_items(incomplete, {*_networks(), *_lab_files(incomplete)})]


def network(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """NAME: the networks that are up."""
    del ctx, param
    return _items(incomplete, _networks())


def namespace(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """NS: the host and the named namespaces; or the path of one."""
    del ctx, param
    if "/" in incomplete:
        return [CompletionItem(incomplete, type="file")]
    return _items(incomplete, {"host", *_namespaces()})


def run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """RUN: the numbers of what was done and can be undone, newest first."""
    del ctx, param
    return [
        CompletionItem(str(number), help=words)
        for number, words in _runs()
        if str(number).startswith(incomplete)
    ]


def _items(incomplete: str, words: Iterable[str]) -> list[CompletionItem[str]]:
    return [CompletionItem(word) for word in sorted(words) if word.startswith(incomplete)]


def _lab_files(incomplete: str) -> list[str]:
    directory, slash, begin = incomplete.rpartition("/")
    folder = Path(f"{directory}{slash}" or ".")
    with contextlib.suppress(OSError):
        return [
            f"{directory}{slash}{path.name}"
            for path in folder.iterdir()
            if path.suffix in {".yaml", ".yml"} and (begin or not path.name.startswith("."))
        ]
    return []


def _namespaces() -> list[str]:
    from glassnet import app

    with contextlib.suppress(OSError):
        return app.namespace_names()
    return []


def _networks() -> list[str]:
    from glassnet import app

    with contextlib.suppress(GlassnetError, OSError):
        return app.network_names()
    return []


def _runs() -> list[tuple[int, str]]:
    from glassnet import app

    with contextlib.suppress(GlassnetError, OSError):
        return app.undoable_runs()
    return []
