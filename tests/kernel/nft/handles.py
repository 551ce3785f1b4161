"""Functions run with an nft handle inside a private host: by the library, and by the program."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, TypeVar

from glassnet.kernel.nft import LibNftables, Nft, NftProgram, open_nft
from glassnet.nft.listing import Ruleset
from glassnet.testing.host import Host

T = TypeVar("T")

KINDS: Final = {"library": LibNftables, "program": NftProgram}


def choose(kind: str) -> None:
    """Make the calling process use one of both."""
    os.environ.pop("GLASSNET_NFT", None)
    if kind == "program":
        os.environ["GLASSNET_NFT"] = "program"


def using(host: Host, kind: str, function: Callable[..., T], *args: Any) -> T:
    """``function(handle, *args)`` inside the host; the handle is closed when it returns."""
    answer: T = host.call(_open_and_call, kind, function, *args)
    return answer


def _open_and_call(kind: str, function: Callable[..., T], *args: Any) -> T:
    choose(kind)
    handle = open_nft()
    assert type(handle) is KINDS[kind]
    try:
        return function(handle, *args)
    finally:
        handle.close()


Plain = dict[tuple[str, str], tuple[Any, ...]]


def plain(ruleset: Ruleset) -> Plain:
    """A ruleset as something that can be compared and shown."""
    return {name: (table.static(), table.elements) for name, table in ruleset.tables.items()}


def run(handle: Nft, *texts: str) -> None:
    for text in texts:
        handle.run(text)


def listed(handle: Nft, what: str = "ruleset") -> Plain:
    return plain(handle.list(what))
