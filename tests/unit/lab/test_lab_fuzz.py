"""Whatever a file holds, reading it ends in operations or in an error of exit code 2."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wrong import cases

from glassnet.errors import GlassnetError
from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.lab.schema import SCHEMA, keys
from glassnet.plan.model import Wanted

EXAMPLES = [
    path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parents[3] / "examples").glob("*.yaml"))
]
TEXTS = [*EXAMPLES, *(case.text for case in cases())]
SECONDS = timedelta(seconds=5)
"""For one file, on a machine that is busy with other things: none takes a tenth of it."""
FORM = re.compile(r"fuzz\.yaml:\d+:\d+: \$.*", re.DOTALL)

WORDS = sorted({key for part in (SCHEMA, *SCHEMA["$defs"].values()) for key in keys(part)})
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.text(max_size=12),
    st.sampled_from(
        [
            *("a", "b", "host", "br0", "a:x", "br0:p", "lo", "a:lo", "host:y", "default", ""),
            *("10.0.0.0/24", "10.0.0.1/24", "fd00::/64", "fd00::1/64", "10.0.0.1", "::1"),
            *("a:x -- br0", "a:x 10.0.0.1/24 -- b:x", "80 -> a", "80-81:1-2 -> 10.0.0.1"),
            *("default via 10.0.0.1", "10.0.0.0/8 dev x scope link", "02:00:00:00:00:01"),
            *("net.ipv4.ip_forward", "10.0.0.1/" + "9" * 5000, "9" * 5000, "-1", "0x", "\ud800"),
        ]
    ),
)
KEYS = st.one_of(st.sampled_from([*WORDS, "a", "b", "br0", "<<"]), st.text(max_size=5))
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)


def _ends_well(text: str) -> None:
    """In operations, or in an error that says where."""
    try:
        wanted = compile_lab(read(text, "fuzz.yaml"))
    except GlassnetError as error:
        problem = error
    else:
        assert all(isinstance(item, Wanted) for item in wanted)
        return
    assert problem.exit_code == 2
    assert FORM.fullmatch(str(problem)), problem


@st.composite
def _labs(draw: st.DrawFn) -> dict[str, object]:
    """Data whose first keys are those of a lab, so that the fuzz comes further."""
    names = draw(st.lists(st.sampled_from(keys(SCHEMA)), max_size=5, unique=True))
    return {name: draw(DATA) for name in names}


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    """A file of the project, with a few pieces cut out, doubled, moved or replaced."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 20)))
        piece = text[begin:end]
        other = draw(
            st.one_of(
                st.just(""),
                st.just(piece * 2),
                st.sampled_from(
                    ["\t", " ", "\n", ":", ": ", "- ", "[", "}", "&a ", "*a", "~", "'"]
                ),
                st.sampled_from(["999", "-1", "::", "/0", "!!x ", "%", "#", "é", "\0", "<<: "]),
                st.sampled_from(WORDS),
                st.text(max_size=4),
            )
        )
        text = text[:begin] + other + text[end:]
    return text


@given(st.text(max_size=80))
@settings(deadline=SECONDS)
@example("? ? a")
@example("a: !<> b")
@example("--- |\n")
def test_any_text(text: str) -> None:
    _ends_well(text)


@given(_labs() | DATA, st.booleans())
@settings(max_examples=300, deadline=SECONDS)
def test_any_data(data: object, flow: bool) -> None:
    _ends_well(yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True))


@given(_mutated())
@settings(max_examples=300, deadline=SECONDS)
def test_any_change_of_a_file(text: str) -> None:
    _ends_well(text)
