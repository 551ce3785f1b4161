"""The command ``glassnet``: a table of commands, each imported when it is called.

Exit codes: 0 done; 1 the answer is no (drift, no reply); 2 bad input or an unfit host, nothing
touched; 3 refused on the way, all undone; 4 something is left behind, or the journal is unusable.
"""

from __future__ import annotations

import errno
import importlib
import signal
import sys
from types import FrameType
from typing import Final, TextIO

import click

import glassnet

NAME: Final = "glassnet"

COMMANDS = {
    "up": "Bring the network of a lab file up.",
    "down": "Take a network down, to nothing.",
    "plan": "Show what `up` would do, as commands.",
    "check": "Compare the host with a lab file or a network; exit 1 on drift.",
    "show": "Show what is in a namespace, or in all.",
    "exec": "Run a command in a namespace.",
    "ping": "Ask an address from a namespace whether it is there.",
    "undo": "Take the last change back.",
    "repair": "Finish what was cut short and mend what has drifted.",
    "ls": "List the networks that are up, or what was done.",
    "lab": "Run a command in a private host: no root needed, nothing outside changes.",
    "cni": "Be a container runtime: attach, detach and check by CNI plugins; install our own.",
    "daemon": "See to the daemon that serves calls of CNI plugins.",
    "completion": "Print the completion script for a shell.",
}

_OWN_WORDS: Final = frozenset({"exec", "lab"})
"""Commands whose arguments are another program's, ``--json`` among them."""


class Lazy(click.Group):
    """A group whose commands live in modules of their own names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import it."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"glassnet.cli.{cmd_name}_")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a name that is near a command's is told so."""
        if args[0] not in COMMANDS and args[0].isalpha() and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(COMMANDS)}."
            ctx.fail(f"No such command '{args[0]}'. {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """As click does, but for what ends a command from outside."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:  # click would say a word to a terminal that may be gone
            raise Interrupted(getattr(error, "number", signal.SIGINT)) from error
        except BrokenPipeError:
            ctx.exit(128 + signal.SIGPIPE)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EIO}:
                raise
            raise Unwritable(f"The output cannot be written: {error.strerror}") from error


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(glassnet.__version__, message="glassnet %(version)s")
def cli() -> None:
    """Container networking without the magic: what you read is what runs.

    Exit codes: 0 done · 1 the answer is no (drift, no reply) · 2 bad input or an unfit host,
    nothing touched · 3 refused on the way, all undone · 4 something is left behind.
    """


class Stopped(KeyboardInterrupt):
    """SIGTERM or SIGHUP: treated as Ctrl-C, so that what was begun is taken back."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Unwritable(click.ClickException):
    """Nobody has the answer: the disk is full, the terminal is gone."""

    exit_code = 2


class Interrupted(Exception):
    """A command was ended by the signal of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main() -> None:
    """Run the command line; errors become a message, advice and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        _speak_anything(stream)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # nohup(1) ignores one of them
            signal.signal(number, _stop)
    sys.exit(_run())


def _run() -> int:
    from glassnet.errors import GlassnetError

    try:
        code = cli.main(prog_name=NAME, standalone_mode=False)
    except GlassnetError as error:
        _print_error(error)
        return error.exit_code
    except click.ClickException as error:
        _print_usage_error(error)
        return error.exit_code
    except Interrupted as error:
        _say("glassnet: interrupted")
        return 128 + error.number
    return code if isinstance(code, int) else 0


def _speak_anything(stream: TextIO | None) -> None:
    """A terminal that lacks a letter gets its number: words may not end what is being done."""
    reconfigure = getattr(stream, "reconfigure", None)  # None if closed, or another's in a test
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _stop(number: int, frame: FrameType | None) -> None:
    del frame
    raise Stopped(number)


def _print_error(error: Exception) -> None:
    from glassnet.errors import GlassnetError

    assert isinstance(error, GlassnetError)
    if wants_json():
        _print_json({**error.as_json(), "exit_code": error.exit_code})
        return
    _say(f"glassnet: {error}")
    if error.advice():
        _say(f"  {error.advice()}")


def _print_usage_error(error: click.ClickException) -> None:
    if not wants_json():
        error.show()
        return
    out: dict[str, object] = {"error": "UsageError", "message": error.format_message()}
    if isinstance(error, click.UsageError) and error.ctx is not None:
        out["advice"] = f"see {error.ctx.command_path} --help"
    _print_json({**out, "exit_code": error.exit_code})


def wants_json() -> bool:
    """Whether ``--json`` was given, also where the options could not be read."""
    words = sys.argv[1:]
    command = next((word for word in words if not word.startswith("-")), "")
    return "--json" in words and command not in _OWN_WORDS


def _print_json(value: dict[str, object]) -> None:
    import json

    try:
        click.echo(json.dumps(value))
    except OSError:
        _say(f"glassnet: {value['message']}")


def _say(text: str) -> None:
    try:
        click.echo(text, err=True)
    except OSError:
        return  # nobody to tell: the exit code tells it
