"""A setting under /proc/sys/net of one namespace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from glassnet.ops import require, shell
from glassnet.ops.base import Difference, Key, Op, Receipt, place
from glassnet.ops.request import Request, SysctlRequest
from glassnet.ops.shell import Command
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import SysctlKey


class SysctlOp(Op, frozen=True, kw_only=True, tag="sysctl"):
    """A value for a key. ``was`` is set on the way back: restore only what is still ours."""

    noun: ClassVar[str] = "sysctl"

    name: SysctlKey
    value: str
    was: str | None = None

    def __str__(self) -> str:
        return f"setting {self.name} = {self.value} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``echo VALUE > /proc/sys/...`` in the namespace."""
        return (shell.write(self.netns, self.name.path, self.value),)

    def requests(self) -> tuple[Request, ...]:
        """One write."""
        return (SysctlRequest(self.netns, self.name, self.value),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether the file holds the value; blanks between numbers do not count."""
        found = snapshot[self.netns].sysctls.get(self.name)
        if found is not None and found.split() == self.value.split():
            return ()
        return (Difference(f"setting {self.name} {place(self.netns)}", self.value, found or ""),)

    def inverse(self, receipt: Receipt) -> tuple[Op, ...]:
        """The value that was there before, to be written if ours still is."""
        value = receipt.before.get("value")
        if not receipt.changed or value is None:
            return ()
        return (SysctlOp(netns=self.netns, name=self.name, value=value, was=self.value),)

    def key(self) -> Key:
        """``("sysctl", netns, key)``."""
        return ("sysctl", self.netns, self.name)

    def after(self) -> tuple[Key, ...]:
        """The link that the setting is about: ``net.ipv4.conf.br0.…`` after br0."""
        return tuple(("link", self.netns, name) for name in self._ifnames())

    def within(self) -> tuple[Key, ...]:
        """Its namespace, and the link it is about."""
        return (("netns", self.netns), *self.after())

    def reads(self) -> tuple[Facet, ...]:
        """The one setting."""
        return (Facet(self.netns, "sysctl", self.name),)

    def lookups(self) -> tuple[Facet, ...]:
        """The one setting."""
        return self.reads()

    def requires(self) -> tuple[str, ...]:
        """That there is such a setting, and that it may be written.

        A link that is yet to come has the settings that loopback has.
        """
        parts = self.name.split(".")
        if self._ifnames():
            parts[3] = "lo"
        key = ".".join(parts)
        return (require.setting(key), require.writable(key))

    def before(self, snapshot: Snapshot) -> Mapping[str, str]:
        """The value now."""
        found = snapshot[self.netns].sysctls.get(self.name)
        return {} if found is None else {"value": found}

    def obstacle(self, snapshot: Snapshot) -> str:
        """On the way back: somebody has set it to something else meanwhile."""
        found = snapshot[self.netns].sysctls.get(self.name)
        if self.was is None or found is None or found.split() == self.was.split():
            return ""
        return f"{self.name} is {found} now, not the {self.was} that glassnet set"

    def _ifnames(self) -> tuple[str, ...]:
        parts = self.name.split(".")
        if len(parts) > 4 and parts[2] in {"conf", "neigh"} and parts[3] not in {"all", "default"}:
            return (parts[3].replace("/", "."),)
        return ()
