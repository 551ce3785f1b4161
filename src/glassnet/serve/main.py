"""What a container runtime executes: the type is the name by which it is called."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from glassnet.cni.ask import Ask
from glassnet.cni.error import INTERNAL, CniError, encode
from glassnet.cni.result import Result
from glassnet.cni.serve import FAILED, Verbs, about, serve
from glassnet.cni.version import ALL, NEWEST
from glassnet.plugins.registry import IPAM, plugin

if TYPE_CHECKING:
    from glassnet.engine.engine import Engine
    from glassnet.engine.store import Store


class Late:
    """Verbs that come into being when the first of them is called: a bad call opens nothing."""

    def __init__(self, make: Callable[[], Verbs]) -> None:
        self._make = make

    def add(self, ask: Ask) -> Result:
        """ADD."""
        return self._make().add(ask)

    def delete(self, ask: Ask) -> None:
        """DEL."""
        self._make().delete(ask)

    def check(self, ask: Ask) -> None:
        """CHECK."""
        self._make().check(ask)

    def collect(self, ask: Ask) -> None:
        """GC."""
        self._make().collect(ask)

    def status(self, ask: Ask) -> None:
        """STATUS."""
        self._make().status(ask)


def supported(type_: str) -> tuple[str, ...]:
    """The versions that a type speaks."""
    return ALL if type_ in IPAM else plugin(type_).versions


def verbs_of(type_: str, opened: contextlib.ExitStack | None = None) -> Verbs:
    """The verbs of a type on this host, its state opened.

    It is closed with ``opened``; a process that ends leaves that to the kernel.
    """
    from glassnet.engine.engine import Engine
    from glassnet.engine.store import Store, state_dir
    from glassnet.kernel.linux import LinuxKernel

    store = Store(state_dir())
    if opened is not None:
        opened.callback(store.close)

    def engine() -> Engine:
        kernel = LinuxKernel()
        if opened is not None:
            opened.callback(kernel.close)
        return Engine(kernel, store)

    return verbs_on(type_, store, engine)


def verbs_on(type_: str, store: Store, engine: Callable[[], Engine]) -> Verbs:
    """The verbs of a type on a store and, where it needs one, an engine."""
    from glassnet.serve.host_local import HostLocal
    from glassnet.serve.static import Static

    def dhcp() -> Verbs:
        from glassnet.serve.dhcp.verbs import Dhcp

        return Dhcp(store)

    ours: dict[str, Verbs] = {
        "dhcp": Late(dhcp),
        "host-local": HostLocal(store),
        "static": Static(),
    }
    if type_ in ours:
        return ours[type_]
    from glassnet.serve.verbs import PluginVerbs

    return PluginVerbs(plugin(type_), engine(), ours)


def run(
    type_: str,
    environment: Mapping[str, str],
    stdin: bytes,
    opened: contextlib.ExitStack | None = None,
) -> tuple[str, int]:
    """One call of a plugin in this process: standard output, and the exit code."""
    return answer(type_, environment, stdin, lambda: verbs_of(type_, opened))


def answer(
    type_: str, environment: Mapping[str, str], stdin: bytes, verbs: Callable[[], Verbs]
) -> tuple[str, int]:
    """The same by verbs that are made when the first is called."""
    try:
        return serve(type_, environment, stdin, Late(verbs), supported(type_))
    except Exception as error:  # noqa: BLE001  a runtime wants JSON, whatever happens
        words = f"{type(error).__name__}: {error}"
        problem = CniError(INTERNAL, f"glassnet has a defect: {words}", "please report it")
        return (encode(problem, NEWEST), FAILED)


def main(type_: str = "") -> None:
    """The executable."""
    called = type_ or Path(sys.argv[0]).name
    if called == "dhcp" and sys.argv[1:2] == ["daemon"]:
        from glassnet.serve.dhcp import daemon

        daemon.main(sys.argv[2:])
    if not os.environ.get("CNI_COMMAND"):
        sys.stderr.write(about(called, supported(called)))
        sys.exit(0)
    output, code = run(called, os.environ, sys.stdin.buffer.read())
    sys.stdout.write(output)
    sys.stdout.flush()
    os._exit(code)  # the kernel closes what is open, faster than the interpreter takes itself apart
