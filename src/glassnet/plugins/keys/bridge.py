"""bridge's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import Key, Table

_TRUNK: Final = {"minID": 10, "maxID": 20}

TABLE: Final = Table(
    "bridge",
    "A cable from the container to a port of a virtual switch on the host.",
    conf=(
        Key("bridge", "string", "the bridge; made if it is not there", "cni0", example="br1"),
        Key("isGateway", "boolean", "the bridge has the gateway's addresses, .1 of each network "
            "unless IPAM says", default=False, example=True),
        Key("isDefaultGateway", "boolean", "the same, and the container's default routes lead "
            "there", default=False, example=True),
        Key("forceAddress", "boolean", "other addresses of the bridge make way, in place of an "
            "error", default=False, example=True),
        shared.MASQUERADE,
        shared.MASQUERADE_BACKEND,
        Key("mtu", "number", "of the cable, and of a bridge that is made", 0, example=1400),
        Key("hairpinMode", "boolean", "a frame may leave by the port at which it came",
            default=False, example=True),
        Key("promiscMode", "boolean", "the bridge takes in all frames", default=False,
            example=True),
        Key("vlan", "number", "the VLAN of untagged frames, 1 to 4094", 0, example=100),
        Key("vlanTrunk[].minID", "number", "the first VLAN of a range that comes tagged",
            example=10, beside=_TRUNK),
        Key("vlanTrunk[].maxID", "number", "the last of it", example=20, beside=_TRUNK),
        Key("vlanTrunk[].id", "number", "one VLAN that comes tagged", example=30),
        Key("preserveDefaultVlan", "boolean", "the port stays in the bridge's default VLAN",
            default=False, example=True, beside={"vlan": 100}),
        Key("macspoofchk", "boolean", "frames from another MAC than the interface's are dropped",
            default=False, example=True),
        Key("enabledad", "boolean", "duplicate addresses are looked for (RFC 4862, RFC 7527)",
            default=False, example=True),
        Key("disableContainerInterface", "boolean", "the container's end stays down; not with "
            "`ipam`", default=False, example=True, beside={"ipam": None}),
        Key("portIsolation", "boolean", "the port sees none that are isolated too",
            default=False, example=True),
        shared.IPAM,
        shared.DNS,
    ),
    runtime=(shared.RUNTIME_MAC,),
    args=(Key("mac", "string", "the MAC, where the runtime names none", example=shared.MAC),),
    arguments=(shared.ARGUMENT_MAC, *shared.PASSED_OVER),
    least={"ipam": shared.ADDRESSES},
)  # fmt: skip
