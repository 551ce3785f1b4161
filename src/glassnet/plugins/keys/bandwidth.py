"""bandwidth's keys."""

from __future__ import annotations

from typing import Any, Final

from glassnet.plugins.keys.key import Key, Table


def limits(prefix: str = "", *, ours: bool = False) -> tuple[Key, ...]:
    """The four keys, each with the one that must be beside it."""

    def key(way: str, what: str, words: str) -> Key:
        beside: dict[str, Any] = {f"{way}Rate": 8_000_000, f"{way}Burst": 800_000}
        name = f"{way}{what}"
        return Key(f"{prefix}{name}", "number", words, 0, example=beside[name], beside=beside,
                   ours=ours)  # fmt: skip

    return (
        key("ingress", "Rate", "bits a second that the container is sent"),
        key("ingress", "Burst", "bits that may come at once"),
        key("egress", "Rate", "bits a second that it may send"),
        key("egress", "Burst", "bits that it may send at once"),
    )


TABLE: Final = Table(
    "bandwidth",
    "How fast the container may be sent to, and may send. Its own keys come in place of the "
    "runtime's.",
    conf=limits(),
    runtime=limits("bandwidth."),
)
