"""Actions: what is done once in a namespace and leaves nothing of its own behind.

What does them is imported when there is one: most plans have none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from glassnet.kernel.socket import NETFILTER, NetlinkSocket
from glassnet.ops.request import ActionRequest, AnnounceRequest, ForgetRequest

Later = Callable[[Callable[[], object]], object]

REQUESTS: Final = (ForgetRequest, AnnounceRequest)
"""What `act` does."""


def act(request: ActionRequest, later: Later | None = None) -> None:
    """Do it, in the calling thread's namespace. Raises `NotPermitted` or `KernelRefused`.

    ``later`` takes what can wait: a packet socket is long in closing.
    """
    if isinstance(request, AnnounceRequest):
        from glassnet.kernel.announce import announce

        announce(request, later)
        return
    from glassnet.kernel import conntrack

    if not conntrack.is_empty():
        with NetlinkSocket(protocol=NETFILTER) as socket:
            conntrack.forget(socket, request.selection)
