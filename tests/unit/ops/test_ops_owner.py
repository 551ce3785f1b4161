"""The marks by which what is glassnet's is known, and the names that they can carry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.errors import InvalidValue
from glassnet.ops.owner import PREFIX, PROTOCOL, check_name, is_ours, mark


def test_the_protocol_is_what_the_documents_say() -> None:
    assert PROTOCOL == 103
    assert PREFIX == "glassnet:"


@pytest.mark.parametrize("name", ["a", "net1", "Net-1_a.b", "X1", "0", "_", "x" * 64])
def test_a_name_that_marks_carry(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(("name", "size"), [("", 0), ("x" * 65, 65)])
def test_a_name_of_another_size(name: str, size: int) -> None:
    with pytest.raises(InvalidValue) as caught:
        check_name(name)
    assert str(caught.value) == f"name {name!r} has {size} characters; accepted: 1 to 64"


@pytest.mark.parametrize("name", ["-a", ".a", "a b", "a/b", "a:b", "ä", "a\n", 'a"', "٣"])
def test_a_name_that_marks_cannot_carry(name: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        check_name(name)
    assert str(caught.value) == (
        f"name {name!r} has characters that marks cannot carry; "
        "accepted: letters, digits, '-', '_' and '.', not beginning with '-' or '.'"
    )


@pytest.mark.parametrize(
    ("network", "what", "text"),
    [
        ("net1", "", "glassnet:net1"),
        ("net1", "ns1:eth0", "glassnet:net1/ns1:eth0"),
        ("net1", "x" * 300, f"glassnet:net1/{'x' * 241}"),
        ("net1", "x" * 240 + "é", f"glassnet:net1/{'x' * 240}"),
    ],
)
def test_a_mark(network: str, what: str, text: str) -> None:
    assert mark(network, what) == text


@given(st.text(max_size=300))
def test_a_mark_is_never_longer_than_the_kernel_keeps(what: str) -> None:
    text = mark("net1", what)
    assert len(text.encode()) <= 255
    assert f"glassnet:net1/{what}".startswith(text)
    assert is_ours(text)


@pytest.mark.parametrize(
    ("text", "ours"),
    [("glassnet:net1", True), ("glassnet", False), ("", False), ("x glassnet:net1", False)],
)
def test_whose_a_mark_is(text: str, ours: bool) -> None:
    assert is_ours(text) is ours
