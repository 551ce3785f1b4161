"""The side of a container runtime: networks attached to containers by chains of CNI plugins.

`Runtime` waits in the calling thread, `AsyncRuntime` in asyncio. What they do is in `glassnet.cni`,
without I/O; here is the I/O.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glassnet.runtime.aio import AsyncRuntime
    from glassnet.runtime.runtime import Runtime

__all__ = ["AsyncRuntime", "Runtime"]

_MODULES = {"Runtime": "runtime", "AsyncRuntime": "aio"}


def __getattr__(name: str) -> Any:
    """Imported when asked for: asyncio is not free."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"glassnet.runtime.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'glassnet.runtime' has no attribute {name!r}")
