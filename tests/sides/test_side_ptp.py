"""ptp beside the reference's."""

from __future__ import annotations

from typing import Any

import pytest
from confs import DEFAULTS, DNS, V4_DEFAULT, fixed, local
from judge import Matrix, judge
from packets import KNOWING, NEAR, OUTSIDE, Probe

from sides import Conf, row, shared

pytestmark = pytest.mark.kernel


def ptp(**keys: Any) -> Conf:
    return {"type": "ptp", **keys}


BOTH = ptp(ipMasq=True, mtu=1400, ipam=local("10.2.0.0/24", "fd00:2::/64", **DEFAULTS))
ROWS = (
    row("both", BOTH),
    row("second", BOTH, network="both"),
    row("gone", BOTH, network="both", vanishes=True),
    row("plain", ptp(ipam=local("10.1.0.0/24", **V4_DEFAULT), dns=DNS)),
    row("one", ptp(ipam=fixed("10.3.0.5/32", gateway="10.3.0.1", **V4_DEFAULT))),
    row("first", ptp(ipam=local("10.4.0.0/24")), version="0.2.0"),
    row("third", ptp(ipam=local("10.4.0.0/24")), network="first", version="0.3.1"),
)
PROBES = (
    Probe("to a neighbour", "both", "10.2.0.3", "second"),
    Probe("to a neighbour of IPv6", "both", "fd00:2::3", "second"),
    Probe("to the gateway", "both", "10.2.0.1", NEAR),
    Probe("from the host", NEAR, "10.2.0.2", "both"),
    Probe("from the host by IPv6", NEAR, "fd00:2::2", "both"),
    Probe("outside", "both", "192.0.2.2", "outside"),
    Probe("outside of IPv6", "both", "2001:db8::2", "outside"),
    Probe("outside by UDP", "both", "192.0.2.2", "outside", udp=True),
    Probe("from outside", "outside", "10.2.0.2", "both"),
    Probe("outside without masquerade", "plain", "192.0.2.2", "outside"),
    Probe("one address alone", "one", "192.0.2.2", "outside"),
)
BAD = shared(
    "one",
    row("noipam", ptp()),
    row("nosuch", ptp(ipam={"type": "nosuch"})),
    row("nogateway", ptp(ipam=fixed("10.5.0.5/24"))),
    row("noaddress", ptp(ipam=fixed())),
    row("kind", ptp(mtu="big", ipam=fixed("10.5.0.5/24"))),
    row("gone", ptp(ipam=local("10.5.0.0/24")), said=(("CNI_NETNS", "/run/netns/nobody"),)),
    prefix="bad",
)


def test_what_is_made_and_what_is_refused() -> None:
    also = ("host-local", "static")
    judge(Matrix("ptp", ROWS, PROBES, BAD, OUTSIDE + KNOWING, also))
