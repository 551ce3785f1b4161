"""The DHCP daemon at its socket: how it is started, what it answers, how it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from glassnet.cni.error import CniError
from glassnet.dhcp.client import Timing
from glassnet.errors import InvalidRequest
from glassnet.ops.addr import AddrOp
from glassnet.ops.announce import AnnounceOp
from glassnet.ops.base import MADE
from glassnet.ops.link import LinkSetOp
from glassnet.ops.route import RouteOp
from glassnet.plan.model import Entry
from glassnet.plugins.dhcp import SOCKET
from glassnet.runtime.desk import PATH
from glassnet.serve.dhcp.call import Asked, Unreachable, ask
from glassnet.serve.dhcp.interface import made_by
from glassnet.serve.dhcp.options import Options, read, seconds
from glassnet.values import Cidr, IfName, IpAddress, Netns, Prefix

COMMAND = (sys.executable, "-m", "glassnet", "cni", "dhcp-daemon", "--socket-path")


@pytest.mark.parametrize(
    ("text", "found"),
    [("10s", 10), ("1m30s", 90), ("500ms", 0.5), ("1.5h", 5400), (".5s", 0.5), ("2us", 2e-6)],
)
def test_durations(text: str, found: float) -> None:
    assert seconds(text) == pytest.approx(found)


@pytest.mark.parametrize("text", ["", "10", "s", "10s ", "-1s", "1d", "10s5"])
def test_what_is_no_duration(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidRequest):
        seconds(text)
    with pytest.raises(SystemExit) as ended:
        read([f"-timeout={text}"])
    assert ended.value.code == 2
    assert "is no duration" in capsys.readouterr().err


def test_the_references_flags(capsys: pytest.CaptureFixture[str]) -> None:
    assert read([]) == Options(SOCKET, "", "", False, Timing(10, 62, 208))
    flags = "-pidfile /run/p -hostprefix=/host --socketpath /s -broadcast -timeout 2s"
    more = "-resendmax=4s -resendtimeout 1m"
    found = read([*flags.split(), *more.split()])
    assert found == Options("/s", "/run/p", "/host", True, Timing(2, 4, 60))
    assert not read(["-broadcast=false"]).broadcast
    for wrong in (["-nothing"], ["-broadcast=maybe"]):
        with pytest.raises(SystemExit):
            read(wrong)
    assert "neither true nor false" in capsys.readouterr().err


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GLASSNET_STATE", str(tmp_path / "state"))
    return tmp_path / "deep" / "dhcp.sock"


@contextlib.contextmanager
def daemon(*argv: str, word: str = "listening on") -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            assert word in process.stderr.readline()
            yield process
        finally:
            process.kill()


def said_to(path: Path, text: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        sock.sendall(text)
        return b"".join(iter(lambda: sock.recv(4096), b""))


def test_the_daemon_at_its_socket(path: Path) -> None:
    pidfile = path.parent.parent / "pid"
    with daemon(*COMMAND, str(path), "--pidfile", str(pidfile)) as process:
        assert pidfile.read_text() == str(process.pid)
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert ask(str(path), Asked(verb="status")) is None
        assert ask(str(path), Asked(verb="release", network="n")) is None
        with pytest.raises(CniError, match=r"error calling DHCP.Check: c/n/eth0 has no lease"):
            ask(str(path), Asked(verb="check", network="n", container="c", ifname="eth0"))
        with pytest.raises(
            CniError, match=r"error calling DHCP.Dance: the daemon knows no 'dance'"
        ):
            ask(str(path), Asked(verb="dance"))
        for netns in ("/run/none", "relative"):
            with pytest.raises(CniError, match=r"error calling DHCP.Allocate: .*(netns|namespace)"):
                ask(str(path), Asked(verb="allocate", netns=netns, ifname="eth0"))

        reply = said_to(path, b"CONNECT /_goRPC_ HTTP/1.0\n\n")  # the reference's plugin
        assert reply.startswith(b"HTTP/1.0 501 This daemon is glassnet's")
        for nonsense in (b"\n", b"[]\n", b"\xff\n", b"{}\n", b'{"verb": 7}\n'):
            assert b'"code":6' in said_to(path, nonsense)
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(path))  # and goes away

        second = subprocess.run([*COMMAND, str(path)], capture_output=True, text=True, check=False)
        assert second.returncode == 2
        assert f"another daemon listens on {path}" in second.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert not path.exists()
    assert not pidfile.exists()
    with pytest.raises(Unreachable, match=f"dial unix {path}: connect: no such file or directory"):
        ask(str(path), Asked(verb="status"))


def test_a_socket_that_is_left_is_no_obstacle_but_a_file_is(path: Path) -> None:
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))
    with pytest.raises(Unreachable, match="connection refused"):
        ask(str(path), Asked(verb="status"))
    with daemon(*COMMAND, str(path)):
        assert ask(str(path), Asked(verb="status")) is None
    path.unlink()
    path.write_text("mine")
    with daemon(
        *COMMAND, str(path), word=f"Error getting listener: {path}: Address already in use"
    ):
        pass
    assert path.read_text() == "mine"
    with daemon(*COMMAND, str(path), "--pidfile", "p", word="Error getting listener"):
        pass


def activated(sock: socket.socket, number: str) -> subprocess.Popen[str]:
    """The daemon as systemd starts it: the socket is descriptor 3, the environment tells of it."""
    script = 'LISTEN_PID=$$ LISTEN_FDS="$0" exec "$@"'
    return subprocess.Popen(
        ["sh", "-c", script, number, *COMMAND, SOCKET],
        pass_fds=(3,),
        preexec_fn=lambda: os.dup2(sock.fileno(), 3) and None,  # noqa: PLW1509  one system call
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_socket_of_systemds(path: Path) -> None:
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))
        sock.listen()
        with activated(sock, "1") as process:
            assert process.stderr is not None
            assert "listening on" in process.stderr.readline()
            assert ask(str(path), Asked(verb="status")) is None
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0
        assert path.exists()
        with activated(sock, "2") as process:
            _, words = process.communicate()
    assert "Too many (2) FDs passed through socket activation" in words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "error calling DHCP.Status: unexpected EOF"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is not glassnet's: it answers b'HTTP/1.1 400"),
        (b'{"lease":{"ack":"","since":0}}', "is not glassnet's"),
        (b'{"code": 11, "message": "later"}', "later"),
    ],
)
def test_somebody_else_listens(tmp_path: Path, answer: bytes, words: str) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(path)
        sock.listen()

        def serve() -> None:
            with sock.accept()[0] as peer:
                peer.recv(4096)
                peer.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(CniError) as raised:
            ask(path, Asked(verb="status"))
        thread.join()
    assert words in str(raised.value)


def test_the_units_for_systemd() -> None:
    units = Path(__file__).parents[3] / "examples" / "systemd"
    lines = (units / "glassnet-dhcp.socket").read_text().splitlines()
    assert f"ListenStream={SOCKET}" in lines
    assert "SocketMode=0600" in lines
    lines = (units / "glassnet-dhcp.service").read_text().splitlines()
    assert f"ExecStart={PATH}/dhcp daemon" in lines
    assert "Requires=glassnet-dhcp.socket" in lines


def test_what_goes_along_with_an_address() -> None:
    a, eth0 = Netns("/run/netns/a"), IfName("eth0")
    cidr = Cidr("10.5.0.50/24")
    address = AddrOp(netns=a, ifname=eth0, cidr=cidr, prefix_route=False)
    route = RouteOp(netns=a, ifname=eth0, dst=Prefix("10.9.0.0/16"), via=IpAddress("10.5.0.9"))
    told = AnnounceOp(netns=a, ifname=eth0, address=cidr.address)
    others = (
        LinkSetOp(netns=a, ifname=eth0, up=True),
        AddrOp(netns=a, ifname=IfName("eth1"), cidr=cidr),
        AddrOp(ifname=eth0, cidr=cidr),
        AddrOp(netns=a, ifname=eth0, cidr=cidr, present=False),
    )
    entries = [Entry(op, MADE) for op in (*others, address, route, told)]
    elsewhere = Netns("/host/run/netns/a")
    found = list(made_by(entries, elsewhere, eth0))
    assert found == [replace(op, netns=elsewhere) for op in (address, route, told)]
