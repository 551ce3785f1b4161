"""Errors found after reading: each with the place in the file that it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from glassnet.errors import InvalidRequest, InvalidValue


@contextmanager
def blaming(origin: str) -> Iterator[None]:
    """An `InvalidValue` raised within becomes ``file:line:column: $.path: what; accepted: …``."""
    try:
        yield
    except InvalidValue as error:
        raise InvalidRequest(f"{origin}: {error}") from None
