"""Keys that several types have, and those that the protocol itself has."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys.key import Key

MAC: Final = "02:00:00:00:00:05"
ADDRESSES: Final = {"type": "host-local"}

IPAM: Final = Key(
    "ipam",
    "object",
    "the plugin that gives addresses, and its keys",
    otherwise="none: a network of layer 2",
    example=ADDRESSES,
)
NEEDED_IPAM: Final = Key(
    "ipam", "object", "the plugin that gives addresses, and its keys", otherwise="must be there"
)
DNS: Final = Key(
    "dns",
    "object",
    "what the result says of DNS",
    otherwise="that of the IPAM plugin",
    example={"nameservers": ["10.1.0.53"]},
)
DNS_ALONE: Final = Key(
    "dns",
    "object",
    "what the result says of DNS; that of the IPAM plugin does not count",
    example={"nameservers": ["10.1.0.53"]},
)
MTU: Final = Key("mtu", "number", "of both ends of the cable", 0, example=1400)
MASQUERADE: Final = Key(
    "ipMasq",
    "boolean",
    "packets that leave the network have the host's address",
    default=False,
    example=True,
)
MASQUERADE_BACKEND: Final = Key(
    "ipMasqBackend",
    "string",
    "`iptables` or `nftables`",
    otherwise="nftables",
    example="iptables",
    idle="nftables translates, whatever it says",
)
IN_CONTAINER: Final = Key(
    "linkInContainer",
    "boolean",
    "the master is a link of the container's, not of the host's",
    default=False,
    example=True,
)
RUNTIME_MAC: Final = Key("mac", "string", "the MAC of the container's interface", example=MAC)
ARGUMENT_MAC: Final = Key("MAC", "string", "the MAC of the container's interface", example=MAC)
PASSED_OVER: Final = (
    Key(
        "IP",
        "string",
        "an address",
        example="10.1.0.9",
        idle="the IPAM plugin reads it",
    ),
    Key(
        "GATEWAY",
        "string",
        "a gateway",
        example="10.1.0.1",
        idle="the IPAM plugin reads it",
    ),
)


def routes(prefix: str) -> tuple[Key, ...]:
    """The keys of a route."""
    beside = {"dst": "10.9.0.0/16"}
    return (
        Key(f"{prefix}[].dst", "string", "where to, a prefix", otherwise="must be there",
            example="10.9.0.0/16"),
        Key(f"{prefix}[].gw", "string", "by which neighbour", otherwise="the first gateway of the "
            "addresses", example="10.1.0.7", beside=beside),
        Key(f"{prefix}[].mtu", "number", "the largest packet of the route", 0, example=1300,
            beside=beside),
        Key(f"{prefix}[].advmss", "number", "what TCP is told to send at most", 0, example=1260,
            beside=beside),
        Key(f"{prefix}[].priority", "number", "the metric: the smallest counts", 0, example=5,
            beside=beside),
        Key(f"{prefix}[].table", "number", "the routing table", otherwise="254, the main one",
            example=7, beside=beside),
        Key(f"{prefix}[].scope", "number", "how far away, as in rtnetlink(7)", otherwise="0, "
            "anywhere", example=253, beside=beside),
    )  # fmt: skip


IN_DNS: Final = (
    Key("dns.nameservers[]", "string", "the address of a server", example="10.1.0.53"),
    Key("dns.domain", "string", "the local domain", "", example="town.example"),
    Key("dns.search[]", "string", "a domain for short names", example="town.example"),
    Key("dns.options[]", "string", "an option of resolv.conf(5)", example="ndots:2"),
)

OBJECT: Final = (
    Key("cniVersion", "string", "the version of the spec, 0.1.0 to 1.1.0", "0.1.0"),
    Key("name", "string", "the network's name", otherwise="must be there"),
    Key("type", "string", "which plugin", otherwise="must be there"),
    Key("ipam.type", "string", "which plugin gives addresses", otherwise="must be there"),
    *IN_DNS,
    Key("prevResult", "object", "what the plugins before it have done"),
    Key("runtimeConfig", "object", "what the runtime says, by capability"),
    Key("args.cni", "object", "what the configuration's author says to all plugins"),
    Key(
        "cni.dev/valid-attachments",
        "list",
        "of GC: the attachments that stay, by `containerID` and `ifname`",
        otherwise="must be there",
    ),
    Key(
        "cni.dev/attachments",
        "list",
        "the same, for plugins that know it by its first name; ours do not read it",
    ),
)
"""Every plugin's object, as the runtime hands it over."""

