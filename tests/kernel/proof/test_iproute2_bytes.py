"""What is sent, beside what the real programs send for the commands that are shown.

Of ``ip`` and ``bridge`` strace sees the messages; ours are the same bytes but for the differences
in `ROWS`. What ``nft`` is given is text, and ours is that text.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from typing import Final, NamedTuple

import pytest
from journeys import BY_NAME, by_hand, lacks, over_cases
from traced import Trace, run_traced, unlike

from glassnet.netlink.message import CREATE
from glassnet.ops import shell
from glassnet.ops.base import Op
from glassnet.ops.bridge import PortOp
from glassnet.ops.link import LinkOp, LinkSetOp
from glassnet.ops.pin import PinOp
from glassnet.ops.qdisc import HtbOp, TbfOp
from glassnet.ops.request import NetlinkRequest, NftRequest
from glassnet.ops.shell import Command
from glassnet.testing.cases import HOST_AND_NS1, Case
from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel


class Row(NamedTuple):
    """A difference: in which messages of an operation, counted from 1; its lines; and why."""

    of: Callable[[Op], tuple[int, ...]]
    lines: tuple[str, ...]
    reason: str


def _by_name(op: Op) -> tuple[int, ...]:
    """The messages about a link that is there already."""
    if isinstance(op, LinkOp):
        messages = [one.message for one in op.requests() if isinstance(one, NetlinkRequest)]
        return tuple(at for at, one in enumerate(messages, 1) if not one.flags & CREATE)
    if isinstance(op, PortOp):
        return (1, 2) if op.options else (1,)
    return (1,) if isinstance(op, LinkSetOp | PinOp) else ()


def _deletions(op: Op) -> tuple[int, ...]:
    """The messages by which a discipline at a link's root goes."""
    return (1,) if isinstance(op, TbfOp | HtbOp) and not op.present else ()


def _slave_data(op: Op) -> tuple[int, ...]:
    return (2,) if isinstance(op, PortOp) and op.options else ()


ROWS: Final = (
    Row(
        _by_name,
        ("header.index 0 for {ifname}", "attrs.ifname {ifname} is ours alone"),
        "The kernel finds a link by its name itself. So there is no look-up before, and no index"
        " that another link may have got by the time the message comes.",
    ),
    Row(
        _slave_data,
        (
            "attrs.linkinfo.slave_kind bridge is ours alone",
            "attrs.linkinfo.kind bridge_slave is theirs alone",
        ),
        "There is no kind bridge_slave: it is how iproute2's command line is spelt, and makes the"
        " kernel look for a module of that name. What it goes by is the kind of the link's master.",
    ),
    Row(
        _deletions,
        ("attrs.kind {kind} is ours alone",),
        "tc's command has no place for it. So a discipline of another kind, that somebody has put"
        " in the place of ours, is not taken away.",
    ),
)
"""Every difference there is. One that does not occur any more fails the proof like a new one."""


def listed(op: Op) -> list[str]:
    """The differences that the table says of an operation."""
    return sorted(
        f"{number} {line.format(ifname=getattr(op, 'ifname', ''), kind=getattr(op, 'kind', ''))}"
        for row in ROWS
        for number in row.of(op)
        for line in row.lines
    )


def _that_ask(kind: type[NetlinkRequest | NftRequest]) -> list[str]:
    """The cases whose operations make requests of a kind."""
    return [
        name
        for name, case in BY_NAME.items()
        if any(isinstance(one, kind) for one in case.op.requests())
    ]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("name", _that_ask(NetlinkRequest), scope="session")
def test_messages_are_those_of_iproute2_but_for_what_is_listed(name: str) -> None:
    case = BY_NAME[name]
    trace = refused(case) if case.kind and lacks(case.kind) else by_hand(name).trace
    assert trace.sent
    assert sorted(unlike(case.op, trace)) == listed(case.op)


def refused(case: Case) -> Trace:
    """What is sent for a kind of link that the kernel lacks: it is refused, but sent it is.

    Where the commands want a link to be there already, a bridge of that name stands in for it.
    """
    kind = case.kind.split()[0]
    scene = re.sub(rf"type {kind}\b.*", "type bridge", case.scene)
    sent: list[bytes] = []
    numbers: dict[tuple[str, str], int] = {}
    with Host() as host:
        host.sh(HOST_AND_NS1 + scene, check=False)
        for command in case.op.commands():
            trace = run_traced(host, str(command), check=False)
            sent += trace.sent
            numbers |= trace.numbers
            if isinstance(case.op, LinkOp) and case.op.present:
                add = shell.ip(case.op.netns, "link", "add", case.op.ifname, "type", "bridge")
                host.run(*add.argv, check=False)
    return Trace(tuple(sent), numbers)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.of.__name__)
def test_every_row_of_the_table_is_of_some_case(row: Row) -> None:
    assert any(row.of(case.op) for case in BY_NAME.values())


@over_cases
def test_what_is_typed_is_read_by_a_shell_as_it_was_meant(name: str) -> None:
    for command in BY_NAME[name].op.commands():
        line, _, _ = str(command).partition(" <<'EOF'\n")
        assert shlex.split(line.removesuffix(" || true")) == list(command.argv)


@pytest.mark.parametrize("name", _that_ask(NftRequest))
def test_nft_is_given_the_same_text(name: str) -> None:
    op = BY_NAME[name].op
    texts = [one.text for one in op.requests() if isinstance(one, NftRequest)]
    assert len(texts) == len(op.requests())
    assert "\n".join(texts) == "\n".join(given(command) for command in op.commands())


def given(command: Command) -> str:
    """What a command that was typed gives nft: the here-document, or its words in one line."""
    line, document, text = str(command).partition(" <<'EOF'\n")
    words = shlex.split(line)
    after = words[words.index("nft") + 1 :]
    if not document:
        return " ".join(after)
    assert after == ["-f", "-"]
    assert text.endswith("\nEOF")
    return text.removesuffix("EOF")
