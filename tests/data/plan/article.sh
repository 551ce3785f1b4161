#!/bin/sh
# up article: 26 operations, by glassnet.
# Needs root (or 'glassnet lab'), iproute2 and nft.
set -eu

# namespace ns1  [article.yaml:6:3: $.namespaces.ns1]
ip netns add ns1

# namespace ns2  [article.yaml:8:3: $.namespaces.ns2]
ip netns add ns2

# link lo up in ns1  [article.yaml:6:3: $.namespaces.ns1]
ip -n ns1 link set lo up

# link lo up in ns2  [article.yaml:8:3: $.namespaces.ns2]
ip -n ns2 link set lo up

# bridge br0 on the host  [article.yaml:12:3: $.bridges.br0]
ip link add br0 up group 103 type bridge
ip link set br0 alias glassnet:article/br0

# veth veth1-host on the host to veth1 in ns1  [article.yaml:17:5: $.links[0]]
ip link add veth1-host up master br0 group 103 type veth peer name veth1 netns ns1
ip link set veth1-host alias glassnet:article/ns1:veth1

# link veth1 up in ns1  [article.yaml:17:5: $.links[0]]
ip -n ns1 link set veth1 up

# address 10.0.0.2/24 on veth1 in ns1  [article.yaml:17:5: $.links[0]]
ip -n ns1 addr add 10.0.0.2/24 dev veth1

# address fd00:10::2/64 on veth1 in ns1  [article.yaml:17:5: $.links[0]]
ip -n ns1 addr add fd00:10::2/64 dev veth1 nodad

# veth veth2-host on the host to veth2 in ns2  [article.yaml:18:5: $.links[1]]
ip link add veth2-host up master br0 group 103 type veth peer name veth2 netns ns2
ip link set veth2-host alias glassnet:article/ns2:veth2

# link veth2 up in ns2  [article.yaml:18:5: $.links[1]]
ip -n ns2 link set veth2 up

# address 10.0.0.3/24 on veth2 in ns2  [article.yaml:18:5: $.links[1]]
ip -n ns2 addr add 10.0.0.3/24 dev veth2

# address fd00:10::3/64 on veth2 in ns2  [article.yaml:18:5: $.links[1]]
ip -n ns2 addr add fd00:10::3/64 dev veth2 nodad

# address 10.0.0.1/24 on br0 on the host  [article.yaml:12:3: $.bridges.br0]
ip addr add 10.0.0.1/24 dev br0

# address fd00:10::1/64 on br0 on the host  [article.yaml:12:3: $.bridges.br0]
ip addr add fd00:10::1/64 dev br0 nodad

# route to default via 10.0.0.1 in ns1  [article.yaml:7:14: $.namespaces.ns1.routes[0]]
ip -n ns1 route add default via 10.0.0.1 proto 103

# route to default via fd00:10::1 in ns1  [article.yaml:7:36: $.namespaces.ns1.routes[1]]
ip -n ns1 -6 route add default via fd00:10::1 proto 103

# route to default via 10.0.0.1 in ns2  [article.yaml:9:14: $.namespaces.ns2.routes[0]]
ip -n ns2 route add default via 10.0.0.1 proto 103

# route to default via fd00:10::1 in ns2  [article.yaml:9:36: $.namespaces.ns2.routes[1]]
ip -n ns2 -6 route add default via fd00:10::1 proto 103

# setting net.ipv4.ip_forward = 1 on the host  [article.yaml:20:1: $.host]
sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'

# setting net.ipv6.conf.all.forwarding = 1 on the host  [article.yaml:20:1: $.host]
sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'

