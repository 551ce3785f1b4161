"""Asking the daemon about itself."""

from __future__ import annotations

import socket
from typing import Final

from glassnet.daemon.frames import ANSWER, Question, encode_question
from glassnet.daemon.main import SOCKET
from glassnet.engine.store import state_dir
from glassnet.errors import NotFound, NotPermitted, StateError

_SECONDS: Final = 10.0


def ask_daemon(what: str) -> str:
    """``status`` (JSON), ``metrics`` (Prometheus' text) or ``stop`` (as status).

    Raises `NotFound` if none runs, `NotPermitted`, `StateError` if it gives no answer.
    """
    path = state_dir() / SOCKET
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(_SECONDS)
            sock.connect(str(path))
            sock.sendall(encode_question(Question("daemon", {"ASK": what}, b"")))
            with sock.makefile("rb") as answer:
                _, size = ANSWER.unpack(answer.read(ANSWER.size).ljust(ANSWER.size, b"\0"))
                data = answer.read(size)
    except (FileNotFoundError, ConnectionRefusedError):
        raise NotFound("no daemon runs", "the first call of a plugin starts one") from None
    except PermissionError as error:
        raise NotPermitted(f"{path}: {error.strerror}", "run it as root") from error
    except OSError as error:
        raise StateError(f"the daemon at {path} gives no answer: {error}", "kill it") from error
    if not data:
        raise StateError(f"the daemon at {path} gives no answer", "only its own user may ask")
    return data.decode()
