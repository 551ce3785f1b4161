"""The plugins at work: what a container runtime executes, on the engine.

It is executed for each container, so its start counts. msgspec asks for typing_extensions, which is
there in some environments and takes a sixth of that; on the Pythons that we run on it has no need
of it (msgspec/_utils.py). So for that moment it is not there.
"""

import sys

if sys.modules.keys().isdisjoint({"msgspec", "typing_extensions"}):
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # import says: not there
    import msgspec  # noqa: F401

    del sys.modules["typing_extensions"]
