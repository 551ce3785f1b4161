"""host-local's keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import Key, Table


def _range(prefix: str, words: str, network: str, beside: Mapping[str, Any]) -> tuple[Key, ...]:
    """The keys of a range; its first one has words of the list that it is in."""
    there = {"subnet": f"{network}.0/24", **beside}
    return (
        Key(f"{prefix}subnet", "string", f"{words}: the network, a prefix",
            otherwise="must be there" if prefix else "", example=there["subnet"], beside=beside),
        Key(f"{prefix}rangeStart", "string", "the first address to give", otherwise="the "
            "network's first", example=f"{network}.20", beside=there),
        Key(f"{prefix}rangeEnd", "string", "the last", otherwise="the network's last",
            example=f"{network}.30", beside=there),
        Key(f"{prefix}gateway", "string", "the gateway, which is not given", otherwise="the "
            "network's first address", example=f"{network}.9", beside=there),
    )  # fmt: skip


TABLE: Final = Table(
    "host-local",
    "Addresses from ranges of this host. The keys are those of `ipam`.",
    conf=(
        *_range("ranges[][].", "a list for each address that is given, of ranges", "10.1.0", {}),
        *_range("", "one range more, the first", "10.1.0", {"ranges": None}),
        *shared.routes("routes"),
        Key("resolvConf", "string", "a file of which the result's DNS is read", "",
            example="/etc/resolv.conf"),
        Key("dataDir", "string", "where the reference keeps its leases: they are honoured, and "
            "given back; ours are in the store", "/var/lib/cni/networks", example="/run/leases"),
    ),
    runtime=(
        *_range("ipRanges[][].", "as `ranges`, before them", "10.2.0", {}),
        Key("ips[]", "string", "an address that must be given", example="10.1.0.7"),
    ),
    args=(Key("ips[]", "string", "an address that must be given", example="10.1.0.7"),),
    arguments=(
        Key("IP", "string", "an address that must be given", example="10.1.0.7"),
        Key("MAC", "string", "a MAC", example=shared.MAC,
            idle="the plugin that makes the interface reads it"),
        Key("GATEWAY", "string", "a gateway", example="10.1.0.1", idle="ranges have theirs"),
    ),
    least={"ranges": [[{"subnet": "10.1.0.0/24"}]]},
)  # fmt: skip
