"""The command ``glassnet``: a table of commands, each imported when it is called.

Exit codes: 0 done; 1 the answer is no (drift, no reply); 2 bad input or an unfit host, nothing
touched; 3 refused on the way, all undone; 4 something is left behind, or the journal is unusable.
"""

from __future__ import annotations

import importlib
import sys

import click

import glassnet

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
    "completion": "Print the completion script for a shell.",
}


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(glassnet.__version__, message="glassnet %(version)s")
def cli() -> None:
    """Container networking without the magic: what you read is what runs.

    Exit codes: 0 done · 1 the answer is no (drift, no reply) · 2 bad input or an unfit host,
    nothing touched · 3 refused on the way, all undone · 4 something is left behind.
    """


def main() -> None:
    """Run the command line; errors become a message, advice and an exit code."""
    from glassnet.errors import GlassnetError

    try:
        code = cli.main(standalone_mode=False)
    except GlassnetError as error:
        _print_error(error)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("glassnet: interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone: nobody to tell
        sys.exit(141)
    sys.exit(code if isinstance(code, int) else 0)


def _print_error(error: Exception) -> None:
    from glassnet.cli.out import wants_json
    from glassnet.errors import GlassnetError

    assert isinstance(error, GlassnetError)
    if wants_json():
        import json

        click.echo(json.dumps(error.as_json()))
        return
    click.echo(f"glassnet: {error}", err=True)
    if error.advice():
        click.echo(f"  {error.advice()}", err=True)
