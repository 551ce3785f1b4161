"""libnftables in process, or the program ``nft`` where the library is missing.

A handle must be used in the namespace in which it was made: some releases open their netlink socket
once in ``nft_ctx_new``, others anew for each command.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from glassnet.errors import NftRefused, NotPermitted, Unsupported

if TYPE_CHECKING:
    from glassnet.nft.listing import Ruleset

LIBRARY: Final = "libnftables.so.1"
_JSON: Final = 1 << 4  # nftables/libnftables.h: NFT_CTX_OUTPUT_JSON
_ADVICE: Final = "install it: apt install libnftables1 (or nftables)"


class Nft(Protocol):
    """What runs nft text in the calling thread's namespace."""

    def run(self, text: str) -> None:
        """Apply a transaction, whole or not at all. Raises `NftRefused` or `NotPermitted`."""
        ...

    def check(self, text: str) -> None:
        """Ask whether it would be applied; nothing changes."""
        ...

    def list(self, what: str = "ruleset") -> Ruleset:
        """The ruleset, or a part: ``table inet glassnet``."""
        ...

    def close(self) -> None:
        """Let go of the handle."""
        ...


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return None
    library.nft_ctx_new.restype = ctypes.c_void_p
    library.nft_ctx_new.argtypes = [ctypes.c_uint32]
    for name in ("nft_ctx_free", "nft_ctx_buffer_output", "nft_ctx_buffer_error"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    for name in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
        getattr(library, name).restype = ctypes.c_char_p
    for name in ("nft_run_cmd_from_buffer", "nft_run_cmd_from_filename"):
        getattr(library, name).argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.nft_ctx_output_set_flags.argtypes = [ctypes.c_void_p, ctypes.c_uint]
    library.nft_ctx_set_dry_run.argtypes = [ctypes.c_void_p, ctypes.c_bool]
    return library


class LibNftables:
    """One handle of the C library."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._handle: int | None = library.nft_ctx_new(0)
        if not self._handle:
            raise Unsupported("libnftables gives no handle", "does this kernel have nf_tables?")
        library.nft_ctx_buffer_output(self._handle)
        library.nft_ctx_buffer_error(self._handle)

    @property
    def _open(self) -> int:
        """The handle. The library would follow the null pointer of a closed one."""
        if not self._handle:
            raise ValueError("the nft handle is closed")
        return self._handle

    def run(self, text: str) -> None:
        """Apply a transaction."""
        self._command(text)

    def check(self, text: str) -> None:
        """Ask whether it would be applied."""
        self._library.nft_ctx_set_dry_run(self._open, True)
        try:
            self._command(text)
        finally:
            self._library.nft_ctx_set_dry_run(self._open, False)

    def list(self, what: str = "ruleset") -> Ruleset:
        """The ruleset, or a part of it."""
        self._library.nft_ctx_output_set_flags(self._open, _JSON)
        try:
            return _parsed(self._command(f"list {what}"))
        finally:
            self._library.nft_ctx_output_set_flags(self._open, 0)

    def close(self) -> None:
        """Free the handle."""
        if self._handle:
            self._library.nft_ctx_free(self._handle)
            self._handle = None

    def _command(self, text: str) -> bytes:
        status = self._library.nft_run_cmd_from_buffer(self._open, text.encode())
        words = self._library.nft_ctx_get_error_buffer(self._open) or b""
        output: bytes = self._library.nft_ctx_get_output_buffer(self._open) or b""
        if status != 0:
            raise refused(self._words(text) or words.decode(errors="replace"), text)
        return output

    def _words(self, text: str) -> str:
        """What is wrong with a text, asked again with it as a file.

        Of a buffer of several lines nft 1.0.6 quotes the first, whichever is wrong.
        """
        fd = os.memfd_create("nft")
        name = f"/proc/self/fd/{fd}"
        try:
            os.write(fd, text.encode())
            self._library.nft_ctx_set_dry_run(self._open, True)
            self._library.nft_run_cmd_from_filename(self._open, name.encode())
            words = self._library.nft_ctx_get_error_buffer(self._open) or b""
        finally:
            self._library.nft_ctx_set_dry_run(self._open, False)
            os.close(fd)
        return str(words.decode(errors="replace").replace(f"{name}:", "line "))


class NftProgram:
    """The program ``nft``, started for each transaction."""

    def __init__(self, program: str) -> None:
        self._program = program

    def run(self, text: str) -> None:
        """Apply a transaction."""
        self._command(["-f", "-"], text)

    def check(self, text: str) -> None:
        """Ask whether it would be applied."""
        self._command(["-c", "-f", "-"], text)

    def list(self, what: str = "ruleset") -> Ruleset:
        """The ruleset, or a part of it."""
        return _parsed(self._command(["-j", "list", *what.split()]))

    def close(self) -> None:
        """Nothing is held."""

    def _command(self, words: Sequence[str], text: str = "") -> str:
        import subprocess

        try:
            done = subprocess.run(
                [self._program, *words],
                input=text,
                capture_output=True,
                encoding="utf-8",  # as libnftables has it, whatever the locale
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise Unsupported(f"{self._program}: {error.strerror}", _ADVICE) from error
        if done.returncode != 0:
            raise refused(done.stderr.replace("/dev/stdin:", "line "), text)
        return done.stdout


def _parsed(text: str | bytes) -> Ruleset:
    from glassnet.nft.listing import parse

    return parse(text)


def refused(words: str, text: str) -> NftRefused | NotPermitted:
    """The error for what nft said."""
    if "Operation not permitted" in words:
        return NotPermitted(
            "nft: operation not permitted", "run it as root, or within 'glassnet lab'"
        )
    return NftRefused(words, text)


def available() -> bool:
    """Whether there is a library or a program by which nft can be spoken to."""
    try:
        open_nft().close()
    except Unsupported:
        return False
    return True


def open_nft() -> Nft:
    """A handle: the library's, else the program's. `Unsupported` if there is neither."""
    library = None if os.environ.get("GLASSNET_NFT") == "program" else _library()
    if library is not None:
        return LibNftables(library)
    import shutil

    program = shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        raise Unsupported("neither libnftables nor the program nft is here", _ADVICE)
    return NftProgram(program)
