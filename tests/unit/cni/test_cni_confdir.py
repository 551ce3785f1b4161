"""A directory of configurations: one bad file takes no other network down."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from glassnet.cni.confdir import Confdir, File, read

D = "/etc/cni/net.d"


def a_list(name: str, *types: str, **keys: object) -> bytes:
    plugins = [{"type": one} for one in types]
    whole = {"cniVersion": "1.0.0", "name": name, **({"plugins": plugins} if types else {}), **keys}
    return json.dumps(whole).encode()


def single(name: str, type_: str = "ptp") -> bytes:
    return json.dumps({"name": name, "type": type_}).encode()


def of(files: dict[str, bytes], folders: dict[str, dict[str, bytes]] | None = None) -> Confdir:
    def folder(name: str) -> Sequence[File]:
        asked.append(name)
        return [
            File(f"{D}/{name}/{file}", text) for file, text in (folders or {}).get(name, {}).items()
        ]

    asked: list[str] = []
    found = read([File(f"{D}/{name}", text) for name, text in files.items()], folder)
    if folders is not None:
        assert set(folders) <= set(asked)
    return found


def test_networks_are_in_the_order_of_their_files() -> None:
    found = of(
        {"05-b.conf": single("b"), "10-a.conflist": a_list("a", "x"), "20.json": single("c")}
    )
    assert [one.name for one in found.networks] == ["b", "a", "c"]
    assert found.problems == ()
    assert found.get("a") is found.networks[1]
    assert found.get("d") is None


@pytest.mark.parametrize(
    ("name", "text", "words", "network"),
    [
        ("00-x.conflist", b"{", "Input data was truncated", ""),
        ("00-x.conflist", b"", "Input data was truncated", ""),
        ("00-x.conflist", b"[]", "expected an object", ""),
        ("00-x.conflist", b'{"name":"n"}', "no plugin configs found", "n"),
        ("00-x.conflist", a_list("n", "a/b"), "$.plugins[0].type: invalid plugin name", "n"),
        ("00-x.conf", a_list("n", "b"), "the file of a list is *.conflist", "n"),
        ("00-x.json", b'{"name":"n"}', "missing 'type'", "n"),
        ("00-x.conflist", b'{"name":7,"plugins":[]}', "no plugins in list", ""),
    ],
)
def test_one_bad_file_takes_no_other_network_down(
    name: str, text: bytes, words: str, network: str
) -> None:
    found = of({name: text, "10-a.conflist": a_list("a", "x")})
    assert [one.name for one in found.networks] == ["a"]
    (problem,) = found.problems
    assert problem.file == f"{D}/{name}"
    assert words in f"{problem} {problem.error.details}"
    assert str(problem).startswith(f"{D}/{name}: $")
    assert (problem.network, problem.shadowed) == (network, False)


def test_a_file_that_cannot_be_read() -> None:
    found = read(
        [File(f"{D}/0.conf", error="Permission denied"), File(f"{D}/1.conf", single("a"))],
        lambda name: (),
    )
    assert [one.name for one in found.networks] == ["a"]
    assert str(found.problems[0]) == f"{D}/0.conf: Permission denied"
    assert found.problems[0].error.code == 5


def test_of_two_with_one_name_the_first_list_is_taken() -> None:
    found = of(
        {
            "10-a.conf": single("a", "one"),
            "20-a.conflist": a_list("a", "two"),
            "30-a.conflist": a_list("a", "three"),
        }
    )
    assert [one.plugins[0].type for one in found.networks] == ["two"]
    assert [(p.file, p.shadowed, p.network) for p in found.problems] == [
        (f"{D}/10-a.conf", True, "a"),
        (f"{D}/30-a.conflist", True, "a"),
    ]
    assert str(found.problems[0]) == (
        f"{D}/10-a.conf: network a is that of {D}/20-a.conflist already: this one is unused"
    )


def test_of_two_single_ones_the_first_is_taken() -> None:
    found = of({"1.conf": single("a", "one"), "2.json": single("a", "two")})
    assert [one.plugins[0].type for one in found.networks] == ["one"]


# Plugins from elsewhere.


def test_fragments_are_appended() -> None:
    folders = {"a": {"1.conf": b'{"type":"y"}', "2.conf": b'{"type":"z"}'}}
    found = of({"10.conflist": a_list("a", "x")}, folders)
    assert [plugin.type for plugin in found.networks[0].plugins] == ["x", "y", "z"]


def test_a_list_may_be_of_fragments_only() -> None:
    found = of({"10.conflist": a_list("a")}, {"a": {"1.conf": b'{"type":"y"}'}})
    assert [plugin.type for plugin in found.networks[0].plugins] == ["y"]


def test_a_list_may_refuse_them() -> None:
    folders = {"a": {"1.conf": b"{"}}
    found = read(
        [File(f"{D}/1.conflist", a_list("a", "x", loadOnlyInlinedPlugins="true"))],
        lambda name: [File(f"{D}/{name}/1.conf", folders[name]["1.conf"])],
    )
    assert [plugin.type for plugin in found.networks[0].plugins] == ["x"]
    assert found.problems == ()


def test_a_bad_fragment_takes_down_its_network_and_no_other() -> None:
    files = {"10.conflist": a_list("a", "x"), "20.conflist": a_list("b", "x")}
    found = of(files, {"a": {"1.conf": b'{"x":1}'}})
    assert [one.name for one in found.networks] == ["b"]
    (problem,) = found.problems
    assert (problem.file, problem.network) == (f"{D}/10.conflist", "a")
    assert str(problem) == f"{D}/a/1.conf: $: error parsing configuration: missing 'type'"


def test_a_fragment_that_cannot_be_read() -> None:
    found = read(
        [File(f"{D}/1.conflist", a_list("a", "x"))],
        lambda name: [File(f"{D}/{name}/1.conf", error="Permission denied")],
    )
    assert found.networks == ()
    assert str(found.problems[0]) == f"{D}/a/1.conf: Permission denied"


def test_a_name_that_is_no_folders_name_is_not_looked_up() -> None:
    found = of({"1.conflist": a_list("../x", "y")}, {})
    assert found.networks == ()


def test_an_empty_directory() -> None:
    assert of({}) == Confdir()
