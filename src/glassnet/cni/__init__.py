"""The container network interface (CNI SPEC 1.1.0), both sides of it.

The modules of this package are the protocol, without I/O. `Runtime`, the side of a container
runtime, is `glassnet.runtime`'s: it is loaded when it is asked for.
"""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    if name in {"Runtime", "AsyncRuntime"}:
        return getattr(importlib.import_module("glassnet.runtime"), name)
    raise AttributeError(f"module 'glassnet.cni' has no attribute {name!r}")
