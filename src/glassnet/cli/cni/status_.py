"""``glassnet cni status NET``."""

from __future__ import annotations

import click

from glassnet.cli.cni.options import Host, host_options, run_options
from glassnet.cli.out import json_option, print_json


@click.command(name="status")
@click.argument("network", metavar="NET")
@click.argument("netns", required=False)
@run_options
@host_options
@json_option
def command(
    network: str,
    netns: str | None,
    *,
    in_process: bool,
    timeout: float | None,
    host: Host,
    as_json: bool,
) -> None:
    """Ask the plugins of NET whether they could serve an `add`. Exit code 1 if one says no.

    NETNS is there for cnitool's sake, and has no meaning.
    """
    del netns
    host.runtime(in_process=in_process, timeout=timeout).status(network)
    if as_json:
        print_json({"network": network, "ready": True})
    else:
        click.echo(f"network {network} is ready")
