"""The base ruleset: every rule there will ever be, whatever the number of attachments.

What belongs to an attachment is an element of a set or map; a packet's way through these rules is
as long with none as with ten thousand. Chains are named after the moment at which packets meet
them. nft 1.0.6 is the oldest that must load this.

Packets that are passed on are dropped only where somebody said so: between networks that are walled
off, and where a port is published to some alone and a route leads round it.

What is admitted bears a mark between the first and the last of the chains that packets meet on
their way through the host, for the rules of other tables to know it by (`glassnet.nft.gate`).

Of the published, what is bound to one address of the host comes before what is bound to all, as
with sockets. ``::1`` leads nowhere: there is no ``route_localnet`` for IPv6, an answer that comes
in by another interface than ``lo`` finds no route to it (net/ipv6/route.c, rt6_need_strict).
Refused at once, a client that asked for ``localhost`` goes on to ``127.0.0.1``.
"""

from __future__ import annotations

from typing import Final

from glassnet.nft.gate import FIRST, LAST, MARK, MASK, UNMARKED
from glassnet.nft.names import FAMILY, TABLE


def _maps(version: int) -> str:
    address = f"ipv{version}_addr"
    port = "inet_proto . inet_service"
    return f"""\
	map hostports{version} {{
		type {address} . {port} : {address} . inet_service
	}}
	map ports{version} {{
		type {port} : {address} . inet_service
	}}
	map hostranges{version} {{
		type {address} . {port} : {address}
		flags interval
	}}
	map ranges{version} {{
		type {port} : {address}
		flags interval
	}}
	set masquerade{version} {{
		type {address}
		flags interval
	}}
	set local{version} {{
		type {address} . {address}
		flags interval
	}}
	set direct{version} {{
		type {address} . {port}
		flags interval
	}}
	set admitted{version} {{
		type {address}
	}}
"""


def _publish(version: int) -> str:
    ip = "ip" if version == 4 else "ip6"
    port = "meta l4proto . th dport map"
    host = f"{ip} daddr . {port}"
    words = f"IPv{version} published"
    return f"""\
		dnat {ip} to {host} @hostports{version} comment "glassnet: {words} port of one host address"
		dnat {ip} to {host} @hostranges{version} comment "glassnet: {words} range of one host address"
		dnat {ip} to {port} @ports{version} comment "glassnet: {words} port"
		dnat {ip} to {port} @ranges{version} comment "glassnet: {words} range"
"""


def _leaving(version: int) -> str:
    ip = "ip" if version == 4 else "ip6"
    pair = f"{ip} saddr . {ip} daddr @local{version}"
    everyone = "{ 224.0.0.0/4, 255.255.255.255 }" if version == 4 else "{ fe80::/10, ff00::/8 }"
    words = f"IPv{version}"
    return f"""\
		ct status dnat {pair} masquerade comment "glassnet: {words} hairpin: answers must come back"
		{pair} return comment "glassnet: {words} within one network: addresses stay"
		{ip} daddr {everyone} return comment "glassnet: {words} to the link or to groups: addresses stay"
		{ip} saddr @masquerade{version} masquerade comment "glassnet: {words} leaves masqueraded"
"""


def _passing(version: int) -> str:
    ip = "ip" if version == 4 else "ip6"
    pair = f"{ip} saddr . {ip} daddr @local{version}"
    target = f"{ip} daddr . meta l4proto . th dport @direct{version}"
    words = f"IPv{version}"
    return f"""\
		{pair} accept comment "glassnet: {words} within one network"
		{target} ct state new drop comment "glassnet: {words} round a port published to some alone"
"""


def _admitting(version: int) -> str:
    ip = "ip" if version == 4 else "ip6"
    known = f"admitted{version}"
    words = f"IPv{version} admitted"
    return f"""\
		{ip} saddr @{known} meta mark set meta mark | {MARK} comment "glassnet: {words} from there"
		{ip} daddr @{known} ct state established,related meta mark set meta mark | {MARK} comment "glassnet: {words} back there"
		{ip} daddr @{known} ct status dnat meta mark set meta mark | {MARK} comment "glassnet: {words} by a published port"
"""


BASE: Final = f"""\
table {FAMILY} {TABLE} {{
{_maps(4)}{_maps(6)}\
	set walled {{
		type ifname
	}}
	set within {{
		type ifname . ifname
	}}
	set apart {{
		type ifname . ifname
	}}
	chain guard {{
		type filter hook prerouting priority raw; policy accept;
		iif != "lo" ip daddr 127.0.0.0/8 drop comment "glassnet: 127/8 cannot be reached from outside"
		iif != "lo" ip saddr 127.0.0.0/8 drop comment "glassnet: 127/8 cannot come from outside"
	}}
	chain admitting {{
		type filter hook forward priority {FIRST}; policy accept;
		meta mark & {MASK} != 0 return comment "glassnet: marked by somebody else"
{_admitting(4)}{_admitting(6)}\
	}}
	chain passing {{
		type filter hook forward priority filter; policy accept;
		iifname . oifname @apart drop comment "glassnet: between those of an isolated network"
		iifname . oifname @within accept comment "glassnet: within a walled network"
		iifname @walled oifname @walled drop comment "glassnet: from one walled network to another"
		ct status dnat accept comment "glassnet: by a published port"
{_passing(4)}{_passing(6)}\
	}}
	chain admitted {{
		type filter hook forward priority {LAST}; policy accept;
		meta mark & {MASK} == {MARK} meta mark set meta mark & {UNMARKED} comment "glassnet: the mark has served"
	}}
	chain arriving {{
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local jump published comment "glassnet: to an address of the host"
	}}
	chain sending {{
		type nat hook output priority -100; policy accept;
		ip6 daddr ::1 return comment "glassnet: an answer to ::1 would be dropped, so it is not published there"
		fib daddr type local jump published comment "glassnet: from the host to itself"
	}}
	chain published {{
{_publish(4)}{_publish(6)}\
	}}
	chain leaving {{
		type nat hook postrouting priority srcnat; policy accept;
		ct status dnat ip saddr 127.0.0.0/8 masquerade comment "glassnet: published to 127.0.0.1"
{_leaving(4)}{_leaving(6)}\
	}}
}}
"""
"""What makes the table, as ``nft -f`` takes it. Loading it twice would double its rules."""

REMOVE: Final = f"delete table {FAMILY} {TABLE}"
"""What takes it away."""
