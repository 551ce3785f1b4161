"""glassnet's keys: those of the types that it stands for, and few of its own."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from glassnet.plugins.keys import bandwidth, bridge, firewall, portmap, shared, tuning
from glassnet.plugins.keys.key import Key, Table

_OWN: Final = {"isDefaultGateway", "isGateway"}
_MAC: Final = Key("mac", "string", "the MAC, where nobody else names one", example=shared.MAC)
_SETTINGS: Final = (
    tuning.SYSCTL,
    *(key for key in tuning.LINK if key.name not in {"mac", "mtu"}),
)


def _ours(*keys: Key) -> tuple[Key, ...]:
    return tuple(replace(key, ours=True) for key in keys)


TABLE: Final = Table(
    "glassnet",
    "What a chain of bridge or ptp, portmap, firewall, bandwidth and tuning does, in one step.",
    conf=_ours(
        Key("mode", "string", "`bridge`, or `routed` as ptp is", "bridge", example="routed"),
        *(key for key in bridge.TABLE.conf if key.name not in _OWN),
        Key("isGateway", "boolean", "as of bridge", default=False, otherwise="true with `ipam`",
            example=True),
        Key("isDefaultGateway", "boolean", "as of bridge", otherwise="true with `ipam`",
            example=False),
        _MAC,
        Key("snat", "boolean", "as of portmap", default=True, example=False),
        *firewall.TABLE.conf,
        *bandwidth.limits("bandwidth."),
        *_SETTINGS,
    ),
    runtime=_ours(
        shared.RUNTIME_MAC, *portmap.TABLE.runtime, *bandwidth.TABLE.runtime
    ),
    args=_ours(
        *bridge.TABLE.args,
        Key("mtu", "number", "of both ends of the cable", 0, example=1400),
        *_SETTINGS,
    ),
    arguments=_ours(*bridge.TABLE.arguments),
    least={"ipam": shared.ADDRESSES},
)  # fmt: skip
