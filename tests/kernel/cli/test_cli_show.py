"""``show``: what is in a namespace, compared with what ``ip`` says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cli_host import Quick, answer, example

from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Quick() as one:
        one.glassnet("up", example("article"))
        one.glassnet("up", example("dual-stack"))
        one.sh("mkdir /run/netns/nothing; echo x >/run/netns/file")
        yield one


def shown(host: Host, *words: str) -> list[dict[str, Any]]:
    """What is shown, as JSON."""
    found: list[dict[str, Any]] = json.loads(host.glassnet("show", *words, "--json").stdout)
    return found


def ip(host: Host, netns: str, *words: str) -> Any:
    """What ip says of it."""
    inside = () if netns == "host" else ("-n", netns)
    return host.json("ip", "-j", "-d", *inside, *words)


@pytest.mark.parametrize("netns", ["host", "ns1", "router", "a", "b", "quiet"])
def test_links_and_addresses_are_those_of_ip(host: Host, netns: str) -> None:
    [state] = shown(host, netns)
    listed = ip(host, netns, "addr")
    assert [
        (link["index"], link["ifname"], link["mtu"], link["address"], link["master"])
        for link in state["links"]
    ] == [
        (one["ifindex"], one["ifname"], one["mtu"], one["address"], one.get("master"))
        for one in listed
    ]
    for link, one in zip(state["links"], listed, strict=True):
        assert (link["state"] == "up") == ("UP" in one["flags"])
        assert link["carrier"] == ("LOWER_UP" in one["flags"])
        assert link["kind"] == one.get("linkinfo", {}).get("info_kind", "loopback")
        assert link["alias"] == one.get("ifalias", "")
        theirs = {f"{a['local']}/{a['prefixlen']}" for a in one["addr_info"]}
        ours = {a["address"] for a in state["addresses"] if a["dev"] == link["ifname"]}
        assert ours == theirs


@pytest.mark.parametrize("netns", ["host", "ns1", "router", "a", "b"])
def test_routes_and_rules_are_those_of_ip(host: Host, netns: str) -> None:
    [state] = shown(host, netns)
    for version in (4, 6):
        listed = ip(host, netns, f"-{version}", "route", "show", "table", "all")
        theirs = {
            (r["dst"].removesuffix("/32"), r["type"], r.get("gateway"), r.get("table", "main"))
            for r in listed
            if r.get("table") != "local"
        }
        ours = {
            (str(r["to"]), r["type"], r["via"], {254: "main"}.get(r["table"], str(r["table"])))
            for r in state["routes"]
            if r["version"] == version
        }
        assert ours == theirs
        marked = {r["dst"] for r in listed if r.get("protocol") == "103"}
        assert {
            r["to"] for r in state["routes"] if r["glassnet"] and r["version"] == version
        } == marked
    priorities = {r["priority"] for r in ip(host, netns, "rule")} - {0, 32766, 32767}
    assert {r["priority"] for r in state["rules"]} == priorities


def test_the_words_of_a_namespace(host: Host) -> None:
    text = host.glassnet("show", "a").stdout
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "a"
    assert any(line.startswith("1: lo loopback up mtu 65536 ") for line in lines)
    assert any("eth0 veth up mtu 1450 02:00:00:00:31:02" in line for line in lines)
    assert "10.31.0.2/24" in lines
    assert "default via 10.31.0.1 dev eth0 metric 50 [glassnet]" in lines
    assert "default via 10.31.0.1 dev eth0 table 100 [glassnet]" in lines
    assert "100: from 10.31.0.0/24 lookup 100 [glassnet]" in lines
    assert "10.31.0.1 is at 02:00:00:00:31:01 on eth0 permanent" in lines


def test_the_words_of_links_and_refusing_routes(host: Host) -> None:
    router = host.glassnet("show", "router").stdout
    assert "blackhole 198.51.100.0/24 [glassnet]" in router
    assert "unreachable 2001:db8:dead::/48 " in router
    assert "port of lan [glassnet:dual-stack/a:eth0]" in router
    assert "nexthop via 10.32.0.1 dev eth0 weight 2" in host.glassnet("show", "b").stdout
    assert "lo loopback down " in host.glassnet("show", "quiet").stdout


def test_all_of_them(host: Host) -> None:
    names = ["host", "a", "b", "file", "nothing", "ns1", "ns2", "quiet", "router"]
    assert [state["namespace"] for state in shown(host)] == names
    text = host.glassnet("show").stdout
    heads = [part.splitlines()[0] for part in text.split("\n\n")]
    expected = [f"{n} (no namespace)" if n in {"file", "nothing"} else n for n in names]
    assert heads == expected
    assert [s["is_namespace"] for s in shown(host)] == [n not in {"file", "nothing"} for n in names]


@pytest.mark.parametrize("by", ["path", "process"])
def test_by_path_and_by_process(host: Host, by: str) -> None:
    holder = host.start("ip", "netns", "exec", "ns1", "sh", "-c", "echo ready; exec cat")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    path = "/run/netns/ns1" if by == "path" else str(holder.pid)
    [state] = shown(host, path)
    holder.communicate("")
    [named] = shown(host, "ns1")
    assert state["links"] == named["links"]
    assert state["namespace"] == (path if by == "path" else f"/proc/{path}/ns/net")


@pytest.mark.parametrize(
    ("netns", "said"),
    [
        ("nosuch", "there is no namespace 'nosuch'"),
        ("/nosuch/path", "there is no namespace '/nosuch/path'"),
        ("2147483647", "there is no namespace and no process '2147483647'"),
        ("file", "/run/netns/file is no network namespace"),
        ("nothing", "/run/netns/nothing is no network namespace"),
        ("/etc/passwd", "/etc/passwd is no network namespace"),
        ("/proc/self/ns/mnt", "/proc/self/ns/mnt is no network namespace"),
        ("re/lative", "'re/lative' is no namespace path"),
        ("..", "'..' is no namespace name"),
        ("n" * 300, "is no namespace name"),
    ],
)
def test_what_is_no_namespace(host: Host, netns: str, said: str) -> None:
    for verb in (("show", netns), ("exec", netns, "true"), ("ping", netns, "10.0.0.1")):
        code, words = answer(host.glassnet(*verb, check=False))
        assert code == 2
        assert words.startswith("glassnet: ")
        assert said in words
        assert "Traceback" not in words
    if "there is no namespace" in said:
        assert "those there are: host, a, b, " in words
