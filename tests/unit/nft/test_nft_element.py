"""Elements: canonical parts, the statements that add and delete them, what is refused."""

from __future__ import annotations

import pytest

from glassnet.errors import InvalidValue
from glassnet.nft.element import Element, add, canonical, delete, element

CANONICAL = {
    "10.0.0.1": "10.0.0.1",
    "10.0.0.1/32": "10.0.0.1",
    "10.0.0.0/24": "10.0.0.0/24",
    "0.0.0.0/0": "0.0.0.0/0",
    "FD00:0:0:0::0001": "fd00::1",
    "fd00::1/128": "fd00::1",
    "FD00:0::/64": "fd00::/64",
    "80": "80",
    "080": "80",
    "80-80": "80",
    "80-81": "80-81",
    "8192-16383": "8192-16383",
    "10.0.0.3-10.0.0.9": "10.0.0.3-10.0.0.9",
    "10.0.0.7-10.0.0.7": "10.0.0.7",
    "10.0.0.0-10.0.0.255": "10.0.0.0/24",
    "10.0.0.1-10.0.0.2": "10.0.0.1-10.0.0.2",
    "10.0.0.0-10.0.0.2": "10.0.0.0-10.0.0.2",
    "fd00::3-fd00:0::9": "fd00::3-fd00::9",
    "fd00::-fd00::ffff:ffff:ffff:ffff": "fd00::/64",
    "tcp": "tcp",
}


@pytest.mark.parametrize(("written", "listed"), CANONICAL.items())
def test_a_part_is_written_as_listings_have_it(written: str, listed: str) -> None:
    assert canonical(written) == listed
    assert canonical(listed) == listed


@pytest.mark.parametrize(
    ("one", "added", "deleted"),
    [
        (
            element("masquerade4", ("10.0.0.0/24",)),
            "add element inet glassnet masquerade4 { 10.0.0.0/24 }",
            "delete element inet glassnet masquerade4 { 10.0.0.0/24 }",
        ),
        (
            element("local6", ("FD00::/64", "fd00:0::/64"), (), "glassnet:web"),
            'add element inet glassnet local6 { fd00::/64 . fd00::/64 comment "glassnet:web" }',
            "delete element inet glassnet local6 { fd00::/64 . fd00::/64 }",
        ),
        (
            element("hostports4", ("192.0.2.2", "tcp", "443"), ("10.0.0.2", "8443"), "glassnet:é"),
            "add element inet glassnet hostports4 "
            '{ 192.0.2.2 . tcp . 443 comment "glassnet:é" : 10.0.0.2 . 8443 }',
            "delete element inet glassnet hostports4 { 192.0.2.2 . tcp . 443 }",
        ),
        (
            element("ranges4", ("udp", "9000-9009"), ("10.0.0.2",)),
            "add element inet glassnet ranges4 { udp . 9000-9009 : 10.0.0.2 }",
            "delete element inet glassnet ranges4 { udp . 9000-9009 }",
        ),
    ],
)
def test_the_statements_of_an_element(one: Element, added: str, deleted: str) -> None:
    assert add(one) == added
    assert delete(one) == deleted


def test_an_element_keeps_canonical_parts() -> None:
    assert element("ports6", ("tcp", "80-80"), ("FD00::0:2", "080"), "x") == Element(
        "ports6", ("tcp", "80"), ("fd00::2", "80"), "x"
    )


@pytest.mark.parametrize(
    "part",
    [
        "",
        " ",
        "80 }",
        "80;flush ruleset",
        "80\nflush ruleset",
        "80\n",
        "@set",
        "$variable",
        '"eth0"',
        "٣",
        "10.0.0.1/24",
        "10.0.0.0/33",
        "10.0.0",
        "10.0.0.256",
        "fd00::g",
        "00:11:22:33:44:55",
        "81-80",
        "80-",
        "-80",
        "1-65536",
        "10.0.0.9-10.0.0.3",
        "10.0.0.1-fd00::1",
        "80-tcp",
        "10.0.0.1-10.0.0.2-10.0.0.3",
    ],
)
def test_a_part_that_nft_could_misread_is_refused(part: str) -> None:
    with pytest.raises(InvalidValue, match="no part of an element"):
        element("ports4", (part,))
    with pytest.raises(InvalidValue, match="no part of an element"):
        element("ports4", ("tcp", "80"), (part,))


@pytest.mark.parametrize("name", ["", "4ports", "a b", "a;", "a{", "ä", "a\n", "a-b"])
def test_a_name_that_nft_could_misread_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match="name of a set"):
        element(name, ("80",))


@pytest.mark.parametrize("comment", ['a"b', "a\\b", "a\nb", "a\0b", "a\tb", "x" * 128, "é" * 64])
def test_a_comment_that_nft_could_misread_or_cut_is_refused(comment: str) -> None:
    with pytest.raises(InvalidValue, match="the comment"):
        element("ports4", ("tcp", "80"), (), comment)


@pytest.mark.parametrize("comment", ["", "x" * 127, "é" * 63, "a;b}c#d$e'f", "a b"])
def test_a_comment_may_hold_all_else(comment: str) -> None:
    assert element("ports4", ("tcp", "80"), (), comment).comment == comment
