"""What stands in the way is refused before anything is touched: exit 2, whose and where, advice."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from cli_host import Quick, answer, example, unchanged

from glassnet.testing import oracle

pytestmark = pytest.mark.kernel

LISTENING = """
import socket, sys
kind = socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM
one = socket.socket(socket.AF_INET, kind)
one.bind(("0.0.0.0", int(sys.argv[2])))
if kind == socket.SOCK_STREAM:
    one.listen()
print("ready", flush=True)
sys.stdin.read()
"""


class Obstacle(NamedTuple):
    """What others have put there, the network that meets it, and what is said of it."""

    network: str
    script: str
    said: tuple[str, ...]


X0 = "ip {0}link add x0 up type bridge; ip {0}addr add {1} dev x0; "
BASE_RULESET = "glassnet plan {article} --as sh | sed -n '/^nft -f/,/^EOF/p' | sh; "

OBSTACLES = {
    "a bridge that is down": Obstacle(
        "article",
        "ip link add br0 type bridge",
        ("$.bridges.br0", "a link br0 is there already, not made by glassnet", "wanted state up"),
    ),
    "a bridge that is marked": Obstacle(
        "article",
        "ip link add br0 up type bridge; ip link set br0 alias docker; ip link set br0 mtu 1400;"
        "ip link set br0 down",
        ("$.bridges.br0", "a link br0 is there already, marked 'docker'"),
    ),
    "no bridge by that name": Obstacle(
        "article",
        "ip link add br0 type veth peer name br1",
        ("$.bridges.br0", "wanted kind bridge, found kind veth"),
    ),
    "the near end of a cable": Obstacle(
        "article",
        "ip link add veth2-host type bridge",
        ("$.links[1]", "a link veth2-host is there already"),
    ),
    "the far end of a cable": Obstacle(
        "article",
        "ip netns add ns1; ip -n ns1 link add veth1 type bridge",
        ("$.links[0]", "a link veth1 is there already in ns1"),
    ),
    "a file for a namespace": Obstacle(
        "article",
        "mkdir -p /run/netns; echo something >/run/netns/ns1",
        ("$.namespaces.ns1", "/run/netns/ns1 is there and is no network namespace"),
    ),
    "a directory for a namespace": Obstacle(
        "article",
        "mkdir -p /run/netns/ns2",
        ("$.namespaces.ns2", "/run/netns/ns2 is there and is no network namespace"),
    ),
    "a default route of the host": Obstacle(
        "internet",
        X0.format("", "192.168.0.2/24") + "ip route add default via 192.168.0.1",
        ("$.host.routes[0]", "a default route that is not glassnet's leads another way"),
    ),
    "a default route of a namespace": Obstacle(
        "article",
        "ip netns add ns2;" + X0.format("-n ns2 ", "fd07::2/64 nodad") +
        "ip -n ns2 -6 route add default via fd07::1",
        ("$.namespaces.ns2.routes[1]", "a default route that is not glassnet's leads another way"),
    ),
    "a translated network": Obstacle(
        "article",
        BASE_RULESET
        + "nft add element inet glassnet masquerade4 '{{ 10.0.0.0/8 comment \"theirs\" }}'",
        ("$.bridges.br0", "10.0.0.0/24 overlaps 10.0.0.0/8 (theirs)"),
    ),
    "a published port": Obstacle(
        "published",
        BASE_RULESET
        + "nft add element inet glassnet ports4 "
        "'{{ tcp . 8080 comment \"theirs\" : 10.9.9.9 . 80 }}'",
        ("$.host.publish[0]", "tcp . 8080 : 10.9.9.9 . 80 already, with theirs"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", OBSTACLES)
def test_somebody_elses_object_in_the_way(kind: str) -> None:
    obstacle = OBSTACLES[kind]
    with Quick() as host:
        host.sh(_with_glassnet(obstacle.script))
        before = oracle.look(host)
        for words in (("up",), ("plan",), ("up", "--dry-run"), ("up", "--confirm", "5")):
            code, said = answer(host.glassnet(*words, example(obstacle.network), check=False))
            assert code == 2, said
            assert f"{obstacle.network}.yaml:" in said
            for part in obstacle.said:
                assert part in said
            assert "nothing was changed" in said
        unchanged(host, before)
        assert host.glassnet("ls").stdout == ""
        assert host.glassnet("ls", "--runs").stdout == ""


def _with_glassnet(script: str) -> str:
    """The script with a command glassnet, and where the example is."""
    filled = script.format(article=example("article")) if "{article}" in script else script
    return f'glassnet() {{ {sys.executable} -m glassnet "$@"; }}\n{filled}'


@pytest.mark.parametrize(("protocol", "port"), [("tcp", "8081"), ("udp", "5353"), ("tcp", "9004")])
def test_a_port_that_a_process_holds(protocol: str, port: str) -> None:
    with Quick() as host:
        before = oracle.look(host)
        holder = host.start(sys.executable, "-I", "-c", LISTENING, protocol, port)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        code, said = answer(host.glassnet("up", example("published"), check=False))
        assert code == 2
        assert f":{port} is in use by a process" in said
        assert "published.yaml:" in said
        unchanged(host, before)
        holder.communicate("")
        host.glassnet("up", example("published"))


SHARED = """
name: shared
namespaces: {ns1: {routes: [default via 10.0.0.1]}}
bridges: {br0: {addresses: [10.0.0.1/24, "fd00:10::1/64"]}}
links: [ns1:eth0 10.0.0.2/24 fd00:10::2/64 -- br0]
"""


def test_what_is_there_as_wanted_is_kept_and_left_in_the_end(tmp_path: Path) -> None:
    file = tmp_path / "shared.yaml"
    file.write_text(SHARED)
    with Quick() as host:
        host.sh(
            "ip netns add ns1; ip -n ns1 link set lo up; ip link add br0 up type bridge;"
            "ip link add theirs0 up master br0 type veth peer name theirs1; ip link set theirs1 up"
        )
        before = oracle.look(host)
        table = host.glassnet("plan", str(file)).stdout.splitlines()
        kept = [line[7:].split("  ")[0] for line in table if line[5:6] == "="]
        assert kept == ["namespace ns1", "link lo up in ns1", "bridge br0 on the host"]
        host.glassnet("up", str(file))
        host.glassnet("check", "shared")
        host.glassnet("down", "shared")
        unchanged(host, before)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "namespaces: {a: {routes: [default via 10.9.9.9]}}\n"
            "links: [a:eth0 10.0.5.1/30 -- host:x1 10.0.5.2/30]",
            "the gateway 10.9.9.9 is on no network of a (it is on: 10.0.5.0/30)",
        ),
        ("host: {routes: [10.9.0.0/16 via 10.8.0.1]}", "the gateway 10.8.0.1 is on no network"),
        ("host: {routes: [10.9.0.0/16 dev nosuch]}", "there is no link nosuch on the host"),
        ("links: [missing:eth0 10.0.0.1/24 -- host:x1]", "missing"),
        (
            "namespaces: [a]\nlinks: [a:e0 10.0.0.1/24 -- host:x0, a:e1 10.0.0.9/24 -- host:x1]",
            "overlaps",
        ),
        ("namespaces: [a]\nlinks: [a:eth0 -- host:x1, a:eth0 -- host:x2]", "eth0"),
        ("namespaces: [a, a]", "a"),
        ("namespaces: [ok", "expected"),
        ("bridges: {a-name-that-is-too-long: {}}", "1 to 15 bytes"),
        ("name: ''", "name"),
        ("[]", "expected keys"),
        ("host: {sysctls: {net.nosuch.thing: 1}}", "net.nosuch.thing"),
        ("host: {sysctls: {kernel.hostname: x}}", "no network setting"),
    ],
)
def test_a_file_that_cannot_be_brought_up(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(f"{text}\n")
    with Quick() as host:
        before = oracle.look(host)
        code, words = answer(host.glassnet("up", str(file), check=False))
        assert code == 2, words
        assert words.startswith("glassnet: ")
        assert f"{file}:" in words
        assert said in words
        assert "Traceback" not in words
        unchanged(host, before)
