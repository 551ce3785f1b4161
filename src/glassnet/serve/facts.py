"""What a plugin wants to know of the host's files, read for it: plugins do no I/O themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from glassnet.cni.error import INVALID_CONFIG, IO_FAILURE, CniError


def read(paths: Iterable[str]) -> Mapping[str, str]:
    """What is at each absolute path; one that leads nowhere has no entry.

    Of a file its text, of a directory the names in it in order, of a symbolic link the name that
    it leads to. Of a path with ``*`` the first that there is. Raises `CniError` (5) for what is
    there and cannot be read: it may be there to forbid something.
    """
    found: dict[str, str] = {}
    for path in paths:
        if "\0" in path:
            raise CniError(INVALID_CONFIG, f"{path!r} is no path", "one without NUL")
        matches = sorted(Path("/").glob(path.lstrip("/"))) if "*" in path else [Path(path)]
        text = _read(matches[0]) if matches else None
        if text is not None:
            found[path] = text
    return found


def _read(path: Path) -> str | None:
    try:
        if path.is_symlink():
            return path.readlink().name
        if path.is_dir():
            return "\n".join(sorted(one.name for one in path.iterdir()))
        return path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CniError(IO_FAILURE, f"{path}: {error.strerror}", "it must be readable") from None
