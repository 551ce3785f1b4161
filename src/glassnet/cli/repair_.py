"""``glassnet repair [NAME]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from glassnet.cli import complete
from glassnet.cli.out import Reporter, counted, dry_run_option, json_option, print_json

if TYPE_CHECKING:
    from glassnet.engine.engine import Engine


@click.command(name="repair")
@click.argument("name", required=False, shell_complete=complete.network)
@dry_run_option
@json_option
def command(name: str | None, dry_run: bool, as_json: bool) -> int:
    """Finish what was cut short, then mend what has drifted in NAME, or in every network.

    What somebody else has put in the place of ours is left, and said; exit code 1 then.
    """
    from glassnet import app

    reporter = Reporter(as_json=as_json)
    with app.engine(reporter) as engine:
        if dry_run:
            _show(engine, name, as_json)
            return 0
        settled = engine.recover()
        up = list(engine.journal.kinds())
        if name is not None:  # what was cut short may have been the up of this very network
            up = [] if settled and name not in up else [name]
        for one in up:
            engine.repair(one)
        drifted = {
            one: sum(bool(f.differences) for f in engine.check(engine.recorded(one))) for one in up
        }
    reporter.say(f"repaired: {', '.join(up) or 'nothing is up'}")
    for one, count in drifted.items():
        if count:
            reporter.say(f"left as found: {counted(count, 'object')}, see glassnet check {one} -q")
    return int(any(drifted.values()))


def _show(engine: Engine, name: str | None, as_json: bool) -> None:
    from glassnet.plan.render import as_data, as_table

    plans = [engine.plan_repair(one)[0] for one in ([name] if name else engine.journal.kinds())]
    if as_json:
        print_json([as_data(plan) for plan in plans])
        return
    for run in engine.journal.orphans():
        would = "completed" if run.forward else "taken back"
        click.echo(f"the {run.verb} of {run.name} that was cut short would be {would} first")
    click.echo("\n".join(as_table(plan) for plan in plans) or "nothing is up")
