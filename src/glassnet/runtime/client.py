"""The client in C, with what it needs to know: which Python serves where no daemon does."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

PROGRAM: Final = Path(__file__).parents[1] / "daemon" / "glassnet-cni"
"""Built with the package, where there was a compiler."""

_END: Final = struct.Struct("=I8s")  # struct of `become` in client.c
_MAGIC: Final = b"glassnet"
_CODE: Final = """\
import sys
if sys.argv[1] == "plugin":
    from glassnet.serve.start import main
    main(sys.argv[2])
else:
    from glassnet.daemon.main import main
    main()
"""


def client(python: str, program: Path = PROGRAM) -> bytes | None:
    """The executable of every type, for this Python; None where none was built."""
    try:
        built = program.read_bytes()
    except FileNotFoundError:
        return None
    arguments = b"".join(one.encode() + b"\0" for one in (python, "-I", "-c", _CODE))
    return built + arguments + _END.pack(len(arguments), _MAGIC)
