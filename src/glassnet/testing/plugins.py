"""CNI plugins without files or processes: an executor for tests of what uses a runtime.

A plugin is a function from how it is called to what it prints; what is called is noted. It raises
`CniError` to fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from glassnet.cni import version as versions
from glassnet.cni.answer import Ended
from glassnet.cni.error import INVALID_CONFIG, CniError, encode
from glassnet.cni.steps import Execute


class Called(NamedTuple):
    """One call of a plugin: its verb, and what it was given."""

    type: str
    verb: str
    conf: dict[str, Any]
    environment: Mapping[str, str]


Plugin = Callable[[Called], object]


class FakePlugins:
    """Plugins by their types. ``calls`` are those there were, in order."""

    def __init__(self, plugins: Mapping[str, Plugin]) -> None:
        self.plugins = dict(plugins)
        self.calls: list[Called] = []

    def find(self, type_: str, path: Sequence[str]) -> str:
        """A path that says that there is no file. Raises `CniError`, as a look on disk does."""
        if type_ not in self.plugins:
            listed = " ".join(path)
            raise CniError(INVALID_CONFIG, f'failed to find plugin "{type_}" in path [{listed}]')
        return f"/fake/{type_}"

    def run(self, step: Execute) -> Ended:
        """Call it."""
        conf = msgspec.json.decode(step.stdin, type=dict[str, Any])
        called = Called(step.type, step.environment["CNI_COMMAND"], conf, step.environment)
        self.calls.append(called)
        try:
            printed = self.plugins[step.type](called)
        except CniError as error:
            return Ended(1, encode(error, str(conf.get("cniVersion", ""))).encode())
        return Ended(0, b"" if printed is None else msgspec.json.encode(printed))

    @property
    def verbs(self) -> list[str]:
        """What was called, as ``ADD bridge``."""
        return [f"{called.verb} {called.type}" for called in self.calls]


class AsyncFakePlugins(FakePlugins):
    """The same, for asyncio."""

    async def run(self, step: Execute) -> Ended:  # type: ignore[override]  # the other port
        """Call it."""
        return super().run(step)


def speaks(called: Called, *supported: str) -> object:
    """What a plugin answers to VERSION; all versions where none is said."""
    return {
        "cniVersion": called.conf["cniVersion"],
        "supportedVersions": list(supported or versions.ALL),
    }
