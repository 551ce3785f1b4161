"""What commands share in speaking: JSON or text, progress, the options of changing verbs."""

from __future__ import annotations

import json
import select
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from glassnet.events import Done, Event, Failed, Left, Planned, Recovered, Undone
from glassnet.ops.registry import to_builtins

F = TypeVar("F", bound=Callable[..., Any])


def wants_json() -> bool:
    """Whether ``--json`` was given, also where the options could not be read."""
    return "--json" in sys.argv[1:]


def json_option(function: F) -> F:
    """``--json``."""
    return click.option("as_json", "--json", is_flag=True, help="Print JSON.")(function)


def dry_run_option(function: F) -> F:
    """``--dry-run``."""
    text = "Say what would be done, and do nothing."
    return click.option("--dry-run", is_flag=True, help=text)(function)


def confirm_option(function: F) -> F:
    """``--confirm SECONDS``."""
    return click.option(
        "--confirm",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Take it back by itself unless Enter is pressed within this time.",
    )(function)


def print_json(value: object) -> None:
    """One JSON document."""
    click.echo(json.dumps(to_builtins(value), indent=2))


class Reporter:
    """Listens to the engine: a line for each change, or JSON lines."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._heard = True

    def __call__(self, event: Event) -> None:
        """Say it, for as long as somebody listens: what is being done is done all the same."""
        line = json.dumps(to_builtins(event)) if self._json else _line(event)
        if not line or not self._heard:
            return
        try:
            click.echo(line, err=not self._json and isinstance(event, Failed | Left | Recovered))
        except BrokenPipeError:
            self._heard = False


def _line(event: Event) -> str:
    match event:
        case Planned(name=name, verb=verb, total=total):
            return f"{verb} {name}: {total} {'change' if total == 1 else 'changes'}"
        case Done(step=step, total=total, operation=operation, commands=commands):
            lines = [line for command in commands for line in command.splitlines()[:1]]
            shown = "".join(f"\n{'':10}$ {line}" for line in lines)
            return f"{step:4}/{total:<4} {operation}{shown}"
        case Failed(step=step, total=total, operation=operation, error=error):
            return f"{step:4}/{total:<4} FAILED {operation}: {error}"
        case Undone(operation=operation):
            return f"     undone {operation}"
        case Left(operation=operation, reason=reason):
            return f"     left   {operation}: {reason}"
        case Recovered(name=name, verb=verb, outcome=outcome):
            return f"an earlier {verb} of {name} was cut short: it is {outcome} now"
        case _:
            return ""


def ask_within(seconds: float | None) -> Callable[[], bool] | None:
    """The question of ``--confirm``: True if Enter comes in time. None without the option."""
    if seconds is None:
        return None

    def asked() -> bool:
        click.echo(f"Keep it? Press Enter within {seconds:g} s, or it is taken back.", err=True)
        ready, _, _ = select.select([sys.stdin], [], [], seconds)
        return bool(ready) and sys.stdin.readline() == "\n"

    return asked
