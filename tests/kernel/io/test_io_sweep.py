"""Links deleted together: all of them or, of some that cannot be, each with its own words."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glassnet.errors import KernelRefused
from glassnet.kernel.linux import LinuxKernel
from glassnet.kernel.port import Outcome
from glassnet.ops.bridge import BridgeOp
from glassnet.ops.request import Request
from glassnet.testing.host import Host
from glassnet.values import IfName

pytestmark = pytest.mark.kernel


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        it.sh("for n in 0 1 2 3; do ip link add br$n type bridge; done")
        it.sh("ip link set br3 group 5")
        yield it


def names(host: Host) -> set[str]:
    return {link["ifname"] for link in host.json("ip", "-j", "link")} - {"lo"}


def removal(*ifnames: str) -> list[Request]:
    ops = (BridgeOp(ifname=IfName(name), present=False) for name in ifnames)
    return [request for op in ops for request in op.requests()]


def removed(*ifnames: str) -> list[Outcome]:
    with LinuxKernel() as kernel:
        return kernel.perform(removal(*ifnames))


def test_all_of_them_go_and_no_other(host: Host) -> None:
    assert host.call(removed, "br0", "br1", "br2") == [None] * 3
    assert names(host) == {"br3"}


@pytest.mark.parametrize("missing", range(3))
def test_one_that_is_gone_already_is_told_and_the_others_go(host: Host, missing: int) -> None:
    asked = ["br0", "br1"]
    asked.insert(missing, "none0")
    outcomes = host.call(removed, *asked)
    refused = outcomes.pop(missing)
    assert isinstance(refused, KernelRefused)
    assert str(refused) == "RTM_DELLINK: No such device (ENODEV)"
    assert outcomes == [None, None]
    assert names(host) == {"br2", "br3"}


def test_one_that_the_kernel_does_not_delete_is_told_and_the_others_go(host: Host) -> None:
    first, second, third = host.call(removed, "br0", "lo", "br1")
    assert (first, third) == (None, None)
    assert isinstance(second, KernelRefused)
    assert "Operation not supported (EOPNOTSUPP)" in str(second)
    assert names(host) == {"br2", "br3"}


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_kernel_is_asked_once(host: Host) -> None:
    """Two sends would wait twice."""
    program = "import test_io_sweep as it; it.removed('br0', 'br1', 'br2')"
    traced = ("strace", "-o", "/run/trace", "-e", "trace=sendto", sys.executable, "-c", program)
    host.run(*traced, env={"PYTHONPATH": str(Path(__file__).parent)})
    assert host.run("cat", "/run/trace").stdout.count("sendto(") == 1
    assert names(host) == {"br3"}
