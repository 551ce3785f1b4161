"""``glassnet exec NS -- CMD``."""

from __future__ import annotations

import click


@click.command(name="exec", context_settings={"ignore_unknown_options": True})
@click.argument("namespace", metavar="NS")
@click.argument("cmd", nargs=-1, required=True, type=click.UNPROCESSED)
def command(namespace: str, cmd: tuple[str, ...]) -> None:
    """Run CMD in the namespace NS: a name, a path, a process id, or `host`.

    The exit code is the command's own.
    """
    from glassnet import app
    from glassnet.kernel.enter import exec_in

    exec_in(app.resolve_netns(namespace), cmd)
