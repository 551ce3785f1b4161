"""What makes a text no YAML, or more than lab files take, is told with line and column."""

from __future__ import annotations

import importlib.util
import sys
import time
from types import ModuleType

import pytest
import yaml

from glassnet.errors import ConfigError
from glassnet.lab import document
from glassnet.lab.document import parse
from glassnet.lab.read import read


def _without_libyaml() -> ModuleType:
    """The module as it is where PyYAML was built without libyaml."""
    assert document.__file__ is not None
    spec = importlib.util.spec_from_file_location("glassnet.lab.document_alone", document.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(yaml, "CSafeLoader", raising=False)
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
    return module


ALONE = _without_libyaml()
BOTH = pytest.mark.parametrize("module", [document, ALONE], ids=["installed", "pure"])


def _refused(module: ModuleType, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        module.parse(text, "f.yaml")
    return str(caught.value)


def test_the_pure_loader_is_another_one() -> None:
    assert ALONE._Loader is yaml.SafeLoader


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        "name: one",
        "\ufeffname: one",
        "name: one\r\nmtu: 1400\r\n",
        "%YAML 1.1\n---\nname: one\n...\n",
        "---\n{name: one}",
        "? name\n: one",
        "name: &name one\ndescription: *name",
        '"name": !!str one',
    ],
)
def test_a_mapping_in_any_dress(module: ModuleType, text: str) -> None:
    root = module.parse(text, "f.yaml")
    assert root.entries()["name"].text() == "one"
    assert root.origin.startswith("f.yaml:")
    assert root.path == "$"


@BOTH
@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("name: a\0", "1:8", "0000"),
        ("# one\n# two\n#\x07", "3:2", "0007"),
        ("\n\x01", "2:1", "0001"),
        ("name: \ud800", "1:7", "D800"),
        ("name: a\ufeffb", "1:8", "FEFF"),
        ("name: \x7f", "1:7", "007F"),
        ("é: \x9b", "1:4", "009B"),
    ],
)
def test_characters_that_no_file_may_hold(
    module: ModuleType, text: str, place: str, code: str
) -> None:
    assert _refused(module, text) == (
        f"f.yaml:{place}: $: the character U+{code} may not stand in a lab file; "
        "accepted: printable text"
    )


@BOTH
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('a: "\\0"', "1:4: $.a"),
        ('a: ["\\u200b", "\\e"]', "1:15: $.a[1]"),
        ('"\\a": b', "1:1: $"),
    ],
)
def test_nor_may_their_escapes(module: ModuleType, text: str, place: str) -> None:
    assert _refused(module, text).startswith(f"f.yaml:{place}: the character U+00")


@BOTH
@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "~", "null", "--- !!null"])
def test_what_holds_nothing_is_empty(module: ModuleType, text: str) -> None:
    assert _refused(module, text) == (
        "f.yaml:1:1: $: the file is empty; accepted: namespaces, bridges, links"
    )


@BOTH
def test_a_second_document_is_shown(module: ModuleType) -> None:
    assert _refused(module, "a: b\n---\na: b\n") == (
        "f.yaml:2:1: $: a second document begins here; accepted: one"
    )


@BOTH
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [", 1),
        ("a: b\n\tc: d", 2),
        ("a: {b: c", 1),
        ("a: 'b", 1),
        ("a: *b", 1),
        ("%YAML 3.0\n---\na: b", 1),
        ("a: b: c", 1),
        ("a: @b", 1),
        ('a: "\\q"', 1),
        ('a: "\\ud83d"', 1),
        ('a: "\\Uffffffff"', 1),
        ('a: "\\U00110000"', 1),
        ("a: b\n c: d", 2),
        ("- a\nb: c", 2),
    ],
)
def test_what_is_no_yaml(module: ModuleType, text: str, line: int) -> None:
    with pytest.raises(ConfigError) as caught:
        module.parse(text, "f.yaml")
    assert caught.value.file == "f.yaml"
    assert line <= caught.value.line <= line + 1
    assert caught.value.path.startswith("$")
    assert caught.value.accepted


