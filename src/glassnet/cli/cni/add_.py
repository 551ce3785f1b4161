"""``glassnet cni add NET NETNS``."""

from __future__ import annotations

import click

from glassnet.cli.cni.options import (
    Host,
    attachment_options,
    capabilities_of,
    container_of,
    host_options,
    pairs_of,
    path_of,
    run_options,
)
from glassnet.cli.out import json_option


@click.command(name="add")
@attachment_options
@run_options
@host_options
@json_option
def command(
    network: str,
    netns: str,
    *,
    ifname: str,
    container: str | None,
    args: str | None,
    capabilities: str | None,
    in_process: bool,
    timeout: float | None,
    host: Host,
    as_json: bool,
) -> None:
    """Attach the namespace NETNS to the network NET, and print the result, which is JSON.

    NETNS is a path, or a name of `ip netns`. If a plugin fails, what was done is taken back.
    """
    import msgspec

    del as_json  # a result is always JSON
    runtime = host.runtime(in_process=in_process, timeout=timeout)
    path = path_of(netns)
    identity = container_of(path, container)
    runtime.add(
        network,
        identity,
        path,
        ifname,
        args=pairs_of(args) or (),
        capabilities=capabilities_of(capabilities),
    )
    entry = runtime.attachment(network, identity, ifname).entry
    if entry is not None and entry.result is not None:
        click.echo(msgspec.json.format(entry.result, indent=4))
