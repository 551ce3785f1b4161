"""Settings: read and written where the thread is; every refusal in words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from glassnet.errors import GlassnetError, KernelRefused, NotPermitted, Unsupported
from glassnet.kernel import netns as namespaces
from glassnet.kernel import sysctl
from glassnet.testing.host import Host
from glassnet.values import Netns, SysctlKey

pytestmark = pytest.mark.kernel

FORWARD = SysctlKey("net.ipv4.ip_forward")


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        it.run("ip", "netns", "add", "ns")
        yield it


def shown(host: Host, key: SysctlKey, netns: str = "") -> str:
    """What the file says to another program."""
    inside = ("ip", "netns", "exec", netns) if netns else ()
    return host.run(*inside, "cat", key.path).stdout.strip()


def write_in(netns: str, key: SysctlKey, value: str) -> str | None:
    """Write in a namespace, and what is read there then."""
    home, fd = namespaces.open_current(), namespaces.open_netns(Netns(netns))
    with namespaces.inside(fd, home):
        sysctl.write(key, value)
        return sysctl.read(key)


def test_it_is_the_setting_of_the_namespace_one_is_in(host: Host) -> None:
    assert host.call(sysctl.read, FORWARD) == "0"
    assert host.call(write_in, "ns", FORWARD, "1") == "1"
    assert shown(host, FORWARD) == "0"
    assert shown(host, FORWARD, "ns") == "1"
    host.call(sysctl.write, FORWARD, "1")
    assert shown(host, FORWARD) == "1"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("net.ipv4.tcp_rmem", "4096 87380 6291456"),
        ("net.ipv4.ip_local_port_range", "20000 30000"),
        ("net.ipv4.conf.a/b.forwarding", "1"),
        ("net/ipv4/conf/a.b/rp_filter", "2"),
        ("net.ipv4.ping_group_range", "0 0"),
    ],
)
def test_several_numbers_and_names_with_dots(host: Host, key: str, value: str) -> None:
    """Blanks between numbers are the kernel's; a dot in a link's name is a slash in a key."""
    host.run("ip", "link", "add", "a.b", "type", "veth", "peer", "far")
    host.call(sysctl.write, SysctlKey(key), value)
    read = host.call(sysctl.read, SysctlKey(key))
    assert read is not None
    assert read.split() == value.split()
    assert shown(host, SysctlKey(key)) == read


def test_what_cannot_be_read_is_none(host: Host) -> None:
    """No such setting, a link that is not there, a folder, and one that can only be written."""
    for key in (
        "net.ipv4.no_such_thing",
        "net.ipv4.conf.gone.forwarding",
        "net.ipv4.ip_forward.below",
        "net.ipv4.conf",
        "net.ipv4.route.flush",
    ):
        assert host.call(sysctl.read, SysctlKey(key)) is None


REFUSALS: dict[str, tuple[str, str, type[GlassnetError], str, str]] = {
    "no such setting": (
        "net.ipv4.no_such_thing", "1", Unsupported,
        "this kernel has no setting net.ipv4.no_such_thing", "check its spelling",
    ),
    "below a setting": (
        "net.ipv4.ip_forward.below", "1", Unsupported, "has no setting", "load its module",
    ),
    "a link that is gone": (
        "net.ipv4.conf.gone.forwarding", "1", Unsupported, "has no setting", "check its spelling",
    ),
    "out of range": (
        "net.ipv4.ip_local_port_range", "9 1", KernelRefused,
        "writing '9 1' to net.ipv4.ip_local_port_range: Invalid argument (EINVAL)", "contradictory",
    ),
    "no number": (
        "net.ipv4.ip_forward", "yes", KernelRefused, "writing 'yes' to net.ipv4.ip_forward", "",
    ),
    "a folder": ("net.ipv4.conf", "1", KernelRefused, "Is a directory (EISDIR)", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_written_is_told_in_words(host: Host, name: str) -> None:
    key, value, kind, words, advice = REFUSALS[name]
    with pytest.raises(kind) as caught:
        host.call(sysctl.write, SysctlKey(key), value)
    assert words in str(caught.value)
    assert advice in caught.value.advice()


def test_what_is_read_only_is_not_permitted(host: Host) -> None:
    host.run("mount", "-o", "bind,ro", "/proc/sys", "/proc/sys")
    with pytest.raises(NotPermitted, match=r"writing net\.ipv4\.ip_forward: Read-only") as caught:
        host.call(sysctl.write, FORWARD, "1")
    assert "/proc/sys must be writable" in caught.value.advice()
    assert caught.value.exit_code == 2


def test_no_descriptor_is_left_open(host: Host) -> None:
    import os

    def work() -> bool:
        before = os.listdir("/proc/self/fd")
        for key in (FORWARD, SysctlKey("net.ipv4.conf"), SysctlKey("net.ipv4.none")):
            sysctl.read(key)
            with pytest.raises(GlassnetError):
                sysctl.write(key, "no number")
        return os.listdir("/proc/self/fd") == before

    assert host.call(work)