@BOTH
@pytest.mark.parametrize(
    ("tag", "shown"),
    [
        ("!mine", "!mine"),
        ("!!binary", "tag:yaml.org,2002:binary"),
        ("!!python/name:os.system", "tag:yaml.org,2002:python/name:os.system"),
        ("!<tag:example.org,2000:x>", "tag:example.org,2000:x"),
    ],
)
def test_tags_are_not_known(module: ModuleType, tag: str, shown: str) -> None:
    assert _refused(module, f"a: [{tag} b]") == (
        f"f.yaml:1:5: $.a[0]: the tag '{shown}' is not known; accepted: values without tags"
    )


@BOTH
def test_levels_end_somewhere(module: ModuleType) -> None:
    assert module.parse("[" * 33 + "]" * 33, "f.yaml").is_sequence
    assert _refused(module, "[" * 34 + "]" * 34) == (
        f"f.yaml:1:34: ${'[0]' * 33}: more than 32 levels within each other; "
        "accepted: a lab file: see docs/howto/lab-files.md"
    )


@BOTH
@pytest.mark.parametrize("text", ["[" * 2_000, "a:\n" + "- " * 2_000, "{a: " * 2_000])
def test_levels_without_end_end_all_the_same(module: ModuleType, text: str) -> None:
    assert _refused(module, text).startswith("f.yaml:")


def test_where_the_pure_loader_does_not_tell_the_place_it_is_the_beginning() -> None:
    for text in ("[" * 2_000, 'a: "\\U00110000"'):
        assert _refused(ALONE, text) == (
            "f.yaml:1:1: $: this is no YAML; accepted: a lab file: see docs/howto/lab-files.md"
        )


@BOTH
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("&a [*a]", "1:1: $[0]"),
        ("a: &a {b: [*a]}", "1:4: $.a.b[0]"),
        ("&a {*a : b}", "1:1: $"),
    ],
)
def test_nothing_stands_within_itself(module: ModuleType, text: str, place: str) -> None:
    assert _refused(module, text) == (
        f"f.yaml:{place}: what stands here stands within itself; accepted: no such alias"
    )


def _bomb(levels: int, width: int) -> str:
    lines = ["a0: &a0 [x]"]
    lines += [
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)
    ]  # fmt: skip
    return "\n".join(lines)


@BOTH
@pytest.mark.parametrize(("levels", "width"), [(30, 9), (3, 400), (200, 2), (9, 9)])
def test_aliases_do_not_explode(module: ModuleType, levels: int, width: int) -> None:
    begun = time.process_time()
    said = _refused(module, _bomb(levels, width))
    assert "its aliases stand for more than 100000 values; accepted: fewer aliases" in said or (
        levels > 32 and "more than 32 levels" in said
    )
    assert time.process_time() - begun < 1


def test_aliases_that_stand_for_little_are_welcome() -> None:
    lab = read(
        "namespaces: {a: &router {forwarding: true, routes: [default via 10.0.0.1]}, b: *router}",
        "f.yaml",
    )
    assert [space.forwarding for space in lab.spaces] == [False, True, True]
    assert [space.routes[0].via for space in lab.spaces[1:]] == ["10.0.0.1", "10.0.0.1"]
    assert [space.routes[0].origin for space in lab.spaces[1:]] == [
        "f.yaml:1:53: $.namespaces.a.routes[0]",
        "f.yaml:1:53: $.namespaces.b.routes[0]",
    ]


def test_only_what_aliases_stand_for_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "_ALIASED", 10)
    root = parse("a:\n" + "- [b, c]\n" * 50, "f.yaml")
    assert len(list(root.entries()["a"].items())) == 50
    assert parse("[&a [b, c, d, e], *a, *a]", "f.yaml").is_sequence
    with pytest.raises(ConfigError, match="stand for more than 10 values"):
        parse("[&a [b, c, d, e], *a, *a, f, *a]", "f.yaml")
