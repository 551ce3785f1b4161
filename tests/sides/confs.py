"""Configurations that several matrices are made of."""

from __future__ import annotations

from typing import Any

from sides import Conf


def local(*subnets: str, **more: Any) -> Conf:
    """host-local with a pool for each subnet."""
    return {"type": "host-local", "ranges": [[{"subnet": one}] for one in subnets], **more}


def fixed(*addresses: str, gateway: str = "", **more: Any) -> Conf:
    """static: so many addresses, and a gateway for the first."""
    found: list[Conf] = [{"address": one} for one in addresses]
    if gateway:
        found[0]["gateway"] = gateway
    return {"type": "static", "addresses": found, **more}


def runtime(**config: Any) -> Conf:
    """What a runtime adds for the capabilities that it has."""
    return {"runtimeConfig": config}


DEFAULTS = {"routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}
V4_DEFAULT = {"routes": [{"dst": "0.0.0.0/0"}]}
DNS = {
    "nameservers": ["192.0.2.53"],
    "domain": "example",
    "search": ["a.example"],
    "options": ["x"],
}
MAC = "02:00:00:00:77:01"


def result(*ips: str, ifname: str = "eth0", space: str = "c1", host: str = "br9") -> Conf:
    """A result of plugins before, of a container on a bridge."""
    return {
        "cniVersion": "1.0.0",
        "interfaces": [
            {"name": host, "mac": "02:00:00:00:99:00"},
            {"name": "veth99999999", "mac": "02:00:00:00:99:01"},
            {"name": ifname, "mac": "02:00:00:00:99:02", "sandbox": f"/run/netns/{space}"},
        ],
        "ips": [{"address": one, "interface": 2} for one in ips],
        "dns": {},
    }
