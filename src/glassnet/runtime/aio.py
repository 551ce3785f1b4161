"""`AsyncRuntime`: networks attached to containers, in asyncio; many containers at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from glassnet.cni.cached import Key
from glassnet.cni.chain import Chains
from glassnet.cni.confdir import Confdir
from glassnet.cni.conflist import Conflist
from glassnet.cni.invoke import Attachment
from glassnet.cni.request import Valid
from glassnet.cni.result import Result
from glassnet.cni.steps import Cached, Execute, Hold, Program, Step, Tell
from glassnet.cni.upkeep import Upkeep
from glassnet.runtime import cache, files
from glassnet.runtime.desk import PATH, Desk, Told
from glassnet.runtime.lock import Held, Waiting
from glassnet.runtime.port import AsyncExecutor
from glassnet.runtime.processes import AsyncProcesses
from glassnet.runtime.runtime import Args, later, pairs, silent
from glassnet.runtime.uncut import uncut

T = TypeVar("T")


class AsyncRuntime:
    """A runtime on this host: `Runtime` with verbs to be awaited.

    A verb that is cancelled leaves no plugin at work: an ADD is taken back first.
    """

    def __init__(
        self,
        *,
        conf_dir: str | Path = files.DIRECTORY,
        path: Sequence[str | Path] = (PATH,),
        cache_dir: str | Path = cache.DIRECTORY,
        executor: AsyncExecutor | None = None,
        in_process: bool = False,
        timeout: float | None = None,
        told: Told = silent,
    ) -> None:
        directories = tuple(str(one) for one in path)
        self._executor = executor or AsyncProcesses(timeout)
        if in_process:
            from glassnet.runtime.inside import AsyncInside

            self._executor = AsyncInside(self._executor)
        self._desk = Desk(Path(conf_dir), directories, Path(cache_dir), self._executor, told)
        self._chains = Chains(directories)
        self._upkeep = Upkeep(directories)

    # Attachments.

    async def add(
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
        """ADD, as `Runtime.add`."""
        of = Attachment(container, netns, ifname, pairs(args), capabilities or {}, trace or {})
        return await self._drive(self._chains.add(network, of))

    async def delete(
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
        """DEL, as `Runtime.delete`."""
        of = later(container, netns, ifname, args=args, capabilities=capabilities, trace=trace)
        await self._drive(self._chains.delete(network, of))

    async def check(
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
        """CHECK, as `Runtime.check`."""
        of = later(container, netns, ifname, args=args, capabilities=capabilities, trace=trace)
        await self._drive(self._chains.check(network, of))

    async def attachment(self, network: str, container: str, ifname: str = "eth0") -> Cached:
        """What the cache has of an attachment: its configuration, its result as JSON."""
        key = Key(network, container, ifname)
        return await asyncio.to_thread(self._desk.cache.load, key)

    async def attachments(self) -> list[Cached]:
        """All that the cache has, of any network."""
        return await asyncio.to_thread(self._desk.cache.all)

    # Networks.

    async def gc(
        self, network: str | Conflist, valid: Valid, *, nothing_is_valid: bool = False
    ) -> None:
        """GC, as `Runtime.gc`."""
        await self._drive(self._upkeep.collect(network, valid, nothing_is_valid=nothing_is_valid))

    async def status(self, network: str | Conflist) -> None:
        """STATUS, as `Runtime.status`."""
        await self._drive(self._upkeep.status(network))

    async def version(self, network: str | Conflist) -> dict[str, tuple[str, ...]]:
        """The versions that each plugin speaks, as `Runtime.version`."""
        return await self._drive(self._upkeep.version(network))

    async def validate(self, network: str | Conflist) -> tuple[str, ...]:
        """The capabilities of a network that can work, as `Runtime.validate`."""
        return await self._drive(self._upkeep.validate(network))

    async def networks(self) -> Confdir:
        """The networks that are configured, and what is broken beside them."""
        return await asyncio.to_thread(self._desk.networks)

    async def network(self, name: str) -> Conflist:
        """A network by its name. Raises `NotFound` or `CniError`."""
        return await asyncio.to_thread(files.network, self._desk.conf_dir, name)

    async def _drive(self, program: Program[T]) -> T:
        """As `glassnet.runtime.runtime.drive`. A cancellation is one more thing that is raised."""
        outcome: Any = None
        problem: BaseException | None = None
        while True:
            try:
                step = program.send(outcome) if problem is None else program.throw(problem)
            except StopIteration as stop:
                value: T = stop.value
                return value
            try:
                outcome, problem = await self._do(step), None
            except BaseException as error:  # noqa: BLE001  the verb's to handle, or to raise
                outcome, problem = None, error

    async def _do(self, step: Step) -> Any:
        match step:
            case Execute():
                return await self._executor.run(step)
            case Hold():
                return await self._hold(step)
            case Tell():
                return self._desk.do(step)
            case _:
                return await uncut(asyncio.to_thread(self._desk.do, step))

    async def _hold(self, step: Hold) -> Held:
        """A lock. It is waited for in a thread of its own: those of a pool may be used up."""
        taken = self._desk.at_once(step)
        return taken if isinstance(taken, Held) else await _waited(taken)


async def _waited(waiting: Waiting) -> Held:
    loop = asyncio.get_running_loop()
    taken: asyncio.Future[Held] = loop.create_future()

    def wait() -> None:
        with waiting:
            held = waiting.wait()
        try:
            loop.call_soon_threadsafe(_hand_over, taken, held)
        except RuntimeError:  # the loop is closed, and with it who waited
            held.close()

    threading.Thread(target=wait, name="waiting for a CNI lock", daemon=True).start()
    try:
        return await taken
    except asyncio.CancelledError:
        if taken.done() and not taken.cancelled():  # both at once
            taken.result().close()
        raise


def _hand_over(taken: asyncio.Future[Held], held: Held) -> None:
    if taken.cancelled():  # nobody wants it any more
        held.close()
    else:
        taken.set_result(held)
