"""host-device's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import Key, Table

BUS: Final = "0000:00:1f.6"
PATH: Final = "/sys/devices/pci0/card0"

TABLE: Final = Table(
    "host-device",
    "A device of the host's goes to the container, and comes back. Without `deviceID`, one of the "
    "first four is needed.",
    conf=(
        Key("device", "string", "the device by its name", example="ens1"),
        Key("hwaddr", "string", "by its MAC", example="02:00:00:00:00:09",
            beside={"device": None}),
        Key("kernelpath", "string", "by its directory under /sys/devices", example=PATH,
            beside={"device": None}),
        Key("pciBusID", "string", "by its place on the PCI bus", example=BUS,
            beside={"device": None}),
        shared.IPAM,
        shared.DNS,
    ),
    runtime=(
        Key("deviceID", "string", "by its place on the PCI or auxiliary bus; comes before the "
            "others", example=BUS),
    ),
    least={"device": "ens1", "ipam": shared.ADDRESSES},
)  # fmt: skip
