"""Run a command in a namespace, as ``ip netns exec`` does."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from glassnet.errors import Conflict, InvalidRequest, NotFound, NotPermitted
from glassnet.kernel import netns as namespaces
from glassnet.values import Netns

_CONFIGS = Path("/etc/netns")
_IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that Python ignores, which a command would inherit: ``yes | head`` would not end."""


def exec_in(netns: Netns, command: Sequence[str]) -> NoReturn:
    """Become the command, in the namespace, with /etc/netns/NAME/* over /etc/* and its own /sys.

    Raises `NotFound` for a namespace or a program that is not there, `NotPermitted`, and
    `InvalidRequest` for a file that is no program.
    """
    if not netns.is_host:
        _enter(netns)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(command[0], list(command))
    except (FileNotFoundError, ValueError):  # an empty name is a value that cannot be
        raise NotFound(f"there is no program {command[0]!r}") from None
    except PermissionError as error:
        advice = "is it an executable file?"
        raise NotPermitted(f"{command[0]}: {error.strerror}", advice) from error
    except OSError as error:
        raise InvalidRequest(f"{command[0]} cannot be run: {error.strerror}") from error


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
        if not target.exists():
            continue
        try:
            namespaces.mount(str(source), str(target), flags=namespaces.MS_BIND)
        except OSError as error:
            raise Conflict(f"{source} cannot stand in for {target}: {error.strerror}") from error
