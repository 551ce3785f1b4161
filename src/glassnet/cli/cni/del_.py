"""``glassnet cni del NET NETNS``."""

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
from glassnet.cli.out import json_option, print_json


@click.command(name="del")
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
    """Detach NETNS from NET, with what `add` was given; nothing need be there of either.

    All plugins are asked, whatever fails. It may be repeated.
    """
    path = path_of(netns)
    identity = container_of(path, container)
    host.runtime(in_process=in_process, timeout=timeout).delete(
        network,
        identity,
        path,
        ifname,
        args=pairs_of(args),
        capabilities=capabilities_of(capabilities),
    )
    if as_json:
        print_json({"deleted": {"network": network, "container": identity, "ifname": ifname}})
