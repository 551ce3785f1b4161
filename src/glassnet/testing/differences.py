"""Where glassnet's plugins differ from the reference plugins, and why: the whole list.

It is data. ``tests/sides`` runs both beside each other: what differs and is not here fails, and so
does what is here and no longer differs. The reference is containernetworking-plugins 1.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

ANY: Final = "*"


@dataclass(frozen=True)
class At:
    """Where a difference shows: patterns (of `fnmatch`) for the path and for the values there."""

    path: str
    theirs: str = ANY
    ours: str = ANY

    def matches(self, path: str, theirs: Any, ours: Any) -> bool:
        """Whether it is the place, and the values are those that are expected."""
        return (
            fnmatchcase(path, self.path)
            and fnmatchcase(str(theirs), self.theirs)
            and fnmatchcase(str(ours), self.ours)
        )


@dataclass(frozen=True)
class Difference:
    """One intended difference. ``type`` names plugin types, with commas between them.

    ``theirs`` and ``ours`` say in words what is done, ``why`` why ours is better, or as good.
    """

    type: str
    what: str
    theirs: str
    ours: str
    why: str
    at: tuple[At, ...]

    @property
    def types(self) -> tuple[str, ...]:
        """The plugin types."""
        return tuple(self.type.split(", "))

    def concerns(self, *types: str) -> bool:
        """Whether it is about one of the types."""
        return not set(types).isdisjoint(self.types)

    def matches(self, path: str, theirs: Any, ours: Any) -> bool:
        """Whether what was seen at a path is this difference."""
        return any(place.matches(path, theirs, ours) for place in self.at)


NOTHING: Final = "nothing"
"""What is there on the other side alone."""

MAIN: Final = "bridge, ptp, macvlan, ipvlan, vlan, host-device"
LINKS: Final = "bridge, ptp, macvlan, ipvlan, vlan"
CABLES: Final = "bridge, ptp"
ALL: Final = (
    "bridge, ptp, macvlan, host-device, host-local, static, portmap, firewall, bandwidth, tuning, "
    "sbr"
)

_SHARED: Final = (
    Difference(
        f"{LINKS}, bandwidth",
        "marks on links",
        "none",
        "an alias that says whose the link is, and the group 103",
        "anyone can tell with ip whose a link is; GC finds it when everything else is lost",
        (
            At("after ???/*/links/*/ifalias", NOTHING, "glassnet:*"),
            At("after ???/*/links/*/group", "default", "103"),
        ),
    ),
    Difference(
        f"{MAIN}, sbr",
        "marks on routes and rules",
        "the protocol boot, kernel or none",
        "the protocol 103",
        "'ip route show proto 103' shows what is ours",
        (At("after ADD/*/ro*/*/protocol", "*", "103"),),
    ),
    Difference(
        "sbr",
        "marks on rules",
        "none",
        "the protocol 103",
        "as with routes",
        (At("after ADD/*/rules*/*/protocol", "unspec", "103"),),
    ),
    Difference(
        CABLES,
        "queues of a cable",
        "one for each processor at either end",
        "one at either end",
        "a queue costs memory and time to make; what a cable carries gains nothing from more",
        (
            At("after ADD/*/links/*/num_rx_queues", "*", "1"),
            At("after ADD/*/links/*/num_tx_queues", "*", "1"),
        ),
    ),
    Difference(
        f"{CABLES}, macvlan",
        "length of a link's transmit queue",
        "0",
        "the kernel's own, 1000",
        "a queueing discipline without a limit of its own takes it, and drops all with none",
        (At("after ADD/*/links/*/txqlen", NOTHING, "1000"),),
    ),
    Difference(
        MAIN,
        "duplicate address detection for what IPAM gave",
        "on",
        "off (bridge: unless enabledad)",
        "nobody else has the address; the wait is 1 to 2 seconds",
        (At("after ???/*/addrs/*/nodad", NOTHING, "True"),),
    ),
    Difference(
        MAIN,
        "IPv6 addresses of a link that goes down",
        "lost",
        "kept (keep_addr_on_down), as newer releases of the reference do",
        "the link comes up again as it was",
        (At("after ADD/*/sysctls/*.keep_addr_on_down", "0", "1"),),
    ),
    Difference(
        "ptp, macvlan, ipvlan, vlan, host-device",
        "duplicate address detection for the link-local address",
        "on",
        "off where there are IPv6 addresses",
        "no neighbour is asked for while it is tentative, for 1 to 2 seconds",
        (At("after ADD/*/sysctls/*.accept_dad", "1", "0"),),
    ),
    Difference(
        "bridge, macvlan, ipvlan",
        "announcing addresses",
        "by the kernel as the link comes up, before it has any (arp_notify)",
        "by gratuitous ARP and unsolicited neighbour advertisements after it has them; once more "
        "when tuning gives a new MAC",
        "neighbours hear of it when it is true, in both families",
        (At("after ADD/*/sysctls/*.arp_notify", "1", "0"),),
    ),
    Difference(
        CABLES,
        "masquerade",
        "a chain of iptables for each container",
        "elements of sets in a table of nft's, inet glassnet",
        "the ruleset has the same length for a thousand containers; nothing of it is executed",
        (
            At("after ADD/host/tables/ip nat CNI-*", "True", NOTHING),
            At("after ADD/host/tables/ip6 nat CNI-*", "True", NOTHING),
            At("after ADD/host/tables/inet glassnet*", NOTHING, "True"),
        ),
    ),
    Difference(
        f"{CABLES}, portmap, firewall",
        "what is left of rules when all containers are gone",
        "the chains of iptables that all containers share",
        "the table inet glassnet, without elements, until the network goes down",
        "neither does anything to a packet; 'glassnet down' takes ours away",
        (
            At("after ???/host/tables/ip *", "True", NOTHING),
            At("after ???/host/tables/ip6 *", "True", NOTHING),
            At("after ???/host/tables/inet glassnet*", NOTHING, "True"),
        ),
    ),
    Difference(
        f"{MAIN}, host-local",
        "where leases are",
        "a file for each address in /var/lib/cni/networks",
        "in /run/glassnet/state.db; files that are there are honoured",
        "leases do not outlive a boot, after which their containers are gone",
        (
            At("after ADD/host/files/var/lib/cni/networks/*", "*", NOTHING),
            At("after DEL/host/files/var/lib/cni/networks/*", "*", NOTHING),
        ),
    ),
    Difference(
        f"{MAIN}, loopback, host-local, static",
        "dns in a result where there is none",
        "an empty object",
        "left out, as newer releases of the reference do",
        "the specification has it optional",
        (At("ADD/*/dns", "{}", NOTHING),),
    ),
    Difference(
        ALL,
        "codes of errors",
        "999, whatever is wrong",
        "2, 4 or 7 for what the specification has a code for",
        "a runtime can tell a wrong configuration from a failure",
        (At("refused/*/code", "999", "[247]"),),
    ),
    Difference(
        "bridge, ptp, macvlan, host-device, host-local, bandwidth",
        "words about a value of the wrong kind",
        "those of the library, with its own names for things",
        "the place in the configuration, what is expected there, and what was found",
        "whoever wrote it knows what to change",
        (At("refused/*/msg", "*json: cannot unmarshal *", "$.*: expected *, found *"),),
    ),
    Difference(
        "bridge, macvlan",
        "words about what is no MAC",
        "those of the step that stumbled",
        "the place where it stands, and what a MAC is",
        "whoever wrote it knows what to change",
        (At("refused/mac/msg", "*zz: invalid MAC address", "*: 'zz' is no MAC address"),),
    ),
    Difference(
        "host-local, static",
        "words about what is no address",
        "those of the step that stumbled",
        "the place where it stands, and what an address is",
        "whoever wrote it knows what to change",
        (At("refused/*/msg", "*invalid *address*zz", "*: 'zz' is no IP address"),),
    ),
    Difference(
        "bridge, ptp",
        "words about what is no namespace",
        "the system call that failed",
        "that there is no such file",
        "the path is what was given, and what is wrong with it is what is told",
        (
            At(
                "refused/gone/msg",
                "failed to open netns *failed to Statfs *: no such file or directory",
                "failed to open netns *: no such file or directory",
            ),
        ),
    ),
    Difference(
        "bridge, ptp, macvlan, host-local, portmap",
        "what a failed ADD leaves",
        "links, chains or rules that were made before it failed",
        "nothing",
        "the next try does not find its own remains in the way",
        (At("left of the refused*", "*", NOTHING),),
    ),
)

DIFFERENCES: Final[tuple[Difference, ...]] = (
    *_SHARED,
    Difference(
        CABLES,
        "rules of a container whose namespace died before DEL",
        "left for ever",
        "taken away",
        "what was made is in the store, and need not be read from a link that is gone",
        (At("after DEL/host/tables/ip* nat CNI-????????????????????????", "True", NOTHING),),
    ),
    Difference(
        "sbr, host-device",
        "DEL where the namespace died",
        "fails; sbr also leaves a file in its place, at which every later plugin fails",
        "succeeds",
        "the specification wants it: a failed DEL keeps a pod from ending, and its address",
        (At("DEL/gone/error", "999", NOTHING),),
    ),
    Difference(
        "bridge",
        "the bridge's MAC",
        "that of a port, until the bridge has an address: it changes as ports come and go, is "
        "00:00:00:00:00:00 after the last, and the next ADD fails",
        "its own, from its birth",
        "neighbours keep reaching the bridge; CHECK does not fail for it",
        (
            At("ADD/*/interfaces/0/mac", "<mac of *:veth*", "<mac of host:br*"),
            At("after ADD/host/links/br*/address", "<mac of *:veth*", "<mac of host:br*"),
            At("after ADD/host/links/*/linkinfo/*/bridge_id", "8000.<mac of *:veth*"),
            At("after ADD/host/links/*/linkinfo/*/root_id", "8000.<mac of *:veth*"),
            At("after ADD/host/addrs/br*/<fe80 of *>"),
            At("after ADD/host/routes/local <fe80 of *> dev br*"),
            At("after DEL/host/links/br*/address", "00:00:00:00:00:00", "<mac of host:br*"),
            At("after DEL/host/links/*/linkinfo/*/bridge_id", "8000.0:0:0:0:0:0"),
            At("after DEL/host/links/*/linkinfo/*/root_id", "8000.0:0:0:0:0:0"),
        ),
    ),
    Difference(
        "bridge",
        "CHECK of bridges without addresses",
        "fails: the bridge's MAC has changed, the promiscuous mode is another network's, a route "
        "without a gateway is not found, or there is no ipam",
        "compares what was made",
        "nothing is wrong, and nothing is reported",
        (At("CHECK/*/error", "999", NOTHING),),
    ),
    Difference(
        "bridge",
        "duplicate address detection for a bridge's link-local address",
        "on",
        "off for bridges that glassnet makes",
        "the gateway answers at once",
        (At("after ???/host/sysctls/net.ipv6.conf.br*.accept_dad", "1", "0"),),
    ),
    Difference(
        "bridge",
        "duplicate address detection in containers that have IPv4 alone",
        "off",
        "left as it is",
        "a network without IPv6 need not pay for it",
        (At("after ADD/*/sysctls/net.ipv6.conf.*.accept_dad", "0", "1"),),
    ),
    Difference(
        "bridge",
        "router advertisements on a bridge that was there before",
        "refused from then on",
        "as its owner has it; refused on bridges that glassnet makes",
        "a host that has its own address by such a bridge keeps it",
        (At("after ???/host/sysctls/net.ipv6.conf.br8.accept_ra", "0", "1"),),
    ),
    Difference(
        "bridge",
        "forceAddress and the other addresses of a network",
        "go with the first of them",
        "stay (promote_secondaries)",
        "only what differs is replaced",
        (At("after ADD/host/sysctls/*.promote_secondaries", "0", "1"),),
    ),
    Difference(
        "bridge",
        "macspoofchk",
        "two chains for each port, in the table bridge nat",
        "an element of a map for each port, in a table of its own, bridge glassnet",
        "frames are looked up, not walked along all ports' rules",
        (
            At("after ADD/host/tables/bridge nat cni-br-iface-*", "True", NOTHING),
            At("after ???/host/tables/bridge nat*", "True", NOTHING),
            At("after ???/host/tables/bridge glassnet*", NOTHING, "True"),
        ),
    ),
    Difference(
        "ptp",
        "the kernel's own route to the network",
        "made with the address, then deleted",
        "never made (noprefixroute)",
        "there is no moment at which packets take it",
        (At("after ADD/*/addrs/*/noprefixroute", NOTHING, "True"),),
    ),
    Difference(
        "ptp",
        "an address that is a network of its own (/32)",
        "fails: there is no route to delete",
        "is wired",
        "such addresses are what routed networks give",
        (
            At("ADD/one/*"),
            At("CHECK/one/error", "999", NOTHING),
            At("after ADD/*one*", NOTHING),
            At("packets/one address alone", "Network is unreachable", "from 10.3.0.5"),
        ),
    ),
    Difference(
        "host-device",
        "a second DEL",
        "fails: the link is not in the container",
        "succeeds",
        "the specification wants it: a runtime repeats what it is not sure of",
        (At("DEL again/*/error", "999", NOTHING),),
    ),
    Difference(
        "host-device",
        "the alias of a device that is back",
        "its own name, left from the way into the container",
        "as it was",
        "DEL leaves nothing behind",
        (At("after DEL/host/links/card*/ifalias", "card*", NOTHING),),
    ),
    Difference(
        "loopback",
        "results before 1.0.0",
        "in the form of 1.0.0",
        "in the form of the version that was asked for",
        "the specification wants it",
        (At("ADD/old/*"), At("ADD/*/ips/*/version", NOTHING, "[46]")),
    ),
    Difference(
        "portmap",
        "published ports",
        "chains of iptables for each container",
        "elements of a map of nft's",
        "a packet is looked up once, however many ports there are",
        (At("after ADD/host/tables/ip* nat CNI-DN-*", "True", NOTHING),),
    ),
    Difference(
        "portmap",
        "CHECK",
        "fails where the container has no IPv6 address, or a mapping an address of IPv4",
        "compares what was made",
        "nothing is wrong, and nothing is reported",
        (At("CHECK/*/error", "999", NOTHING),),
    ),
    Difference(
        "portmap",
        "a port on ::1",
        "does not answer, and the client waits",
        "is refused at once",
        "the kernel has no route_localnet for IPv6; who asks at ::1 may try 127.0.0.1 next",
        (At("packets/from the host's loopback of IPv6", "no answer", "refused"),),
    ),
    Difference(
        "portmap",
        "a hostIP that is no address",
        "taken for every address of the host",
        "refused",
        "a port is not published more widely than was meant",
        (
            At("refused/hostip/code", "0", "7"),
            At("refused/hostip/msg", "accepted", "*no IP address"),
        ),
    ),
    Difference(
        "firewall",
        "rules that let packets pass",
        "chains of iptables with rules for each address",
        "none: glassnet's own chains drop nothing but what ingressPolicy has them drop",
        "what nobody drops need not be let pass",
        (At("after ADD/host/tables/ip* filter*", "True", NOTHING),),
    ),
    Difference(
        "bandwidth",
        "handles and preferences of what shapes",
        "1: for buckets; preference 1, class 1:1 and the action twice for the redirection",
        "the kernel's own choice; the action once",
        "they shape alike; nothing refers to them",
        (
            At("after ADD/host/tc/*/called", "1:", NOTHING),
            At("after ADD/host/tc/*/pref", "1", "49152"),
            At("after ADD/host/tc/*/flowid", "1:1", NOTHING),
            At("after ADD/host/tc/*/actions/1", "*", NOTHING),
        ),
    ),
    Difference(
        "bandwidth",
        "how a bucket counts a packet",
        "by bytes alone",
        "as on Ethernet, as tc does unless told",
        "for the links that there are it is the same",
        (At("after ADD/host/tc/*/linklayer", "unspec", "ethernet"),),
    ),
    Difference(
        "bandwidth",
        "length of an ifb's transmit queue",
        "0",
        "the kernel's own, 32",
        "as with cables",
        (At("after ADD/host/links/ifb*/txqlen", NOTHING, "32"),),
    ),
    Difference(
        "bandwidth",
        "CHECK without limits",
        "ends in a panic, without a word of JSON",
        "succeeds",
        "there is nothing to be compared",
        (At("CHECK/none/error", "no JSON", NOTHING),),
    ),
    Difference(
        "sbr",
        "CHECK of the plugins before it",
        "fails: their routes are in another table",
        "allows what sbr has changed",
        "the specification wants it",
        (At("CHECK/*/error", "999", NOTHING),),
    ),
    Difference(
        "sbr",
        "a second DEL",
        "fails: the link is not there",
        "succeeds",
        "the specification wants it",
        (At("DEL again/*/error", "999", NOTHING),),
    ),
    Difference(
        "sbr",
        "link-local routes of IPv6",
        "moved to the table of the address, with those of anycast addresses",
        "stay in the main table",
        "they are of no use to global addresses, and neighbours are reached by them",
        (
            At("after ADD/*/routes/10? fe80::*", "*", NOTHING),
            At("after ADD/*/routes/main fe80::*", NOTHING, "*"),
            At("after ADD/*/routes/100 fd00:*", "*", NOTHING),
        ),
    ),
    Difference(
        "tuning",
        "what was before",
        "in a file of /run/cni/tuning, left where the namespace died before DEL",
        "in the store",
        "nothing is left behind",
        (
            At("after ADD/host/files/run/cni/tuning/*", "*", NOTHING),
            At("after DEL/host/files/run/cni/tuning/*", "*", NOTHING),
        ),
    ),
    Difference(
        "tuning",
        "settings of the whole namespace after DEL",
        "stay",
        "have their old values again",
        "DEL takes back what ADD has done",
        (At("after DEL/*/sysctls/net.ipv4.conf.all.log_martians", "1", "0"),),
    ),
    Difference(
        "tuning",
        "CHECK of a setting with IFNAME in its name",
        "fails: the name is looked for as it is",
        "compares the interface's own",
        "nothing is wrong, and nothing is reported",
        (At("CHECK/all/error", "999", NOTHING),),
    ),
    Difference(
        "tuning",
        "a setting that leads out of /proc/sys/net",
        "opened by its path, and not found",
        "refused",
        "the path is checked before it is used",
        (At("refused/above/msg", "open *", "*invalid net sysctl key*"),),
    ),
    Difference(
        "tuning",
        "the order of checks",
        "settings are written first, then the interface is looked for",
        "the interface is looked for first",
        "nothing is changed when something is missing",
        (At("refused/nokey/msg", "open *", "failed to get *"),),
    ),
    Difference(
        "tuning",
        "a MAC that is none, where there is no interface",
        "the interface is looked for first",
        "refused, with its place in the configuration",
        "what is wrong with the configuration is wrong everywhere",
        (At("refused/mac/msg", "failed to get *", "$.mac: *"),),
    ),
    Difference(
        "bridge",
        "words about a file that is no namespace",
        "the number of its file system",
        "that it is no network namespace",
        "nobody knows such numbers",
        (At("refused/file/msg", "*unknown FS magic on *", "*it is no network namespace"),),
    ),
    Difference(
        "bridge",
        "CHECK without prevResult",
        "the IPAM plugin's complaint that it has given nothing",
        "that prevResult is missing",
        "it is what is wrong",
        (At("refused/check/msg", "host-local: *", "Required prevResult missing"),),
    ),
    Difference(
        "ptp",
        "IPAM that gives no gateway",
        "fails after the container's end is wired: numerical result out of range",
        "is refused, and it is said what is missing",
        "whoever wrote it knows what to change",
        (At("refused/nogateway/msg", "*numerical result out of range", "IPAM gave * without a *"),),
    ),
    Difference(
        "host-device",
        "deviceID without such a device",
        "lstat of a path in /sys",
        "that the device was not found, as newer releases of the reference say it",
        "it need not be on PCI",
        (At("refused/id/msg", "*lstat *", "runtime config DeviceID * not found or unsupported"),),
    ),
    Difference(
        "portmap",
        "ports and protocols that cannot be",
        "refused by iptables, in its words, after chains were made",
        "refused before anything is made",
        "nothing is left behind, and it is said what may stand there",
        (
            At("refused/large/msg", "unable to setup DNAT: *", "$.*Invalid host port number: *"),
            At("refused/protocol/msg", "unable to setup DNAT: *", "$.*: unknown protocol *"),
        ),
    ),
    Difference(
        "portmap",
        "externalSetMarkChain, conditionsV4 and conditionsV6",
        "rules and a chain of iptables that the configuration names",
        "refused (code 2)",
        "they cannot be honoured by a map of nft's; hostIP narrows a mapping",
        (
            At("refused/marks/msg", "*Cannot specify *", "*rules of other tools"),
            At("refused/conditions/code", "0", "2"),
            At("refused/conditions/msg", "accepted", "*rules of other tools"),
        ),
    ),
    Difference(
        "bandwidth",
        "words about a container without a cable",
        "that the container's interface is not there",
        "that the host's end is not there",
        "the host's end is what is shaped",
        (At("refused/nobody/msg", "*could not look up *", "*there is no interface * on the host"),),
    ),
)
