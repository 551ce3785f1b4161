"""ipMasq: what leaves a network has the host's address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Result
from glassnet.ops.masquerade import LocalNetOp, MasqueradeOp
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.owner import mark

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

_BACKENDS: Final = ("", "iptables", "nftables")


def read(conf: Conf) -> bool:
    """``ipMasq``; of ``ipMasqBackend`` no more than that it is one, for nftables does it always.

    Raises `CniError` in the reference's words.
    """
    wanted, backend = conf.get("ipMasq").flag(), conf.get("ipMasqBackend").text()
    if wanted and backend not in _BACKENDS:
        raise CniError(
            INVALID_CONFIG, f'unknown ipmasq backend "{backend}"', "iptables or nftables"
        )
    return wanted


def translation(network: str, wanted: Result) -> Iterator[AnyOp]:
    """For the networks of the addresses that were given."""
    if not wanted.ips:
        return
    yield NftBaseOp()
    comment = mark(network)
    for prefix in dict.fromkeys(ip.address.prefix for ip in wanted.ips):
        yield LocalNetOp(prefix=prefix, comment=comment)
        yield MasqueradeOp(prefix=prefix, comment=comment)
