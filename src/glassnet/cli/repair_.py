"""``glassnet repair [NAME]``."""

from __future__ import annotations

import click

from glassnet.cli.out import Reporter, dry_run_option, json_option, print_json


@click.command(name="repair")
@click.argument("name", required=False)
@dry_run_option
@json_option
def command(name: str | None, dry_run: bool, as_json: bool) -> None:
    """Finish what was cut short, then mend what has drifted in NAME, or in every network."""
    from glassnet import app
    from glassnet.plan.render import as_data, as_table

    with app.engine(Reporter(as_json=as_json)) as engine:
        if dry_run:
            for one in [name] if name else list(engine.journal.kinds()):
                plan, _ = engine.plan_repair(one)
                print_json(as_data(plan)) if as_json else click.echo(as_table(plan))
            return
        engine.recover()
        names = [name] if name else list(engine.journal.kinds())
        for one in names:
            engine.repair(one)
    if not as_json:
        click.echo(f"repaired: {', '.join(names) or 'nothing is up'}")
