"""``glassnet ls``."""

from __future__ import annotations

import time

import click

from glassnet.cli.out import counted, json_option, print_json


@click.command(name="ls")
@click.option("--runs", is_flag=True, help="List what was done, newest first, for `undo`.")
@json_option
def command(runs: bool, as_json: bool) -> None:
    """List the networks that are up.

    What was cut short, and is settled by the next change or by `repair`, is listed too.
    """
    from glassnet import app

    if runs:
        _list_runs(as_json)
        return
    networks, unfinished = app.overview()
    if as_json:
        print_json([one._asdict() for one in networks])
        return
    for one in networks:
        objects = counted(one.operations, "object")
        click.echo(f"{one.name:20} {one.kind:10} {objects}, {one.made} made here")
    for run in unfinished:
        said = f"an {run.verb} was cut short" if run.verb == "up" else f"a {run.verb} was cut short"
        click.echo(f"{run.name:20} {said}: glassnet repair settles it", err=True)


def _list_runs(as_json: bool) -> None:
    from glassnet import app

    rows = app.history()
    if as_json:
        print_json(
            [
                {
                    "id": row.id,
                    "verb": row.verb,
                    "name": row.name,
                    "state": row.state,
                    "started": row.started,
                    "changes": row.changes,
                }
                for row in rows
            ]
        )
        return
    for row in rows:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(row.started))
        number = "-" if row.id is None else row.id
        changes = counted(row.changes, "change")
        click.echo(f"{number:>5} {when} {row.verb:10} {row.name:20} {row.state:9} {changes}")
