"""``glassnet cni``: a table of commands, each imported when it is called."""

from __future__ import annotations

import importlib
from typing import Final

import click

COMMANDS: Final = {
    "add": "Attach a namespace to a network.",
    "del": "Detach it again.",
    "check": "Ask whether an attachment is as ADD made it; exit 1 if not.",
    "gc": "Take away what is not among the valid attachments of a network.",
    "status": "Ask whether a network could take another attachment; exit 1 if not.",
    "version": "List the versions that a network's plugins speak; exit 1 if not its own.",
    "repair": "Put back the rules of containers' networks that somebody has flushed.",
    "watch": "Put them back whenever somebody flushes them, until stopped.",
    "doctor": "Say what a runtime would find on this host; exit 1 if something is wrong.",
    "dhcp-daemon": "Ask DHCP servers for containers' addresses, and keep what they lease.",
    "install": "Put glassnet's plugins where container runtimes look for them.",
    "uninstall": "Take them away again.",
}


class Group(click.Group):
    """The commands, which live in modules of their own names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import it."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"glassnet.cli.cni.{cmd_name.replace('-', '_')}_")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(name="cni", cls=Group)
def command() -> None:
    """Be a container runtime: networks of CNI plugins, glassnet's own and others'.

    The environment is that of cnitool: NETCONFPATH, CNI_PATH, CNI_ARGS, CAP_ARGS, CNI_IFNAME. So is
    a container's id, made of its namespace's path: what either attached, the other detaches.
    """
