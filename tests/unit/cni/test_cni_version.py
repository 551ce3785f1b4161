"""Versions: read as libcni reads them, compared as numbers, refused in its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.cni import version as versions
from glassnet.cni.error import CniError

NUMBERS = st.integers(0, 999_999_999)


@pytest.mark.parametrize(
    ("text", "parts"),
    [("1.1.0", (1, 1, 0)), ("0.4", (0, 4, 0)), ("1", (1, 0, 0)), ("0.10.2", (0, 10, 2))],
)
def test_missing_parts_are_0(text: str, parts: versions.Version) -> None:
    assert versions.parse(text) == parts


@pytest.mark.parametrize(
    "text",
    ["", "1.1.0.0", "1.a", "1..0", "v1.0.0", "1.0.0-rc1", "-1", "1. 0", "١.0.0", "9" * 5000, "²"],
)
def test_what_is_no_version_is_an_error_of_decoding(text: str) -> None:
    with pytest.raises(CniError, match="invalid cniVersion") as error:
        versions.parse(text)
    assert error.value.code == 6


@given(NUMBERS, NUMBERS, NUMBERS)
def test_what_is_written_is_read(major: int, minor: int, patch: int) -> None:
    assert versions.parse(f"{major}.{minor}.{patch}") == (major, minor, patch)


def test_they_are_compared_as_numbers() -> None:
    assert versions.at_least("0.10.0", "0.9.0")
    assert versions.at_least("1.0.0", "1.0.0")
    assert not versions.at_least("0.3.1", "0.4.0")
    assert list(versions.ALL) == sorted(versions.ALL, key=versions.parse)
    assert versions.ALL[-1] == versions.NEWEST
    assert versions.ALL[0] == versions.UNSAID


def test_one_that_is_not_supported_is_refused_in_libcnis_words() -> None:
    with pytest.raises(CniError) as error:
        versions.check("9", ("0.1.0", "1.1.0"))
    assert error.value.code == 1
    assert error.value.message == "incompatible CNI versions"
    assert error.value.details == 'config is "9", plugin supports ["0.1.0" "1.1.0"]'


def test_one_that_is_supported_is_given_back() -> None:
    assert [versions.check(one) for one in versions.ALL] == list(versions.ALL)


@pytest.mark.parametrize(
    ("offered", "newest"),
    [(["0.4.0", "1.0.0", "0.3.1"], "1.0.0"), (["2.0.0", "0.4.0"], "0.4.0"), (["9"], ""), ([], "")],
)
def test_the_newest_that_is_known(offered: list[str], newest: str) -> None:
    assert versions.newest_of(offered) == newest


def test_verbs_came_with_versions() -> None:
    assert versions.FIRST == {"CHECK": "0.4.0", "GC": "1.1.0", "STATUS": "1.1.0"}
