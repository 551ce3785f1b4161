"""``glassnet cni version NET``."""

from __future__ import annotations

import click

from glassnet.cli.cni.options import Host, host_options, run_options
from glassnet.cli.out import json_option, print_json


@click.command(name="version")
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
) -> int:
    """List the versions of the specification that each plugin of NET speaks.

    Exit code 1 if one does not speak the version of NET itself.
    """
    del netns
    runtime = host.runtime(in_process=in_process, timeout=timeout)
    chosen = runtime.network(network)
    found = runtime.version(chosen)
    if as_json:
        print_json({"network": network, "cniVersion": chosen.version, "plugins": found})
    else:
        click.echo(f"{network:16} {chosen.version}")
        for type_, versions in found.items():
            lacking = "" if chosen.version in versions else "   <- not this one"
            click.echo(f"  {type_:14} {' '.join(versions)}{lacking}")
    return int(any(chosen.version not in versions for versions in found.values()))
