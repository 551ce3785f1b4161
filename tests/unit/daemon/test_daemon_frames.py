"""Questions and answers: what was put in comes out, and what is none is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.daemon.frames import (
    ANSWER,
    ENVIRONMENT_MAX,
    HEAD,
    INPUT_MAX,
    MAGIC,
    Question,
    encode_answer,
    encode_question,
    question,
    sizes,
)
from glassnet.errors import InvalidRequest

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
_NAMES = st.text(st.characters(exclude_characters="\0=", exclude_categories=["Cs"]), min_size=1)


def read(data: bytes) -> Question:
    environment, stdin = sizes(data[: HEAD.size])
    rest = data[HEAD.size :]
    assert len(rest) == environment + stdin
    return question(rest[:environment], rest[environment:])


@given(
    _TEXT.filter(bool),
    st.dictionaries(_NAMES.filter(lambda name: name != "TYPE"), _TEXT),
    st.binary(),
)
def test_a_question_comes_out_as_it_went_in(
    type_: str, environment: dict[str, str], stdin: bytes
) -> None:
    asked = Question(type_, environment, stdin)
    assert read(encode_question(asked)) == asked


@given(st.binary(min_size=HEAD.size, max_size=HEAD.size))
def test_a_head_is_one_or_is_refused(head: bytes) -> None:
    try:
        environment, stdin = sizes(head)
    except InvalidRequest:
        return
    assert head[:4] == MAGIC
    assert environment <= ENVIRONMENT_MAX
    assert stdin <= INPUT_MAX


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (b"TYPE", "in an environment"),
        (b"CNI_COMMAND=ADD\0", "without TYPE"),
        (b"TYPE=\0", "without TYPE"),
        (b"", "in an environment"),
        (b"TYPE=bridge\0\0", "in an environment"),
    ],
)
def test_an_environment_that_is_none(environment: bytes, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        question(environment, b"")


def test_bytes_that_are_no_text_stay_what_they_are() -> None:
    asked = question(b"TYPE=bridge\0CNI_ARGS=\xff\xfe\0", b"\xff")
    assert read(encode_question(asked)) == asked


def test_an_answer() -> None:
    data = encode_answer(-1, b"what")
    assert ANSWER.unpack_from(data) == (-1, 4)
    assert data[ANSWER.size :] == b"what"
