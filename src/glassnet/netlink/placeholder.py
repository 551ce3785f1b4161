"""Integers that are not known yet: they are put in place of a number and settled at encoding.

An operation is written before the kernel has made the link it names, so it cannot hold the link's
index, nor a descriptor of a namespace. It holds one of these, and whoever sends the message gives
`encode` a function that finds the number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from glassnet.values import Netns


class IndexOf(NamedTuple):
    """The index of the interface ``ifname``; ``netns`` None is the namespace of the request."""

    ifname: str
    netns: Netns | None = None


class FdOf(NamedTuple):
    """An open file descriptor of a namespace."""

    netns: Netns


Placeholder: TypeAlias = IndexOf | FdOf
Resolve: TypeAlias = Callable[[Placeholder], int]
