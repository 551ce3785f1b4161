"""The environment: what each verb needs, in skel's order and words; CNI_ARGS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.cni.call import (
    VERBS,
    Call,
    arguments,
    check_container,
    check_ifname,
    check_network,
    read,
)
from glassnet.cni.error import CniError

WHOLE = {
    "CNI_CONTAINERID": "c1",
    "CNI_NETNS": "/run/netns/a",
    "CNI_IFNAME": "eth0",
    "CNI_PATH": "/opt/cni/bin:/usr/lib/cni",
}


def failure(environment: dict[str, str]) -> tuple[int, str, str]:
    with pytest.raises(CniError) as error:
        read(environment)
    return (error.value.code, error.value.message, error.value.details)


@pytest.mark.parametrize(
    ("verb", "missing"),
    [
        ("ADD", "CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH"),
        ("CHECK", "CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH"),
        ("DEL", "CNI_CONTAINERID,CNI_IFNAME,CNI_PATH"),
        ("GC", "CNI_PATH"),
        ("STATUS", "CNI_PATH"),
    ],
)
def test_what_a_verb_needs_is_named_in_skels_order(verb: str, missing: str) -> None:
    words = f"required env variables [{missing}] missing"
    assert failure({"CNI_COMMAND": verb}) == (4, words, "")


def test_no_command_is_a_variable_that_is_missing() -> None:
    words = "required env variables [CNI_COMMAND] missing"
    assert failure({}) == failure({"CNI_COMMAND": ""}) == (4, words, "")


def test_one_that_is_empty_is_missing() -> None:
    words = "required env variables [CNI_NETNS] missing"
    assert failure({"CNI_COMMAND": "ADD", **WHOLE, "CNI_NETNS": ""}) == (4, words, "")


@pytest.mark.parametrize("verb", ["UP", "add", "ADD "])
def test_an_unknown_command(verb: str) -> None:
    assert failure({"CNI_COMMAND": verb}) == (4, f"unknown CNI_COMMAND: {verb}", "")


def test_version_needs_nothing() -> None:
    assert read({"CNI_COMMAND": "VERSION"}).verb == "VERSION"


@pytest.mark.parametrize("verb", ["GC", "STATUS"])
def test_names_are_not_looked_at_where_they_are_not_needed(verb: str) -> None:
    call = read({"CNI_COMMAND": verb, **WHOLE, "CNI_CONTAINERID": "?", "CNI_IFNAME": "a b"})
    assert call.container == "?"


def test_a_call_has_what_the_environment_has() -> None:
    trace = {"TRACEPARENT": "00-1-2-01", "TRACESTATE": "a=b", "BAGGAGE": "c=d"}
    environment = {"CNI_COMMAND": "ADD", **WHOLE, "CNI_ARGS": "A=B", **trace}
    call = read({**environment, "CNI_NETNS_OVERRIDE": "True", "PATH": "/bin"})
    assert call == Call(
        verb="ADD",
        container="c1",
        netns="/run/netns/a",
        ifname="eth0",
        args="A=B",
        path=("/opt/cni/bin", "/usr/lib/cni"),
        override=True,
        extra=trace,
    )
    assert call.environment() == environment


@pytest.mark.parametrize(
    ("said", "meant"), [("1", True), ("TRUE", True), ("0", False), ("", False)]
)
def test_the_override(said: str, meant: bool) -> None:
    assert read({"CNI_COMMAND": "ADD", **WHOLE, "CNI_NETNS_OVERRIDE": said}).override is meant


def test_all_verbs_are_known() -> None:
    assert all(read({"CNI_COMMAND": verb, **WHOLE}).verb == verb for verb in VERBS)


def test_del_does_without_a_namespace() -> None:
    assert read({"CNI_COMMAND": "DEL", **WHOLE, "CNI_NETNS": ""}).netns == ""


@pytest.mark.parametrize("container", ["-a", ".a", "_a", "a/b", "a b", "ä", "a\n", "a;b"])
def test_a_bad_container_id(container: str) -> None:
    words = "invalid characters in containerID"
    environment = {"CNI_COMMAND": "DEL", **WHOLE, "CNI_CONTAINERID": container}
    assert failure(environment) == (4, words, container)


@given(st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_.\-]*", fullmatch=True))
def test_good_ids_and_names(text: str) -> None:
    check_container(text)
    check_network(text)


@pytest.mark.parametrize(
    ("ifname", "words", "details"),
    [
        (
            "sixteencharacter",
            "interface name is too long",
            "interface name should be less than 16 characters",
        ),
        (
            "ääääääää",
            "interface name is too long",
            "interface name should be less than 16 characters",
        ),
        (".", "interface name is . or ..", "."),
        ("..", "interface name is . or ..", ".."),
        ("a/b", "interface name contains / or : or whitespace characters", "a/b"),
        ("a:b", "interface name contains / or : or whitespace characters", "a:b"),
        ("a\tb", "interface name contains / or : or whitespace characters", "a\tb"),
    ],
)
def test_a_bad_interface_name(ifname: str, words: str, details: str) -> None:
    environment = {"CNI_COMMAND": "ADD", **WHOLE, "CNI_IFNAME": ifname}
    assert failure(environment) == (4, words, details)


@pytest.mark.parametrize("ifname", ["a%d", "all", "eth\udcff"])
def test_a_name_that_only_the_kernel_refuses(ifname: str) -> None:
    with pytest.raises(CniError, match="interface name") as error:
        check_ifname(ifname)
    assert error.value.code == 4
    assert error.value.details


def test_the_longest_name() -> None:
    check_ifname("fifteen-letters")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "missing network name"),
        ("a/b", "invalid characters found in network name"),
        ("-a", "invalid characters found in network name"),
    ],
)
def test_a_bad_network_name(name: str, words: str) -> None:
    with pytest.raises(CniError) as error:
        check_network(name)
    assert (error.value.code, error.value.message, error.value.details) == (7, words, name)


# CNI_ARGS.

KNOWN = frozenset({"IP", "MAC"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("IP=10.0.0.1", {"IP": "10.0.0.1"}),
        ("IP=1;MAC=2", {"IP": "1", "MAC": "2"}),
        ("MAC=", {"MAC": ""}),
        ("IP=1;IgnoreUnknown=1;K8S=x", {"IP": "1"}),
        ("IgnoreUnknown=TRUE;K8S=x", {}),
    ],
)
def test_arguments(text: str, found: dict[str, str]) -> None:
    assert arguments(text, KNOWN) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FOO", 'ARGS: invalid pair "FOO"'),
        ("IP=1;", 'ARGS: invalid pair ""'),
        ("IP=1=2", 'ARGS: invalid pair "IP=1=2"'),
        ("FOO=BAR", 'ARGS: unknown args ["FOO=BAR"]'),
        ("FOO=BAR;IP=1;X=Y", 'ARGS: unknown args ["FOO=BAR" "X=Y"]'),
        ("FOO=BAR;IgnoreUnknown=0", 'ARGS: unknown args ["FOO=BAR"]'),
        ("ip=1", 'ARGS: unknown args ["ip=1"]'),
    ],
)
def test_bad_arguments(text: str, words: str) -> None:
    with pytest.raises(CniError) as error:
        arguments(text, KNOWN)
    assert (error.value.code, error.value.message) == (4, words)
