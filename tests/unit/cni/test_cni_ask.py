"""What a plugin is asked: versions, names, the previous result, who has the last word."""

from __future__ import annotations

from typing import Any

import pytest

from glassnet.cni.ask import Ask
from glassnet.cni.call import Call
from glassnet.cni.conf import Conf
from glassnet.cni.error import CniError
from glassnet.cni.result import Dns, Interface, Result

NET = {"cniVersion": "1.1.0", "name": "net", "type": "thing"}


def ask(verb: str = "ADD", supported: tuple[str, ...] | None = None, **conf: Any) -> Ask:
    whole = {key: value for key, value in {**NET, **conf}.items() if value is not None}
    call = Call(verb, "c1", "/run/netns/a", "eth0")
    if supported is None:
        return Ask("thing", call, Conf(whole))
    return Ask("thing", call, Conf(whole), supported)


def failure(*args: Any, **conf: Any) -> tuple[int, str, str]:
    with pytest.raises(CniError) as error:
        ask(*args, **conf)
    return (error.value.code, error.value.message, error.value.details)


def test_it_has_the_networks_name_and_version() -> None:
    one = ask()
    assert (one.type, one.network, one.version, one.call.ifname) == (
        "thing",
        "net",
        "1.1.0",
        "eth0",
    )


def test_without_a_version_it_is_the_first() -> None:
    assert ask(cniVersion=None).version == "0.1.0"
    assert ask(cniVersion="").version == "0.1.0"


def test_a_version_that_is_not_supported() -> None:
    assert failure(cniVersion="9") == (
        1,
        "incompatible CNI versions",
        'config is "9", plugin supports ["0.1.0" "0.2.0" "0.3.0" "0.3.1" "0.4.0" "1.0.0" "1.1.0"]',
    )
    assert failure("ADD", ("0.4.0",)) == (
        1,
        "incompatible CNI versions",
        'config is "1.1.0", plugin supports ["0.4.0"]',
    )


@pytest.mark.parametrize(
    ("verb", "version", "first"),
    [
        ("CHECK", "0.3.1", "0.4.0"),
        ("GC", "1.0.0", "1.1.0"),
        ("STATUS", "1.0.0", "1.1.0"),
    ],
)
def test_verbs_that_a_version_does_not_have(verb: str, version: str, first: str) -> None:
    code, message, details = failure(verb, cniVersion=version)
    assert (code, message) == (1, f"config version does not allow {verb}")
    assert details == f"{verb} came with {first}, config is {version}"
    assert ask(verb, cniVersion=first).version == first


@pytest.mark.parametrize("verb", ["ADD", "DEL"])
def test_verbs_that_have_always_been_there(verb: str) -> None:
    assert ask(verb, cniVersion="0.1.0").call.verb == verb


def test_a_network_without_a_proper_name() -> None:
    assert failure(name=None) == (7, "missing network name", "")
    assert failure(name="a/b") == (7, "invalid characters found in network name", "a/b")
    assert failure(name=3)[1] == "$.name: expected a string, found 3"


def test_a_previous_result() -> None:
    assert ask().prev is None
    one = ask(prevResult={"interfaces": [{"name": "eth0"}]})
    assert one.prev == one.chained() == Result(interfaces=(Interface("eth0"),))


def test_a_previous_result_without_a_version_has_the_configurations() -> None:
    one = ask(cniVersion="0.2.0", prevResult={"ip4": {"ip": "10.0.0.2/24"}})
    assert one.prev is not None
    assert str(one.prev.ips[0].address) == "10.0.0.2/24"


def test_a_plugin_that_needs_one_says_so() -> None:
    with pytest.raises(CniError) as error:
        ask().chained()
    assert error.value.code == 7
    assert error.value.message == (
        "thing must be called as chained plugin: missing prevResult from earlier plugin"
    )


def test_what_the_runtime_and_the_author_say() -> None:
    one = ask(
        runtimeConfig={"mac": "02:00:00:00:00:01"}, args={"cni": {"mac": "02:00:00:00:00:02"}}
    )
    assert one.runtime("mac").path == "$.runtimeConfig.mac"
    assert one.runtime("mac").text() == "02:00:00:00:00:01"
    assert one.arg("mac").text() == "02:00:00:00:00:02"
    assert not one.runtime("ips")
    assert not ask().arg("mac")


def test_the_configurations_dns_comes_before_the_results() -> None:
    given = Result(dns=Dns(domain="ipam"))
    assert ask(dns={"domain": "conf"}).dns(given) == Dns(domain="conf")
    assert ask(dns={}).dns(given) == Dns(domain="ipam")
    assert ask().dns(None) == Dns()
