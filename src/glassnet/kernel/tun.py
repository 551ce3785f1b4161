"""Tun and tap devices, made by ioctl on /dev/net/tun (linux/if_tun.h, networking/tuntap.rst)."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from typing import Final

from glassnet.errors import KernelRefused, NotPermitted, Unsupported
from glassnet.kernel import selinux
from glassnet.kernel.socket import NetlinkSocket
from glassnet.netlink.message import Message
from glassnet.netlink.route.link import DELLINK, NEWLINK
from glassnet.ops import require
from glassnet.ops.request import TunRequest
from glassnet.ops.tun import words as tun_words

PATH: Final = "/dev/net/tun"

# asm-generic/ioctl.h: _IOW('T', …, int).
TUNSETIFF: Final = 0x400454CA
TUNSETPERSIST: Final = 0x400454CB
TUNSETOWNER: Final = 0x400454CC
TUNSETGROUP: Final = 0x400454CE

IFF_TUN: Final = 0x0001
IFF_TAP: Final = 0x0002
IFF_MULTI_QUEUE: Final = 0x0100
IFF_NO_PI: Final = 0x1000
IFF_VNET_HDR: Final = 0x4000
IFF_TUN_EXCL: Final = 0x8000

_IFREQ: Final = struct.Struct("=16sH22x")  # struct ifreq: a name, ifr_flags, room for the rest


def available() -> bool:
    """Whether such devices may be made; opening loads the module, where there is one."""
    try:
        os.close(os.open(PATH, os.O_RDWR | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def create(request: TunRequest, socket: NetlinkSocket) -> None:
    """Make a device that lasts, in the namespace that the calling thread and ``socket`` are in.

    It goes with this descriptor until it is told to last, which comes at the very end: whatever
    happens before leaves nothing. Raises `KernelRefused` (EBUSY where there is such a link),
    `NotPermitted` or `Unsupported`.
    """
    if request.context:
        _create_within(request, socket)
        return
    what = f"making the {request.mode} device {request.ifname}"
    try:
        device = os.open(PATH, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise _unavailable(error, what) from error
    try:
        fcntl.ioctl(device, TUNSETIFF, _IFREQ.pack(request.ifname.encode(), _flags(request)))
        if request.owner is not None:
            fcntl.ioctl(device, TUNSETOWNER, _word(request.owner))
        if request.group is not None:
            fcntl.ioctl(device, TUNSETGROUP, _word(request.group))
        if request.alias:
            _mark(socket, request)
        fcntl.ioctl(device, TUNSETPERSIST, 1)
    except OSError as error:
        raise _refused(error, what) from error
    finally:
        os.close(device)


def _create_within(request: TunRequest, socket: NetlinkSocket) -> None:
    """By the program ``ip``: a device has the context of the program that makes it."""
    import subprocess

    what = f"making the {request.mode} device {request.ifname}"
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    words = tun_words(request)
    with selinux.programs_in(request.context):
        try:
            done = subprocess.run(
                ["ip", *words],
                env={**os.environ, "PATH": path},
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise Unsupported(f"{what}: ip: {error.strerror}", "install iproute2") from error
    if done.returncode:
        busy = "busy" in done.stderr
        raise KernelRefused(errno.EBUSY if busy else errno.EPERM, done.stderr.strip(), what=what)
    try:
        if request.alias:
            _mark(socket, request)
    except KernelRefused:
        socket.request([Message(DELLINK, 0, {}, {"ifname": request.ifname})])
        raise


def _flags(request: TunRequest) -> int:
    flags = IFF_TAP if request.mode == "tap" else IFF_TUN
    flags |= IFF_MULTI_QUEUE if request.multi_queue else 0
    flags |= IFF_VNET_HDR if request.vnet_hdr else 0
    flags |= 0 if request.pi else IFF_NO_PI
    return flags | IFF_TUN_EXCL


def _word(number: int) -> int:
    """An unsigned number as the signed one that `fcntl.ioctl` takes."""
    return number - 2**32 if number >= 2**31 else number


def _mark(socket: NetlinkSocket, request: TunRequest) -> None:
    attrs = {"ifname": request.ifname, "ifalias": request.alias}
    [reply] = socket.request([Message(NEWLINK, 0, {}, attrs)])
    if reply.error is not None:
        raise reply.error


def _unavailable(error: OSError, what: str) -> Unsupported | NotPermitted:
    if error.errno in {errno.EPERM, errno.EACCES}:
        return NotPermitted(f"{what}: opening {PATH}: {error.strerror}", "run it as root")
    lacking, advice = require.lacking(require.TUN), require.advice(require.TUN)
    return Unsupported(f"{what}: {lacking}: {error.strerror}", advice)


def _refused(error: OSError, what: str) -> KernelRefused | NotPermitted:
    if error.errno in {errno.EPERM, errno.EACCES}:
        return NotPermitted(f"{what}: {error.strerror}", "run it as root, or within 'glassnet lab'")
    return KernelRefused(error.errno or errno.EIO, what=what)
