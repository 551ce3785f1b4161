"""What a published port may not take from others is refused before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from peers import HOST, ask, serving

from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

LAB = """
name: {name}
namespaces: [{name}-ns]
bridges: {{{name}: {{addresses: [10.{n}.0.1/24, "fd00:{n}::1/64"], gateway: true}}}}
links: ["{name}-ns:eth0 10.{n}.0.2/24 fd00:{n}::2/64 -- {name}"]
host: {{forwarding: true, publish: {publish}}}
"""
LOOK = """
ip -o link | cut -d: -f1,2; ip -o -4 addr; ip -4 route show table all; ip netns list
nft -a list ruleset; sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding
"""
TAKEN = (
    "8080:80 -> lab1-ns",
    "9000-9009 -> lab1-ns",
    "9109:80 -> lab1-ns",
    "127.0.0.1:9200-9201 -> lab1-ns",
    "9300-9301:80-81/udp -> lab1-ns",
    "9400:80 -> 10.1.0.2",
)


@pytest.fixture(scope="module")
def empty() -> Iterator[Host]:
    """A host on which nothing comes up."""
    with Host() as one:
        yield one


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host with a network that has published ports."""
    with Host() as one:
        one.glassnet("up", _lab(tmp_path_factory.mktemp("lab"), TAKEN))
        yield one


def _lab(directory: Path, publish: Sequence[str], n: int = 1) -> str:
    file = directory / f"lab{n}.yaml"
    quoted = ", ".join(f'"{one}"' for one in publish)
    file.write_text(LAB.format(name=f"lab{n}", n=n, publish=f"[{quoted}]"))
    return str(file)


