"""What `install` and `uninstall` share: their options, and how they say what was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glassnet.cli.cni.options import PATH
from glassnet.cli.out import print_json

if TYPE_CHECKING:
    from glassnet.runtime.install import Placed

F = TypeVar("F", bound=Callable[..., Any])


def bin_dir_option(function: F) -> F:
    """``--bin-dir``."""
    return click.option(
        "--bin-dir", metavar="DIR", default=PATH, show_default=True, help="The directory."
    )(function)


def types_option(function: F) -> F:
    """``--types``."""
    return click.option(
        "--types",
        metavar="TYPE,…",
        callback=_split,
        help="Only these types, with commas between; all there are if none is named.",
    )(function)


def _split(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...]:
    del context, option
    return tuple(one for one in (value or "").split(",") if one)


def say(placed: list[Placed], *, as_json: bool) -> None:
    """A line for each type."""
    if as_json:
        print_json([one._asdict() for one in placed])
        return
    for one in placed:
        beside = f", the former is {one.beside}" if one.beside else ""
        click.echo(f"{one.outcome:10} {one.path}{beside}")
