"""tuning: promisc, allmulti and txQLen, and the host's list of what may be set."""

from __future__ import annotations

from typing import Any

import pytest
from asking import NETNS, ask, cable, desired, failure, lines, said

from glassnet.plugins.registry import plugin
from glassnet.plugins.tuning import ALLOWLIST
from glassnet.state.link import LinkState
from glassnet.state.snapshot import NetnsState, Snapshot
from glassnet.values import HOST

INSIDE = NetnsState(NETNS)
INSIDE.links = {"eth0": LinkState(5, "eth0", 1)}
SEEN = Snapshot({HOST: NetnsState(HOST), NETNS: INSIDE})
PREV: dict[str, Any] = {"prevResult": cable()}


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ({"promisc": True}, "promisc on"),
        ({"promisc": False}, "promisc off"),
        ({"allmulti": True}, "allmulticast on"),
        ({"txQLen": 0}, "txqueuelen 0"),
        ({"promisc": True, "args": {"cni": {"promisc": False}}}, "promisc off"),
        ({"allmulti": False, "args": {"cni": {"allmulti": True}}}, "allmulticast on"),
        ({"txQLen": 7, "args": {"cni": {"txQLen": 9}}}, "txqueuelen 9"),
        (
            {"promisc": True, "allmulti": False, "txQLen": 7, "mtu": 1400},
            "mtu 1400 txqueuelen 7 promisc on allmulticast off",
        ),
    ],
)
def test_what_of_the_interface_is_set(conf: dict[str, Any], words: str) -> None:
    made = lines(desired(ask("tuning", {**PREV, **conf}), None, SEEN).own)
    assert made == [f"a: ip link set eth0 {words}"]


@pytest.mark.parametrize(
    ("conf", "problem"),
    [
        ({"promisc": 1}, "$.promisc: expected true or false, found 1"),
        ({"args": {"cni": {"allmulti": "x"}}}, "$.args.cni.allmulti: expected true or false"),
        ({"txQLen": -1}, "$.txQLen: -1 is out of range"),
    ],
)
def test_what_is_wrong_is_named(conf: dict[str, Any], problem: str) -> None:
    code, message = said(failure(ask("tuning", {**PREV, **conf}), None, SEEN))
    assert code == 7
    assert message.startswith(problem)


def listed(text: str, sysctls: dict[str, str], **conf: Any) -> Any:
    asked = ask("tuning", {**PREV, "sysctl": sysctls, **conf})
    asked.facts = {ALLOWLIST: text}
    return asked


def test_the_host_has_a_list() -> None:
    assert plugin("tuning").facts(ask("tuning", PREV)) == (ALLOWLIST,)


@pytest.mark.parametrize(
    "text", ["net.core.somaxconn", "x\n\n  ^net\\.core\\..*$  \n", "somax", "net"]
)
def test_a_setting_of_the_list(text: str) -> None:
    asked = listed(text, {"net.core.somaxconn": "5"})
    assert lines(desired(asked, None, SEEN).own) == ["a: net/core/somaxconn=5"]


@pytest.mark.parametrize(("text", "shown"), [("", ""), ("\n", ""), ("^a$\nb", "^a$ b")])
def test_a_setting_that_the_list_has_not(text: str, shown: str) -> None:
    error = failure(listed(text, {"net.core.somaxconn": "5"}), None, SEEN)
    assert said(error) == (
        7,
        "Sysctl net.core.somaxconn is not allowed. Only the following sysctls are allowed: "
        f"[{shown}]",
    )


def test_the_list_is_for_what_args_say_too() -> None:
    args = {"cni": {"sysctl": {"net.core.dev_weight": "5"}}}
    error = failure(listed("somaxconn", {"net.core.somaxconn": "5"}, args=args), None, SEEN)
    assert said(error)[1].startswith("Sysctl net.core.dev_weight is not allowed.")


def test_a_list_that_cannot_be_read_allows_nothing() -> None:
    error = failure(listed("net\n(", {"net.core.somaxconn": "5"}), None, SEEN)
    assert said(error)[1].startswith(f"{ALLOWLIST}: '(': ")


def test_without_settings_the_list_does_not_matter() -> None:
    assert desired(listed("", {}), None, SEEN).own == ()
