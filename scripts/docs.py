"""Write docs/reference from the code: the CLI's commands, lab files' JSON Schema, CNI's keys.

python scripts/docs.py              write what has changed, and say so
python scripts/docs.py --check      write nothing; exit 1 if anything would change
python scripts/docs.py --into DIR   another directory than docs/reference
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import click
import docs_cni

from glassnet.cli.main import COMMANDS, cli
from glassnet.lab.schema import SCHEMA

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the code: edit that, not this. -->"


def main(arguments: list[str]) -> int:
    """Write or check; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--into", type=Path, default=REFERENCE)
    options = parser.parse_args(arguments)
    stale = [name for name, text in pages().items() if current(options.into / name) != text]
    for name in stale:
        print(f"{'stale' if options.check else 'written'}: {options.into / name}")
        if not options.check:
            options.into.mkdir(parents=True, exist_ok=True)
            (options.into / name).write_text(pages()[name])
    return int(options.check and bool(stale))


def current(file: Path) -> str | None:
    """What the file holds now, or None."""
    return file.read_text() if file.exists() else None


def pages() -> dict[str, str]:
    """Every page of the reference, by file name."""
    return {
        "cli.md": commands(),
        "cni.md": docs_cni.page(NOTE),
        "lab-schema.json": json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n",
    }


def commands() -> str:
    """The page of the CLI: a section for each command."""
    context = click.Context(cli, info_name="glassnet")
    names = list(COMMANDS)
    index = "\n".join(f"| [`{name}`](#glassnet-{name}) | {COMMANDS[name]} |" for name in names)
    parts = [
        f"{NOTE}\n\n# The command line",
        paragraphs(cli.help or ""),
        f"| command | |\n|---|---|\n{index}",
        *(section(name, context) for name in names),
    ]
    return "\n\n".join(parts) + "\n"


def section(name: str, parent: click.Context, group: click.Group = cli) -> str:
    """One command: its usage, what it does, its options; and those below it."""
    command = group.get_command(parent, name)
    assert command is not None, name
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    level = "##" if group is cli else "###"
    parts = [f"{level} {context.command_path}", f"`{usage}`", paragraphs(command.help or "")]
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if options:
        rows = "\n".join(row(option) for option in options)
        parts.append(f"| option | |\n|---|---|\n{rows}")
    if isinstance(command, click.Group):
        parts += [section(inner, context, command) for inner in command.list_commands(context)]
    return "\n\n".join(parts)


def row(option: click.Option) -> str:
    """One option as a row of a table."""
    value = "" if option.is_flag else f" {placeholder(option)}"
    words = ", ".join(f"`{name}{value}`" for name in option.opts).replace("|", "\\|")
    default = f" (default: {option.default})" if option.show_default else ""
    return f"| {words} | {(option.help or '').rstrip('.')}{default} |"


def placeholder(option: click.Option) -> str:
    """What stands for an option's value: its choices, its own word, or N for a number."""
    if isinstance(option.type, click.Choice):
        return "|".join(option.type.choices)
    return option.metavar or "N"


def paragraphs(text: str) -> str:
    """Help text as Markdown: each paragraph on one line."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
