"""A plan as a table, a script and data: of the article word for word, and each form by itself.

After a change of what the article's operations say, write its files anew, in examples/, with

    glassnet plan article.yaml                on a host where nothing is
    glassnet plan --as sh article.yaml
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest
from machine import Machine

from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.ops.base import Difference, Key, Op
from glassnet.ops.registry import AnyOp
from glassnet.ops.shell import Command
from glassnet.ops.sysctl import SysctlOp
from glassnet.plan.build import build_up
from glassnet.plan.model import Action, Plan, Step, Wanted
from glassnet.plan.render import as_data, as_script, as_table, summary
from glassnet.values import SysctlKey

EXAMPLE = Path(__file__).parents[3] / "examples" / "article.yaml"
RECORDED = Path(__file__).parents[2] / "data" / "plan"


def _article() -> list[Wanted]:
    return compile_lab(read(EXAMPLE.read_text(encoding="utf-8"), "article.yaml"))


def _plan(machine: Machine) -> Plan:
    items = _article()
    return build_up("article", items, (), (), machine.look(item.op for item in items))


def test_the_article_as_a_table() -> None:
    plan = _plan(Machine())
    assert as_table(plan) + "\n" == (RECORDED / "article.txt").read_text(encoding="utf-8")


def test_the_article_as_a_script() -> None:
    plan = _plan(Machine())
    assert as_script(plan) == (RECORDED / "article.sh").read_text(encoding="utf-8")


def test_a_script_is_the_same_whatever_is_there() -> None:
    machine = Machine()
    script = as_script(_plan(machine))
    machine.carry_out(_plan(machine))
    assert as_script(_plan(machine)) == script
    assert as_script(_plan(machine), changes_only=True).endswith("\nset -eu\n\n# nothing to do\n")


def test_the_article_as_data() -> None:
    plan = _plan(Machine())
    data = json.loads(json.dumps(as_data(plan)))
    assert (data["name"], data["verb"], data["version"]) == ("article", "up", 1)
    assert len(data["steps"]) == len(plan.steps)
    for step, said in zip(plan.steps, data["steps"], strict=True):
        assert said["text"] == str(step.op)
        assert said["commands"] == [str(command) for command in step.op.commands()]
        assert (said["action"], said["origin"]) == ("make", step.origin)
    assert data["steps"][0] == {
        "op": {"op": "netns", "netns": "ns1"},
        "action": "make",
        "why": [["namespace ns1", "to be there", ""]],
        "origin": "article.yaml:6:3: $.namespaces.ns1",
        "text": "namespace ns1",
        "commands": ["ip netns add ns1"],
    }


class Said(Op, frozen=True, kw_only=True):
    """An operation of which only matters what it says and is typed as."""

    text: str
    typed: tuple[str, ...]

    def __str__(self) -> str:
        return self.text

    def commands(self) -> tuple[Command, ...]:
        fed = (word.partition("\n") for word in self.typed)
        return tuple(Command((name,), text) for name, _, text in fed)

    def key(self) -> Key:
        return ("said", self.text)


def _step(text: str, action: Action, *typed: str, note: str = "", origin: str = "") -> Step:
    op = cast(AnyOp, Said(text=text, typed=typed or ("true",)))
    return Step(op, action, (Difference(text, "this", "that"),), note=note, origin=origin)


ONE_OF_EACH = Plan(
    "net",
    "up",
    (
        _step("a", "make"),
        _step("bb", "mend", "one", "two"),
        _step("c", "remove", origin="net.yaml:1"),
        _step("d", "restore"),
        _step("e", "keep"),
        _step("f", "keep", note="gone already"),
        _step("g", "leave", note="not ours"),
        _step("hidden", "implied"),
        _step("i", "make", "here"),
    ),
)


def test_a_table_has_a_line_for_each_step_but_what_goes_by_itself() -> None:
    assert as_table(ONE_OF_EACH) == "\n".join(
        [
            "up net: 2 to make, 1 to mend, 1 to remove, 1 to put back, 2 as wanted, 1 left alone, "
            "1 going with others",
            "   1 + a       true",
            "   2 ~ bb      one",
            "               two",
            "   3 - c       true",
            "   4 < d       true",
            "   5 = e       true",
            "   6 = f       true  (gone already)",
            "   7 ! g       true  (not ours)",
            "   9 + i       here",
        ]
    )


def test_a_script_has_what_would_be_done() -> None:
    assert as_script(ONE_OF_EACH) == "\n".join(
        [
            "#!/bin/sh",
            "# up net: 6 operations, by glassnet.",
            "# Needs root (or 'glassnet lab'), iproute2 and nft.",
            "set -eu",
            *("", "# a", "true"),
            *("", "# bb", "one", "two"),
            *("", "# c  [net.yaml:1]", "true"),
            *("", "# d", "true"),
            *("", "# e", "true"),
            *("", "# i", "here", ""),
        ]
    )
    only = as_script(ONE_OF_EACH, changes_only=True)
    assert only == as_script(ONE_OF_EACH).replace("\n# e\ntrue\n", "").replace("6 op", "5 op")


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        ("one", ["one"]),
        ("nft\nx", ["nft <<'EOF'", "  … 1 lines: --as sh shows all"]),
        ("nft\nx\ny\n", ["nft <<'EOF'", "  … 2 lines: --as sh shows all"]),
    ],
)
def test_of_what_is_fed_to_a_command_a_table_tells_the_length(typed: str, lines: list[str]) -> None:
    plan = Plan("net", "up", (_step("a", "make", typed),))
    assert [line[10:] for line in as_table(plan).splitlines()[1:]] == lines
    assert as_script(plan).endswith(f"# a\n{plan.steps[0].op.commands()[0]}\n")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((), "nothing to do"),
        ((_step("a", "keep"),), "1 as wanted"),
        ((_step("a", "implied"), _step("b", "remove")), "1 to remove, 1 going with others"),
    ],
)
def test_a_summary(steps: tuple[Step, ...], said: str) -> None:
    assert summary(Plan("net", "down", steps)) == said


def test_nothing_to_do() -> None:
    empty = Plan("net", "down", ())
    assert as_table(empty) == "down net: nothing to do"
    assert as_script(empty) == (
        "#!/bin/sh\n# down net: 0 operations, by glassnet.\n"
        "# Needs root (or 'glassnet lab'), iproute2 and nft.\nset -eu\n\n# nothing to do\n"
    )
    assert as_data(empty) == {"name": "net", "verb": "down", "steps": (), "version": 1}


def test_what_is_restored_is_shown_by_its_command() -> None:
    op = SysctlOp(name=SysctlKey("net.ipv4.ip_forward"), value="0", was="1")
    table = as_table(Plan("net", "down", (Step(op, "restore"),)))
    assert table.endswith("  sh -c 'echo 0 > /proc/sys/net/ipv4/ip_forward'")
