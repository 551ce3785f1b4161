"""A namespace made for a question and gone with its answer: what can this kernel do?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from glassnet.errors import NotPermitted
from glassnet.kernel import netns as namespaces


@contextlib.contextmanager
def scratch(back: int) -> Iterator[None]:
    """Be in an empty network namespace for a while, then in that of ``back`` again.

    Raises `NotPermitted`.
    """
    try:
        namespaces.unshare(namespaces.CLONE_NEWNET)
    except OSError as error:
        raise NotPermitted(
            f"making a namespace to ask the kernel in: {error.strerror}",
            "run it as root, or within 'glassnet lab'",
        ) from error
    try:
        yield
    finally:
        namespaces.setns(back)
