"""The verbs of every plugin that makes or changes interfaces: once, for all of them.

ADD asks the plugin what is desired and has the engine make it; the others go by what the store says
was made, so that they are real for each plugin.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import (
    INTERNAL,
    INVALID_CONFIG,
    INVALID_ENVIRONMENT,
    INVALID_NETNS,
    NOT_AVAILABLE,
    CniError,
)
from glassnet.cni.result import Result
from glassnet.cni.serve import Verbs
from glassnet.engine import gates
from glassnet.engine.engine import Engine
from glassnet.engine.mend import mend_if_lost
from glassnet.engine.wiring import (
    differences,
    ensure,
    is_base_missing,
    make_sure,
    unwire,
    wire,
    wire_further,
)
from glassnet.errors import Conflict, GlassnetError, NotFound, StepFailed
from glassnet.kernel import netns as namespaces
from glassnet.ops.addr import AddrOp
from glassnet.plugins.contract import Desired, Plugin, netns_of
from glassnet.plugins.registry import LINK_FIRST
from glassnet.serve import facts
from glassnet.serve.delegate import Delegate
from glassnet.serve.host_local import valid_attachments
from glassnet.state.snapshot import Facet
from glassnet.values import HOST, Netns

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

_REPEATS_MAX: Final = 64


class PluginVerbs:
    """The verbs of one plugin on one engine."""

    def __init__(self, plugin: Plugin, engine: Engine, ipam: Mapping[str, Verbs]) -> None:
        self._plugin = plugin
        self._engine = engine
        self._ipam = ipam

    # ADD.

    def add(self, ask: Ask) -> Result:
        """Addresses, then what all share, then the attachment's own; all of it or nothing."""
        section = self._read(ask)
        netns = self._check_netns(ask)
        self._engine.settle()
        self._check_new(ask)
        mend_if_lost(self._engine, record_of(ask), ask.type)
        if section is None:
            return self._wire(ask, netns, None)
        delegate = Delegate(ask, section, self._ipam)
        ask.link_first = delegate.link_first
        if delegate.link_first:
            return self._wire_first(ask, netns, delegate)
        try:
            return self._wire(ask, netns, delegate.add())
        except BaseException:
            _give_back(delegate)
            raise

    def _check_new(self, ask: Ask) -> None:
        """Before IPAM is asked: what fails afterwards gives back all that the interface holds."""
        if not self._plugin.repeats and self._engine.attachments.netns(name_of(ask)) is not None:
            raise Conflict(
                f"{ask.type}: {ask.call.container} has an interface {ask.call.ifname} already",
                "DEL comes before another ADD",
            )

    def _read(self, ask: Ask) -> Conf | None:
        """The configuration read and checked, by what the host's files say: its IPAM section."""
        ask.facts = facts.read(self._plugin.facts(ask))
        return self._plugin.ipam(ask)

    def _wire(self, ask: Ask, netns: Netns, given: Result | None) -> Result:
        seen = self._engine.kernel.snapshot({*self._plugin.looks(ask), Facet(netns, "netns")})
        desired = self._plugin.add(ask, seen, given)
        network = record_of(ask)
        if desired.shared:
            ensure(self._engine, network, desired.shared)
        if desired.gates:
            gates.keep(self._engine, desired.gates)
        name = self._free_name(ask)
        try:
            wire(self._engine, name, netns, desired.own)
        except StepFailed as error:
            if not (desired.shared and is_base_missing(error)):
                raise
            make_sure(self._engine, network, desired.shared)
            wire(self._engine, name, netns, desired.own)
        self._afterwards(network, desired)
        return desired.result

    def _afterwards(self, network: str, desired: Desired) -> None:
        """What was replaced is wanted no more; and the last of others may have gone meanwhile."""
        replaced = {op.key() for op in desired.own if isinstance(op, AddrOp) and not op.present}
        if replaced:
            self._engine.journal.forget(network, replaced)
        if desired.gates and not gates.recorded(self._engine):
            gates.keep(self._engine, desired.gates)

    def _wire_first(self, ask: Ask, netns: Netns, delegate: Delegate) -> Result:
        """The link, then addresses that are asked for from it, then what they are needed for."""
        seen = self._engine.kernel.snapshot({*self._plugin.looks(ask), Facet(netns, "netns")})
        network, name = record_of(ask), name_of(ask)
        link = self._plugin.link(ask, seen)
        if link.shared:
            ensure(self._engine, network, link.shared)
        made: list[Desired] = []

        def rest() -> list[AnyOp]:
            desired = self._plugin.add(ask, seen, delegate.add())
            made.append(desired)
            return [op for op in desired.own if op not in link.own]

        wire_further(
            self._engine,
            name,
            netns,
            link.own,
            then=rest,
            undo=lambda: _give_back(delegate),
        )
        [desired] = made
        try:
            if desired.shared:
                ensure(self._engine, network, desired.shared)
            self._afterwards(network, desired)
        except BaseException:
            _give_back(delegate)
            unwire(self._engine, name)
            raise
        return desired.result

    def _free_name(self, ask: Ask) -> str:
        """The first name of this plugin's in its chain that is not there yet."""
        if not self._plugin.repeats:
            return name_of(ask)
        taken = set(self._engine.attachments.names(name_of(ask)))
        return next(name for name in _names(ask) if name not in taken)

    def _check_netns(self, ask: Ask) -> Netns:
        """The container's namespace: there, and not the plugin's own (SPEC, code 8)."""
        netns = netns_of(ask)
        try:
            fd = namespaces.open_netns(netns)
        except NotFound:
            raise CniError(
                INVALID_ENVIRONMENT,
                f'failed to open netns "{netns}": no such file or directory',
                "CNI_NETNS must be the path of a namespace",
            ) from None
        except Conflict:
            raise CniError(
                INVALID_ENVIRONMENT, f'failed to open netns "{netns}": it is no network namespace'
            ) from None
        try:
            same = os.path.samestat(os.fstat(fd), Path("/proc/thread-self/ns/net").stat())
        finally:
            os.close(fd)
        if same and not ask.call.override:
            raise CniError(
                INVALID_NETNS,
                "plugin's netns and netns from CNI_NETNS should not be the same",
                "CNI_NETNS_OVERRIDE=1 says that it is meant",
            )
        return netns

    # DEL.

    def delete(self, ask: Ask) -> None:
        """Whatever there is of it: by the store, else by name; and the addresses in any case."""
        self._engine.settle()
        problems: list[GlassnetError] = []
        self._mend(ask, problems)
        if _is_link_first(ask):
            problems += [*self._release(ask), *self._take_away(ask)]
        else:
            problems += [*self._take_away(ask), *self._release(ask)]
        if problems:
            raise problems[0]

    def _take_away(self, ask: Ask) -> list[GlassnetError]:
        try:
            if not self._unwire(ask):
                self._remove_rest(ask)
        except GlassnetError as error:
            return [error]
        return []

    def _mend(self, ask: Ask, problems: list[GlassnetError]) -> None:
        """What others have lost is put back by whoever comes; it keeps nobody from going."""
        try:
            mend_if_lost(self._engine, record_of(ask), ask.type)
        except GlassnetError as error:
            problems.append(error)

    def _release(self, ask: Ask) -> list[GlassnetError]:
        """Give the addresses back, even where it cannot be read any more who has given them."""
        section = _section(ask)
        try:
            if section is not None:
                Delegate(ask, section, self._ipam).delete()
                return []
        except GlassnetError as error:
            self._release_ours(ask)
            return [error]
        self._release_ours(ask)
        return []

    def _release_ours(self, ask: Ask) -> None:
        if self._plugin.gives_addresses:
            self._ipam["host-local"].delete(ask)
            if self._engine.store.has("dhcp"):
                self._ipam["dhcp"].delete(ask)

    def _unwire(self, ask: Ask) -> bool:
        """Take the last of this plugin's in its chain away; whether there was one."""
        names = self._engine.attachments.names(name_of(ask))
        found = any(unwire(self._engine, name) is not None for name in _last_first(ask, names))
        if ask.type in gates.OPENERS:
            gates.release(self._engine)
        return found

    def _remove_rest(self, ask: Ask) -> None:
        """What the store knows nothing of: made by the reference plugins, or before a crash."""
        back = self._returning(ask)
        ops = (*self._plugin.rest(ask), *back)
        facets = {facet for op in ops for facet in op.lookups()}
        snapshot = self._engine.kernel.snapshot({*facets, *(Facet(o.netns, "netns") for o in ops)})
        there = [op for op in ops if snapshot.exists(op.netns) and op.satisfied_by(snapshot)]
        there = [op for op in there if op not in back or not op.obstacle(snapshot)]
        requests = [request for op in there for request in op.requests()]
        errors = [error for error in self._engine.kernel.perform(requests) if error is not None]
        from glassnet.serve import lost

        who = (ask.call.container, ask.call.ifname)
        errors += lost.take_away(self._engine, ask.type, ask.network, lambda *found: found == who)
        if errors:
            raise errors[0]

    def _returning(self, ask: Ask) -> tuple[AnyOp, ...]:
        """The device that the container was lent, if no other attachment is known to have it."""
        facets = self._plugin.looks_back(ask)
        netns = {facet.netns for facet in facets}
        if not netns or any(
            self._engine.attachments.has_link(one, ask.call.ifname) for one in netns
        ):
            return ()
        seen = self._engine.kernel.snapshot({*facets, *(Facet(one, "netns") for one in netns)})
        return self._plugin.back(ask, seen) if all(seen.exists(one) for one in netns) else ()

    # CHECK.

    def check(self, ask: Ask) -> None:
        """All that was made is compared with the host; and IPAM is asked the same."""
        from glassnet.serve.compare import expected

        if ask.prev is None:
            raise CniError(INVALID_CONFIG, "Required prevResult missing")
        section = self._read(ask)
        if section is not None:
            Delegate(ask, section, self._ipam).check()
        rows = self._engine.attachments.standing(interface_of(ask))
        mine = [n for n, (name, _) in enumerate(rows) if parts_of(name)[2] == ask.type]
        for number in mine:
            made, *later = ([entry.op for entry in entries] for _, entries in rows[number:])
            after = [op for ops in later for op in ops]
            self._compare(expected(ask, made, after, ask.prev))
        if not mine:
            raise CniError(
                INTERNAL,
                f"{ask.type}: {ask.call.container} has no interface {ask.call.ifname} here",
                "ADD comes before CHECK",
            )
        record = self._engine.journal.record(record_of(ask)) or ()
        self._compare([entry.op for entry in record])
        if ask.type in gates.OPENERS:
            _raise(gates.lacking(self._engine))

    def _compare(self, ops: Sequence[AnyOp]) -> None:
        _raise(differences(self._engine, ops))

    # GC.

    def collect(self, ask: Ask) -> None:
        """Take away what this plugin made for attachments that are valid no more."""
        valid = valid_attachments(ask)
        self._engine.settle()
        if _is_link_first(ask):
            problems = [*self._collect_addresses(ask), *self._collect_made(ask, valid)]
        else:
            problems = [*self._collect_made(ask, valid), *self._collect_addresses(ask)]
        if problems:
            raise problems[0]

    def _collect_made(self, ask: Ask, valid: set[tuple[str, str]]) -> list[GlassnetError]:
        from glassnet.serve import lost

        problems: list[GlassnetError] = []
        self._mend(ask, problems)
        for name in self._engine.attachments.names(f"{record_of(ask)}/"):
            container, ifname, type_ = parts_of(name)
            if type_ == ask.type and (container, ifname) not in valid:
                try:
                    unwire(self._engine, name)
                except GlassnetError as error:
                    problems.append(error)
        for take_away in (lost.take_away, lost.take_away_within):
            problems += take_away(
                self._engine, ask.type, ask.network, lambda *found: found not in valid
            )
        if ask.type in gates.OPENERS:
            gates.release(self._engine)
        return problems

    def _collect_addresses(self, ask: Ask) -> list[GlassnetError]:
        section = _section(ask)
        try:
            if section is not None:
                Delegate(ask, section, self._ipam).collect()
        except GlassnetError as error:
            return [error]
        return []

    # STATUS.

    def status(self, ask: Ask) -> None:
        """Whether ADD could be served: rights, kernel, addresses."""
        from glassnet.ops import require

        asked = (require.NET_ADMIN, require.SYS_ADMIN, require.link_kind("veth"))
        state = self._engine.kernel.snapshot([Facet(HOST, "fit", one) for one in asked])[HOST]
        for one in asked:
            if one in state.lacks:
                raise CniError(NOT_AVAILABLE, require.lacking(one), require.advice(one))
        mend_if_lost(self._engine, record_of(ask), ask.type)
        section = self._read(ask)
        if section is not None:
            Delegate(ask, section, self._ipam).status()


