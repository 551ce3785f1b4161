"""Where the executables begin: msgspec, and what is not there while it is imported.

It imports uuid and decimal to know their values when it meets them, textwrap to describe types, and
typing_extensions, where there is one, for Pythons older than those that we run on. That takes a
fifth of an executable's start, and no plugin meets any of it. So for that moment others stand in
their places: for this process, which does nothing else. Nobody but an executable may import this.
With a msgspec that they are not good enough for, all is as if there had been none.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, Final


class _None:
    """A kind of which there is no value."""

    unknown = None


def _stand_in(name: str, **values: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(values)
    return module


_STAND_INS: Final[dict[str, ModuleType | None]] = {
    "uuid": _stand_in("uuid", UUID=type("UUID", (_None,), {}), SafeUUID=_None),
    "decimal": _stand_in("decimal", Decimal=type("Decimal", (_None,), {})),
    "textwrap": _stand_in("textwrap"),
    "typing_extensions": None,  # import says: not there
}


def _import_msgspec() -> None:
    sys.modules.update(_STAND_INS)  # type: ignore[arg-type]  # None is as import has it
    try:
        import msgspec  # noqa: F401
    except (ImportError, AttributeError):
        for name in [one for one in sys.modules if one.partition(".")[0] == "msgspec"]:
            del sys.modules[name]
    finally:
        for name in _STAND_INS:
            del sys.modules[name]


if sys.modules.keys().isdisjoint({"msgspec", *_STAND_INS}):
    _import_msgspec()

from glassnet.serve.main import main  # noqa: E402  # msgspec comes first

__all__ = ("main",)
