"""A host for real container runtimes: network and mount namespaces of its own, under real root.

Runtimes want devices, cgroups and mounts that no user namespace gives. /run, the configured
networks and the plugins' directory are the host's own; nothing of the machine's is seen or touched.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_ENTER: Final = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lock /etc/cni/net.d /opt/cni/bin /var/lib/cni
mount --bind "$1/net.d" /etc/cni/net.d
mount --bind "$1/bin" /opt/cni/bin
mount --bind "$1/cni" /var/lib/cni
ip link set lo up
echo ready
exec sleep infinity
"""
GLASSNET: Final = str(Path(sys.executable).with_name("glassnet"))
BOX: Final = "local/box:1"
_APPLETS: Final = ("sh", "sleep", "ip", "ping", "wget", "httpd", "cat", "echo")


class RootHost:
    """One host; ``directory`` holds what its runtimes keep."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for name in ("net.d", "bin", "cni"):
            (directory / name).mkdir()
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", _ENTER, "sh", str(directory)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "ready\n"

    def argv(self, *argv: str) -> list[str]:
        """The command line that runs a program inside."""
        return ["nsenter", "--target", str(self._holder.pid), "--net", "--mount", *argv]

    def run(self, *argv: str, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a program inside and wait for it."""
        done = subprocess.run(
            self.argv(*argv),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "GLASSNET_DAEMON": "no", **env},
        )
        if check and done.returncode:
            raise AssertionError(f"{argv} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done

    def start(self, *argv: str, **env: str) -> subprocess.Popen[str]:
        """Start a program inside; its output is a pipe."""
        return subprocess.Popen(
            self.argv(*argv),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "GLASSNET_DAEMON": "no", **env},
        )

    def root_filesystem(self) -> Path:
        """A tar file of a root with busybox and a page to serve."""
        root = self.directory / "rootfs"
        (root / "bin").mkdir(parents=True)
        (root / "www").mkdir()
        (root / "tmp").mkdir()
        (root / "bin" / "busybox").write_bytes(Path("/bin/busybox").read_bytes())
        (root / "bin" / "busybox").chmod(0o755)
        for name in _APPLETS:
            (root / "bin" / name).symlink_to("busybox")
        (root / "www" / "index.html").write_text("hello from the container\n")
        archive = self.directory / "root.tar"
        self.run("tar", "-C", str(root), "-cf", str(archive), ".")
        return archive

    def links(self) -> set[str]:
        """The names of the host's links."""
        text = self.run("ip", "-o", "link").stdout
        return {line.split(": ")[1].partition("@")[0] for line in text.splitlines()}

    def elements(self) -> str:
        """The elements of glassnet's sets and maps."""
        text = self.run("nft", "list", "table", "inet", "glassnet").stdout
        return "".join(line for line in text.splitlines() if "comment" in line and " : " in line)

    def close(self) -> None:
        """End it."""
        self._holder.kill()
        self._holder.wait()
        if self._holder.stdout is not None:
            self._holder.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def podman(host: RootHost, *words: str) -> list[str]:
    """podman's command line, with all that it keeps in the host's directory."""
    return [
        "podman",
        *("--root", f"{host.directory}/podman", "--runroot", "/run/podman"),
        *("--storage-driver", "vfs", "--runtime", "runc", "--cgroup-manager", "cgroupfs"),
        *words,
    ]


def missing() -> str:
    """Why real runtimes cannot be run here, or nothing."""
    if os.geteuid() != 0:
        return "container runtimes need real root"
    for program in ("containerd", "ctr", "runc", "podman", "nsenter", "busybox"):
        found = subprocess.run(
            ["sh", "-c", f"command -v {program}"], capture_output=True, check=False
        )
        if found.returncode:
            return f"{program} is not installed"
    return ""
