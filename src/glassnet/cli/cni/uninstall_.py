"""``glassnet cni uninstall``."""

from __future__ import annotations

from pathlib import Path

import click

from glassnet.cli.cni.placed import bin_dir_option, say, types_option
from glassnet.cli.out import json_option


@click.command(name="uninstall")
@bin_dir_option
@types_option
@json_option
def command(bin_dir: str, types: tuple[str, ...], as_json: bool) -> None:
    """Take glassnet's plugins away; what they had replaced comes back.

    What is not glassnet's is left as it is. What is attached stays so: `del` first.
    """
    from glassnet.runtime.install import uninstall

    say(uninstall(Path(bin_dir), types), as_json=as_json)
