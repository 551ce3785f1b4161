"""``glassnet ls``."""

from __future__ import annotations

import time

import click

from glassnet.cli.out import json_option, print_json


@click.command(name="ls")
@click.option("--runs", is_flag=True, help="List what was done, newest first, for `undo`.")
@json_option
def command(runs: bool, as_json: bool) -> None:
    """List the networks that are up."""
    from glassnet import app

    if runs:
        _list_runs(as_json)
        return
    networks = app.overview()
    if as_json:
        print_json([one._asdict() for one in networks])
        return
    for one in networks:
        click.echo(f"{one.name:20} {one.kind:10} {one.operations} objects, {one.made} made here")


def _list_runs(as_json: bool) -> None:
    from glassnet import app

    with app.engine() as engine:
        rows = engine.journal.runs()
    if as_json:
        keep = ("id", "verb", "name", "state", "started")
        print_json([{k: v for k, v in r._asdict().items() if k in keep} for r in rows])
        return
    for row in rows:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(row.started))
        changes = f"{len(row.plan.changes)} changes"
        click.echo(f"{row.id:5} {when} {row.verb:10} {row.name:20} {row.state:9} {changes}")
