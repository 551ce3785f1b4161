"""``glassnet cni install``."""

from __future__ import annotations

from pathlib import Path

import click

from glassnet.cli.cni.placed import bin_dir_option, say, types_option
from glassnet.cli.out import json_option


@click.command(name="install")
@bin_dir_option
@types_option
@click.option("--replace", is_flag=True, help="Replace others' plugins, and keep them beside.")
@click.option("--no-daemon", is_flag=True, help="Have each call served by a process of its own.")
@json_option
def command(
    bin_dir: str, types: tuple[str, ...], replace: bool, no_daemon: bool, as_json: bool
) -> None:
    """Put glassnet's plugins where container runtimes look for them.

    Each is a client of glassnet's daemon, which the first call starts and which leaves when there
    is nothing to do. If there are others' plugins of the same names, nothing is touched: --replace
    keeps those beside, for `uninstall` to put back.
    """
    from glassnet.runtime.install import install

    say(install(Path(bin_dir), types, replace=replace, daemon=not no_daemon), as_json=as_json)
