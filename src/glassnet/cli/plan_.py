"""``glassnet plan FILE``."""

from __future__ import annotations

from pathlib import Path

import click

from glassnet.cli.out import json_option, print_json


@click.command(name="plan")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "form",
    type=click.Choice(["table", "sh", "json"]),
    default="table",
    show_default=True,
    help="A table, a shell script, or JSON.",
)
@click.option("--changes", is_flag=True, help="Only what would change now, not all of it.")
@json_option
def command(file: Path, form: str, changes: bool, as_json: bool) -> None:
    """Show what `up FILE` would do here, as the commands it equals; change nothing.

    The script of --as sh makes the whole network on a host where nothing of it is there yet, with
    a plain shell, iproute2 and nft; with --changes, what is missing here.
    """
    from glassnet import app
    from glassnet.plan.model import Plan
    from glassnet.plan.render import as_data, as_script, as_table

    network = app.load(file)
    with app.engine() as engine:
        plan, _ = engine.plan_up(network.name, network.wanted)
    if form == "sh" and not as_json:
        click.echo(as_script(plan, changes_only=changes), nl=False)
        return
    if changes:
        plan = Plan(plan.name, plan.verb, plan.changes)
    print_json(as_data(plan)) if as_json or form == "json" else click.echo(as_table(plan))
