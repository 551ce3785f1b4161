"""macvlan, ipvlan, vlan, host-device, tap, dummy and loopback beside the reference's."""

from __future__ import annotations

from typing import Any

import pytest
from confs import DEFAULTS, DNS, MAC, V4_DEFAULT, fixed, local, result, runtime
from judge import Matrix, judge
from packets import Probe

from sides import Conf, need_kind, row, shared

pytestmark = pytest.mark.kernel

CARDS = """
for n in 0 1 2 3 4; do
    mac=02:00:00:00
    ip link add card$n address $mac:cc:0$n type veth peer name far$n address $mac:fa:0$n
    ip link set card$n up; ip link set far$n up
done
ip addr add 198.51.100.1/24 dev card0
ip route add default via 198.51.100.2
"""


def on(type_: str, **keys: Any) -> Conf:
    return {"type": type_, **keys}


def test_macvlan() -> None:
    need_kind("macvlan")
    rows = (
        row(
            "m",
            on(
                "macvlan",
                master="card0",
                ipam=local("10.1.0.0/24", "fd00:1::/64", **DEFAULTS),
                dns=DNS,
            ),
        ),
        row(
            "n",
            on("macvlan", mtu=1300, ipam=fixed("10.1.0.9/24", gateway="10.1.0.1", **V4_DEFAULT)),
            network="m",
        ),
        row("gone", on("macvlan", master="card0", ipam=local("10.9.0.0/24")), vanishes=True),
        row(
            "private",
            on("macvlan", master="card1", mode="private", ipam=local("10.2.0.0/24")),
            netns="k",
        ),
        row("vepa", on("macvlan", master="card2", mode="vepa", mac=MAC), netns="k", ifname="eth1"),
        row(
            "through",
            on(
                "macvlan",
                master="card3",
                mode="passthru",
                ipam=local("10.3.0.0/24"),
                **runtime(mac="02:00:00:00:77:03"),
            ),
            netns="k",
            ifname="eth2",
        ),
        row(
            "args",
            on("macvlan", master="card1"),
            args=f"IgnoreUnknown=1;MAC={MAC}",
            netns="k",
            ifname="eth3",
        ),
        row(
            "first",
            on("macvlan", master="card1", ipam=local("10.4.0.0/24")),
            version="0.2.0",
            netns="k",
            ifname="eth4",
        ),
    )
    probes = (
        Probe("to a neighbour", "m", "10.1.0.9", "n"),
        Probe("to the host", "m", "198.51.100.1", "host"),
    )
    refused = shared(
        "k",
        row("mode", on("macvlan", master="card0", mode="x")),
        row("mtu", on("macvlan", master="card0", mtu=9000)),
        row("master", on("macvlan", master="nosuch")),
        row("mac", on("macvlan", master="card0", mac="zz")),
        row("noaddress", on("macvlan", master="card0", ipam=fixed())),
        row("kind", on("macvlan", master=5)),
        prefix="bad",
    )
    judge(Matrix("macvlan", rows, probes, refused, CARDS, ("host-local", "static")))


def test_ipvlan() -> None:
    need_kind("ipvlan")
    rows = (
        row(
            "m",
            on(
                "ipvlan",
                master="card0",
                ipam=local("10.1.0.0/24", "fd00:1::/64", **DEFAULTS),
                dns=DNS,
            ),
        ),
        row(
            "n",
            on("ipvlan", mtu=1300, ipam=fixed("10.1.0.9/24", gateway="10.1.0.1", **V4_DEFAULT)),
            network="m",
        ),
        row("l3", on("ipvlan", master="card1", mode="l3", ipam=local("10.2.0.0/24")), netns="k"),
        row(
            "l3s",
            on("ipvlan", master="card2", mode="l3s", ipam=local("10.3.0.0/24")),
            netns="k",
            ifname="eth1",
        ),
    )
    probes = (Probe("to a neighbour", "m", "10.1.0.9", "n"),)
    also = ("host-local", "static")
    judge(Matrix("ipvlan", rows, probes, before=CARDS, also=also, whole=False))


def test_vlan() -> None:
    need_kind("vlan")
    rows = (
        row(
            "m",
            on(
                "vlan",
                master="card0",
                vlanId=5,
                ipam=local("10.1.0.0/24", "fd00:1::/64", **DEFAULTS),
                dns=DNS,
            ),
        ),
        row(
            "n",
            on(
                "vlan",
                master="card1",
                vlanId=6,
                mtu=1300,
                ipam=fixed("10.2.0.9/24", gateway="10.2.0.1", **V4_DEFAULT),
            ),
        ),
    )
    also = ("host-local", "static")
    judge(Matrix("vlan", rows, before=CARDS, also=also, whole=False))


def test_host_device() -> None:
    rows = (
        row(
            "m",
            on(
                "host-device",
                device="card0",
                ipam=local("10.1.0.0/24", "fd00:1::/64", **DEFAULTS),
                dns=DNS,
            ),
        ),
        row(
            "mac",
            on(
                "host-device",
                hwaddr="02:00:00:00:cc:01",
                ipam=fixed("10.2.0.9/24", gateway="10.2.0.1"),
            ),
            netns="k",
        ),
        row(
            "gone",
            on("host-device", device="card4", ipam=local("10.9.0.0/24")),
            vanishes=True,
        ),
        row("bare", on("host-device", device="card2"), netns="k", ifname="eth1"),
        row(
            "first",
            on("host-device", device="card3", ipam=local("10.4.0.0/24")),
            version="0.2.0",
            netns="k",
            ifname="eth2",
        ),
    )
    refused = shared(
        "k",
        row("nothing", on("host-device")),
        row("nosuch", on("host-device", device="nosuch")),
        row("mac", on("host-device", hwaddr="zz")),
        row("nomac", on("host-device", hwaddr="02:00:00:00:cc:99")),
        row("path", on("host-device", kernelpath="/etc")),
        row("bus", on("host-device", pciBusID="0000:99:99.9")),
        row("id", on("host-device", **runtime(deviceID="0000:99:99.9"))),
        row("kind", on("host-device", device=5)),
        prefix="bad",
    )
    judge(Matrix("host-device", rows, (), refused, CARDS, ("host-local", "static")))


def test_tap() -> None:
    rows = (
        row("m", on("tap", ipam=local("10.1.0.0/24"), dns=DNS)),
        row("n", on("tap", mac=MAC, mtu=1400, multiQueue=True)),
        row("owned", on("tap", owner=1, group=1)),
    )
    judge(Matrix("tap", rows, also=("host-local",), whole=False))


def test_dummy() -> None:
    rows = (row("m", on("dummy", ipam=local("10.1.0.0/24", "fd00:1::/64"))),)
    judge(Matrix("dummy", rows, also=("host-local",), whole=False))


def test_loopback() -> None:
    rows = (
        row("m", on("loopback"), ifname="lo"),
        row(
            "behind", on("loopback", prevResult=result("10.9.0.5/24", space="behind")), ifname="lo"
        ),
        row("old", on("loopback"), ifname="lo", version="0.2.0"),
        row("fourth", on("loopback"), ifname="lo", version="0.4.0"),
        row("none", on("loopback"), ifname="lo", args="none"),
    )
    judge(Matrix("loopback", rows))
