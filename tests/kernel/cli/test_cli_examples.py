"""Every example from nothing to nothing, with the traffic that its comments promise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cli_host import NAMES, example, unchanged

from glassnet.testing import oracle
from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

OUTSIDE4, OUTSIDE6 = "203.0.113.1", "2001:db8:ffff::1"


@pytest.mark.parametrize("name", NAMES)
def test_an_example_from_nothing_to_nothing(name: str) -> None:
    with Host() as host:
        before = oracle.look(host)
        planned = host.glassnet("plan", example(name)).stdout
        unchanged(host, before)
        said = host.glassnet("up", example(name)).stdout
        assert said.endswith(f"{name} is up: glassnet check {name}\n")
        assert planned.startswith(f"up {name}: ")
        for target in (example(name), name):
            assert "DRIFT" not in host.glassnet("check", target).stdout
        up = oracle.look(host)
        assert oracle.differences(before, up)
        again = host.glassnet("up", example(name)).stdout
        assert again.splitlines()[0] == f"up {name}: 0 changes"
        unchanged(host, up)
        assert host.glassnet("down", name).stdout.endswith(f"{name} is down\n")
        unchanged(host, before)
        assert host.glassnet("ls").stdout == ""
        assert host.sh("ls /run/netns") == ""


def test_every_change_that_is_planned_is_said_to_be_done() -> None:
    with Host() as host:
        planned = host.glassnet("plan", example("article"), "--as", "table").stdout.splitlines()
        done = host.glassnet("up", example("article")).stdout.splitlines()
        words = [line.split(maxsplit=1)[1].strip() for line in done if "/26 " in line[:9]]
        assert len(words) == 26
        assert planned[0] == "up article: 26 to make"
        for word in words:
            assert any(f"+ {word} " in line for line in planned), word


def test_all_examples_side_by_side_and_down_in_another_order() -> None:
    with Host() as host:
        before = oracle.look(host)
        for name in NAMES:
            host.glassnet("up", example(name))
        listed = host.glassnet("ls").stdout.splitlines()
        assert sorted(line.split()[0] for line in listed) == NAMES
        for name in [*NAMES[1:], NAMES[0]]:
            assert host.glassnet("check", name, check=False).returncode == 0, name
            host.glassnet("down", example(name))
        unchanged(host, before)


@pytest.fixture(scope="module")
def town() -> Iterator[Host]:
    """The article's network before the outside world, and two hosts beside it."""
    with Host() as host:
        for name in ("internet", "article", "two-hosts", "dual-stack"):
            host.glassnet("up", example(name))
        yield host


def _answered(host: Host, origin: str, target: str) -> bool:
    done = host.glassnet("ping", origin, target, check=False)
    assert done.returncode == (0 if " ms from " in done.stdout else 1)
    return done.returncode == 0


@pytest.mark.parametrize("origin", ["ns1", "ns2"])
@pytest.mark.parametrize(
    "target",
    ["10.0.0.1", "fd00:10::1", "10.0.0.2", "fd00:10::3", OUTSIDE4, OUTSIDE6, "192.0.2.1"],
)
def test_article(town: Host, origin: str, target: str) -> None:
    assert _answered(town, origin, target)


def test_article_by_its_names(town: Host) -> None:
    assert _answered(town, "ns1", "ns2")
    assert _answered(town, "ns2", "ns1")
    assert _answered(town, "host", "ns2")


@pytest.mark.parametrize(("origin", "target"), [("c1", "10.20.2.2"), ("c2", "10.20.1.2")])
def test_two_hosts_without_translation(town: Host, origin: str, target: str) -> None:
    assert _answered(town, origin, target)
    for netns in ("host1", "host2"):
        assert town.sh(f"ip netns exec {netns} nft list ruleset") == ""


def test_two_hosts_have_a_cable_of_jumbo_frames(town: Host) -> None:
    for netns in ("host1", "host2"):
        [link] = town.json("ip", "-j", "-n", netns, "link", "show", "cable0")
        assert link["mtu"] == 9000


@pytest.mark.parametrize(
    ("origin", "target"),
    [
        ("a", "10.31.0.1"),
        ("a", "fd00:31::1"),
        ("a", "10.32.0.2"),
        ("b", "10.32.0.1"),
        ("b", "fd00:32::1"),
    ],
)
def test_dual_stack(town: Host, origin: str, target: str) -> None:
    assert _answered(town, origin, target)


def test_dual_stack_hides_and_refuses(town: Host) -> None:
    refused = town.glassnet("ping", "router", "198.51.100.1", "-c", "1", check=False)
    assert refused.returncode == 1
    assert "ms from" not in refused.stdout
    [quiet] = town.json("ip", "-j", "-n", "quiet", "link", "show", "lo")
    assert "UP" not in quiet["flags"]
