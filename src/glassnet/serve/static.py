"""static's verbs: it keeps nothing, so most have nothing to do."""

from __future__ import annotations

from glassnet.cni.ask import Ask
from glassnet.cni.error import INTERNAL, INVALID_CONFIG, CniError
from glassnet.cni.result import Result
from glassnet.plugins.static import read


class Static:
    """The verbs of the IPAM plugin."""

    def add(self, ask: Ask) -> Result:
        """The addresses that are named."""
        return read(ask)

    def delete(self, ask: Ask) -> None:
        """Nothing is kept."""

    def check(self, ask: Ask) -> None:
        """Whether the addresses that are named are in the result, with their gateways."""
        if ask.prev is None:
            raise CniError(INVALID_CONFIG, "Required prevResult missing")
        there = {ip.address: ip.gateway for ip in ask.prev.ips}
        for ip in read(ask).ips:
            if ip.address not in there:
                raise CniError(INTERNAL, f"static: Failed to find address {ip.address} in result")
            if ip.gateway is not None and there[ip.address] != ip.gateway:
                raise CniError(
                    INTERNAL, f"static: Failed to match gateway {ip.gateway} of {ip.address}"
                )

    def collect(self, ask: Ask) -> None:
        """Nothing is kept."""

    def status(self, ask: Ask) -> None:
        """Whether the configuration can be read."""
        read(ask)
