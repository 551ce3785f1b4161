"""The plugin's side as a function: output and exit code, for each verb and each mistake."""

from __future__ import annotations

import json
from typing import Any

import pytest

import glassnet
from glassnet.cni.ask import Ask
from glassnet.cni.error import NOT_AVAILABLE, CniError
from glassnet.cni.result import Ip, Result
from glassnet.cni.serve import about, serve
from glassnet.errors import Conflict, GlassnetError
from glassnet.values import Cidr

ENV = {
    "CNI_CONTAINERID": "c1",
    "CNI_NETNS": "/run/netns/a",
    "CNI_IFNAME": "eth0",
    "CNI_PATH": "/opt/cni/bin",
}
CONF = {"cniVersion": "1.1.0", "name": "net", "type": "thing"}
RESULT = Result(ips=(Ip(Cidr("10.0.0.2/24")),))


class Noted:
    """Verbs that note what they were asked, and raise what they are told to."""

    def __init__(self, error: GlassnetError | None = None) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.error = error

    def _note(self, verb: str, ask: Ask) -> None:
        self.asked.append((verb, ask.network, ask.call.verb))
        if self.error is not None:
            raise self.error

    def add(self, ask: Ask) -> Result:
        self._note("add", ask)
        return RESULT

    def delete(self, ask: Ask) -> None:
        self._note("delete", ask)

    def check(self, ask: Ask) -> None:
        self._note("check", ask)

    def collect(self, ask: Ask) -> None:
        self._note("collect", ask)

    def status(self, ask: Ask) -> None:
        self._note("status", ask)


def call(
    verb: str, conf: object = CONF, verbs: Noted | None = None, **environment: str
) -> tuple[Any, int]:
    stdin = conf if isinstance(conf, bytes) else json.dumps(conf).encode()
    output, code = serve(
        "thing", {"CNI_COMMAND": verb, **ENV, **environment}, stdin, verbs or Noted()
    )
    return (json.loads(output) if output else None, code)


@pytest.mark.parametrize(
    ("verb", "called"),
    [("DEL", "delete"), ("CHECK", "check"), ("GC", "collect"), ("STATUS", "status")],
)
def test_a_verb_is_carried_out_and_prints_nothing(verb: str, called: str) -> None:
    verbs = Noted()
    assert call(verb, verbs=verbs) == (None, 0)
    assert verbs.asked == [(called, "net", verb)]


@pytest.mark.parametrize("version", ["0.1.0", "0.3.1", "1.1.0"])
def test_add_prints_its_result_in_the_version_asked(version: str) -> None:
    printed, code = call("ADD", {**CONF, "cniVersion": version})
    assert code == 0
    assert printed["cniVersion"] == version
    assert ("ip4" in printed) is (version == "0.1.0")


def test_add_prints_as_the_reference_plugins_do() -> None:
    output, _ = serve("thing", {"CNI_COMMAND": "ADD", **ENV}, json.dumps(CONF).encode(), Noted())
    assert output.startswith('{\n    "cniVersion": "1.1.0",\n    "ips"')
    assert not output.endswith("\n")


@pytest.mark.parametrize("verb", ["ADD", "DEL", "CHECK", "GC", "STATUS"])
def test_an_error_of_a_verb_is_printed(verb: str) -> None:
    error = CniError(NOT_AVAILABLE, "no addresses", "a larger range")
    printed, code = call(verb, verbs=Noted(error))
    assert code == 1
    assert printed == {
        "cniVersion": "1.1.0",
        "code": 50,
        "msg": "no addresses",
        "details": "a larger range",
    }


def test_one_of_glassnets_own_has_a_code() -> None:
    printed, code = call("ADD", verbs=Noted(Conflict("somebody's", "look")))
    assert (printed["code"], printed["msg"], printed["details"]) == (999, "somebody's", "look")
    assert code == 1


@pytest.mark.parametrize("stdin", [b"", b" \n"])
def test_nothing_on_standard_input(stdin: bytes) -> None:
    verbs = Noted()
    printed, code = call("ADD", stdin, verbs)
    assert (printed["code"], code) == (5, 1)
    assert printed["msg"] == "error reading from stdin: it is empty"
    assert verbs.asked == []


def test_no_json_on_standard_input() -> None:
    printed, code = call("ADD", b"{")
    assert (printed["code"], printed["cniVersion"], code) == (6, "1.1.0", 1)
    assert printed["msg"].startswith("error unmarshall network config: ")


def test_the_environment_comes_first() -> None:
    printed, _ = call("ADD", b"{", CNI_IFNAME="")
    assert printed["msg"] == "required env variables [CNI_IFNAME] missing"


def test_an_error_is_in_the_version_asked_where_that_is_known() -> None:
    for version, printed in (("0.4.0", "0.4.0"), ("9", "1.1.0"), (3, "1.1.0")):
        said, code = call("ADD", {**CONF, "cniVersion": version, "name": ""})
        assert (said["cniVersion"], code) == (printed, 1)
    assert call("ADD", {**CONF, "cniVersion": "0.4.0", "name": ""})[0]["code"] == 7


def test_a_result_that_a_version_cannot_say() -> None:
    class Layer2(Noted):
        def add(self, ask: Ask) -> Result:
            return Result()

    printed, code = call("ADD", {**CONF, "cniVersion": "0.2.0"}, Layer2())
    assert (printed["msg"], code) == ("cannot convert: no valid IP addresses", 1)


@pytest.mark.parametrize(
    ("stdin", "version"),
    [
        (b'{"cniVersion":"0.4.0"}', "0.4.0"),
        (b'{"cniVersion":"9"}', "1.1.0"),
        (b'{"cniVersion":3}', "1.1.0"),
        (b"", "1.1.0"),
        (b"{", "1.1.0"),
    ],
)
def test_version_answers_whatever_it_is_given(stdin: bytes, version: str) -> None:
    output, code = serve("thing", {"CNI_COMMAND": "VERSION"}, stdin, Noted(), ("0.4.0", "1.0.0"))
    assert output.endswith("}\n")
    assert code == 0
    assert json.loads(output) == {"cniVersion": version, "supportedVersions": ["0.4.0", "1.0.0"]}


def test_what_a_plugin_says_of_itself() -> None:
    assert about("bridge", ("0.4.0", "1.0.0")) == (
        f"CNI bridge plugin of glassnet {glassnet.__version__}\n"
        "CNI protocol versions supported: 0.4.0, 1.0.0\n"
    )
