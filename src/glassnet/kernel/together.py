"""What several kernels of one process share: each thread has one, all have the same host."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from glassnet.kernel.sweeper import Sweeper


class Together:
    """``sweeper`` deletes links; ``nft`` is held while libnftables works: it is not for threads."""

    def __init__(self) -> None:
        self.sweeper = Sweeper()
        self.nft = threading.Lock()
        self._later: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="later", daemon=True)
        self._thread.start()

    def later(self, work: Callable[[], object]) -> None:
        """Have something done that takes time and whose end nobody waits for: closing sockets."""
        self._later.put(work)

    def close(self) -> None:
        """Wait until all of that is done."""
        self._later.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (work := self._later.get()) is not None:
            work()
