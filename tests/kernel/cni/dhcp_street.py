"""A private host with a bridge, a DHCP server at its far end, and our daemon."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from calling import CniHost, Conf, cni_host

from glassnet.testing.host import GLASSNET

SERVER: Final = "10.5.0.1"
FIRST: Final = "10.5.0.50"
DHCP: Final[Conf] = {"ipam": {"type": "dhcp"}}
BRIDGE: Final[Conf] = {"type": "bridge", "bridge": "br0", **DHCP}

_STREET: Final = f"""
ip link add br0 type bridge; ip link set br0 up
ip netns add srv; ip -n srv link set lo up
ip link add up0 type veth peer name eth0 netns srv; ip link set up0 master br0 up
ip -n srv addr add {SERVER}/24 dev eth0; ip -n srv link set eth0 up
"""
_DNSMASQ: Final = """
ip netns exec srv dnsmasq --no-daemon --port=0 --conf-file=/dev/null --interface=eth0 --no-ping
    --dhcp-range=10.5.0.50,10.5.0.60,255.255.255.0,2m --dhcp-leasefile=/run/leases --log-dhcp
    --dhcp-authoritative --dhcp-sequential-ip
""".split()


class Lines:
    """What a process says, line by line."""

    def __init__(self, process: subprocess.Popen[str], stream: Any) -> None:
        self.process = process
        self._stream = stream
        self.seen: list[str] = []

    def until(self, *words: str) -> str:
        """The next line with all these words in it; AssertionError if there will be none."""
        for line in self._stream:
            self.seen.append(line)
            if all(word in line for word in words):
                return str(line)
        raise AssertionError(f"no line with {words}: {''.join(self.seen)}")

    def tell(self, how: str) -> None:
        """A line to it, and wait until it has heard."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{how}\n")
        self.process.stdin.flush()
        self.until(how)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Street:
    """The host ``cni``, and what runs in it."""

    def __init__(self, cni: CniHost, opened: contextlib.ExitStack) -> None:
        self.cni = cni
        self.host = cni.host
        self._opened = opened
        cni.host.sh(_STREET)

    def _start(self, argv: Sequence[str], stream: str) -> Lines:
        process = self.host.start(*argv)
        self._opened.callback(_end, process)
        return Lines(process, getattr(process, stream))

    def dnsmasq(self, *options: str) -> Lines:
        """A server that people use."""
        log = self._start([*_DNSMASQ, *options], "stderr")
        log.until("DHCP, IP range")
        return log

    def pretend(self, seconds: int) -> Lines:
        """A server that does as it is told."""
        script = str(Path(__file__).with_name("pretend_server.py"))
        server = (script, "eth0", SERVER, FIRST, str(seconds))
        lines = self._start(["ip", "netns", "exec", "srv", sys.executable, *server], "stdout")
        lines.until("ready")
        return lines

    def daemon(self, *options: str) -> Lines:
        """Ours, by our command."""
        log = self._start([*GLASSNET, "cni", "dhcp-daemon", *options], "stderr")
        log.until("listening on")
        return log

    def daemon_by_flags(self, *flags: str) -> Lines:
        """Ours, as the reference's is started."""
        log = self._start([str(self.cni.bin / "dhcp"), "daemon", *flags], "stderr")
        log.until("listening on")
        return log

    def leases(self) -> list[str]:
        """The addresses that dnsmasq has given out."""
        return [line.split()[2] for line in self.host.sh("cat /run/leases").splitlines()]

    def addresses(self, netns: str = "c0", ifname: str = "eth0") -> list[str]:
        """IPv4 addresses of an interface."""
        [link] = self.host.json("ip", "-n", netns, "-4", "-j", "addr", "show", ifname) or [{}]
        return [f"{one['local']}/{one['prefixlen']}" for one in link.get("addr_info", ())]

    def routes(self, netns: str = "c0") -> list[str]:
        """Routes by a gateway."""
        found = self.host.json("ip", "-n", netns, "-j", "route", "show")
        return sorted(f"{one['dst']} via {one['gateway']}" for one in found if "gateway" in one)

    def kept(self) -> list[Any]:
        """Whose leases are written down."""
        return self.cni.rows("SELECT container, ifname FROM dhcp")


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    with process:  # closes its pipes
        pass


@contextlib.contextmanager
def street(count: int = 2) -> Iterator[Street]:
    """All of it, with so many containers; its programs end with it."""
    with cni_host(count) as cni, contextlib.ExitStack() as opened:
        yield Street(cni, opened)
