"""``glassnet cni gc NET NETNS…``."""

from __future__ import annotations

import click

from glassnet.cli.cni.options import (
    Host,
    container_of,
    host_options,
    ifname_option,
    path_of,
    run_options,
    tell,
)
from glassnet.cli.out import json_option, print_json


@click.command(name="gc")
@click.argument("network", metavar="NET")
@click.argument("netns", nargs=-1)
@ifname_option
@click.option(
    "--valid",
    metavar="ID:IFNAME",
    multiple=True,
    help="Another attachment that is valid, by its container's id; may be repeated.",
)
@click.option("--all", "everything", is_flag=True, help="None is valid: take all of them away.")
@run_options
@host_options
@json_option
def command(
    network: str,
    netns: tuple[str, ...],
    *,
    ifname: str,
    valid: tuple[str, ...],
    everything: bool,
    in_process: bool,
    timeout: float | None,
    host: Host,
    as_json: bool,
) -> None:
    """Take away all attachments of NET but the valid ones: those of each NETNS, and --valid.

    Without any it is refused, unless --all says that none is valid.
    """
    kept = [(container_of(path_of(one), None), ifname) for one in netns]
    kept += [_pair(one) for one in valid]
    if everything and kept:
        raise click.UsageError("--all says that none is valid: give no NETNS and no --valid")
    if not everything and not kept:
        raise click.UsageError("name the valid attachments, or say --all to take all away")
    if everything:
        tell(f"all attachments of network {network} are taken away, also of what is running")
    runtime = host.runtime(in_process=in_process, timeout=timeout)
    runtime.gc(network, kept, nothing_is_valid=everything)
    if as_json:
        valid_ones = [{"containerID": container, "ifname": name} for container, name in kept]
        print_json({"network": network, "valid": valid_ones})


def _pair(text: str) -> tuple[str, str]:
    container, colon, ifname = text.partition(":")
    if not (container and colon and ifname):
        raise click.BadParameter(f"{text!r} is not of the form ID:IFNAME", param_hint="--valid")
    return (container, ifname)
