"""From text to the root of a YAML document, or to the line and column of what makes it none.

What YAML has beyond keys, lists and text is refused here: several documents, tags, control
characters, nesting without end, and aliases that stand for more than anybody has written.
"""

from __future__ import annotations

import re

import yaml

from glassnet.errors import ConfigError
from glassnet.lab.place import Place

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_GUIDE = "a lab file: see docs/howto/lab-files.md"
_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("str", "null", "bool", "int", "float", "timestamp", "seq", "map", "merge", "value")
)
_BAD = re.compile(
    "[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"  # YAML 1.1, 5.1
)
_DEPTH = 32
_ALIASED = 100_000
"""How many values aliases may stand for, all in all."""


def parse(text: str, file: str) -> Place:
    """The root of a YAML document; `ConfigError` if it is none, is empty or holds several."""
    text = text.removeprefix("\ufeff")
    if bad := _BAD.search(text):
        line = text.count("\n", 0, bad.start())
        column = bad.start() - (text.rfind("\n", 0, bad.start()) + 1)
        raise _error(file, line, column, _forbidden(bad[0]), "printable text")
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        if error.problem == "but found another document":
            raise _error(file, line, column, "a second document begins here", "one") from None
        raise _error(file, line, column, error.problem or "this is no YAML", _GUIDE) from None
    except (RecursionError, ValueError, OverflowError):  # of the loader that is all Python
        raise _error(file, 0, 0, "this is no YAML", _GUIDE) from None
    if node is None or Place(node, file).is_null:
        raise _error(file, 0, 0, "the file is empty", "namespaces, bridges, links")
    root = Place(node, file)
    sizes: dict[int, int] = {}
    if _measure(root, sizes) - len(sizes) > _ALIASED:
        raise root.error(f"its aliases stand for more than {_ALIASED} values", "fewer aliases")
    return root


def _error(file: str, line: int, column: int, problem: str, accepted: str) -> ConfigError:
    return ConfigError(problem, accepted, file=file, line=line + 1, column=column + 1, path="$")


def _forbidden(character: str) -> str:
    return f"the character U+{ord(character):04X} may not stand in a lab file"


def _measure(place: Place, sizes: dict[int, int], depth: int = 0) -> int:
    """How many values stand here if aliases count as what they stand for; each is checked once."""
    node = place.node
    if id(node) in sizes:
        if not sizes[id(node)]:
            raise place.error("what stands here stands within itself", "no such alias")
        return sizes[id(node)]
    if node.tag not in _TAGS:
        raise place.error(f"the tag {node.tag!r} is not known", "values without tags")
    if depth > _DEPTH:
        raise place.error(f"more than {_DEPTH} levels within each other", _GUIDE)
    if isinstance(node, yaml.ScalarNode) and (bad := _BAD.search(node.value)):
        raise place.error(_forbidden(bad[0]), "printable text")
    sizes[id(node)] = 0  # not known yet
    size = 1 + sum(_measure(child, sizes, depth + 1) for child in place.children())
    sizes[id(node)] = size
    return size
