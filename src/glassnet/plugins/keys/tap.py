"""tap's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import Key, Table

TABLE: Final = Table(
    "tap",
    "An interface in the container whose other end is a program, a virtual machine's say.",
    conf=(
        Key("multiQueue", "boolean", "the program may open it more than once", default=False,
            example=True),
        Key("mtu", "number", "the largest packet", 0, example=1400),
        Key("mac", "string", "the MAC, where neither runtime nor CNI_ARGS name one",
            example=shared.MAC),
        Key("owner", "number", "the user id that may open it", otherwise="root's", example=1000),
        Key("group", "number", "the group id that may", otherwise="root's", example=1000),
        Key("selinuxContext", "string", "the SELinux context of the device", "",
            example="system_u:system_r:container_t:s0"),
        Key("bridge", "string", "a bridge in the container that it is a port of", "",
            example="br0"),
        shared.IPAM,
        shared.DNS,
    ),
    runtime=(shared.RUNTIME_MAC,),
    arguments=(shared.ARGUMENT_MAC, *shared.PASSED_OVER),
    least={"ipam": shared.ADDRESSES},
)  # fmt: skip
