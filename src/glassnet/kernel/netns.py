"""Network namespaces: make, pin, open, enter, unpin. The only place that calls setns.

Namespaces are a property of the thread (namespaces(7)): `inside` changes that of the calling
thread and puts it back. Python's own ``os.setns`` begins with 3.12, hence libc through ctypes.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from glassnet.errors import Conflict, KernelRefused, NotFound, NotPermitted
from glassnet.values import Netns

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWNET: Final = 0x40000000

MS_BIND: Final = 0x1000
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 1 << 18
MS_SLAVE: Final = 1 << 19
MS_SHARED: Final = 1 << 20
MNT_DETACH: Final = 2

NETNS_DIR: Final = "/run/netns"
_NS_GET_NSTYPE: Final = 0xB703  # linux/nsfs.h


@cache
def libc() -> ctypes.CDLL:
    """The C library, with errno kept per thread."""
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *args: object) -> None:
    if getattr(libc(), name)(*args) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def setns(fd: int, kind: int = CLONE_NEWNET) -> None:
    """Move the calling thread into the namespace of ``fd``. Raises `OSError`."""
    _call("setns", fd, kind)


def unshare(flags: int) -> None:
    """Give the calling thread namespaces of its own. Raises `OSError`."""
    _call("unshare", flags)


def mount(source: str, target: str, kind: str = "none", flags: int = 0, data: str = "") -> None:
    """mount(2). Raises `OSError`."""
    _call("mount", source.encode(), target.encode(), kind.encode(), flags, data.encode())


def umount(target: str, flags: int = 0) -> None:
    """umount2(2). Raises `OSError`."""
    _call("umount2", target.encode(), flags)


def open_current() -> int:
    """A descriptor of the calling thread's own network namespace."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def open_netns(netns: Netns) -> int:
    """A descriptor of a named or pathed namespace; `NotFound` or `Conflict` if it is none."""
    fd = _open(netns)
    if fd is None:
        raise NotFound(f"there is no namespace {netns}", "'glassnet show' lists those there are")
    if is_netns(fd):
        return fd
    os.close(fd)
    raise Conflict(f"{netns.path} is no network namespace", "remove the file, or use another name")


def _open(netns: Netns) -> int | None:
    """The file, whatever it is; None where there is none."""
    try:
        # A pipe that somebody put there would be waited for.
        return os.open(netns.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _refused(error, f"namespace {netns}") from error


def is_netns(fd: int) -> bool:
    """Whether a descriptor is that of a network namespace (ioctl NS_GET_NSTYPE)."""
    return bool(libc().ioctl(fd, _NS_GET_NSTYPE) == CLONE_NEWNET)


def look(netns: Netns) -> tuple[bool, bool]:
    """Whether there is a file of that name, and whether it is a network namespace."""
    fd = _open(netns)
    if fd is None:
        return (False, False)
    try:
        return (True, is_netns(fd))
    finally:
        os.close(fd)


def is_remnant(netns: Netns) -> bool:
    """Whether the file of that name is what `create` leaves if it is killed: empty, mode 0."""
    try:
        status = os.stat(netns.path)
    except FileNotFoundError:
        return False
    return stat.S_ISREG(status.st_mode) and not stat.S_IMODE(status.st_mode) | status.st_size


def names() -> list[str]:
    """The named namespaces, sorted."""
    try:
        return sorted(os.listdir(NETNS_DIR))
    except FileNotFoundError:
        return []


@contextlib.contextmanager
def inside(fd: int | None, back: int) -> Iterator[None]:
    """Be in the namespace of ``fd`` for a while, then in that of ``back`` again.

    ``None`` means: we are there already.
    """
    if fd is None:
        yield
        return
    try:
        setns(fd)
    except OSError as error:
        raise _refused(error, "entering the namespace") from error
    except BaseException:  # interrupted, and maybe inside already
        setns(back)
        raise
    try:
        yield
    finally:
        setns(back)


def create(netns: Netns, back: int) -> None:
    """Make a namespace and pin it at /run/netns/NAME, as ``ip netns add`` does.

    The calling thread ends in the namespace of ``back``. Raises `Conflict` if the name is taken.
    """
    _prepare_directory()
    path = netns.path
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0))
    except FileExistsError:
        raise Conflict(f"{path} is there already", "use another name, or remove it") from None
    except OSError as error:
        raise _refused(error, path) from error
    try:
        try:
            unshare(CLONE_NEWNET)
            mount("/proc/thread-self/ns/net", path, flags=MS_BIND)
        finally:
            setns(back)
    except OSError as error:
        os.unlink(path)
        raise _refused(error, f"making the namespace {netns}") from error


def delete(netns: Netns) -> None:
    """Unpin a namespace and remove its file; it ends when nothing is in it any more.

    Raises `NotFound` if there is none.
    """
    path = netns.path
    try:
        umount(path, MNT_DETACH)
    except FileNotFoundError:
        raise NotFound(f"there is no namespace {netns}") from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # not a mount: a file left by a half-made namespace
            raise _refused(error, f"unpinning the namespace {netns}") from error
        if os.stat(path).st_size:
            raise Conflict(f"{path} is no namespace but a file with content") from error
    try:
        os.unlink(path)
    except OSError as error:
        raise _refused(error, f"removing {path}") from error


def _prepare_directory() -> None:
    """/run/netns as a shared mount, so that unpinning is seen in every mount namespace."""
    try:
        Path(NETNS_DIR).mkdir(mode=0o755, parents=True, exist_ok=True)
        try:
            mount("none", NETNS_DIR, flags=MS_SHARED | MS_REC)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            mount(NETNS_DIR, NETNS_DIR, flags=MS_BIND | MS_REC)
            mount("none", NETNS_DIR, flags=MS_SHARED | MS_REC)
    except OSError as error:
        raise _refused(error, f"preparing {NETNS_DIR}") from error


def inode(fd: int) -> int:
    """The number by which namespaces are told apart (``ls -i``)."""
    return os.stat(fd).st_ino


def _refused(error: OSError, what: str) -> KernelRefused | NotPermitted:
    if error.errno in {errno.EPERM, errno.EACCES}:
        return NotPermitted(f"{what}: {error.strerror}", "run it as root, or within 'glassnet lab'")
    return KernelRefused(error.errno or errno.EIO, what=what)