def _refused(host: Host, file: str) -> str:
    """Bring it up, which must fail and change nothing: what it says."""
    before = host.sh(LOOK)
    done = host.glassnet("up", file, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert host.sh(LOOK) == before
    return done.stderr


@pytest.mark.parametrize(
    ("listening", "publish", "where"),
    [
        ("tcp/8080", "8080:80 -> lab1-ns", "*:8080"),
        ("tcp/8080/127.0.0.1", "8080:80 -> lab1-ns", "127.0.0.1:8080"),
        ("tcp/8080/::1", "8080:80 -> lab1-ns", "[::1]:8080"),
        ("udp/5353", "5353:53/udp -> lab1-ns", "*:5353"),
        ("tcp/9005", "9000-9009 -> lab1-ns", "*:9005"),
        ("tcp/9009", "9000-9009:1000-1009 -> lab1-ns", "*:9009"),
        ("tcp/8080", "127.0.0.1:8080:80 -> lab1-ns", "*:8080"),
        ("tcp/8080/127.0.0.1", "127.0.0.1:8080:80 -> lab1-ns", "127.0.0.1:8080"),
    ],
)
def test_a_port_that_a_process_holds(
    empty: Host, tmp_path: Path, listening: str, publish: str, where: str
) -> None:
    with serving(empty, HOST, listening):
        said = _refused(empty, _lab(tmp_path, [publish]))
    assert f"{where} is in use by a process" in said


def test_a_port_is_free_when_its_process_has_ended(tmp_path: Path) -> None:
    file = _lab(tmp_path, ["8080:80 -> lab1-ns"])
    with Host() as host:
        with serving(host, HOST, "tcp/8080"):
            _refused(host, file)
        host.glassnet("up", file)


def test_ports_that_processes_hold_beside_the_published(tmp_path: Path) -> None:
    publish = [
        "8080:80 -> lab1-ns",
        "9000-9009 -> lab1-ns",
        "127.0.0.2:7000:80 -> lab1-ns",
        "7001:80 -> fd00:1::2",
        "7002:80 -> 10.1.0.2",
    ]
    listening = [
        *("tcp/80", "udp/8080", "tcp/8999", "tcp/9010", "udp/9000"),
        *("tcp/7000/127.0.0.1", "tcp/7001/127.0.0.1", "tcp/7002/::1"),
    ]
    with Host() as host, serving(host, HOST, *listening):
        host.glassnet("up", _lab(tmp_path, publish))
        for one in listening:
            protocol, port, address = f"{one}/127.0.0.1".split("/")[:3]
            assert ask(host, HOST, protocol, address, int(port)).name == "host", one


@pytest.mark.parametrize(
    ("publish", "said"),
    [
        ("9005-9015 -> lab2-ns", "tcp . 9000-9009 : 10.1.0.2"),
        ("8990-9000 -> lab2-ns", "tcp . 9000-9009 : 10.1.0.2"),
        ("9005:80 -> lab2-ns", "tcp . 9000-9009 : 10.1.0.2"),
        ("9100-9109 -> lab2-ns", "tcp . 9109 : 10.1.0.2 . 80"),
        ("127.0.0.1:9201:80 -> lab2-ns", "127.0.0.1 . tcp . 9200-9201 : 10.1.0.2"),
        ("9301-9302/udp -> lab2-ns", "udp . 9301 : 10.1.0.2 . 81"),
    ],
)
def test_a_port_that_another_network_publishes(
    taken: Host, tmp_path: Path, publish: str, said: str
) -> None:
    words = _refused(taken, _lab(tmp_path, [publish], 2))
    assert f"{said} is published already, with glassnet:lab1" in words
    assert taken.glassnet("check", "lab1").returncode == 0


def test_the_very_port_of_another_network(taken: Host, tmp_path: Path) -> None:
    words = _refused(taken, _lab(tmp_path, ["8080:81 -> lab2-ns"], 2))
    assert "published port tcp 8080 to 10.1.0.2:80 on the host" in words
    assert taken.glassnet("check", "lab1").returncode == 0


def test_ports_of_two_networks_side_by_side(taken: Host, tmp_path: Path) -> None:
    publish = [
        "8080:80/udp -> lab2-ns",
        "9010-9019 -> lab2-ns",
        "8990-8999 -> lab2-ns",
        "127.0.0.2:9200:80 -> lab2-ns",
        "9201:80 -> lab2-ns",
        "9300-9301/tcp -> lab2-ns",
        "9400:80 -> fd00:2::2",
    ]
    file = _lab(tmp_path, publish, 2)
    taken.glassnet("up", file)
    assert taken.glassnet("check", file).returncode == 0
    assert taken.glassnet("check", "lab1").returncode == 0
    taken.glassnet("down", "lab2")
    assert taken.glassnet("check", "lab1").returncode == 0


@pytest.mark.parametrize(
    ("publish", "said"),
    [
        (["9000-9009 -> lab1-ns", "9005-9015 -> lab1-ns"], "9005 of tcp is published twice"),
        (["9005:80 -> lab1-ns", "9000-9009 -> lab1-ns"], "9005 of tcp is published twice"),
        (["8080:80 -> lab1-ns", "8080:81 -> 10.1.0.9"], "8080 of tcp is published twice"),
        (["[::1]:8080:80 -> lab1-ns"], "::1 leads nowhere"),
        (["192.0.2.1:80:80 -> fd00:1::2"], "fd00:1::2"),
        (["65000-65536 -> lab1-ns"], "65536"),
        (["0:80 -> lab1-ns"], "1 to 65535"),
    ],
)
def test_a_publication_that_cannot_be(
    empty: Host, tmp_path: Path, publish: Sequence[str], said: str
) -> None:
    words = _refused(empty, _lab(tmp_path, publish))
    assert said in words
    assert "lab1.yaml:6:" in words


def test_what_is_published_for_one_family_leaves_the_other_free(
    taken: Host, tmp_path: Path
) -> None:
    assert "9400" in _refused(taken, _lab(tmp_path, ["9400:80 -> lab2-ns"], 2))


def test_networks_that_overlap_another_labs_are_refused(taken: Host, tmp_path: Path) -> None:
    file = tmp_path / "wide.yaml"
    for masquerade in ("true", "false"):
        file.write_text(
            "name: wide\nnamespaces: [w]\n"
            f"bridges: {{w0: {{addresses: [10.1.128.1/8], masquerade: {masquerade}}}}}\n"
            "links: [w:eth0 -- w0]\nhost: {publish: ['1234:80 -> 10.1.128.2']}\n"
        )
        words = "its network overlaps that of 10.1.0.1/24, which lab1 on the host has already"
        assert words in _refused(taken, str(file))
