"""dhcp's verbs: they ask the daemon, and do without it what can be done without."""

from __future__ import annotations

from pathlib import Path

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import (
    INTERNAL,
    INVALID_CONFIG,
    LIMITED_CONNECTIVITY,
    NOT_AVAILABLE,
    CniError,
)
from glassnet.cni.result import Result
from glassnet.dhcp.record import Interface
from glassnet.engine.dhcp import DhcpLeases
from glassnet.engine.store import Store
from glassnet.plugins import dhcp
from glassnet.serve.dhcp.call import Asked, Unreachable, ask
from glassnet.serve.host_local import valid_attachments


class Dhcp:
    """The verbs of the IPAM plugin."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, asked: Ask) -> Result:
        """A lease, asked for from the interface itself: it must be there."""
        conf = dhcp.read(asked)
        call = asked.call
        lease = ask(
            conf.socket,
            Asked(
                verb="allocate",
                network=asked.network,
                container=call.container,
                ifname=call.ifname,
                netns=str(Path(call.netns).absolute()),
                client_id=conf.client_id,
                provide=conf.provide,
                request=conf.request,
                priority=conf.priority,
            ),
        )
        if lease is None:
            raise CniError(INTERNAL, "error calling DHCP.Allocate: no lease in the answer")
        return dhcp.result(lease, conf.priority)

    def delete(self, asked: Ask) -> None:
        """Give it back: with the daemon, or with what it has written down."""
        of = _interface(asked)
        try:
            ask(_socket(asked), _about("release", of))
        except Unreachable:
            self._release(of)

    def _release(self, of: Interface) -> None:
        from glassnet.serve.dhcp.session import release_alone

        leases = DhcpLeases(self._store)
        record = leases.find(of)
        if record is not None:
            leases.forget(of)
            release_alone(of, record)

    def check(self, asked: Ask) -> None:
        """Whether there is a lease that holds, and it is that of the result."""
        conf = dhcp.read(asked)
        of = _interface(asked)
        lease = ask(conf.socket, _about("check", of))
        there = [ip.address.address for ip in asked.prev.ips] if asked.prev is not None else []
        if lease is None or (there and lease.ip not in there):
            held = "nothing" if lease is None else lease.ip
            raise CniError(INTERNAL, f"dhcp: {of} holds {held}, and its result has {there[0]}")

    def collect(self, asked: Ask) -> None:
        """Give back what is held by attachments that are not valid any more."""
        valid = valid_attachments(asked)
        asking = Asked(verb="collect", network=asked.network, valid=tuple(sorted(valid)))
        try:
            ask(_socket(asked), asking)
        except Unreachable:
            for of, _ in list(DhcpLeases(self._store).all(asked.network)):
                if (of.container, of.ifname) not in valid:
                    self._release(of)

    def status(self, asked: Ask) -> None:
        """Whether the daemon is there; without it leases that are held run out as well."""
        conf = dhcp.read(asked)
        try:
            ask(conf.socket, Asked(verb="status"))
        except Unreachable as error:
            held = any(True for _ in DhcpLeases(self._store).all(asked.network))
            code = LIMITED_CONNECTIVITY if held else NOT_AVAILABLE
            raise CniError(code, error.message, error.details) from None


def _interface(asked: Ask) -> Interface:
    return Interface(asked.network, asked.call.container, asked.call.ifname)


def _about(verb: str, of: Interface) -> Asked:
    return Asked(verb=verb, network=of.network, container=of.container, ifname=of.ifname)


def _socket(asked: Ask) -> str:
    """The daemon's, whatever else is wrong with the configuration by now."""
    section = asked.conf.get("ipam")
    try:
        return dhcp.socket_of(section) if section else dhcp.SOCKET
    except CniError as error:
        if error.code != INVALID_CONFIG:
            raise
        return dhcp.socket_of(Conf(None))
