"""Walls between networks, and round what is published to one address: by real connections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from peers import ask, serving, silent

from glassnet.kernel.linux import LinuxKernel
from glassnet.ops.registry import AnyOp
from glassnet.ops.wall import DirectOp, WallOp
from glassnet.testing.host import Host
from glassnet.values import IfName, IpAddress

pytestmark = pytest.mark.kernel

LAB = """
name: town
namespaces:
  one: {}
  two: {}
  three: {}
  outside: {routes: [default via 192.0.2.1, "default via 2001:db8::1"]}
bridges:
  red: {addresses: [10.1.0.1/24, "fd00:1::1/64"], gateway: true, masquerade: true}
  blue: {addresses: [10.2.0.1/24, "fd00:2::1/64"], gateway: true}
links:
  - one:eth0 10.1.0.2/24 fd00:1::2/64 -- red
  - three:eth0 10.1.0.3/24 fd00:1::3/64 -- red
  - two:eth0 10.2.0.2/24 fd00:2::2/64 -- blue
  - host:wan0 192.0.2.1/24 2001:db8::1/64 -- outside:eth0 192.0.2.9/24 2001:db8::9/64
host:
  forwarding: true
  publish: ["192.0.2.1:443:80 -> one", "[2001:db8::1]:443:80 -> one"]
"""
ONE = {4: "10.1.0.2", 6: "fd00:1::2"}
TWO = {4: "10.2.0.2", 6: "fd00:2::2"}
PUBLIC = {4: "192.0.2.1", 6: "2001:db8::1"}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Host]:
    file = tmp_path / "town.yaml"
    file.write_text(LAB)
    with Host() as host:
        host.glassnet("up", str(file))
        with serving(host, "one", "tcp/80"), serving(host, "two", "tcp/80"):
            yield host


def _perform(ops: Sequence[AnyOp]) -> None:
    with LinuxKernel() as kernel:
        errors = kernel.perform([request for op in ops for request in op.requests()])
        assert not any(errors), errors


@pytest.mark.parametrize("version", [4, 6])
def test_a_wall_is_between_those_that_have_one(town: Host, version: int) -> None:
    assert ask(town, "two", "tcp", ONE[version], 80).name == "one"
    town.call(_perform, [WallOp(bridge=IfName("red"))])
    assert ask(town, "two", "tcp", ONE[version], 80).name == "one"
    town.call(_perform, [WallOp(bridge=IfName("blue"))])
    assert silent(town, "two", "tcp", ONE[version], 80)
    assert silent(town, "one", "tcp", TWO[version], 80)
    assert ask(town, "three", "tcp", ONE[version], 80).name == "one"
    assert ask(town, "outside", "tcp", ONE[version], 80).name == "one"
    assert ask(town, "outside", "tcp", PUBLIC[version], 443).name == "one"


@pytest.mark.parametrize("version", [4, 6])
def test_there_is_no_way_round_a_published_port(town: Host, version: int) -> None:
    assert ask(town, "outside", "tcp", ONE[version], 80).name == "one"
    town.call(_perform, [DirectOp(protocol="tcp", to=IpAddress(ONE[version]), port=80)])
    assert silent(town, "outside", "tcp", ONE[version], 80)
    assert silent(town, "two", "tcp", ONE[version], 80)
    assert ask(town, "outside", "tcp", PUBLIC[version], 443).name == "one"
    assert ask(town, "three", "tcp", ONE[version], 80).name == "one"
    assert ask(town, "", "tcp", ONE[version], 80).name == "one"
