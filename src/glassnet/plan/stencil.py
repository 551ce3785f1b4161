"""Attachments in bytes: those of one shape differ in values alone, for which there are holes.

To think an attachment through, operation by operation, request by request, costs more than what the
kernel does then. So it is thought through for each *shape* only: twice, with made-up values. Where
those of the first are found are the holes; that the holes, filled with those of the second, give
the second to the byte is the proof that nothing else depends on values (docs/adr/0017).
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Self

import msgspec

from glassnet.errors import InvalidRequest
from glassnet.netlink.message import REQUEST, encode_flagged
from glassnet.netlink.placeholder import FdOf, IndexOf, Placeholder
from glassnet.ops.derived import digest
from glassnet.ops.request import NetlinkRequest, ReadyRequest, Request
from glassnet.plan.attachment import LO, Attachment
from glassnet.plan.model import encode
from glassnet.state.snapshot import NetnsState, Snapshot
from glassnet.values import HOST, Cidr, IfName, IpAddress, Netns

MESSAGES_MAX: Final = 40
"""Messages in one send: their refusals, or what is said of each, must fit a receive buffer."""

_TRIES: Final = 16
_IFNAME: Final = 3  # linux/if_link.h: IFLA_IFNAME
_pack_attr: Final = struct.Struct("=HH").pack
_pack_index: Final = struct.Struct("=I").pack
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"

Shape = tuple[object, ...]


def shape_of(attachment: Attachment, loopback_up: int) -> Shape:
    """All that the bytes of an attachment, not to the host itself, depend on but for its values.

    ``loopback_up``: IFF_UP or 0.
    """
    return (
        loopback_up,
        attachment.network,
        len(attachment.container),
        len(attachment.host_ifname.encode()),
        attachment.ifname,
        tuple([(cidr.version, cidr.prefixlen) for cidr in attachment.addresses]),
        attachment.gateways,
        attachment.bridge,
        attachment.mtu,
    )


class Ready(NamedTuple):
    """An attachment that waits to be written down and sent.

    ``plan`` is the JSON of its plan; ``steps`` has for each message of the requests, one after the
    other, the number of the plan's change that it belongs to.
    """

    plan: bytes
    requests: tuple[ReadyRequest, ...]
    steps: tuple[int, ...]


class _Send(NamedTuple):
    """Messages that are sent together, on the host or inside.

    ``holes`` are where they begin and end, and the number of the value; ``numbers`` the offsets of
    the integers behind each placeholder, by its number.
    """

    inside: bool
    data: bytes
    starts: tuple[int, ...]
    holes: tuple[tuple[int, int, int], ...]
    numbers: tuple[tuple[int, tuple[int, ...]], ...]
    steps: tuple[int, ...]


class Stencil:
    """The bytes of one shape, with holes: `cut` it, then `fill` it as often as you like."""

    __slots__ = ("_sends", "_steps", "_text")

    def __init__(self, sends: Iterable[_Send], text: Iterable[bytes | int]) -> None:
        self._sends = tuple(sends)
        self._text = tuple(text)
        self._steps = tuple(step for send in self._sends for step in send.steps)

    @classmethod
    def cut(cls, attachment: Attachment, flags: int) -> Self:
        """For attachments of the shape of this one, where loopback has these IFF_*.

        Raises `InvalidRequest` if made-up values keep being found by chance where they are not.
        """
        for number in range(_TRIES):
            one, other = (_Model(attachment, flags, f"{number}{which}") for which in "ab")
            stencil = cls([_pierced(one, send) for send in one.sends], _pierced_text(one))
            if stencil._gives(other):
                return stencil
        raise InvalidRequest(f"no stencil fits {attachment.name} after {_TRIES} tries")

    def _gives(self, model: _Model) -> bool:
        """Whether it has holes wherever values are, and nowhere else."""
        ready = self.fill(model.attachment)
        data = [model.settled(request) for request in ready.requests]
        wanted = [b"".join(send.messages) for send in model.sends]
        return ready.plan == encode(model.plan) and data == wanted

    def fill(self, attachment: Attachment) -> Ready:
        """Those of an attachment of this shape."""
        raws, texts = _raws(attachment), _texts(attachment)
        places = _places(attachment)
        requests = []
        for inside, plain, starts, holes, numbers, _ in self._sends:
            data = bytearray(plain)
            for begin, end, which in holes:
                data[begin:end] = raws[which]
            requests.append(
                ReadyRequest(
                    attachment.netns if inside else HOST,
                    bytes(data),
                    starts,
                    tuple([(places[which], offsets) for which, offsets in numbers]),
                )
            )
        parts = [part if type(part) is bytes else texts[part] for part in self._text]  # type: ignore[index]
        return Ready(b"".join(parts), tuple(requests), self._steps)


def _raws(attachment: Attachment) -> tuple[bytes, ...]:
    """What fills the holes in messages, in an order of its own."""
    near, far = attachment.near_mac, attachment.far_mac
    return (
        attachment.host_ifname.encode(),
        attachment.container.encode(),
        near.packed if near is not None else b"",
        far.packed if far is not None else b"",
        *[cidr.address.packed for cidr in attachment.addresses],
    )


def _texts(attachment: Attachment) -> tuple[bytes, ...]:
    """What fills the holes in the plan: the same, and the namespace last."""
    return (
        _quoted(attachment.host_ifname),
        attachment.container.encode(),
        (attachment.near_mac or "").encode(),
        (attachment.far_mac or "").encode(),
        *[cidr.address.encode() for cidr in attachment.addresses],
        _quoted(attachment.netns),
    )


def _quoted(text: str) -> bytes:
    """As it stands in JSON, less the quotes."""
    return msgspec.json.encode(str.__str__(text))[1:-1]


def _places(attachment: Attachment) -> tuple[Placeholder, ...]:
    """What stands for numbers: both ends of the cable, the namespace, the bridge."""
    return (
        IndexOf(attachment.host_ifname),
        IndexOf(attachment.ifname),
        FdOf(attachment.netns),
        IndexOf(attachment.bridge or ""),
    )


class _Together(NamedTuple):
    """Encoded messages that are sent together, and the number of the change of each."""

    inside: bool
    messages: list[bytes]
    steps: list[int]


class _Model:
    """An attachment of the same shape with made-up values, thought through to the bytes."""

    def __init__(self, like: Attachment, flags: int, seed: str) -> None:
        self._seed = seed
        self.attachment = msgspec.structs.replace(
            like,
            netns=Netns(f"/made/{self._word(16)}"),
            container=self._word(len(like.container)),
            host_ifname=IfName(self._word(len(like.host_ifname.encode()))),
            addresses=tuple(self._address(number, c) for number, c in enumerate(like.addresses)),
        )
        self.places = _places(self.attachment)
        self.numbers = [self._number(place) & 0x7FFFFFFF for place in range(len(self.places))]
        state = NetnsState(self.attachment.netns)
        state.flags[LO] = flags
        self.plan = self.attachment.plan(Snapshot({self.attachment.netns: state}))
        self.sends = list(self._sends())

    def _number(self, *of: object) -> int:
        return digest(self._seed, *map(str, of))

    def _word(self, length: int) -> str:
        letters = (self._number("word", length, at) % len(_LETTERS) for at in range(length))
        return "".join(_LETTERS[letter] for letter in letters)

    def _address(self, number: int, like: Cidr) -> Cidr:
        """Not one of which anybody could think that it is special."""
        size = len(like.address.packed)
        first, *rest = (self._number("address", number, at) & 0xFF for at in range(size))
        packed = bytes((0x20 | first & 0xF, *rest))
        return Cidr.of(IpAddress.from_bytes(packed), like.prefixlen)

    def _sends(self) -> Iterator[_Together]:
        """The cable; then what is inside it; then the mark and the rest on the host.

        What names the cable comes after it: where it is refused because its name is taken, the
        kernel would go on and change somebody else's.
        """
        made = [
            (step, request)
            for step, change in enumerate(self.plan.changes)
            for request in change.op.requests()
        ]
        inside = [one for one in made if one[1].netns == self.attachment.netns]
        for some in ([made[0]], inside, [one for one in made[1:] if one not in inside]):
            for start in range(0, len(some), MESSAGES_MAX):
                part = some[start : start + MESSAGES_MAX]
                yield _Together(
                    some is inside,
                    [self._encoded(request) for _, request in part],
                    [step for step, _ in part],
                )

    def _encoded(self, request: Request) -> bytes:
        if not isinstance(request, NetlinkRequest):
            raise InvalidRequest(f"{request} is no message")
        message = request.message
        return encode_flagged(message, message.flags | REQUEST, 0, self._resolve)

    def _resolve(self, placeholder: Placeholder) -> int:
        return self.numbers[self.places.index(placeholder)]

    def settled(self, request: ReadyRequest) -> bytes:
        """What is sent, where the numbers are the made-up ones."""
        data = bytearray(request.data)
        for placeholder, offsets in request.numbers:
            for offset in offsets:
                data[offset : offset + 4] = _pack_index(self._resolve(placeholder))
        return bytes(data)


def _pierced(model: _Model, send: _Together) -> _Send:
    """The messages, with holes wherever a value of the model is."""
    it = model.attachment
    host, container, *others = _raws(it)
    around = [(_pack_attr(len(host) + 5, _IFNAME), host, b"\0")]
    around += [(f"{it.network}/".encode(), container, f"/{it.ifname}".encode())]
    around += [(b"", value, b"") for value in others]
    data = b"".join(send.messages)
    starts = itertools.accumulate(map(len, send.messages[:-1]), initial=0)
    numbers = [
        (which, tuple(at for at, _ in _found(data, b"", _pack_index(number), b"") if not at % 4))
        for which, number in enumerate(model.numbers)
    ]
    return _Send(
        send.inside,
        data,
        tuple(starts),
        tuple((*place, which) for which, one in enumerate(around) for place in _found(data, *one)),
        tuple(one for one in numbers if one[1]),
        tuple(send.steps),
    )


def _pierced_text(model: _Model) -> Iterator[bytes | int]:
    """The plan's JSON, with the numbers of values wherever one is."""
    it = model.attachment
    host, container, *others = _texts(it)
    around = [(b'"', host, b'"')]
    around += [(f"{it.network}/".encode(), container, b"/" + _quoted(it.ifname))]
    around += [(b'"', value, b"") for value in others]
    text = encode(model.plan)
    places = sorted(
        (*place, which) for which, one in enumerate(around) for place in _found(text, *one)
    )
    at = 0
    for begin, end, which in places:
        yield text[at:begin]
        yield which
        at = end
    yield text[at:]


def _found(data: bytes, before: bytes, value: bytes, after: bytes) -> list[tuple[int, int]]:
    """Where a value begins and ends, each time that it is found between these two."""
    places = []
    at = data.find(before + value + after) if value else -1
    while at >= 0:
        begin = at + len(before)
        places.append((begin, begin + len(value)))
        at = data.find(before + value + after, begin + len(value))
    return places
