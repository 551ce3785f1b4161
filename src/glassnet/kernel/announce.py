"""Tells a link's neighbours where an address is: frames sent by a packet socket (packet(7))."""

from __future__ import annotations

import _socket as socket  # as `glassnet.kernel.socket` has it
import contextlib
import errno
from collections.abc import Callable
from typing import Final

from glassnet.errors import KernelRefused, NotPermitted, Unsupported
from glassnet.frames import announcement
from glassnet.kernel import sysctl
from glassnet.ops.request import AnnounceRequest
from glassnet.values import Mac, SysctlKey

_ARPHRD_ETHER: Final = 1  # linux/if_arp.h


def announce(
    request: AnnounceRequest, later: Callable[[Callable[[], object]], object] | None = None
) -> None:
    """Send it from the calling thread's namespace, as often as asked, one right after another.

    The kernel takes 5 to 10 ms to close a packet socket: ``later`` may take that over. Raises
    `NotPermitted`, `Unsupported` for a link that is no Ethernet, or `KernelRefused`.
    """
    ifname, address = request.ifname, request.address
    try:
        with contextlib.ExitStack() as open_now:
            sock = _packet_socket()
            open_now.callback(*((sock.close,) if later is None else (later, sock.close)))
            sock.bind((ifname, 0))
            hardware, mac = sock.getsockname()[3:5]
            if hardware != _ARPHRD_ETHER:
                raise Unsupported(
                    f"{ifname} is no Ethernet: it has no neighbours to tell of {address}",
                    "announce on a link that has a MAC address",
                )
            router = address.version == 6 and _is_router(ifname)
            frame = announcement(address, Mac.from_bytes(mac), answer=request.answer, router=router)
            for _ in range(request.times):
                sock.send(frame)
    except OSError as error:
        raise _refused(error, f"announcing {address} on {ifname}") from error


def _packet_socket() -> socket.socket:
    return socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)


def _is_router(ifname: str) -> bool:
    """Whether the link forwards: an advertisement that denied it would end routes by way of it."""
    name = ifname.replace(".", "/")
    return sysctl.read(SysctlKey(f"net.ipv6.conf.{name}.forwarding")) == "1"


def _refused(error: OSError, what: str) -> KernelRefused | NotPermitted:
    if error.errno in {errno.EPERM, errno.EACCES}:
        return NotPermitted(
            f"{what}: {error.strerror}", "needs CAP_NET_RAW: run it as root, or in 'glassnet lab'"
        )
    return KernelRefused(error.errno or errno.EIO, what=what)
