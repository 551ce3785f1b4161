"""Settings under /proc/sys/net, read and written in the calling thread's namespace.

/proc/sys/net shows the settings of whoever opens the file (net/sysctl_net.c), so the same path
serves every namespace.
"""

from __future__ import annotations

import errno
import os

from glassnet.errors import KernelRefused, NotPermitted, Unsupported
from glassnet.values import SysctlKey

_SIZE = 4096


def read(key: SysctlKey) -> str | None:
    """The value as text; None if this kernel has no such setting."""
    try:
        fd = os.open(key.path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        return None
    try:
        return os.read(fd, _SIZE).decode(errors="replace").strip()
    except OSError:
        return None  # a setting that can only be written
    finally:
        os.close(fd)


def write(key: SysctlKey, value: str) -> None:
    """Write it. Raises `Unsupported`, `NotPermitted` or `KernelRefused`."""
    try:
        fd = os.open(key.path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, value.encode())
        finally:
            os.close(fd)
    except (FileNotFoundError, NotADirectoryError):
        raise Unsupported(
            f"this kernel has no setting {key}", "check its spelling, or load its module"
        ) from None
    except OSError as error:
        if error.errno in {errno.EPERM, errno.EACCES, errno.EROFS}:
            raise NotPermitted(
                f"writing {key}: {error.strerror}", "run it as root; /proc/sys must be writable"
            ) from error
        raise KernelRefused(error.errno or errno.EIO, what=f"writing {value!r} to {key}") from error
