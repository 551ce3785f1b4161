"""host-device: which device is meant, and what becomes of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from asking import NETNS, ask, data, desired, failure, given, host, lines, said

from glassnet.ops.move import LinkMoveOp
from glassnet.plugins.contract import Desired
from glassnet.plugins.registry import plugin
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, IfName, Mac

MAC = "02:00:00:00:00:07"
CARD = LinkState(index=7, ifname="card", flags=0, mtu=1500, mac=Mac(MAC))
OTHER = LinkState(index=8, ifname="other", flags=0, mtu=1500, mac=Mac("02:00:00:00:00:08"))
BUS = "0000:00:1f.6"
PCI, AUX = f"/sys/bus/pci/devices/{BUS}", f"/sys/bus/auxiliary/devices/{BUS}"
BY_BUS = {"pciBusID": BUS}
BY_ID = {"runtimeConfig": {"deviceID": BUS}, "device": "other"}
BY_PATH = {"kernelpath": "/sys/devices/pci0/card0"}
MOVE = f"ip link set card netns {NETNS} alias card name eth0"
UP = "a: ip link set eth0 up"


def wanted(conf: dict[str, Any], facts: dict[str, str] | None = None, ipam: Any = None) -> Desired:
    asked = ask("host-device", conf)
    asked.facts = facts or {}
    return desired(asked, ipam, host(OTHER, CARD))


def refused(conf: dict[str, Any], facts: dict[str, str] | None = None) -> str:
    asked = ask("host-device", conf)
    asked.facts = facts or {}
    error = failure(asked, None, host(OTHER, CARD))
    return said(error)[1]


@pytest.mark.parametrize(
    ("conf", "facts"),
    [
        ({"device": "card", "hwaddr": "nonsense", "pciBusID": BUS}, {}),
        ({"hwaddr": MAC, "kernelpath": "/sys/devices/x"}, {}),
        (BY_PATH, {"/sys/devices/pci0/card0/net": "a\ncard"}),
        (BY_BUS, {PCI: "x", f"{PCI}/net": "card"}),
        (BY_BUS, {PCI: "x", f"{PCI}/virtio*/net": "card"}),
        (BY_ID, {f"{PCI}/net": "card"}),
        (BY_ID, {f"{AUX}/net": "card"}),
    ],
)
def test_the_device_that_is_meant(conf: dict[str, Any], facts: dict[str, str]) -> None:
    assert lines(wanted(conf, facts).own) == [MOVE, UP]


@pytest.mark.parametrize(
    ("conf", "facts", "words"),
    [
        ({}, {}, 'specify either "device", "hwaddr", "kernelpath" or "pciBusID"'),
        ({"device": "x"}, {}, "failed to find host device: Link not found"),
        (
            {"hwaddr": "02:00:00:00:00:09"},
            {},
            "failed to find host device: failed to find physical interface",
        ),
        ({"hwaddr": "x"}, {}, 'failed to find host device: failed to parse MAC address "x"'),
        (
            {"kernelpath": "/sys/devices/../x"},
            {},
            'kernel device path "/sys/devices/../x" must be absolute and begin with /sys/devices/',
        ),
        (
            BY_PATH,
            {"/sys/devices/pci0/card0/net": "gone"},
            "failed to find host device: failed to find network devices at "
            '"/sys/devices/pci0/card0/net"',
        ),
        (BY_BUS, {}, f"error with host device: lstat {PCI}: no such file or directory"),
        (
            BY_BUS,
            {PCI: "x"},
            f"failed to find host device: no net directory under pci device {BUS}",
        ),
        (BY_ID, {}, f"runtime config DeviceID {BUS} not found or unsupported"),
        ({"pciBusID": "../x"}, {}, "$.pciBusID: '../x' is no name of a device on a bus"),
    ],
)
def test_what_is_refused(conf: dict[str, Any], facts: dict[str, str], words: str) -> None:
    assert refused(conf, facts) == words


def test_the_files_that_tell_of_it() -> None:
    one = plugin("host-device")
    assert one.facts(ask("host-device", {"device": "card"})) == ()
    assert one.facts(ask("host-device", BY_PATH)) == ("/sys/devices/pci0/card0/net",)
    assert one.facts(ask("host-device", {"kernelpath": "/sys/devices/*"})) == ()
    names = (PCI, AUX, f"{PCI}/net", f"{AUX}/net", f"{PCI}/virtio*/net", f"{PCI}/driver")
    assert one.facts(ask("host-device", BY_BUS)) == names
    assert one.facts(ask("host-device", BY_ID)) == names


def test_addresses_and_the_result() -> None:
    made = wanted({"device": "card", "dns": {"domain": "x"}}, ipam=given("10.1.0.2/24"))
    assert lines(made.own) == [
        MOVE,
        UP,
        "a: ip addr add 10.1.0.2/24 broadcast 10.1.0.255 dev eth0",
        "a: arping -c 1 -U -I eth0 10.1.0.2",
    ]
    assert made.shared == ()
    assert data(made) == {
        "cniVersion": "1.1.0",
        "interfaces": [{"name": "eth0", "mac": MAC, "sandbox": NETNS}],
        "ips": [{"address": "10.1.0.2/24", "interface": 0}],
        "dns": {"domain": "x"},
    }


def test_ipam_that_gives_nothing() -> None:
    error = failure(ask("host-device", {"device": "card"}), given(), host(CARD))
    assert said(error) == (7, "IPAM plugin returned missing IP config")


@pytest.mark.parametrize("driver", ["vfio-pci", "uio_pci_generic", "igb_uio"])
def test_a_device_that_a_program_drives_has_no_link(driver: str) -> None:
    made = wanted(BY_BUS, {f"{PCI}/driver": driver}, given("10.1.0.2/24"))
    assert made.own == ()
    assert data(made) == {"cniVersion": "1.1.0", "ips": [{"address": "10.1.0.2/24"}]}


def test_another_driver_is_none_such() -> None:
    facts = {PCI: "x", f"{PCI}/net": "card", f"{PCI}/driver": "e1000e"}
    assert lines(wanted(BY_BUS, facts).own) == [MOVE, UP]


def test_a_name_that_is_taken_in_the_container() -> None:
    seen = host(CARD)
    inside = seen[NETNS]
    inside.links = {"eth0": OTHER}
    error = failure(
        ask("host-device", {"device": "card"}), None, Snapshot({HOST: seen[HOST], NETNS: inside})
    )
    words = 'failed to move link "card": the container has a link eth0 already'
    assert said(error) == (7, words)


NAMED: dict[str, Any] = {"device": "card"}
LENT = LinkState(index=3, ifname="eth0", flags=0, mtu=1500, mac=Mac(MAC), alias="card")
OWN = LinkState(
    index=3, ifname="eth0", flags=0, mtu=1500, mac=Mac(MAC), alias="glassnet:net/c/eth0"
)


@pytest.mark.parametrize(
    ("conf", "link", "goes"),
    [
        (NAMED, LENT, True),
        ({"hwaddr": MAC}, LENT, True),
        (BY_PATH, LENT, True),
        (BY_BUS, LENT, True),
        (BY_ID, LENT, True),
        ({"device": "other"}, LENT, False),
        ({"hwaddr": "02:00:00:00:00:08"}, LENT, False),
        (NAMED, OWN, False),
        (BY_PATH, OWN, False),
        (BY_PATH, msgspec.structs.replace(LENT, alias=""), False),
        (NAMED, None, False),
    ],
)
def test_what_the_store_does_not_know_goes_back_by_its_alias(
    conf: dict[str, Any], link: LinkState | None, goes: bool
) -> None:
    one, asked = plugin("host-device"), ask("host-device", conf)
    assert one.rest(asked) == ()
    assert one.looks_back(asked) == (Facet(NETNS, "link", "eth0"),)
    inside = NetnsState(NETNS)
    inside.links = {} if link is None else {"eth0": link}
    ops = one.back(asked, Snapshot({NETNS: inside}))
    away = LinkMoveOp(
        ifname=IfName("card"), to_netns=NETNS, to_ifname=IfName("eth0"), alias="card", present=False
    )
    assert ops == ((away,) if goes else ())


def test_without_a_namespace_there_is_nothing_to_look_for() -> None:
    assert plugin("host-device").looks_back(ask("host-device", NAMED, netns="")) == ()
    assert plugin("bridge").looks_back(ask("bridge")) == ()
    assert plugin("bridge").back(ask("bridge"), host()) == ()
