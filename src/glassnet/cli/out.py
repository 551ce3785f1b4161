"""What commands share in speaking: JSON or text, progress, the options of changing verbs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from glassnet.events import Done, Event, Failed, Left, Planned, Recovered, Undone
from glassnet.ops.written import to_builtins

F = TypeVar("F", bound=Callable[..., Any])

_DAY: Final = 86_400.0


class Seconds(click.FloatRange):
    """A time to wait: more than nothing, and at most a day."""

    def __init__(self) -> None:
        super().__init__(min=0, max=_DAY, min_open=True)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Of click's range, but no NaN, which is in every range."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value} is no time.", param, ctx)
        return number


def json_option(function: F) -> F:
    """``--json``."""
    return click.option("as_json", "--json", is_flag=True, help="Print JSON.")(function)


def dry_run_option(function: F) -> F:
    """``--dry-run``."""
    text = "Say what would be done, and do nothing."
    return click.option("--dry-run", is_flag=True, help=text)(function)


def print_json(value: object) -> None:
    """One JSON document."""
    click.echo(json.dumps(to_builtins(value), indent=2))


class Reporter:
    """Listens to the engine: a line for each change, or JSON lines."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._heard = True

    def __call__(self, event: Event) -> None:
        """Say it."""
        aside = isinstance(event, Failed | Left | Recovered)
        if self._json:
            self._tell(json.dumps(to_builtins(event)))
        elif line := _line(event):
            self._tell(line, err=aside)

    def say(self, text: str) -> None:
        """A closing word for people; nothing with ``--json``."""
        if not self._json:
            self._tell(text)

    def _tell(self, line: str, *, err: bool = False) -> None:
        """For as long as somebody listens: what is being done is done all the same."""
        if not self._heard:
            return
        try:
            click.echo(line, err=err)
        except OSError:  # the reader has gone, the terminal has, the disk is full
            self._heard = False


def _line(event: Event) -> str:
    match event:
        case Planned(name=name, verb=verb, total=total):
            return f"{verb} {name}: {counted(total, 'change')}"
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


def counted(number: int, noun: str) -> str:
    """``1 change``, ``2 changes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
