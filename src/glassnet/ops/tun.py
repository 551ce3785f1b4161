"""Tun and tap devices: links whose other end is a program, here made to outlast it.

rtnetlink tells of them, sets them and deletes them, but does not make them: that is an ioctl.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from glassnet.errors import InvalidValue
from glassnet.ops import require, shell
from glassnet.ops.base import ObjectOp, place
from glassnet.ops.kind import KindOp
from glassnet.ops.link import LinkOp
from glassnet.ops.request import Request, TunRequest
from glassnet.ops.shell import Command

MODES: Mapping[str, int] = {"tun": 1, "tap": 2}  # IFF_TUN and IFF_TAP of linux/if_tun.h
_ID_MAX = 2**32 - 2  # -1 is nobody


class TunOp(KindOp, frozen=True, kw_only=True, tag="tun"):
    """A persistent device that carries frames (``tap``) or packets (``tun``).

    ``owner`` and ``group`` are ids of who may open it, without which root alone may. What
    programs must agree with: ``multi_queue`` (several may open it), ``vnet_hdr`` (an offload
    header in front of each packet), ``pi`` (a protocol header). ``context`` is its SELinux context,
    of which nothing tells afterwards; empty is that of who makes it.
    """

    kind: ClassVar[str] = "tun"

    mode: str = "tap"
    owner: int | None = None
    group: int | None = None
    multi_queue: bool = False
    vnet_hdr: bool = False
    pi: bool = False
    context: str = ""

    def __post_init__(self) -> None:
        LinkOp.__post_init__(self)
        if self.mode not in MODES:
            raise InvalidValue(f"no tun mode {self.mode!r}", ", ".join(MODES))
        if self.mode == "tun" and self.mac is not None:
            raise InvalidValue(f"tun {self.ifname} with a MAC", "a MAC in mode tap")
        for name, number in (("owner", self.owner), ("group", self.group)):
            if number is not None and not 0 <= number <= _ID_MAX:
                raise InvalidValue(f"{name} {number} is out of range", f"0 to {_ID_MAX}")

    def label(self) -> str:
        """``tap tap0 in ns1``."""
        return f"{self.mode} {self.ifname} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``ip tuntap add mode MODE name NAME …``, then ``ip link set NAME …``."""
        if not self.present:
            return LinkOp.commands(self)
        request = self._request()
        if self.context:
            add = shell.within(self.netns, "runcon", self.context, "ip", *words(request))
        else:
            add = shell.ip(self.netns, *words(request))
        if not (rest := self.settle_words(born_with=())):
            return (add,)
        return (add, shell.link(self.netns, "set", self.ifname, *rest))

    def requests(self) -> tuple[Request, ...]:
        """The device by ioctl, its settings by one RTM_NEWLINK; or one RTM_DELLINK by name.

        It bears its mark before it is made to last, so that no link of ours is ever left without.
        Deleted it goes also from under a program that holds it, as other links do.
        """
        if not self.present:
            return LinkOp.requests(self)
        return (self._request(), *self.settle(born_with=()))

    def _request(self) -> TunRequest:
        return TunRequest(
            self.netns,
            self.ifname,
            mode=self.mode,
            owner=self.owner,
            group=self.group,
            multi_queue=self.multi_queue,
            vnet_hdr=self.vnet_hdr,
            pi=self.pi,
            alias=self.alias,
            context=self.context,
        )

    def kind_wanted(self) -> Mapping[str, Any]:
        """By the words of the command."""
        wanted: dict[str, Any] = {"mode": self.mode, "persist": "on"}
        flags = {"multi_queue": self.multi_queue, "vnet_hdr": self.vnet_hdr, "pi": self.pi}
        wanted |= {name: "on" if value else "off" for name, value in flags.items()}
        wanted |= {"user": self.owner} if self.owner is not None else {}
        wanted |= {"group": self.group} if self.group is not None else {}
        return wanted

    def kind_seen(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """By the same words."""
        words = {number: name for name, number in MODES.items()}
        flags = ("persist", "multi_queue", "vnet_hdr", "pi")
        return {
            "mode": words.get(data.get("type", 0), "unknown"),
            **{name: "on" if data.get(name) else "off" for name in flags},
            "user": data.get("owner"),
            "group": data.get("group"),
        }

    def kind_lasting(self, seen: Mapping[str, Any]) -> Collection[str]:
        """All: a program that has it open would not be told."""
        return seen.keys()

    def requires(self) -> tuple[str, ...]:
        """The device by which it is made, and whatever gives it a context."""
        made = (require.TUN, *((require.SELINUX,) if self.context else ()))
        return (*ObjectOp.requires(self), *(made if self.present else ()))


def words(request: TunRequest) -> list[str]:
    """What ``ip`` is told to make such a device."""
    said = ["tuntap", "add", "mode", request.mode, "name", request.ifname]
    said += ["multi_queue"] if request.multi_queue else []
    said += ["vnet_hdr"] if request.vnet_hdr else []
    said += ["pi"] if request.pi else []
    said += ["user", str(request.owner)] if request.owner is not None else []
    said += ["group", str(request.group)] if request.group is not None else []
    return said
