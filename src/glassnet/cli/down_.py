"""``glassnet down FILE|NAME``."""

from __future__ import annotations

import click

from glassnet.cli import complete
from glassnet.cli.ask import ask_within, confirm_option
from glassnet.cli.out import Reporter, dry_run_option, json_option, print_json


@click.command(name="down")
@click.argument("target", metavar="FILE|NAME", shell_complete=complete.network_or_file)
@dry_run_option
@confirm_option
@json_option
def command(target: str, dry_run: bool, confirm: float | None, as_json: bool) -> None:
    """Take a network down: all that glassnet made for it, last first.

    What was there before is put back; what somebody else has changed meanwhile is left, and said.
    """
    from glassnet import app
    from glassnet.plan.render import as_data, as_table

    name = app.name_of(target)
    reporter = Reporter(as_json=as_json)
    with app.engine(reporter) as engine:
        if dry_run:
            plan, _ = engine.plan_down(name)
            print_json(as_data(plan)) if as_json else click.echo(as_table(plan))
            return
        engine.down(name, ask_within(confirm))
    reporter.say(f"{name} is down")
