"""What client and daemon say to each other: one question, one answer, then the connection ends.

========  =======================================================================================
question  ``gnd1``, two sizes (32 bits, the host's order), then so many bytes of environment
          (``NAME=value``, each ended by NUL; ``TYPE`` is the plugin's) and of standard input
answer    a code (32 bits, signed), a size, then so many bytes of standard output
========  =======================================================================================

With the first bytes of a question come two descriptors: the asker's network and mount namespaces.
The code `BY_HAND` says: do it yourself.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final, NamedTuple

from glassnet.errors import InvalidRequest

MAGIC: Final = b"gnd1"
HEAD: Final = struct.Struct("=4sII")
ANSWER: Final = struct.Struct("=iI")
BY_HAND: Final = -1

ENVIRONMENT_MAX: Final = 1 << 17
INPUT_MAX: Final = 1 << 22


class Question(NamedTuple):
    """A plugin's call: its ``type``, the variables that count, standard input."""

    type: str
    environment: Mapping[str, str]
    stdin: bytes


def sizes(head: bytes) -> tuple[int, int]:
    """How many bytes of environment and of input follow. Raises `InvalidRequest`."""
    magic, environment, stdin = HEAD.unpack(head)
    if magic != MAGIC:
        raise InvalidRequest(f"a question that begins with {magic!r}", f"{MAGIC!r}")
    if environment > ENVIRONMENT_MAX or stdin > INPUT_MAX:
        raise InvalidRequest(
            f"{environment} bytes of environment and {stdin} of input",
            f"at most {ENVIRONMENT_MAX} and {INPUT_MAX}",
        )
    return environment, stdin


def question(environment: bytes, stdin: bytes) -> Question:
    """A question from what follows its head. Raises `InvalidRequest`."""
    named: dict[str, str] = {}
    for line in environment.removesuffix(b"\0").split(b"\0"):
        name, equals, value = line.partition(b"=")
        if not equals:
            raise InvalidRequest(f"{line[:40]!r} in an environment", "NAME=value")
        named[name.decode(errors="surrogateescape")] = value.decode(errors="surrogateescape")
    type_ = named.pop("TYPE", "")
    if not type_:
        raise InvalidRequest("a question without TYPE", "the plugin's type")
    return Question(type_, named, stdin)


def encode_question(asked: Question) -> bytes:
    """The bytes of a question."""
    variables = {"TYPE": asked.type, **asked.environment}
    lines = (f"{name}={value}\0" for name, value in variables.items())
    environment = "".join(lines).encode(errors="surrogateescape")
    return HEAD.pack(MAGIC, len(environment), len(asked.stdin)) + environment + asked.stdin


def encode_answer(code: int, output: bytes = b"") -> bytes:
    """The bytes of an answer."""
    return ANSWER.pack(code, len(output)) + output
