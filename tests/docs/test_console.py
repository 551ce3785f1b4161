"""The reading of documents itself: what counts as a command, and when output is as shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from console import Shown, commands, matches


def test_commands_are_found_with_their_output_and_line(tmp_path: Path) -> None:
    document = tmp_path / "some.md"
    document.write_text(
        "Text\n\n```console\n$ one\nfirst\nsecond\n$ two \\\n>   more\n```\n"
        "```sh\n$ not one\n```\n```console\n$ three\n```\n"
    )
    assert commands(document) == [
        Shown(4, "one", "first\nsecond\n"),
        Shown(7, "two \\\n  more", ""),
        Shown(14, "three", ""),
    ]


def test_output_needs_a_command(tmp_path: Path) -> None:
    document = tmp_path / "some.md"
    document.write_text("```console\n$ one\n```\n```console\nlost\n```\n")
    with pytest.raises(ValueError, match=r"some.md:5: output without a command"):
        commands(document)


@pytest.mark.parametrize(
    ("shown", "real", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\nb\n", "a \nb\n\n", True),
        ("a\n", "a\nb\n", False),
        ("a ... c\n", "a b c\n", True),
        ("a ... c\n", "a b d\n", False),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a\n...\nd\n", "a\nd\n", True),
        ("a\n...\n", "a\nb\n", True),
        ("a\n...\nd\n", "a\nb\nc\n", False),
        ("1.5\n", "1x5\n", False),
    ],
)
def test_dots_stand_for_anything(shown: str, real: str, same: bool) -> None:
    assert matches(shown, real) is same
