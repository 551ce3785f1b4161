"""``glassnet exec NS -- CMD``."""

from __future__ import annotations

import click

from glassnet.cli import complete


@click.command(name="exec", context_settings={"allow_interspersed_args": False})
@click.argument("namespace", metavar="NS", shell_complete=complete.namespace)
@click.argument("cmd", nargs=-1, required=True, type=click.UNPROCESSED)
def command(namespace: str, cmd: tuple[str, ...]) -> None:
    """Run CMD in the namespace NS: a name, a path, a process id, or `host`.

    All that follows NS is the command's own, with or without a `--` before it, and so is the exit
    code. /etc/netns/NS/* is seen in place of /etc/*, as `ip netns exec` has it.
    """
    from glassnet import app
    from glassnet.kernel.enter import exec_in

    words = cmd[1:] if cmd[0] == "--" else cmd
    if not words:
        raise click.UsageError("Missing argument 'CMD...'.", click.get_current_context())
    exec_in(app.resolve_netns(namespace), words)
