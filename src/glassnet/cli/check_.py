"""``glassnet check FILE|NAME``."""

from __future__ import annotations

import click

from glassnet.cli import complete
from glassnet.cli.out import json_option, print_json


@click.command(name="check")
@click.argument("target", metavar="FILE|NAME", shell_complete=complete.network_or_file)
@click.option("--quiet", "-q", is_flag=True, help="Print only what differs.")
@json_option
def command(target: str, quiet: bool, as_json: bool) -> int:
    """Compare the host with a lab FILE or a network that is up, object by object.

    Exit code 1 if anything differs. With a FILE the host may have been built by others.
    """
    from glassnet import app

    findings = app.check(target)
    drifted = [finding for finding in findings if finding.differences]
    shown = drifted if quiet else findings
    if as_json:
        print_json(
            [
                {
                    "operation": str(finding.op),
                    "ok": not finding.differences,
                    "origin": finding.origin,
                    "differences": [one._asdict() for one in finding.differences],
                }
                for finding in shown
            ]
        )
        return int(bool(drifted))
    for finding in shown:
        click.echo(f"{'DRIFT' if finding.differences else 'ok   '} {finding.op}")
        for difference in finding.differences:
            click.echo(f"        {difference}")
    click.echo(f"{len(findings) - len(drifted)} of {len(findings)} as wanted")
    return int(bool(drifted))
