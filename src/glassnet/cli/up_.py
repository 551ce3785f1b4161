"""``glassnet up FILE``."""

from __future__ import annotations

from pathlib import Path

import click

from glassnet.cli.ask import ask_within, confirm_option
from glassnet.cli.out import Reporter, dry_run_option, json_option, print_json


@click.command(name="up")
@click.argument("file", type=click.Path(path_type=Path))
@dry_run_option
@confirm_option
@json_option
def command(file: Path, dry_run: bool, confirm: float | None, as_json: bool) -> None:
    """Bring the network of a lab FILE up.

    What is there already as wanted is kept; what an earlier `up` of the same name made and the
    file no longer wants is taken back. If a step is refused, everything is undone.
    """
    from glassnet import app
    from glassnet.plan.render import as_data, as_table

    network = app.load(file)
    reporter = Reporter(as_json=as_json)
    with app.engine(reporter) as engine:
        if dry_run:
            plan, _ = engine.plan_up(network.name, network.wanted)
            print_json(as_data(plan)) if as_json else click.echo(as_table(plan))
            return
        plan = engine.up(network.name, network.wanted, ask_within(confirm))
    reporter.say(f"{plan.name} is up: glassnet check {plan.name}")
