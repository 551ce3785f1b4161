"""The base ruleset, and elements of its sets and maps."""

from __future__ import annotations

from glassnet.ops.masquerade import LocalNetOp, MasqueradeOp
from glassnet.ops.nft import ElementOp, NftBaseOp
from glassnet.ops.publish import PublishOp
from glassnet.testing.cases.case import NS1, PATH1, TABLE, Case, Drift, within
from glassnet.values import IpAddress, Prefix

MARK = "glassnet:net1"
NET4, NET6 = Prefix("10.0.0.0/24"), Prefix("fd00::/64")
TO4, TO6 = IpAddress("10.0.0.2"), IpAddress("fd00::2")
TABLE_IN_NS1 = within("ns1", TABLE)


def _add(set_name: str, text: str) -> str:
    return f"nft 'add element inet glassnet {set_name} {{ {text} }}'\n"


def _delete(set_name: str, text: str) -> str:
    return f"nft 'delete element inet glassnet {set_name} {{ {text} }}'\n"


BASE = (
    Case(
        "on-the-host",
        NftBaseOp(),
        drifts=(
            Drift("nft flush chain inet glassnet published", "others"),
            Drift("nft add rule inet glassnet leaving drop", "others"),
            Drift("nft add set inet glassnet more '{ type ipv4_addr; }'", "others"),
        ),
    ),
    Case("beside-others", NftBaseOp(netns=NS1), within("ns1", "nft add table ip other")),
    Case("in-a-path", NftBaseOp(netns=PATH1)),
    Case("absent", NftBaseOp(netns=NS1, present=False), TABLE_IN_NS1),
)

ELEMENT = (
    Case("of-a-set", ElementOp(set="masquerade4", parts=("10.0.0.0/24",)), TABLE),
    Case(
        "of-a-map",
        ElementOp(
            netns=NS1,
            set="ports6",
            parts=("tcp", "8080"),
            value=("fd00::2", "80"),
            comment=MARK,
        ),
        TABLE_IN_NS1,
        (
            Drift(
                within(
                    "ns1",
                    _delete("ports6", "tcp . 8080") + _add("ports6", "tcp . 8080 : fd00::9 . 80"),
                ),
                "fd00::9 . 80",
            ),
        ),
    ),
    Case(
        "absent",
        ElementOp(set="masquerade4", parts=("10.0.0.0/24",), comment=MARK, present=False),
        TABLE + _add("masquerade4", f'10.0.0.0/24 comment "{MARK}"'),
    ),
)

MASQUERADE = (
    Case("v4", MasqueradeOp(prefix=NET4, comment=MARK), TABLE),
    Case("v4-single", MasqueradeOp(prefix=Prefix("10.0.0.1/32"), comment=MARK), TABLE),
    Case("v6", MasqueradeOp(netns=NS1, prefix=NET6), TABLE_IN_NS1),
    Case("v4-everything", MasqueradeOp(prefix=Prefix.default(4), comment=MARK), TABLE),
    Case("v6-last-of-all", MasqueradeOp(prefix=Prefix("ff00::/8"), comment=MARK), TABLE),
    Case(
        "v4-beside-its-other-half",
        MasqueradeOp(prefix=Prefix("10.0.0.0/25"), comment=MARK),
        TABLE + _add("masquerade4", '10.0.0.128/25 comment "glassnet:net2"'),
    ),
    Case(
        "absent",
        MasqueradeOp(prefix=NET6, comment=MARK, present=False),
        TABLE + _add("masquerade6", f'fd00::/64 comment "{MARK}"'),
    ),
)

LOCAL = (
    Case("v4", LocalNetOp(prefix=NET4, comment=MARK), TABLE),
    Case("v6", LocalNetOp(netns=NS1, prefix=NET6), TABLE_IN_NS1),
    Case("v4-single", LocalNetOp(prefix=Prefix("10.0.0.1/32"), comment=MARK), TABLE),
    Case(
        "v4-beside-its-other-half",
        LocalNetOp(prefix=Prefix("10.0.0.0/25"), comment=MARK),
        TABLE + _add("local4", '10.0.0.128/25 . 10.0.0.128/25 comment "glassnet:net2"'),
    ),
    Case(
        "absent",
        LocalNetOp(prefix=NET4, comment=MARK, present=False),
        TABLE + _add("local4", f'10.0.0.0/24 . 10.0.0.0/24 comment "{MARK}"'),
    ),
)

PUBLISH = (
    Case(
        "tcp",
        PublishOp(protocol="tcp", port=8080, to=TO4, to_port=80, comment=MARK),
        TABLE,
        (
            Drift(
                _delete("ports4", "tcp . 8080") + _add("ports4", "tcp . 8080 : 10.0.0.9 . 80"),
                "10.0.0.9 . 80",
            ),
        ),
    ),
    Case(
        "udp-of-one-address",
        PublishOp(protocol="udp", port=53, to=TO4, to_port=53, address=IpAddress("192.0.2.1")),
        TABLE,
    ),
    Case("sctp-v6", PublishOp(netns=NS1, protocol="sctp", port=9, to=TO6, to_port=9), TABLE_IN_NS1),
    Case(
        "range",
        PublishOp(protocol="tcp", port=8000, to=TO6, to_port=8000, count=100, comment=MARK),
        TABLE,
    ),
    Case(
        "range-of-one-address",
        PublishOp(
            protocol="tcp",
            port=8000,
            to=TO4,
            to_port=8000,
            count=3,
            address=IpAddress("192.0.2.1"),
        ),
        TABLE,
    ),
    Case(
        "range-of-one-address-v6",
        PublishOp(
            protocol="sctp",
            port=8000,
            to=TO6,
            to_port=8000,
            count=2,
            address=IpAddress("2001:db8::1"),
        ),
        TABLE,
    ),
    Case(
        "range-of-everything",
        PublishOp(protocol="tcp", port=1, to=TO4, to_port=1, count=65535, comment=MARK),
        TABLE,
    ),
    Case(
        "range-beside-another",
        PublishOp(protocol="tcp", port=8000, to=TO4, to_port=8000, count=3, comment=MARK),
        TABLE + _add("ranges4", 'tcp . 8003-8005 comment "glassnet:net2" : 10.0.0.2'),
    ),
    Case(
        "range-that-moves",
        PublishOp(protocol="udp", port=8000, to=TO4, to_port=9000, count=3, comment=MARK),
        TABLE,
        (Drift(_delete("ports4", "udp . 8001"), "udp . 8001"),),
    ),
    Case(
        "absent",
        PublishOp(
            protocol="tcp", port=80, to=TO4, to_port=80, count=2, comment=MARK, present=False
        ),
        TABLE + _add("ranges4", f'tcp . 80-81 comment "{MARK}" : 10.0.0.2'),
    ),
)

CASES = (*BASE, *ELEMENT, *MASQUERADE, *LOCAL, *PUBLISH)
