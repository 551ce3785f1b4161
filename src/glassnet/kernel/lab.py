"""The private host: user, network and mount namespaces in which anyone is root.

Everything works there and nothing outside changes: /run is a tmpfs of its own, so that neither
named namespaces nor the journal meet those of the machine.
"""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Final

from glassnet.errors import NotPermitted
from glassnet.kernel import netns as namespaces
from glassnet.kernel.socket import NetlinkSocket
from glassnet.netlink.message import Message
from glassnet.netlink.route.link import IFF_UP, NEWLINK

_HIDDEN: Final = frozenset({"netns", "glassnet", "dbus", "firewalld"})
"""Of /run: namespaces and state of the outside, and by what its firewall would be changed."""
_ADVICE: Final = (
    "unprivileged user namespaces may be switched off here: see "
    "/proc/sys/user/max_user_namespaces, kernel.unprivileged_userns_clone, "
    "kernel.apparmor_restrict_unprivileged_userns; or run it as root"
)


def enter_lab() -> None:
    """Put the calling process (one thread) into a private host. Raises `NotPermitted`."""
    user, group = os.geteuid(), os.getegid()
    try:
        namespaces.unshare(
            namespaces.CLONE_NEWUSER | namespaces.CLONE_NEWNS | namespaces.CLONE_NEWNET
        )
        _map(user, group)
        namespaces.mount("none", "/", flags=namespaces.MS_PRIVATE | namespaces.MS_REC)
        _own_run()
    except OSError as error:
        raise NotPermitted(f"a private host cannot be made: {error.strerror}", _ADVICE) from error
    _loopback_up()


def _map(user: int, group: int) -> None:
    """Root inside is the caller outside (user_namespaces(7))."""
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")


def _own_run() -> None:
    """A new /run with the machine's entries bound into it, but for what glassnet keeps there."""
    old = os.open("/run", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    names = sorted(set(os.listdir("/run")) - _HIDDEN)
    with tempfile.TemporaryDirectory(prefix="glassnet-lab-") as staging:
        namespaces.mount("glassnet", staging, "tmpfs", data="mode=755")
        for name in names:
            _bind(f"/proc/self/fd/{old}/{name}", Path(staging, name))
        namespaces.mount(staging, "/run", flags=namespaces.MS_BIND | namespaces.MS_REC)
        namespaces.umount(staging, namespaces.MNT_DETACH)
    os.close(old)


def _bind(source: str, target: Path) -> None:
    """The same entry at another place; what may not be bound is left out."""
    if os.path.islink(source):
        target.symlink_to(os.readlink(source))
        return
    if os.path.isdir(source):
        target.mkdir()
    else:
        target.touch()
    try:
        namespaces.mount(source, str(target), flags=namespaces.MS_BIND | namespaces.MS_REC)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EACCES, errno.EPERM, errno.ENOENT}:
            raise


def _loopback_up() -> None:
    with NetlinkSocket() as socket:
        up = Message(NEWLINK, 0, {"flags": IFF_UP, "change": IFF_UP}, {"ifname": "lo"})
        [reply] = socket.request([up])
        if reply.error is not None:
            raise reply.error
