"""Programs in an SELinux context of their own (selinux(8), proc_pid_attr(5))."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Final

from glassnet.errors import KernelRefused, NotPermitted, Unsupported
from glassnet.ops import require

ENFORCE: Final = "/sys/fs/selinux/enforce"
EXEC: Final = "/proc/thread-self/attr/exec"


def available() -> bool:
    """Whether the host has SELinux, be it enforcing or not."""
    return os.path.exists(ENFORCE)


@contextlib.contextmanager
def programs_in(context: str) -> Iterator[None]:
    """Meanwhile what the calling thread executes has that context.

    Raises `Unsupported` where there is no SELinux, `KernelRefused` for a context that it does not
    know, or `NotPermitted`.
    """
    what = f"the SELinux context {context!r}"
    try:
        attribute = os.open(EXEC, os.O_WRONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Unsupported(
            f"{what}: {require.lacking(require.SELINUX)}", require.advice(require.SELINUX)
        ) from error
    try:
        try:
            os.write(attribute, context.encode() + b"\0")
        except PermissionError as error:
            raise NotPermitted(
                f"{what}: {error.strerror}", "the policy must let us set it (setexec)"
            ) from error
        except OSError as error:
            raise KernelRefused(error.errno or 0, what=what) from error
        try:
            yield
        finally:
            os.write(attribute, b"")
    finally:
        os.close(attribute)
