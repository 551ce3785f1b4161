"""``glassnet daemon``."""

from __future__ import annotations

from typing import Any

import click

from glassnet.cli.out import counted, json_option


@click.group(name="daemon")
def command() -> None:
    """See to the daemon that serves calls of CNI plugins.

    The first call starts it, and it leaves when there is nothing to do; without it each call is
    served by a process of its own, to the same end.
    """


@command.command()
@click.option("--idle", type=float, metavar="SECONDS", help="Leave after so long; 0 for never.")
def run(idle: float | None) -> None:
    """Serve here, until told to stop: for systemd, or to look on."""
    from glassnet.daemon import main
    from glassnet.engine.store import state_dir

    seconds = main.idle() if idle is None else idle or None
    main.serve(state_dir(), seconds)


@command.command()
@json_option
def status(as_json: bool) -> None:
    """Say what it does and has done; exit 2 if none runs."""
    from glassnet.daemon.ask import ask_daemon

    said = ask_daemon("status")
    if as_json:
        click.echo(said)
        return
    for line in _lines(said):
        click.echo(line)


def _lines(said: str) -> list[str]:
    import json

    about: dict[str, Any] = json.loads(said)
    calls = (tuple(one.values()) for one in about["calls"])
    refused = about["refused"].items()
    return [
        f"process {about['pid']}, for {about['seconds']} seconds:"
        f" {about['running']} running, {about['waiting']} waiting",
        *(f"{verb:8} {type_:12} {outcome:7} {count}" for type_, verb, outcome, count in calls),
        *(f"refused: {why}, {counted(count, 'time')}" for why, count in refused),
    ]


@command.command()
def metrics() -> None:
    """Print its counters in the text format of Prometheus."""
    from glassnet.daemon.ask import ask_daemon

    click.echo(ask_daemon("metrics"), nl=False)


@command.command()
def stop() -> None:
    """Have it leave; calls that it has accepted are served before."""
    from glassnet.daemon.ask import ask_daemon

    ask_daemon("stop")
