"""``ping``: answers, silence and refusals, each with its words and exit code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from cli_host import Quick, answer, example

from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

ANSWERED = r"{} #\d+: \d+\.\d{{3}} ms from {}"


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Quick() as one:
        one.glassnet("up", example("article"))
        one.glassnet("up", example("dual-stack"))
        one.sh("ip netns add empty; ip netns add six; ip -n six link set lo up")
        one.sh("ip -n six addr add fd66::1/128 dev lo nodad")
        yield one


def pinged(host: Host, *words: str) -> tuple[int, list[str]]:
    """The exit code, and the lines said."""
    done = host.glassnet("ping", *words, check=False)
    assert done.stderr == ""
    return (done.returncode, done.stdout.splitlines())


@pytest.mark.parametrize(
    ("words", "address"),
    [
        (("ns1", "10.0.0.3"), "10.0.0.3"),
        (("ns1", "fd00:10::3"), "fd00:10::3"),
        (("ns1", "FD00:10:0:0:0:0:0:3"), "fd00:10::3"),
        (("ns1", "ns2"), "10.0.0.3"),
        (("ns1", "ns2", "-6"), "fd00:10::3"),
        (("ns1", "ns2", "-4"), "10.0.0.3"),
        (("ns1", "host"), "10.0.0.1"),
        (("host", "ns1"), "10.0.0.2"),
        (("ns1", "ns1"), "10.0.0.2"),
        (("ns1", "127.0.0.1"), "127.0.0.1"),
        (("ns1", "::1"), "::1"),
        (("six", "six"), "fd66::1"),
        (("/run/netns/ns1", "ns2"), "10.0.0.3"),
    ],
)
def test_who_is_there_answers(host: Host, words: tuple[str, ...], address: str) -> None:
    code, lines = pinged(host, *words, "--count", "2")
    assert code == 0
    assert len(lines) == 2
    form = ANSWERED.format(re.escape(address), re.escape(address))
    assert all(re.fullmatch(form, line) for line in lines), lines


def test_three_echoes_by_default_and_numbers_in_json(host: Host) -> None:
    done = host.glassnet("ping", "ns1", "ns2", "--json")
    replies = json.loads(done.stdout)
    assert [one["sequence"] for one in replies] == [1, 2, 3]
    for one in replies:
        assert (one["target"], one["sender"], one["words"]) == ("10.0.0.3", "10.0.0.3", "")
        assert 0 < one["milliseconds"] < 1000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ns1", "10.0.0.99", "-W", "0.05"), "10.0.0.99 #1: no answer within 0.05 s"),
        (("ns1", "fd00:10::99", "-W", "0.05"), "fd00:10::99 #1: no answer within 0.05 s"),
        (("ns1", "203.0.113.1"), "203.0.113.1 #1: network unreachable from 10.0.0.1"),
        (("ns1", "2001:db8::1"), "2001:db8::1 #1: no route to destination from fd00:10::1"),
        (("empty", "10.0.0.1"), "10.0.0.1 #1: Network is unreachable"),
        (("six", "fd00::1"), "fd00::1 #1: Network is unreachable"),
        (("router", "198.51.100.1"), "198.51.100.1 #1: Invalid argument"),
        (("router", "2001:db8:dead::1"), "2001:db8:dead::1 #1: No route to host"),
        (("ns1", "255.255.255.255"), "255.255.255.255 #1: Permission denied"),
    ],
)
def test_who_is_not_there(host: Host, words: tuple[str, ...], said: str) -> None:
    assert pinged(host, *words, "-c", "1") == (1, [said])
    [reply] = json.loads(host.glassnet("ping", *words, "-c1", "--json", check=False).stdout)
    assert reply["milliseconds"] is None
    assert f"#1: {reply['words']}" in said


def test_one_answer_of_several_is_an_answer() -> None:
    with Quick() as host:
        host.glassnet("up", example("article"))
        host.sh(
            "ip netns exec ns2 nft add table ip picky;"
            "ip netns exec ns2 nft add chain ip picky in '{ type filter hook input priority 0; }';"
            "ip netns exec ns2 nft add rule ip picky in icmp sequence 1 drop;"
            "ip netns exec ns2 nft add rule ip picky in icmp sequence 2 reject with icmp type "
            "admin-prohibited"
        )
        code, lines = pinged(host, "ns1", "ns2", "-W", "0.2")
        assert code == 0
        assert lines[:2] == [
            "10.0.0.3 #1: no answer within 0.2 s",
            "10.0.0.3 #2: administratively prohibited from 10.0.0.3",
        ]
        assert re.fullmatch(ANSWERED.format("10.0.0.3", "10.0.0.3"), lines[2])
        assert pinged(host, "ns1", "ns2", "-W", "0.2", "-c", "2")[0] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ns1", "nosuch"), "'nosuch' is no address and no namespace"),
        (("ns1", "10.0.0.300"), "'10.0.0.300' is no address and no namespace"),
        (("ns1", "fd00::g"), "'fd00::g' is no IP address"),
        (("ns1", "fe80::1%veth1"), "'fe80::1%veth1' names a scope"),
        (("ns1", "empty"), "empty has no address to be reached at"),
        (("ns1", "six", "-4"), "six has no IPv4 address to be reached at\n  it has fd66::1"),
        (("ns1", "10.0.0.3", "-6"), "10.0.0.3 is no IPv6 address"),
        (("ns1", "10.0.0.3", "--count", "0"), "--count"),
        (("ns1", "10.0.0.3", "--timeout", "0"), "--timeout"),
        (("ns1", "10.0.0.3", "--timeout", "nan"), "--timeout"),
        (("ns1", "10.0.0.3", "--timeout", "inf"), "--timeout"),
        (("ns1",), "Missing argument 'TARGET'"),
    ],
)
def test_what_cannot_be_asked(host: Host, words: tuple[str, ...], said: str) -> None:
    code, words_said = answer(host.glassnet("ping", *words, check=False))
    assert code == 2
    assert said in words_said
    assert "Traceback" not in words_said
