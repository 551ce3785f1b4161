"""``glassnet cni doctor``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from glassnet.cli.cni.options import Host, host_options
from glassnet.cli.out import counted, json_option, print_json

if TYPE_CHECKING:
    from glassnet.cni.conflist import Conflist
    from glassnet.runtime.doctor import Finding
    from glassnet.runtime.survey import Survey

_VERSION_SECONDS = 10.0


@click.command(name="doctor")
@host_options
@json_option
def command(host: Host, as_json: bool) -> int:
    """Say what a runtime would find on this host, and what is wrong with it; change nothing.

    Networks are listed in the order in which runtimes see them: many take the first. Exit code 1
    if something is wrong; notes are good to know and no more.
    """
    from glassnet.runtime.doctor import findings
    from glassnet.runtime.survey import survey

    runtime = host.runtime(timeout=_VERSION_SECONDS)
    seen = survey(runtime, host.conf_dir, host.path, host.cache_dir)
    found = findings(seen)
    if as_json:
        print_json(_as_data(seen, found))
    else:
        click.echo("\n".join(_lines(seen, found)))
    return int(any(one.wrong for one in found))


def _as_data(seen: Survey, found: Sequence[Finding]) -> dict[str, Any]:
    return {
        "configuration": {
            "directory": seen.conf_dir,
            "networks": [
                {
                    "name": one.name,
                    "file": one.file,
                    "version": one.version,
                    "plugins": [plugin.type for plugin in one.plugins],
                    "capabilities": one.capabilities,
                }
                for one in seen.confdir.networks
            ],
        },
        "plugins": {"path": seen.path, "files": seen.plugins},
        "cache": {
            "directory": seen.cache_dir,
            "attachments": [
                one.cached.entry.key._asdict()
                for one in seen.attached
                if one.cached.entry is not None
            ],
        },
        "findings": found,
    }


def _lines(seen: Survey, found: Sequence[Finding]) -> list[str]:
    networks = [line for one in seen.confdir.networks for line in _network(one)]
    plugins = [
        f"  {one.type:16} {one.whose:7} {_span(one.versions):30} {one.path}".rstrip()
        for one in seen.plugins
    ]
    entries = sum(one.cached.entry is not None for one in seen.attached)
    wrong = [one for one in found if one.wrong]
    notes = [one for one in found if not one.wrong]
    return [
        f"networks in {seen.conf_dir}",
        *(networks or ["  none"]),
        f"plugins in {':'.join(seen.path)}",
        *(plugins or ["  none is asked for"]),
        f"cache in {seen.cache_dir}",
        f"  {counted(entries, 'attachment')}",
        *(line for one in notes for line in _finding("note", one)),
        *(line for one in wrong for line in _finding("wrong", one)),
        f"{counted(len(wrong), 'thing')} wrong" if wrong else "nothing is wrong",
    ]


def _network(one: Conflist) -> list[str]:
    types = " ".join(plugin.type for plugin in one.plugins)
    lines = [f"  {one.name:16} {one.version:7} {types:30} {one.file}"]
    if one.capabilities:
        lines.append(f"  {'':16} able to: {', '.join(one.capabilities)}")
    return lines


def _span(versions: Sequence[str]) -> str:
    if len(versions) < 2:
        return "".join(versions)
    return f"{versions[0]} to {versions[-1]}"


def _finding(word: str, one: Finding) -> list[str]:
    lines = [f"{word}: {one.about}: {one.text}"]
    if one.advice:
        lines.append(f"  {one.advice}")
    return lines
