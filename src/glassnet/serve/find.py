"""Which file a plugin's type is on CNI_PATH, and whether it is one of ours."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from glassnet.cni.error import INVALID_CONFIG, CniError

MARK: Final = b"glassnet.serve."
"""What the executables that glassnet installs have in them."""
_EDGE: Final = 1024  # bytes: it is at the beginning of a script, at the end of a program


def find(type_: str, directories: Sequence[str]) -> str:
    """The executable of a type. Raises `CniError` in libcni's words."""
    if not type_:
        raise CniError(INVALID_CONFIG, "no plugin name provided")
    if "/" in type_:
        raise CniError(INVALID_CONFIG, f"invalid plugin name: {type_}")
    for directory in directories:
        path = Path(directory, type_)
        if path.is_file():
            return str(path)
    raise CniError(
        INVALID_CONFIG, f'failed to find plugin "{type_}" in path [{" ".join(directories)}]'
    )


def is_ours(path: str) -> bool:
    """Whether a plugin's file is one that glassnet has put there."""
    try:
        with Path(path).open("rb") as file:
            if MARK in file.read(_EDGE):
                return True
            file.seek(-min(_EDGE, file.seek(0, os.SEEK_END)), os.SEEK_END)
            return MARK in file.read()
    except OSError:
        return False
