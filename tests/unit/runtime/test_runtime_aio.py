"""What asyncio adds: many at once, one at a time for each container, and cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from glassnet.cni import conflist
from glassnet.cni.answer import Ended
from glassnet.cni.steps import Execute, Hold
from glassnet.runtime import AsyncRuntime
from glassnet.runtime.lock import Waiting
from glassnet.testing.plugins import AsyncFakePlugins, Called, Plugin

NET = conflist.of({"cniVersion": "1.1.0", "name": "net", "plugins": [{"type": "a"}, {"type": "b"}]})


def passes(called: Called) -> object:
    return {"cniVersion": "1.1.0"} if called.verb == "ADD" else None


class Gate(AsyncFakePlugins):
    """Plugins of which one stops on a verb until it is let go, once it is at work so many times."""

    def __init__(self, plugins: Mapping[str, Plugin], stops: str, times: int = 1) -> None:
        super().__init__(plugins)
        self.stops = stops
        self.times = times
        self.reached, self.go = asyncio.Event(), asyncio.Event()
        self.running: set[str] = set()
        self.most = 0

    async def run(self, step: Execute) -> Ended:  # type: ignore[override]
        container = step.environment["CNI_CONTAINERID"]
        assert container not in self.running, "two at once for one container"
        self.running.add(container)
        self.most = max(self.most, len(self.running))
        try:
            if f"{step.environment['CNI_COMMAND']} {step.type}" == self.stops:
                if len(self.running) == self.times:
                    self.reached.set()
                await self.go.wait()
            await asyncio.sleep(0)
            return await super().run(step)
        finally:
            self.running.remove(container)


PLUGINS = {"a": passes, "b": passes}


def test_a_cancelled_add_takes_itself_back(tmp_path: Path) -> None:
    async def main() -> None:
        gate = Gate(PLUGINS, "ADD b")
        runtime = AsyncRuntime(cache_dir=tmp_path, executor=gate)
        adding = asyncio.create_task(runtime.add(NET, "c1", "/n"))
        await gate.reached.wait()
        adding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await adding
        assert gate.verbs == ["ADD a", "DEL b", "DEL a"]
        assert await runtime.attachments() == []
        await runtime.delete(NET, "c1")  # nothing is held any more

    asyncio.run(main())


def test_one_container_is_one_at_a_time_and_others_are_not(tmp_path: Path) -> None:
    async def main() -> None:
        gate = Gate(PLUGINS, "ADD a", times=3)
        runtime = AsyncRuntime(cache_dir=tmp_path, executor=gate)
        async with asyncio.TaskGroup() as tasks:
            for container in ("c1", "c2", "c3"):
                for ifname in ("eth0", "eth1", "eth2"):
                    tasks.create_task(runtime.add(NET, container, "/n", ifname))
            await gate.reached.wait()
            gate.go.set()
        assert len(await runtime.attachments()) == 9

    asyncio.run(main())


def test_more_may_wait_than_there_are_threads_in_the_pool(tmp_path: Path) -> None:
    async def main() -> None:
        gate = Gate(PLUGINS, "ADD a")
        runtime = AsyncRuntime(cache_dir=tmp_path, executor=gate)
        async with asyncio.TaskGroup() as tasks:
            for number in range(64):
                tasks.create_task(runtime.add(NET, "c1", "/n", f"eth{number}"))
            await gate.reached.wait()
            gate.go.set()
        assert len(await runtime.attachments()) == 64

    asyncio.run(main())


def test_gc_waits_for_what_is_being_added(tmp_path: Path) -> None:
    async def main() -> None:
        gate = Gate(PLUGINS, "ADD b")
        runtime = AsyncRuntime(cache_dir=tmp_path, executor=gate)
        adding = asyncio.create_task(runtime.add(NET, "c1", "/n"))
        await gate.reached.wait()
        collecting = asyncio.create_task(runtime.gc(NET, [("c1", "eth0")]))
        gate.go.set()
        await asyncio.gather(adding, collecting)
        assert gate.verbs == ["ADD a", "ADD b", "GC a", "GC b"]

    asyncio.run(main())


def test_who_is_cancelled_while_waiting_holds_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        fake = AsyncFakePlugins(PLUGINS)
        runtime = AsyncRuntime(cache_dir=tmp_path, executor=fake)
        await runtime.status(NET)
        with Waiting(tmp_path, Hold("container", "c1")) as waiting, waiting.wait():
            task = asyncio.create_task(runtime.add(NET, "c1", "/n"))
            done, _ = await asyncio.wait([task], timeout=0.2)
            assert not done, "somebody else has the container"
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await runtime.add(NET, "c1", "/n")
        assert fake.verbs[-2:] == ["ADD a", "ADD b"]

    asyncio.run(main())


def test_a_loop_that_ends_while_somebody_waits_leaves_nothing_held(tmp_path: Path) -> None:
    async def start() -> None:
        runtime = AsyncRuntime(cache_dir=tmp_path, executor=AsyncFakePlugins(PLUGINS))
        task = asyncio.create_task(runtime.add(NET, "c1", "/n"))
        await asyncio.wait([task], timeout=0.2)

    with Waiting(tmp_path, Hold("container", "c1")) as waiting, waiting.wait():
        asyncio.run(start())
    with Waiting(tmp_path, Hold("container", "c1")) as again, again.wait():
        pass
