"""What a runtime is told when plugins fail: which plugin, on which verb, in its own words.

A `PluginFailed` is one plugin's failure; a `ChainFailed` is that of all of a chain's that failed,
where a verb goes on past the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from glassnet.cni.error import CniError

_WORDS: Final = {"DEL": "delete"}
"""What libcni says for a verb, where it is not the verb in small letters."""

_ANSWERS_NO: Final = frozenset({"CHECK", "STATUS"})
_LEFT_BEHIND: Final = 4


class PluginFailed(CniError):
    """One plugin failed: its error's code, message and details, and what it said beside.

    ``undo`` is what went wrong when a failed ADD was taken back: nothing, as a rule.
    """

    def __init__(self, type_: str, network: str, verb: str, said: CniError, stderr: str) -> None:
        word = _WORDS.get(verb, verb.lower())
        place = f'plugin type="{type_}" name="{network}" failed ({word})'
        super().__init__(said.code, f"{place}: {said.message}", said.details)
        self.type = type_
        self.network = network
        self.verb = verb
        self.said = said
        self.stderr = stderr
        self.undo: tuple[PluginFailed, ...] = ()
        self.exit_code = exit_code(verb)

    def advice(self) -> str:
        """The plugin's details, what it said to standard error, what could not be taken back."""
        left = [f"left behind: {one}" for one in self.undo]
        return "\n  ".join(part for part in (self.details, self.stderr, *left) if part)

    def as_json(self) -> dict[str, object]:
        """The error as data: what of it is the plugin's is under its own names."""
        out: dict[str, object] = {
            **super().as_json(),
            "plugin": self.type,
            "network": self.network,
            "verb": self.verb,
            "code": self.code,
            "msg": self.said.message,
        }
        more = {"details": self.details, "stderr": self.stderr}
        out |= {name: text for name, text in more.items() if text}
        if self.undo:
            out["undo"] = [one.as_json() for one in self.undo]
        return out

    def blame(self, undo: Sequence[PluginFailed]) -> None:
        """Note what could not be taken back after it."""
        self.undo = tuple(undo)
        if undo:
            self.exit_code = _LEFT_BEHIND


class ChainFailed(CniError):
    """Some plugins of a chain failed, while the others did their part. The code is the first's."""

    def __init__(self, failures: Sequence[CniError], verb: str) -> None:
        first = failures[0]
        count = f"{len(failures)} of its steps failed" if len(failures) > 1 else ""
        listed = "\n  ".join([count, *(str(one) for one in failures)] if count else [str(first)])
        super().__init__(first.code, listed, first.details)
        self.failures = tuple(failures)
        self.verb = verb
        self.exit_code = exit_code(verb)

    def advice(self) -> str:
        """All that the plugins advise."""
        return "\n  ".join(dict.fromkeys(text for one in self.failures if (text := one.advice())))

    def as_json(self) -> dict[str, object]:
        """The error as data, with each failure's."""
        failures = [one.as_json() for one in self.failures]
        return {**super().as_json(), "verb": self.verb, "code": self.code, "failures": failures}


def exit_code(verb: str) -> int:
    """1 if the answer is no, 4 if something may be left behind, else 3: all was taken back."""
    if verb in _ANSWERS_NO:
        return 1
    return _LEFT_BEHIND if verb in {"DEL", "GC"} else CniError.exit_code