# nft table inet glassnet on the host  [article.yaml:20:1: $.host]
nft -f - <<'EOF'
table inet glassnet {
	map hostports4 {
		type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
	}
	map ports4 {
		type inet_proto . inet_service : ipv4_addr . inet_service
	}
	map hostranges4 {
		type ipv4_addr . inet_proto . inet_service : ipv4_addr
		flags interval
	}
	map ranges4 {
		type inet_proto . inet_service : ipv4_addr
		flags interval
	}
	set masquerade4 {
		type ipv4_addr
		flags interval
	}
	set local4 {
		type ipv4_addr . ipv4_addr
		flags interval
	}
	set direct4 {
		type ipv4_addr . inet_proto . inet_service
		flags interval
	}
	set admitted4 {
		type ipv4_addr
	}
	map hostports6 {
		type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service
	}
	map ports6 {
		type inet_proto . inet_service : ipv6_addr . inet_service
	}
	map hostranges6 {
		type ipv6_addr . inet_proto . inet_service : ipv6_addr
		flags interval
	}
	map ranges6 {
		type inet_proto . inet_service : ipv6_addr
		flags interval
	}
	set masquerade6 {
		type ipv6_addr
		flags interval
	}
	set local6 {
		type ipv6_addr . ipv6_addr
		flags interval
	}
	set direct6 {
		type ipv6_addr . inet_proto . inet_service
		flags interval
	}
	set admitted6 {
		type ipv6_addr
	}
	set walled {
		type ifname
	}
	set within {
		type ifname . ifname
	}
	set apart {
		type ifname . ifname
	}
	chain guard {
		type filter hook prerouting priority raw; policy accept;
		iif != "lo" ip daddr 127.0.0.0/8 drop comment "glassnet: 127/8 cannot be reached from outside"
		iif != "lo" ip saddr 127.0.0.0/8 drop comment "glassnet: 127/8 cannot come from outside"
	}
	chain admitting {
		type filter hook forward priority -1000; policy accept;
		meta mark & 0xff000000 != 0 return comment "glassnet: marked by somebody else"
		ip saddr @admitted4 meta mark set meta mark | 0x67000000 comment "glassnet: IPv4 admitted from there"
		ip daddr @admitted4 ct state established,related meta mark set meta mark | 0x67000000 comment "glassnet: IPv4 admitted back there"
		ip daddr @admitted4 ct status dnat meta mark set meta mark | 0x67000000 comment "glassnet: IPv4 admitted by a published port"
		ip6 saddr @admitted6 meta mark set meta mark | 0x67000000 comment "glassnet: IPv6 admitted from there"
		ip6 daddr @admitted6 ct state established,related meta mark set meta mark | 0x67000000 comment "glassnet: IPv6 admitted back there"
		ip6 daddr @admitted6 ct status dnat meta mark set meta mark | 0x67000000 comment "glassnet: IPv6 admitted by a published port"
	}
	chain passing {
		type filter hook forward priority filter; policy accept;
		iifname . oifname @apart drop comment "glassnet: between those of an isolated network"
		iifname . oifname @within accept comment "glassnet: within a walled network"
		iifname @walled oifname @walled drop comment "glassnet: from one walled network to another"
		ct status dnat accept comment "glassnet: by a published port"
		ip saddr . ip daddr @local4 accept comment "glassnet: IPv4 within one network"
		ip daddr . meta l4proto . th dport @direct4 ct state new drop comment "glassnet: IPv4 round a port published to some alone"
		ip6 saddr . ip6 daddr @local6 accept comment "glassnet: IPv6 within one network"
		ip6 daddr . meta l4proto . th dport @direct6 ct state new drop comment "glassnet: IPv6 round a port published to some alone"
	}
	chain admitted {
		type filter hook forward priority 1000; policy accept;
		meta mark & 0xff000000 == 0x67000000 meta mark set meta mark & 0x00ffffff comment "glassnet: the mark has served"
	}
	chain arriving {
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local jump published comment "glassnet: to an address of the host"
	}
	chain sending {
		type nat hook output priority -100; policy accept;
		ip6 daddr ::1 return comment "glassnet: an answer to ::1 would be dropped, so it is not published there"
		fib daddr type local jump published comment "glassnet: from the host to itself"
	}
	chain published {
		dnat ip to ip daddr . meta l4proto . th dport map @hostports4 comment "glassnet: IPv4 published port of one host address"
		dnat ip to ip daddr . meta l4proto . th dport map @hostranges4 comment "glassnet: IPv4 published range of one host address"
		dnat ip to meta l4proto . th dport map @ports4 comment "glassnet: IPv4 published port"
		dnat ip to meta l4proto . th dport map @ranges4 comment "glassnet: IPv4 published range"
		dnat ip6 to ip6 daddr . meta l4proto . th dport map @hostports6 comment "glassnet: IPv6 published port of one host address"
		dnat ip6 to ip6 daddr . meta l4proto . th dport map @hostranges6 comment "glassnet: IPv6 published range of one host address"
		dnat ip6 to meta l4proto . th dport map @ports6 comment "glassnet: IPv6 published port"
		dnat ip6 to meta l4proto . th dport map @ranges6 comment "glassnet: IPv6 published range"
	}
	chain leaving {
		type nat hook postrouting priority srcnat; policy accept;
		ct status dnat ip saddr 127.0.0.0/8 masquerade comment "glassnet: published to 127.0.0.1"
		ct status dnat ip saddr . ip daddr @local4 masquerade comment "glassnet: IPv4 hairpin: answers must come back"
		ip saddr . ip daddr @local4 return comment "glassnet: IPv4 within one network: addresses stay"
		ip daddr { 224.0.0.0/4, 255.255.255.255 } return comment "glassnet: IPv4 to the link or to groups: addresses stay"
		ip saddr @masquerade4 masquerade comment "glassnet: IPv4 leaves masqueraded"
		ct status dnat ip6 saddr . ip6 daddr @local6 masquerade comment "glassnet: IPv6 hairpin: answers must come back"
		ip6 saddr . ip6 daddr @local6 return comment "glassnet: IPv6 within one network: addresses stay"
		ip6 daddr { fe80::/10, ff00::/8 } return comment "glassnet: IPv6 to the link or to groups: addresses stay"
		ip6 saddr @masquerade6 masquerade comment "glassnet: IPv6 leaves masqueraded"
	}
}
EOF

# network 10.0.0.0/24 on the host  [article.yaml:12:3: $.bridges.br0]
nft add element inet glassnet local4 '{ 10.0.0.0/24 . 10.0.0.0/24 comment "glassnet:article" }'

# network fd00:10::/64 on the host  [article.yaml:12:3: $.bridges.br0]
nft add element inet glassnet local6 '{ fd00:10::/64 . fd00:10::/64 comment "glassnet:article" }'

# masquerade of 10.0.0.0/24 on the host  [article.yaml:12:3: $.bridges.br0]
nft add element inet glassnet masquerade4 '{ 10.0.0.0/24 comment "glassnet:article" }'

# masquerade of fd00:10::/64 on the host  [article.yaml:12:3: $.bridges.br0]
nft add element inet glassnet masquerade6 '{ fd00:10::/64 comment "glassnet:article" }'
