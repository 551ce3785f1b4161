"""A cache entry: what a runtime keeps of an attachment, from ADD until DEL.

The format is libcni's ``cniCacheV1``, so that either finds what the other has kept; older files
that hold a bare result are read too. Ours say more, under keys that libcni passes over: the boot
in which the attachment was made, which namespace it was, and whether its ADD came to an end.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from glassnet.cni.conf import NOT_JSON, Conf, members
from glassnet.cni.error import DECODING_FAILURE, CniError

KIND: Final = "cniCacheV1"


class Key(NamedTuple):
    """Which attachment: SPEC's primary key."""

    network: str
    container: str
    ifname: str

    def __str__(self) -> str:
        return f"{self.ifname} of {self.container} in network {self.network}"


class Entry(msgspec.Struct, frozen=True):
    """One attachment.

    ``config`` is the configuration list that ADD had, as JSON; ``result`` is ADD's, or that of the
    plugins that succeeded where ``unfinished``. ``inode`` tells the namespace from a later one of
    the same path; 0 where it is not known. A bare result has no key: all of it is empty.
    """

    key: Key
    netns: str = ""
    args: tuple[tuple[str, str], ...] = ()
    capabilities: Mapping[str, Any] = {}
    config: bytes = b""
    result: bytes | None = None
    boot: str = ""
    inode: int = 0
    unfinished: bool = False


def encode(entry: Entry) -> bytes:
    """The file's content."""
    out: dict[str, Any] = {
        "kind": KIND,
        "containerId": entry.key.container,
        "config": base64.b64encode(entry.config).decode(),
        "ifName": entry.key.ifname,
        "networkName": entry.key.network,
    }
    more: dict[str, Any] = {
        "netns": entry.netns,
        "cniArgs": entry.args,
        "capabilityArgs": entry.capabilities,
        "result": msgspec.Raw(entry.result) if entry.result is not None else None,
        "bootId": entry.boot,
        "netnsInode": entry.inode,
        "unfinished": entry.unfinished,
    }
    return msgspec.json.encode(out | {name: value for name, value in more.items() if value})


def decode(data: bytes, file: str = "") -> Entry:
    """The entry of a file's content. Raises `CniError` (6), which names the file and the place."""
    place = f"{file}: $" if file else "$"
    if not data.strip():
        raise CniError(
            DECODING_FAILURE,
            f"{file or 'the cache entry'} is empty",
            "whoever wrote it was cut short, by a crash or a full disk",
        )
    try:
        value: Any = msgspec.json.decode(data)
    except NOT_JSON as error:
        raise CniError(DECODING_FAILURE, f"{place}: {error}", "it is damaged") from None
    conf = Conf(value, place)
    kind = conf.get("kind").text()
    if not kind:
        return _legacy(conf, data)
    if kind != KIND:
        raise conf.error(f"unknown kind {kind!r}", f"known: {KIND}", DECODING_FAILURE)
    return _entry(conf, data)


def _entry(conf: Conf, data: bytes) -> Entry:
    key = Key(*(conf.get(name).text() for name in ("networkName", "containerId", "ifName")))
    if not all(key):
        raise conf.error(
            "it does not say whose it is",
            "networkName, containerId and ifName",
            DECODING_FAILURE,
        )
    capabilities = conf.get("capabilityArgs")
    return Entry(
        key=key,
        netns=conf.get("netns").text(),
        args=tuple(_pair(one) for one in conf.get("cniArgs").items()),
        capabilities={name: one.value for name, one in capabilities.keys()},  # noqa: SIM118
        config=_bytes(conf.get("config")),
        result=bytes(members(data)["result"]) if conf.exact("result") else None,
        boot=conf.get("bootId").text(),
        inode=conf.get("netnsInode").integer(0, 2**64 - 1),
        unfinished=conf.get("unfinished").flag(),
    )


def _legacy(conf: Conf, data: bytes) -> Entry:
    """A bare result, as it was before cniCacheV1."""
    known = ("cniVersion", "interfaces", "ips", "ip4", "ip6", "routes", "dns")
    if not any(conf.get(name) for name in known):
        raise conf.error("neither a cache entry nor a result", f"kind: {KIND}", DECODING_FAILURE)
    return Entry(Key("", "", ""), result=data)


def _pair(conf: Conf) -> tuple[str, str]:
    parts = conf.items()
    if len(parts) != 2:
        raise conf.error("no pair", '["KEY", "VALUE"]', DECODING_FAILURE)
    return (parts[0].text(), parts[1].text())


def _bytes(conf: Conf) -> bytes:
    try:
        return base64.b64decode(conf.text(), validate=True)
    except binascii.Error as error:
        raise conf.error(f"no base64: {error}", "", DECODING_FAILURE) from None


def file_name(key: Key) -> str:
    """The name that libcni gives the file. Two attachments may share it: ids have hyphens."""
    return "-".join(key)


def spare_name(key: Key) -> str:
    """A name for an attachment whose `file_name` is another's. No id has an ``@`` in it."""
    return f"{file_name(key)}@{zlib.crc32('/'.join(key).encode()):08x}"
