"""One plugin of a network, called with one verb: the request, the environment, the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from glassnet.cni import request
from glassnet.cni import version as versions
from glassnet.cni.answer import Answer, Ended, answer, failure, supported
from glassnet.cni.call import TRACE, Call, check_container, check_ifname, check_network
from glassnet.cni.conflist import Conflist, PluginConf
from glassnet.cni.error import INVALID_ENVIRONMENT, CniError
from glassnet.cni.failed import PluginFailed
from glassnet.cni.steps import Execute, Program, Tell, execute, find

_TRACES: Final = ", ".join(TRACE)
_DUMMY: Final = "dummy"
"""What VERSION is asked with, for plugins so old that they want all variables (libcni)."""


class Attachment(msgspec.Struct, frozen=True):
    """What an ADD is for. ``None`` stands for what is to be as ADD had it.

    ``trace`` are TRACEPARENT, TRACESTATE and BAGGAGE, which plugins get in their environment.
    """

    container: str
    netns: str = ""
    ifname: str = "eth0"
    args: tuple[tuple[str, str], ...] | None = None
    capabilities: Mapping[str, Any] | None = None
    trace: Mapping[str, str] = {}

    def check(self, network: str) -> None:
        """Raise `CniError` (4 or 7) for names that no attachment can have."""
        check_network(network)
        check_container(self.container)
        if not self.ifname:
            raise CniError(INVALID_ENVIRONMENT, "interface name is empty", "eth0")
        check_ifname(self.ifname)
        request.arguments(self.args or ())
        if not _is_text(self.netns):
            raise CniError(
                INVALID_ENVIRONMENT, f"{self.netns!r} is no path of a namespace", "UTF-8"
            )
        for name in self.trace:
            if name not in TRACE:
                raise CniError(INVALID_ENVIRONMENT, f"{name} is no variable of a trace", _TRACES)
        try:
            msgspec.json.encode(self.capabilities or {})
        except (TypeError, ValueError, RecursionError) as error:
            raise CniError(
                INVALID_ENVIRONMENT, f"capability arguments: {error}", "what JSON can say"
            ) from None


def _is_text(text: str) -> bool:
    """Whether JSON and a process's environment can both have it."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


class Invoker:
    """Calls plugins that are looked for in the directories of ``path``."""

    def __init__(self, path: Sequence[str]) -> None:
        self._path = tuple(path)

    def add(
        self, network: Conflist, plugin: PluginConf, of: Attachment, prev: Answer | None, path: str
    ) -> Program[Answer]:
        """ADD: the plugin's result."""
        stdin = self._request(network, plugin, of, prev)
        ended = yield from self._call(network, plugin, "ADD", of, stdin=stdin, path=path)
        try:
            return answer(plugin.type, ended.stdout, network.version)
        except CniError as error:
            raise PluginFailed(plugin.type, network.name, "ADD", error, ended.words) from None

    def follow(
        self, network: Conflist, plugin: PluginConf, of: Attachment, prev: Answer | None, verb: str
    ) -> Program[None]:
        """DEL or CHECK. DEL has a previous result since 0.4.0."""
        has_prev = versions.at_least(network.version, "0.4.0")
        stdin = self._request(network, plugin, of, prev if has_prev else None)
        yield from self._call(network, plugin, verb, of, stdin=stdin)

    def ask(
        self, network: Conflist, plugin: PluginConf, verb: str, extra: Mapping[str, Any]
    ) -> Program[None]:
        """GC or STATUS: what is asked of no attachment."""
        stdin = request.build(network, plugin, extra=extra)
        yield from self._call(network, plugin, verb, Attachment("", ifname=""), stdin=stdin)

    def version(self, network: Conflist, plugin: PluginConf) -> Program[tuple[str, ...]]:
        """VERSION: the versions that a plugin speaks."""
        path = yield from self.find(network, plugin, "VERSION")
        call = Call("VERSION", netns=_DUMMY, ifname=_DUMMY, path=(_DUMMY,))
        stdin = msgspec.json.encode({"cniVersion": versions.NEWEST})
        try:
            step = Execute(plugin.type, path, call.environment(), stdin)
            ended = yield from execute(step)
            return supported(plugin.type, ended)
        except CniError as error:
            raise PluginFailed(plugin.type, network.name, "VERSION", error, "") from None

    def find(self, network: Conflist, plugin: PluginConf, verb: str) -> Program[str]:
        """The path of a plugin's executable. Raises `PluginFailed`."""
        try:
            return (yield from find(plugin.type))
        except CniError as error:
            raise PluginFailed(plugin.type, network.name, verb, error, "") from None

    def _request(
        self, network: Conflist, plugin: PluginConf, of: Attachment, prev: Answer | None
    ) -> bytes:
        text = prev.text if prev is not None else None
        return request.build(network, plugin, prev=text, capabilities=of.capabilities)

    def _call(
        self,
        network: Conflist,
        plugin: PluginConf,
        verb: str,
        of: Attachment,
        *,
        stdin: bytes,
        path: str = "",
    ) -> Program[Ended]:
        path = path or (yield from self.find(network, plugin, verb))
        call = Call(
            verb=verb,
            container=of.container,
            netns=of.netns,
            ifname=of.ifname,
            args=request.arguments(of.args or ()),
            path=self._path,
            extra=of.trace,
        )
        try:
            ended = yield from execute(Execute(plugin.type, path, call.environment(), stdin))
        except CniError as error:
            raise PluginFailed(plugin.type, network.name, verb, error, "") from None
        if ended.code:
            said = failure(plugin.type, ended)
            words = "" if ended.words in said.message else ended.words
            raise PluginFailed(plugin.type, network.name, verb, said, words)
        if ended.words:
            yield Tell(f"{plugin.type}: {ended.words}")
        return ended
