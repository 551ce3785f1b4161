"""What this kernel and its caller are fit for, told before anything is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from glassnet.kernel.linux import LinuxKernel
from glassnet.ops import require
from glassnet.state.snapshot import Facet
from glassnet.testing.host import GLASSNET, Host
from glassnet.values import HOST, Netns

pytestmark = pytest.mark.kernel

SETTING = "net.ipv4.ip_forward"


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


def lacks(netns: Netns, asked: Iterable[str]) -> set[str]:
    with LinuxKernel() as kernel:
        return kernel.snapshot([Facet(netns, "fit", one) for one in asked])[netns].lacks


def test_root_of_a_host_lacks_nothing_that_there_is(host: Host) -> None:
    asked = [
        require.NET_ADMIN,
        require.SYS_ADMIN,
        require.IPV6,
        require.link_kind("bridge"),
        require.link_kind("veth"),
        require.bridge_attribute("stp_state", 1),
        require.port_attribute("mode", 1),
        require.setting(SETTING),
        require.writable(SETTING),
    ]
    assert host.call(lacks, HOST, asked) == set()
    assert host.call(lacks, Netns("to-come"), asked) == set()


def test_what_there_is_not_is_lacked(host: Host) -> None:
    asked = {
        require.link_kind("nosuchkind"),
        require.bridge_attribute("nosuchthing", 1),
        require.port_attribute("nosuchthing", 1),
        require.setting("net.ipv4.nosuchsetting"),
    }
    assert host.call(lacks, HOST, asked) == asked
    assert host.call(lacks, Netns("to-come"), asked) == asked


def test_asking_leaves_no_trace(host: Host) -> None:
    before = host.sh("ip -d link; ls -A /run/netns 2>/dev/null || true")
    asked = [require.link_kind("veth"), require.port_attribute("mode", 1), require.NET_ADMIN]
    host.call(lacks, HOST, asked)
    assert host.sh("ip -d link; ls -A /run/netns 2>/dev/null || true") == before


LAB = """
name: fit
namespaces: [a]
bridges: {br9: {options: {%s}}}
links: [a:eth0 -- br9]
"""


def refused(host: Host, text: str, *without: str) -> str:
    """Bring a lab file up, less some capabilities: what is said when it is refused."""
    host.run("tee", "/run/fit.yaml", stdin=text)
    less = [f"--bounding-set=-{name}" for name in without]
    before = host.sh("ip -d link; ls -A /run/netns 2>/dev/null || true")
    ended = host.run(
        *(["setpriv", *less] if less else ["env"]), *GLASSNET, "up", "/run/fit.yaml", check=False
    )
    assert ended.returncode == 2
    assert host.sh("ip -d link; ls -A /run/netns 2>/dev/null || true") == before
    return ended.stderr


def test_a_missing_capability_is_told_before_anything_is_touched(host: Host) -> None:
    text = LAB % "stp_state: false"
    assert "namespace a: you lack CAP_SYS_ADMIN" in refused(host, text, "sys_admin")
    without_names = "name: fit\nbridges: {br9: {}}\n"
    words = refused(host, without_names, "net_admin")
    assert "bridge br9 on the host: you lack CAP_NET_ADMIN in the namespace" in words
    assert "glassnet lab" in words


def test_a_missing_feature_is_told_before_anything_is_touched(host: Host) -> None:
    if not host.call(lacks, HOST, [require.bridge_attribute("vlan_filtering", 1)]):
        pytest.skip("this kernel's bridges take vlan_filtering: nothing is missing")
    words = refused(host, LAB % "vlan_filtering: true")
    assert "/run/fit.yaml:4:11: $.bridges.br9: bridge br9 on the host: this kernel's" in words
    assert "bridges do not take vlan_filtering=1 (CONFIG_BRIDGE_VLAN_FILTERING)" in words


def test_a_setting_that_is_none_is_told_before_anything_is_touched(host: Host) -> None:
    words = refused(host, "name: fit\nnamespaces: {a: {sysctls: {net.ipv4.nosuch: 1}}}\n")
    assert "$.namespaces.a.sysctls.'net.ipv4.nosuch'" in words
    assert "this kernel has no setting net.ipv4.nosuch" in words


def test_settings_that_may_not_be_written(host: Host) -> None:
    host.sh("mount --bind -o ro /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys")
    words = refused(host, f"name: fit\nhost: {{sysctls: {{{SETTING}: 1}}}}\n")
    assert f"the setting {SETTING} may not be written" in words
    assert "/proc/sys is not mounted read-only" in words
