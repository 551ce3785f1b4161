"""What the doctor finds wrong with what a runtime would find, and what it says to do."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from glassnet.cni.cached import Entry, Key
from glassnet.cni.confdir import Confdir, File, read
from glassnet.cni.steps import Cached
from glassnet.runtime.doctor import Finding, findings
from glassnet.runtime.survey import (
    Attached,
    DeadLease,
    PluginFile,
    Survey,
    Unserved,
    ipam_type,
    survey,
)

D = "/etc/cni/net.d"
ALL = ("0.4.0", "1.0.0", "1.1.0")


def a_list(name: str, *plugins: dict[str, Any]) -> bytes:
    import json

    return json.dumps({"cniVersion": "1.1.0", "name": name, "plugins": plugins}).encode()


def confdir(**files: bytes) -> Confdir:
    return read([File(f"{D}/{name}.conflist", text) for name, text in files.items()], lambda _: ())


def of(found: Confdir, *plugins: PluginFile, **more: Any) -> list[Finding]:
    named = {plugin.type for network in found.networks for plugin in network.plugins}
    known = {one.type for one in plugins}
    there = [PluginFile(one, ("net",), f"/b/{one}", "ours", True, ALL) for one in named - known]
    keys: dict[str, Any] = {
        "conf_dir": D,
        "path": ("/b",),
        "missing": (),
        "confdir": found,
        "plugins": (*plugins, *there),
        "cache_dir": "/c",
        "attached": (),
        "leases": (),
        **more,
    }
    return findings(Survey(**keys))


BRIDGE = {"type": "bridge"}
FINE = confdir(a=a_list("net", BRIDGE))


def texts(found: list[Finding]) -> list[str]:
    return [one.text for one in found]


def test_nothing_is_wrong() -> None:
    assert of(FINE) == []


def test_no_network_at_all() -> None:
    assert texts(of(Confdir())) == [f"there is no network in {D}"]
    assert texts(of(Confdir(), missing=(D,))) == [f"there is no directory {D}"]


def test_a_directory_of_plugins_that_is_not_there_is_a_note() -> None:
    (found,) = of(FINE, missing=("/b",))
    assert (found.text, found.wrong) == ("there is no directory /b", False)


def test_what_could_not_be_looked_at() -> None:
    (found,) = of(FINE, unread=("/run/glassnet: Permission denied",))
    assert (found.text, found.wrong) == ("/run/glassnet: Permission denied", True)


def test_a_daemon_that_is_not_there() -> None:
    (found,) = of(FINE, unserved=(Unserved("net", "error dialing DHCP daemon", "start it"),))
    assert found == Finding("networks", "network net: error dialing DHCP daemon", "start it")


class Quiet:
    """A runtime that has networks, and nothing else."""

    def __init__(self, found: Confdir) -> None:
        self._found = found

    def networks(self) -> Confdir:
        return self._found

    def attachments(self) -> list[Cached]:
        return []

    def version(self, network: object) -> dict[str, tuple[str, ...]]:
        raise AssertionError(f"{network} has plugins, of which no directory has any")


def test_whether_a_daemon_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSNET_STATE", str(tmp_path / "none"))
    path = str(tmp_path / "s")
    found = confdir(
        a=a_list("net", {**BRIDGE, "ipam": {"type": "dhcp", "daemonSocketPath": path}}),
        b=a_list("odd", {**BRIDGE, "ipam": {"type": "dhcp", "daemonSocketPath": 7}}),
        c=a_list("other", {**BRIDGE, "ipam": {"type": "host-local"}}),
    )

    def unserved() -> list[str]:
        seen = survey(Quiet(found), D, ["/nowhere"], str(tmp_path))
        return [f"{one.network}: {one.problem}" for one in seen.unserved]

    nobody = f"error dialing DHCP daemon: dial unix {path}: connect: no such file or directory"
    assert unserved()[0] == f"net: {nobody}"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(path)
        sock.listen()
        [only] = unserved()
    assert only.startswith("odd: ")
    assert only.endswith("daemonSocketPath: expected a string, found 7")


def test_broken_files_and_names_that_collide() -> None:
    found = of(confdir(a=a_list("net", BRIDGE), b=b"{", c=a_list("net", BRIDGE)))
    assert [one.wrong for one in found] == [True, True]
    assert found[0].text.startswith(f"{D}/b.conflist: $: error parsing")
    assert found[1].text.startswith(f"{D}/c.conflist: network net is that of {D}/a.conflist")


@pytest.mark.parametrize("key", ["runtimeConfig", "prevResult", "cni.dev/x", "RUNTIMECONFIG"])
def test_keys_that_no_plugin_gets_to_see(key: str) -> None:
    (found,) = of(confdir(a=a_list("net", {**BRIDGE, key: {}})))
    assert found.text == (
        f"{D}/a.conflist: $.plugins[0].{key}: the protocol's own key: no plugin gets to see it"
    )
    assert not found.wrong


@pytest.mark.parametrize(
    ("plugin", "text", "advice"),
    [
        (
            PluginFile("bridge", ("net", "b"), problem='failed to find plugin "bridge"'),
            'failed to find plugin "bridge"; networks that need it: net, b',
            "install it, or 'glassnet cni install'",
        ),
        (
            PluginFile("bridge", ("net",), "/b/bridge", "foreign", problem="no executable"),
            "no executable; networks that need it: net",
            "chmod +x",
        ),
        (
            PluginFile("bridge", ("net",), "/b/bridge", "ours", problem="no executable"),
            "no executable; networks that need it: net",
            "'glassnet cni install' again",
        ),
        (
            PluginFile("bridge", ("net",), "/b/bridge", "foreign", True, problem="it crashed"),
            "it crashed; networks that need it: net",
            "",
        ),
    ],
)
def test_plugins_that_cannot_be_used(plugin: PluginFile, text: str, advice: str) -> None:
    (found,) = of(FINE, plugin)
    assert (found.about, found.text, found.advice, found.wrong) == ("plugins", text, advice, True)


def test_a_version_that_a_plugin_does_not_speak() -> None:
    old = PluginFile("bridge", ("net",), "/b/bridge", "foreign", True, ("0.3.1", "0.4.0"))
    (found,) = of(confdir(a=a_list("net", BRIDGE, BRIDGE)), old)
    assert found.text == ("network net is of version 1.1.0, which plugin bridge does not speak")
    assert found.advice == "it speaks 0.3.1, 0.4.0"


# Networks that collide.


def subnet(text: str, **keys: Any) -> dict[str, Any]:
    return {"type": "ptp", "ipam": {"type": "host-local", "subnet": text}, **keys}


def ranges(*sets: list[dict[str, str]]) -> dict[str, Any]:
    return {"type": "ptp", "ipam": {"type": "host-local", "ranges": sets}}


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        (BRIDGE, BRIDGE, "one bridge, cni0"),
        (BRIDGE, {"type": "bridge", "bridge": "cni0"}, "one bridge, cni0"),
        (BRIDGE, {"type": "bridge", "bridge": "br1"}, ""),
        (BRIDGE, {"type": "bridge", "bridge": ""}, "one bridge, cni0"),
        (BRIDGE, {"type": "ptp"}, ""),
        (subnet("10.1.0.0/16"), subnet("10.1.2.0/24"), "10.1.0.0/16 and 10.1.2.0/24 overlap"),
        (subnet("10.1.0.1/16"), subnet("10.1.2.0/24"), "10.1.0.0/16 and 10.1.2.0/24 overlap"),
        (subnet("10.1.0.0/16"), subnet("10.2.0.0/16"), ""),
        (subnet("10.1.0.0/16"), subnet("fd00::/16"), ""),
        (subnet("10.1.0.0/16"), {"type": "ptp"}, ""),
        (subnet("nonsense"), subnet("10.2.0.0/16"), ""),
        (
            ranges([{"subnet": "10.9.0.0/16"}], [{"subnet": "fd00::/64"}]),
            ranges([{"subnet": "10.8.0.0/16"}, {"subnet": "fd00::/80"}]),
            "fd00::/64 and fd00::/80 overlap",
        ),
        ({"type": "ptp", "ipam": {"ranges": 3}}, subnet("10.2.0.0/16"), ""),
        ({"type": "ptp", "ipam": "x"}, subnet("10.2.0.0/16"), ""),
    ],
)
def test_bridges_and_subnets_that_collide(
    one: dict[str, Any], other: dict[str, Any], collide: str
) -> None:
    found = of(confdir(a=a_list("net", one), b=a_list("other", other)))
    assert [collide in text for text in texts(found)] == ([True] if collide else [])
    if collide:
        assert "net and other" in found[0].text
        assert f"{D}/a.conflist and {D}/b.conflist" in found[0].advice


def test_a_network_does_not_collide_with_itself() -> None:
    assert of(confdir(a=a_list("net", BRIDGE, BRIDGE, subnet("10.1.0.0/16")))) == []


# The cache and the leases.

KEY = Key("net", "c1", "eth0")


@pytest.mark.parametrize(
    ("attached", "text", "wrong"),
    [
        (Attached(Cached(file="/c/x", problem="/c/x is empty")), "/c/x is empty", True),
        (
            Attached(Cached(Entry(KEY, "/n"), "/c/x", stale="it was made in boot b0")),
            "eth0 of c1 in network net: it was made in boot b0",
            True,
        ),
        (
            Attached(Cached(Entry(KEY, "/n", unfinished=True), "/c/x"), gone=True),
            "eth0 of c1 in network net: its ADD came to no end",
            True,
        ),
        (
            Attached(Cached(Entry(KEY, "/n", unfinished=True), "/c/x"), busy=True),
            "eth0 of c1 in network net: somebody is at work on it",
            False,
        ),
        (
            Attached(Cached(Entry(KEY, "/n"), "/c/x"), gone=True),
            "eth0 of c1 in network net: its namespace /n is gone",
            True,
        ),
        (
            Attached(Cached(Entry(Key("", "", "")), "/c/x")),
            "/c/x is a bare result of old: it does not say whose it is",
            False,
        ),
        (
            Attached(Cached(Entry(Key("old", "c1", "eth0"), "/n"), "/c/x")),
            "eth0 of c1 in network old: the network is not configured any more",
            False,
        ),
    ],
)
def test_cache_entries(attached: Attached, text: str, wrong: bool) -> None:
    (found,) = of(FINE, attached=(attached,))
    assert (found.text, found.wrong) == (text, wrong)
    if found.text.startswith("eth0") and wrong:
        assert found.advice == "glassnet cni del net /n --container c1 -i eth0"


def test_an_entry_that_is_as_it_should_be() -> None:
    assert of(FINE, attached=(Attached(Cached(Entry(KEY, "/n"), "/c/x")),)) == []


def test_leases_of_the_dead() -> None:
    (found,) = of(FINE, leases=(DeadLease("net", "10.0.0.2", "c1", "eth0", "/n"),))
    assert found.text == ("10.0.0.2 of network net is held for eth0 of c1, whose namespace is gone")
    assert found.advice == "glassnet cni del net /n --container c1 -i eth0"
    assert found.wrong


def test_the_type_of_an_ipam_section() -> None:
    network = confdir(
        a=a_list("net", subnet("10.1.0.0/16"), BRIDGE, {"type": "x", "ipam": {"type": 3}})
    ).networks[0]
    assert [ipam_type(plugin) for plugin in network.plugins] == ["host-local", "", ""]
