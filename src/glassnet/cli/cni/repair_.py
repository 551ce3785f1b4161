"""``glassnet cni repair``."""

from __future__ import annotations

import click

from glassnet.cli.out import json_option, print_json


@click.command(name="repair")
@json_option
def command(as_json: bool) -> None:
    """Put back the rules of containers' networks that somebody has flushed.

    All of them, at once: tables, what they say of networks and attachments, and the ways through
    the host's own firewall. Any call of a plugin does the same where a table is gone.
    """
    from glassnet import app
    from glassnet.engine.mend import mend

    with app.engine() as engine:
        done = mend(engine)
    if as_json:
        print_json({"repaired": done})
        return
    for line in done:
        click.echo(f"put back: {line}")
    if not done:
        click.echo("nothing is lost")
