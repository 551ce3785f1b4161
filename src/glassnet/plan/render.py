"""A plan for people and programs: a table, a shell script, JSON."""

from __future__ import annotations

from typing import Any

from glassnet.ops.written import to_builtins
from glassnet.plan.model import Plan, Step

_SIGNS = {"make": "+", "mend": "~", "remove": "-", "restore": "<", "keep": "=", "leave": "!"}


def as_table(plan: Plan) -> str:
    """A line for each step: what is done, to what, by which commands."""
    lines = [f"{plan.verb} {plan.name}: {summary(plan)}"]
    width = max((len(str(step.op)) for step in plan.steps), default=0)
    for number, step in enumerate(plan.steps, 1):
        if step.action == "implied":
            continue
        first, *more = [line for command in step.op.commands() for line in _shown(str(command))]
        note = f"  ({step.note})" if step.note else ""
        lines.append(
            f"{number:4} {_SIGNS[step.action]} {step.op!s:{width}}  {first}{note}".rstrip()
        )
        lines += [f"{'':{width + 8}} {line}" for line in more]
    return "\n".join(lines)


def _shown(command: str) -> list[str]:
    """The lines of a command; of a here-document only its first."""
    lines = command.splitlines()
    return lines if len(lines) < 3 else [lines[0], f"  … {len(lines) - 2} lines: --as sh shows all"]


def summary(plan: Plan) -> str:
    """``12 to make, 3 as wanted``."""
    counts: dict[str, int] = {}
    for step in plan.steps:
        counts[step.action] = counts.get(step.action, 0) + 1
    words = {
        "make": "to make",
        "mend": "to mend",
        "remove": "to remove",
        "restore": "to put back",
        "keep": "as wanted",
        "leave": "left alone",
        "implied": "going with others",
    }
    said = [f"{counts[action]} {word}" for action, word in words.items() if action in counts]
    return ", ".join(said) or "nothing to do"


def as_script(plan: Plan, *, changes_only: bool = False) -> str:
    """A POSIX shell script: each operation in words, then its commands.

    All of the plan, as if nothing of it were there yet; or only what would change now.
    """
    steps = plan.changes if changes_only else tuple(s for s in plan.steps if _in_script(s))
    lines = [
        "#!/bin/sh",
        f"# {plan.verb} {plan.name}: {len(steps)} operations, by glassnet.",
        "# Needs root (or 'glassnet lab'), iproute2 and nft.",
        "set -eu",
    ]
    for step in steps:
        origin = f"  [{step.origin}]" if step.origin else ""
        lines += ["", f"# {step.op}{origin}"]
        lines += [str(command) for command in step.op.commands()]
    if not steps:
        lines += ["", "# nothing to do"]
    return "\n".join(lines) + "\n"


def _in_script(step: Step) -> bool:
    return step.acts or (step.action == "keep" and not step.note)


def as_data(plan: Plan) -> dict[str, Any]:
    """The plan as dicts and lists, with the commands of each step."""
    out: dict[str, Any] = to_builtins(plan)
    for step, data in zip(plan.steps, out["steps"], strict=True):
        data["text"] = str(step.op)
        data["commands"] = [str(command) for command in step.op.commands()]
    return out
