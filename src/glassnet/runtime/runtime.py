"""`Runtime`: networks attached to containers, in the calling thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from glassnet.cni.cached import Key
from glassnet.cni.chain import Chains
from glassnet.cni.confdir import Confdir
from glassnet.cni.conflist import Conflist
from glassnet.cni.invoke import Attachment
from glassnet.cni.request import Valid
from glassnet.cni.result import Result
from glassnet.cni.steps import Cached, Execute, Program, Step
from glassnet.cni.upkeep import Upkeep
from glassnet.runtime import cache, files
from glassnet.runtime.desk import PATH, Desk, Told
from glassnet.runtime.port import Executor
from glassnet.runtime.processes import Processes

T = TypeVar("T")

Args = Mapping[str, str] | Sequence[tuple[str, str]]
"""CNI_ARGS, in their order."""


def silent(text: str) -> None:
    """Listen to nothing."""


class Runtime:
    """A runtime on this host.

    ``path`` are the directories of the plugins. ``executor`` runs them; by default each is a
    process that is killed after ``timeout`` seconds. With ``in_process`` those of glassnet run in
    this process. ``told`` is called with what is no error but worth knowing.

    Networks are given by name or as a `Conflist`. Verbs may be called from many threads: those for
    one container, or for one network's GC, wait for each other, also across processes.
    """

    def __init__(
        self,
        *,
        conf_dir: str | Path = files.DIRECTORY,
        path: Sequence[str | Path] = (PATH,),
        cache_dir: str | Path = cache.DIRECTORY,
        executor: Executor | None = None,
        in_process: bool = False,
        timeout: float | None = None,
        told: Told = silent,
    ) -> None:
        directories = tuple(str(one) for one in path)
        self._executor = executor or Processes(timeout)
        if in_process:
            from glassnet.runtime.inside import Inside

            self._executor = Inside(self._executor)
        self._desk = Desk(Path(conf_dir), directories, Path(cache_dir), self._executor, told)
        self._chains = Chains(directories)
        self._upkeep = Upkeep(directories)

    # Attachments.

    def add(
        self,
        network: str | Conflist,
        container: str,
        netns: str,
        ifname: str = "eth0",
        *,
        args: Args = (),
        capabilities: Mapping[str, Any] | None = None,
        trace: Mapping[str, str] | None = None,
    ) -> Result:
        """ADD: all plugins of the network, or none: what a failed one has begun is taken back.

        Raises `PluginFailed`, whose ``undo`` is what could not be taken back; `CniError`,
        `NotFound` or `NotPermitted` where nothing was begun.
        """
        of = Attachment(container, netns, ifname, pairs(args), capabilities or {}, trace or {})
        return self._drive(self._chains.add(network, of))

    def delete(
        self,
        network: str | Conflist,
        container: str,
        netns: str = "",
        ifname: str = "eth0",
        *,
        args: Args | None = None,
        capabilities: Mapping[str, Any] | None = None,
        trace: Mapping[str, str] | None = None,
    ) -> None:
        """DEL, last plugin first, past those that fail. What is not said is as ADD had it.

        May be repeated, and there need be no such attachment. Raises `ChainFailed`.
        """
        of = later(container, netns, ifname, args=args, capabilities=capabilities, trace=trace)
        self._drive(self._chains.delete(network, of))

    def check(
        self,
        network: str | Conflist,
        container: str,
        netns: str = "",
        ifname: str = "eth0",
        *,
        args: Args | None = None,
        capabilities: Mapping[str, Any] | None = None,
        trace: Mapping[str, str] | None = None,
    ) -> None:
        """CHECK: whether all is as ADD made it; every plugin is asked. Raises `ChainFailed`.

        What is not said is as ADD had it. Raises `CniError` (3) for what is not attached.
        """
        of = later(container, netns, ifname, args=args, capabilities=capabilities, trace=trace)
        self._drive(self._chains.check(network, of))

    def attachment(self, network: str, container: str, ifname: str = "eth0") -> Cached:
        """What the cache has of an attachment: its configuration, its result as JSON."""
        return self._desk.cache.load(Key(network, container, ifname))

    def attachments(self) -> list[Cached]:
        """All that the cache has, of any network."""
        return self._desk.cache.all()

    # Networks.

    def gc(self, network: str | Conflist, valid: Valid, *, nothing_is_valid: bool = False) -> None:
        """GC: take away all but the valid attachments, pairs of container id and interface.

        An empty list takes all away, and is refused unless ``nothing_is_valid`` says that it is
        meant. Raises `ChainFailed`.
        """
        self._drive(self._upkeep.collect(network, valid, nothing_is_valid=nothing_is_valid))

    def status(self, network: str | Conflist) -> None:
        """STATUS: whether an ADD could be served. Raises `PluginFailed`."""
        self._drive(self._upkeep.status(network))

    def version(self, network: str | Conflist) -> dict[str, tuple[str, ...]]:
        """The versions that each plugin of a network speaks, by type. Raises `PluginFailed`."""
        return self._drive(self._upkeep.version(network))

    def validate(self, network: str | Conflist) -> tuple[str, ...]:
        """The capabilities of a network whose plugins are there and speak its version.

        Raises `ChainFailed` with all that is wrong.
        """
        return self._drive(self._upkeep.validate(network))

    def networks(self) -> Confdir:
        """The networks that are configured, and what is broken beside them."""
        return self._desk.networks()

    def network(self, name: str) -> Conflist:
        """A network by its name. Raises `NotFound` or `CniError`."""
        return files.network(self._desk.conf_dir, name)

    def _drive(self, program: Program[T]) -> T:
        return drive(program, self._do)

    def _do(self, step: Step) -> Any:
        return self._executor.run(step) if isinstance(step, Execute) else self._desk.do(step)


def drive(program: Program[T], do: Callable[[Step], Any]) -> T:
    """Carry a verb out to its end, whatever is raised on the way: it decides what that means."""
    outcome: Any = None
    problem: BaseException | None = None
    while True:
        try:
            step = program.send(outcome) if problem is None else program.throw(problem)
        except StopIteration as stop:
            value: T = stop.value
            return value
        try:
            outcome, problem = do(step), None
        except BaseException as error:  # noqa: BLE001  the verb's to handle, or to raise
            outcome, problem = None, error


def pairs(args: Args) -> tuple[tuple[str, str], ...]:
    """Arguments as pairs."""
    return tuple(args.items()) if isinstance(args, Mapping) else tuple(args)


def later(
    container: str,
    netns: str,
    ifname: str,
    *,
    args: Args | None,
    capabilities: Mapping[str, Any] | None,
    trace: Mapping[str, str] | None,
) -> Attachment:
    """What a verb after ADD is for."""
    given = pairs(args) if args is not None else None
    return Attachment(container, netns, ifname, given, capabilities, trace or {})
