"""Delegation: the IPAM plugin that a configuration names, in process if it is ours.

Which plugin that is, CNI_PATH says: where the file of that name is a foreign one it is executed,
with the same environment and the whole configuration (SPEC, section 4).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from glassnet.cni.answer import Ended, failure
from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf, decode
from glassnet.cni.error import INVALID_CONFIG, IO_FAILURE, CniError
from glassnet.cni.result import Result, read
from glassnet.cni.serve import Verbs
from glassnet.plugins.registry import LINK_FIRST
from glassnet.serve.find import find, is_ours


class Delegate:
    """The IPAM plugin of one call. ``ours`` are the verbs of those types that are in process."""

    def __init__(self, ask: Ask, section: Conf, ours: Mapping[str, Verbs]) -> None:
        self._ask = ask
        self._type = section.get("type").text()
        self._ours = ours

    @property
    def link_first(self) -> bool:
        """Whether it asks from the interface, which is to be there before and after."""
        return self._type in LINK_FIRST

    def add(self) -> Result:
        """ADD: the addresses."""
        verbs, path = self._find()
        if verbs is not None:
            return verbs.add(self._ask)
        return read(_execute(path, self._ask, "ADD"), self._ask.version)

    def delete(self) -> None:
        """DEL."""
        verbs, path = self._find()
        verbs.delete(self._ask) if verbs is not None else _execute(path, self._ask, "DEL")

    def check(self) -> None:
        """CHECK."""
        verbs, path = self._find()
        verbs.check(self._ask) if verbs is not None else _execute(path, self._ask, "CHECK")

    def collect(self) -> None:
        """GC."""
        verbs, path = self._find()
        verbs.collect(self._ask) if verbs is not None else _execute(path, self._ask, "GC")

    def status(self) -> None:
        """STATUS."""
        verbs, path = self._find()
        verbs.status(self._ask) if verbs is not None else _execute(path, self._ask, "STATUS")

    def _find(self) -> tuple[Verbs | None, str]:
        path = find(self._type, self._ask.call.path)
        if not is_ours(path):
            return (None, path)
        if self._type not in self._ours:  # executed, it would execute itself, and so on
            raise CniError(
                INVALID_CONFIG,
                f'plugin "{self._type}" gives no addresses',
                f"in an ipam section: {', '.join(self._ours)}, or another's plugin",
            )
        return (self._ours[self._type], path)


def _execute(path: str, ask: Ask, verb: str) -> Conf:
    """Run a foreign plugin; what it prints. Raises its error as it is, code and all."""
    import subprocess  # a quarter of what starting costs; ours are called in process

    environment = {**os.environ, **ask.call.environment(), "CNI_COMMAND": verb}
    try:
        done = subprocess.run(
            [path],
            env=environment,
            input=msgspec.json.encode(ask.conf.value),
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise CniError(IO_FAILURE, f"netplugin {path} cannot be run: {error.strerror}") from None
    if done.returncode:
        ended = Ended(done.returncode, done.stdout, done.stderr)
        raise failure(Path(path).name, ended)
    return decode(done.stdout) if done.stdout.strip() else Conf({})
