"""Run a command in a namespace, as ``ip netns exec`` does."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from glassnet.errors import NotFound, NotPermitted
from glassnet.kernel import netns as namespaces
from glassnet.values import Netns

_CONFIGS = Path("/etc/netns")


def exec_in(netns: Netns, command: Sequence[str]) -> NoReturn:
    """Become the command, in the namespace, with /etc/netns/NAME/* over /etc/* and its own /sys.

    Raises `NotFound` for a namespace or a program that is not there, `NotPermitted`.
    """
    if not netns.is_host:
        _enter(netns)
    try:
        os.execvp(command[0], list(command))
    except FileNotFoundError:
        raise NotFound(f"there is no program {command[0]!r}") from None
    except PermissionError as error:
        raise NotPermitted(f"{command[0]}: {error.strerror}") from error


def _enter(netns: Netns) -> None:
    fd = namespaces.open_netns(netns)
    try:
        namespaces.setns(fd)
        namespaces.unshare(namespaces.CLONE_NEWNS)
        namespaces.mount("none", "/", flags=namespaces.MS_SLAVE | namespaces.MS_REC)
    except OSError as error:
        raise NotPermitted(
            f"entering {netns}: {error.strerror}", "run it as root, or within 'glassnet lab'"
        ) from error
    finally:
        os.close(fd)
    _own_sys()
    if "/" not in netns:
        _bind_configs(_CONFIGS / netns)


def _own_sys() -> None:
    """A /sys that shows the namespace's links, where the kernel lets us mount one."""
    try:
        namespaces.mount("sysfs", "/sys", "sysfs")
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EBUSY, errno.EINVAL}:
            raise


def _bind_configs(directory: Path) -> None:
    if not directory.is_dir():
        return
    for source in sorted(directory.iterdir()):
        target = Path("/etc") / source.name
        if target.exists():
            namespaces.mount(str(source), str(target), flags=namespaces.MS_BIND)
