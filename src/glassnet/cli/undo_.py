"""``glassnet undo [RUN]``."""

from __future__ import annotations

import click

from glassnet.cli import complete
from glassnet.cli.out import Reporter, dry_run_option, json_option, print_json


@click.command(name="undo")
@click.argument("run", type=int, required=False, shell_complete=complete.run)
@dry_run_option
@json_option
def command(run: int | None, dry_run: bool, as_json: bool) -> None:
    """Take the last change back, or the RUN that `glassnet ls --runs` numbers.

    The host is then as it was before; what somebody else has changed since is left, and said.
    """
    from glassnet import app
    from glassnet.plan.render import as_data, as_table

    reporter = Reporter(as_json=as_json)
    with app.engine(reporter) as engine:
        if dry_run:
            plan, _ = engine.plan_undo(engine.last_run(run))
            print_json(as_data(plan)) if as_json else click.echo(as_table(plan))
            return
        plan = engine.undo(run)
    reporter.say(f"{plan.verb} {plan.name}: done")
