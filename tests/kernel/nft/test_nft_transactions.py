"""Transactions through libnftables and through the program: the same, whole or not at all."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from handles import listed, plain, run, using

from glassnet.errors import NftRefused, NotPermitted
from glassnet.kernel import netns as namespaces
from glassnet.kernel.nft import Nft
from glassnet.nft.base import BASE, REMOVE
from glassnet.nft.element import Element, add, delete, element
from glassnet.nft.listing import parse
from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

RECORDED = Path(__file__).parents[2] / "data" / "nft"
TABLE = ("inet", "glassnet")


def _program_lists(host: Host) -> str:
    return host.run("nft", "-j", "list", "ruleset").stdout


def test_the_base_ruleset_loads_lists_and_goes(host: Host, kind: str) -> None:
    using(host, kind, run, BASE)
    assert using(host, kind, listed) == plain(parse(_program_lists(host)))
    using(host, kind, run, REMOVE)
    assert using(host, kind, listed) == {}
    assert host.sh("nft list ruleset") == ""


def test_both_say_the_same_of_foreign_rulesets(host: Host) -> None:
    host.run("nft", "-f", str(RECORDED / "foreign.nft"))
    seen = using(host, "library", listed)
    assert seen == using(host, "program", listed)
    assert set(seen) == {("ip", "foreign"), ("ip6", "wall"), ("netdev", "cards")}


def test_one_table_can_be_listed_alone(host: Host, kind: str) -> None:
    host.run("nft", "-f", str(RECORDED / "foreign.nft"))
    using(host, kind, run, BASE)
    assert set(using(host, kind, listed, "table inet glassnet")) == {TABLE}
    with pytest.raises(NftRefused, match="No such file or directory"):
        using(host, kind, listed, "table inet nobody")


def test_the_recording_is_what_this_version_lists(host: Host, kind: str) -> None:
    recorded = json.loads((RECORDED / "base.json").read_text())["nftables"][0]["metainfo"]
    using(host, kind, run, BASE + (RECORDED / "elements.nft").read_text())
    now = json.loads(_program_lists(host))["nftables"][0]["metainfo"]
    if now["version"] != recorded["version"]:
        pytest.skip(f"recorded with nft {recorded['version']}, here is {now['version']}")
    assert using(host, kind, listed) == plain(parse((RECORDED / "elements.json").read_text()))


REFUSED = {
    "add element inet glassnet ports4 { tcp . 1 : 10.0.0.1 . }": "syntax error",
    "add element inet glassnet nowhere { tcp . 1 : 10.0.0.1 . 1 }": "No such file or directory",
    "delete element inet glassnet ports4 { tcp . 1 }": "No such file or directory",
    "add element inet glassnet ports4 { tcp . 80 : 10.0.0.9 . 9 }": "File exists",
    "flush set inet glassnet nowhere": "No such file or directory",
    'add element inet glassnet ports4 { tcp . 1 comment "é" : 1.2.3.4 . 5': "syntax error",
    "dance": "syntax error",
}
GOOD = add(Element("ports4", ("tcp", "80"), ("10.0.0.1", "80"), "first"))
NEXT = add(Element("masquerade4", ("10.0.0.0/24",)))


@pytest.mark.parametrize(("bad", "words"), REFUSED.items())
def test_what_is_refused_is_said_in_nfts_words_and_changes_nothing(
    host: Host, kind: str, bad: str, words: str
) -> None:
    using(host, kind, run, BASE, GOOD)
    before = _program_lists(host)
    for text in (f"{NEXT}\n{bad}", f"{bad}\n{NEXT}"):
        with pytest.raises(NftRefused) as caught:
            using(host, kind, run, text)
        assert caught.value.exit_code == 3
        assert words in caught.value.words
        assert words in str(caught.value)
    with pytest.raises(NftRefused):
        using(host, kind, run, f"flush ruleset\n{bad}")
    assert _program_lists(host) == before


def _said(handle: Nft, text: str) -> str:
    try:
        handle.run(text)
    except NftRefused as error:
        return error.words
    return ""


@pytest.mark.parametrize("bad", REFUSED)
def test_the_statement_that_is_wrong_is_the_one_quoted(host: Host, bad: str) -> None:
    host.run("nft", "-f", "-", stdin=f"{BASE}\n{GOOD}")
    words = [using(host, one, _said, f"{NEXT}\n{bad}") for one in ("library", "program")]
    assert words[0] == words[1]
    assert words[0].startswith("line 2:")
    assert bad in words[0]


def _three_in_a_row(handle: Nft) -> tuple[str, str]:
    """Two refusals with a success in between: the words of both."""
    words = []
    for text in ("delete table inet one", "add table inet two", "dance"):
        try:
            handle.run(text)
        except NftRefused as error:
            words.append(error.words)
    first, second = words
    return first, second


def test_a_refusal_does_not_repeat_the_words_of_an_earlier_one(host: Host, kind: str) -> None:
    first, second = using(host, kind, _three_in_a_row)
    assert "delete table inet one" in first
    assert "delete table inet one" not in second
    assert "dance" in second


def _checks(handle: Nft, *texts: str) -> list[str]:
    said = []
    for text in texts:
        try:
            handle.check(text)
            said.append("")
        except NftRefused as error:
            said.append(error.words)
    return said


def test_to_ask_changes_nothing(host: Host, kind: str) -> None:
    fine, bad = using(host, kind, _checks, BASE, "add chain inet nowhere c")
    assert fine == ""
    assert "No such file or directory" in bad
    assert host.sh("nft list ruleset") == ""


def _check_then_run(handle: Nft) -> None:
    handle.check("add table inet one")
    with pytest.raises(NftRefused):
        handle.check("dance")
    handle.list()
    handle.run("add table inet two")


def test_after_asking_and_listing_it_runs_for_real(host: Host, kind: str) -> None:
    using(host, kind, _check_then_run)
    assert host.sh("nft list tables") == "table inet two\n"


def _without_privilege(handle: Nft, text: str) -> None:
    namespaces.unshare(namespaces.CLONE_NEWUSER)  # a user of the host's namespace no more
    handle.run(text)


def test_without_privilege_it_says_what_is_missing(host: Host, kind: str) -> None:
    with pytest.raises(NotPermitted) as caught:
        using(host, kind, _without_privilege, BASE)
    assert caught.value.exit_code == 2
    assert "root" in caught.value.advice()
    assert host.sh("nft list ruleset") == ""


def _random_elements(seed: int) -> list[Element]:
    """Elements of every set and map, none of which overlap."""
    dice = random.Random(seed)
    out: list[Element] = []
    for n in range(40):
        low = 1 + n * 1500
        ports = f"{low}-{low + dice.choice([0, 1, 7, 255, 1023, 1499])}"
        protocol = dice.choice(["tcp", "udp", "sctp"])
        comment = dice.choice(["", "glassnet:lab", "é" * 63, "a;b}c#d$e'f {", "x" * 127])
        for version in "46":
            to = f"10.0.{n}.1" if version == "4" else f"fd00:{n:x}::1"
            net = dice.choice(
                [f"10.{n}.0.0/16", f"10.{n}.3.0/25", f"10.{n}.0.3-10.{n}.0.9", f"10.{n}.0.0/32"]
                if version == "4"
                else [f"fd00:{n:x}::/32", f"fd00:{n:x}::/127", f"fd00:{n:x}::3-fd00:{n:x}::9"]
            )
            out += [
                element(f"ports{version}", (protocol, str(low)), (to, "80"), comment),
                element(f"hostports{version}", (to, protocol, str(low)), (to, "80"), comment),
                element(f"ranges{version}", (protocol, ports), (to,), comment),
                element(f"hostranges{version}", (to, protocol, ports), (to,), comment),
                element(f"masquerade{version}", (net,), (), comment),
                element(f"local{version}", (net, net), (), comment),
            ]
    return out


@pytest.mark.parametrize("seed", range(3))
def test_every_element_is_listed_as_it_was_added(host: Host, kind: str, seed: int) -> None:
    wanted = _random_elements(seed)
    using(host, kind, run, BASE, "\n".join(add(one) for one in wanted))
    _, elements = using(host, kind, listed)[TABLE]
    assert {one for found in elements.values() for one in found} == set(wanted)
    using(host, kind, run, "\n".join(add(one) for one in wanted))
    _, again = using(host, kind, listed)[TABLE]
    assert again == elements
    using(host, kind, run, "\n".join(delete(one) for one in wanted))
    _, left = using(host, kind, listed)[TABLE]
    assert not any(left.values())
