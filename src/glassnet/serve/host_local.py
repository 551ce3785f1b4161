"""host-local's verbs, on the leases of the store."""

from __future__ import annotations

from pathlib import Path

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import (
    INTERNAL,
    INVALID_CONFIG,
    IO_FAILURE,
    NOT_AVAILABLE,
    CniError,
)
from glassnet.cni.result import Dns, Result
from glassnet.engine.leases import StoredLeases, is_dead
from glassnet.engine.store import Store
from glassnet.ipam.error import AddressTaken, PoolExhausted
from glassnet.ipam.lease import Holder
from glassnet.plugins.contract import netns_of
from glassnet.plugins.host_local import DATA_DIR, HostLocalConf, parse_resolv_conf, read, result


class HostLocal:
    """The verbs of the IPAM plugin; one object a call."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, ask: Ask) -> Result:
        """An address of each range set."""
        conf = read(ask)
        dns = _dns(conf)
        call = ask.call
        netns_of(ask)
        holder = Holder(call.container, call.ifname, call.netns, _inode(call.netns))
        try:
            given = self._leases(conf).reserve(ask.network, conf.pools, conf.wanted, holder)
        except PoolExhausted as error:
            raise CniError(INTERNAL, str(error), error.advice()) from None
        except AddressTaken as error:
            raise CniError(INTERNAL, str(error), error.advice()) from None
        return result(conf, given, dns)

    def delete(self, ask: Ask) -> None:
        """Give back all that the interface holds; a configuration that is broken is no obstacle."""
        directory = _data_dir(ask.conf.get("ipam"))
        leases = StoredLeases(self._store, directory)
        leases.release(ask.network, ask.call.container, ask.call.ifname)

    def check(self, ask: Ask) -> None:
        """Whether it holds an address, and those of the result."""
        conf = read(ask)
        call = ask.call
        held = {
            lease.address
            for lease in self._leases(conf).all(ask.network)
            if (lease.holder.container, lease.holder.ifname) == (call.container, call.ifname)
        }
        if not held:
            raise CniError(
                INTERNAL,
                f"host-local: failed to find address added by container {call.container}",
                f"no lease of network {ask.network} for interface {call.ifname}",
            )
        result = ask.prev
        pools = conf.pools
        for ip in result.ips if result is not None else ():
            address = ip.address.address
            if any(pool.find(address) for pool in pools) and address not in held:
                raise CniError(
                    INTERNAL, f"host-local: {address} is not leased to {call.container}", ""
                )

    def collect(self, ask: Ask) -> None:
        """Give back what is held by attachments that are not valid any more."""
        valid = valid_attachments(ask)
        directory = _data_dir(ask.conf.get("ipam"))
        leases = StoredLeases(self._store, directory)
        for lease in list(leases.all(ask.network)):
            holder = lease.holder
            if (holder.container, holder.ifname) not in valid:
                leases.release(ask.network, holder.container, holder.ifname)

    def status(self, ask: Ask) -> None:
        """Whether there is an address left in each pool."""
        conf = read(ask)
        taken = {
            lease.address
            for lease in self._leases(conf).all(ask.network)
            if not is_dead(lease.holder)
        }
        for number, pool in enumerate(conf.pools):
            if not any(one.address not in taken for one in pool.after(None)):
                raise CniError(
                    NOT_AVAILABLE,
                    f"no IP addresses available in range set {number}: {pool}",
                    "all are given out: a larger range, or GC",
                )

    def _leases(self, conf: HostLocalConf) -> StoredLeases:
        return StoredLeases(self._store, Path(conf.data_dir))


def valid_attachments(ask: Ask) -> set[tuple[str, str]]:
    """``cni.dev/valid-attachments``, of which GC must have some word; `CniError` (7) if not."""
    listed = ask.conf.get("cni.dev/valid-attachments")
    if not listed:
        raise CniError(
            INVALID_CONFIG,
            "GC without cni.dev/valid-attachments",
            "a list of {containerID, ifname}, empty if none is valid",
        )
    return {(one.get("containerID").text(), one.get("ifname").text()) for one in listed.items()}


def _data_dir(section: Conf) -> Path:
    value = section.value.get("dataDir") if isinstance(section.value, dict) else None
    return Path(value if isinstance(value, str) and value else DATA_DIR)


def _dns(conf: HostLocalConf) -> Dns:
    if not conf.resolv_conf:
        return Dns()
    try:
        text = Path(conf.resolv_conf).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CniError(
            IO_FAILURE, f"resolvConf {conf.resolv_conf}: {error.strerror}", "a readable file"
        ) from None
    return parse_resolv_conf(text)


def _inode(netns: str) -> int:
    try:
        return Path(netns).stat().st_ino
    except OSError:
        return 0
