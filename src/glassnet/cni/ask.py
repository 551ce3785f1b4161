"""What a plugin is asked: the configuration, the call, and what earlier plugins have done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

from glassnet.cni import version as versions
from glassnet.cni.call import Call, check_network
from glassnet.cni.conf import Conf
from glassnet.cni.error import INCOMPATIBLE_VERSION, INVALID_CONFIG, CniError
from glassnet.cni.result import Dns, Result, read, read_dns


class Ask:
    """One plugin's part of a call: ``type`` is the plugin, ``network`` the configuration's name.

    ``facts`` are what the host has at paths that the plugin named, and ``link_first`` says that
    the interface is made before its addresses are known: both for those who serve it to fill.

    Raises `CniError` for a version that is not supported, or that has no such verb, and for a
    network without a proper name.
    """

    def __init__(
        self, type_: str, call: Call, conf: Conf, supported: tuple[str, ...] = versions.ALL
    ) -> None:
        self.type = type_
        self.call = call
        self.conf = conf
        self.version = conf.get("cniVersion").text() or versions.UNSAID
        versions.check(self.version, supported)
        first = versions.FIRST.get(call.verb)
        if first is not None and not versions.at_least(self.version, first):
            raise CniError(
                INCOMPATIBLE_VERSION,
                f"config version does not allow {call.verb}",
                f"{call.verb} came with {first}, config is {self.version}",
            )
        self.facts: Mapping[str, str] = {}
        self.link_first = False
        self.network = conf.get("name").text()
        check_network(self.network)

    @cached_property
    def prev(self) -> Result | None:
        """The result of the plugins before it, or None."""
        conf = self.conf.get("prevResult")
        return read(conf, self.version) if conf else None

    def chained(self) -> Result:
        """The result of the plugins before it; `CniError` (7) if there is none."""
        if self.prev is None:
            raise CniError(
                INVALID_CONFIG,
                f"{self.type} must be called as chained plugin: missing prevResult from earlier "
                "plugin",
                "put it behind a plugin that makes an interface",
            )
        return self.prev

    def runtime(self, capability: str) -> Conf:
        """What the runtime says for a capability: ``runtimeConfig.portMappings``."""
        return self.conf.get("runtimeConfig").get(capability)

    def arg(self, name: str) -> Conf:
        """What the configuration's author says for all plugins: ``args.cni.mac``."""
        return self.conf.get("args").get("cni").get(name)

    def dns(self, result: Result | None) -> Dns:
        """The configuration's DNS if it has any, else the result's."""
        written = read_dns(self.conf.get("dns"))
        return written or (result.dns if result is not None else Dns())


def check_families(ask: Ask, versions_of: Iterable[int]) -> None:
    """Results before 0.3.0 have one address of a family: raise `CniError` where there are more."""
    found = Counter(versions_of)
    if not versions.at_least(ask.version, "0.3.0") and any(n > 1 for n in found.values()):
        raise CniError(
            INVALID_CONFIG,
            f"CNI version {ask.version} does not support more than 1 address per family",
        )