LIST: Final = (
    Key("cniVersion", "string", "the version of the spec that the network is of", "0.1.0"),
    Key("cniVersions", "list", "all that it may be of: the newest that is known here counts"),
    Key("name", "string", "the network's name", otherwise="must be there"),
    Key("disableCheck", "boolean", "CHECK does nothing", default=False),
    Key("disableGC", "boolean", "GC does nothing", default=False),
    Key(
        "loadOnlyInlinedPlugins",
        "boolean",
        "objects in `DIR/NETWORK/*.conf` do not count",
        default=False,
    ),
    Key("plugins", "list", "the plugins, in the order of ADD"),
    Key("plugins[].capabilities", "object", "which capability arguments the plugin is to get"),
)
"""A network configuration list, as `glassnet cni` and `glassnet.cni.Runtime` read it."""

ENVIRONMENT: Final = (
    Key("CNI_COMMAND", "word", "ADD, DEL, CHECK, GC, STATUS or VERSION", otherwise="words about "
        "the plugin on standard error"),
    Key("CNI_CONTAINERID", "text", "the container", otherwise="must be there for ADD, DEL, CHECK"),
    Key("CNI_NETNS", "path", "its network namespace", otherwise="must be there for ADD and CHECK"),
    Key("CNI_IFNAME", "text", "its interface", otherwise="must be there for ADD, DEL, CHECK"),
    Key("CNI_ARGS", "text", "`KEY=VALUE;…`, for the keys of each type"),
    Key("CNI_PATH", "paths", "where plugins are, with `:` between", otherwise="must be there, but "
        "for VERSION"),
    Key("CNI_NETNS_OVERRIDE", "1 or true", "the namespace may be the plugin's own", otherwise="it "
        "may not: code 8"),
    Key("TRACEPARENT", "text", "of a trace (W3C): handed on to the IPAM plugin"),
    Key("TRACESTATE", "text", "the same"),
    Key("BAGGAGE", "text", "the same"),
    Key("GLASSNET_STATE", "path", "where leases and records are kept", otherwise="/run/glassnet",
        ours=True),
    Key("GLASSNET_NFT", "`program`", "nft is spoken to by the program, not by the library",
        otherwise="the library, if there is one", ours=True),
)  # fmt: skip
"""What a plugin reads of its environment."""

COMMAND_LINE: Final = (
    Key("CNI_PATH", "paths", "where plugins are", otherwise="/opt/cni/bin"),
    Key("NETCONFPATH", "path", "where networks are configured", otherwise="/etc/cni/net.d"),
    Key("CAP_ARGS", "JSON", "capability arguments"),
    Key("CNI_ARGS", "text", "`KEY=VALUE;…`"),
    Key("CNI_IFNAME", "text", "the container's interface", otherwise="eth0"),
    Key(
        "GLASSNET_CNI_CACHE",
        "path",
        "where attachments are kept in mind",
        otherwise="/var/lib/cni",
        ours=True,
    ),
)
"""What `glassnet cni` reads of it; the same as cnitool, but for the last."""

ARGUMENTS: Final = (
    Key("IgnoreUnknown", "1 or true", "keys that the type does not know are passed over",
        otherwise="they are an error"),
)  # fmt: skip
"""CNI_ARGS of every type that reads them."""