def _raise(found: Sequence[str]) -> None:
    """The differences as CHECK tells them."""
    if found:
        raise CniError(INTERNAL, found[0], "; ".join(found[1:]))


def _give_back(delegate: Delegate) -> None:
    """After a failure: what went wrong first is what is told."""
    with contextlib.suppress(GlassnetError):
        delegate.delete()


def record_of(ask: Ask) -> str:
    """What a network's shared objects are recorded under; no lab can have such a name."""
    return f"cni:{ask.network}"


def interface_of(ask: Ask) -> str:
    """What the names of all that was made of a container's interface begin with."""
    return f"{record_of(ask)}/{ask.call.container}/{ask.call.ifname}/"


def name_of(ask: Ask) -> str:
    """The attachment's name in the store; ids and names have no slash in them."""
    return f"{interface_of(ask)}{ask.type}"


def parts_of(name: str) -> tuple[str, str, str]:
    """Container, interface and type of an attachment's name."""
    _, container, ifname, type_ = name.split("/", 3)
    return container, ifname, type_.partition("#")[0]


def _names(ask: Ask) -> Iterator[str]:
    """A plugin may stand in a chain more than once."""
    yield name_of(ask)
    for number in range(2, _REPEATS_MAX):
        yield f"{name_of(ask)}#{number}"


def _last_first(ask: Ask, names: Sequence[str]) -> Iterator[str]:
    known = set(names)
    return (name for name in reversed(list(_names(ask))) if name in known)


def _section(ask: Ask) -> Conf | None:
    """The ``ipam`` section, whatever else may be wrong with the configuration by now."""
    section = ask.conf.get("ipam")
    named = isinstance(section.value, dict) and isinstance(section.value.get("type"), str)
    return section if named else None


def _is_link_first(ask: Ask) -> bool:
    """Whether addresses are given back from the interface itself: before it goes."""
    section = _section(ask)
    return section is not None and section.get("type").text() in LINK_FIRST
