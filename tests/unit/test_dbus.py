"""D-Bus: calls by the bytes of the specification, answers of every kind, nonsense refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.errors import KernelNonsense, NotFound
from glassnet.kernel.dbus import Answer, address_of, decode, encode

HELLO = bytes.fromhex(
    "6c01000100000000010000006d00000001016f00150000002f6f72672f667265656465736b746f702f444275730000"
    "0002017300140000006f72672e667265656465736b746f702e444275730000000003017300050000004865"
    "6c6c6f00000006017300140000006f72672e667265656465736b746f702e4442757300000000"
)
"""As dbus-send sends it, but for the order of its fields."""


def answer(body: bytes, signature: str, kind: int = 2, error: str = "") -> bytes:
    """A reply to call 7, built by hand."""
    fields = b"\5\1u\0" + (7).to_bytes(4, "little")
    if error:
        fields += b"\4\1s\0" + len(error).to_bytes(4, "little") + error.encode() + b"\0"
        fields += bytes(-len(fields) % 8)
    fields += b"\x08\1g\0" + bytes([len(signature)]) + signature.encode() + b"\0"
    head = b"l" + bytes([kind, 0, 1]) + len(body).to_bytes(4, "little")
    head += (3).to_bytes(4, "little") + len(fields).to_bytes(4, "little")
    return head + fields + bytes(-len(fields) % 8) + body


def text(value: str) -> bytes:
    return len(value).to_bytes(4, "little") + value.encode() + b"\0"


def test_a_call() -> None:
    bus = "org.freedesktop.DBus"
    assert encode(1, (bus, "/org/freedesktop/DBus", bus, "Hello"), ()) == HELLO
    asked = encode(2, ("a.b", "/a", "a.b.c", "query"), ("trusted", "10.0.0.2/32"))
    found = decode(asked)
    assert found == Answer(0, "", ("trusted", "10.0.0.2/32"))


@pytest.mark.parametrize(
    ("body", "signature", "values"),
    [
        (b"", "", ()),
        (b"\1\0\0\0", "b", (True,)),
        (b"\0\0\0\0\5\0\0\0", "bu", (False, 5)),
        (text("trusted"), "s", ("trusted",)),
        (b"\x10\0\0\0" + text("abc") + text("def"), "as", (["abc", "def"],)),
        (b"\0\0\0\0" + text("x"), "ass", ([], "x")),
    ],
)
def test_answers(body: bytes, signature: str, values: tuple[object, ...]) -> None:
    assert tuple(decode(answer(body, signature))) == (7, "", values)


def test_an_error_has_a_name_and_words() -> None:
    name = "org.fedoraproject.FirewallD1.Exception"
    found = decode(answer(text("INVALID_ZONE: x"), "s", 3, name))
    assert found == Answer(7, name, ("INVALID_ZONE: x",))


@pytest.mark.parametrize("cut", [17, 20, 30, len(HELLO) - 9])
def test_a_cut_message_is_nonsense(cut: int) -> None:
    with pytest.raises(KernelNonsense):
        decode(HELLO[:cut])


def test_a_kind_that_is_not_asked_for_is_nonsense() -> None:
    with pytest.raises(KernelNonsense, match="not asked for"):
        decode(answer(b"\0" * 8, "x"))


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_end(data: bytes) -> None:
    try:
        decode(b"l\2\0\1" + data)
    except KernelNonsense:
        return


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("unix:path=/run/bus", "/run/bus"),
        ("unix:guid=1,path=/run/bus", "/run/bus"),
        ("tcp:host=a;unix:abstract=b", "\0b"),
    ],
)
def test_where_the_bus_is(text: str, path: str) -> None:
    assert address_of(text) == path


def test_a_bus_that_is_elsewhere_is_none() -> None:
    with pytest.raises(NotFound, match="names no socket"):
        address_of("tcp:host=a,port=1")
