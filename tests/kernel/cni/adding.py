"""A private host on which plugins are called in process, and containers that are namespaces."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from glassnet.serve.main import run
from glassnet.testing.host import Host

IPAM = {"type": "static", "addresses": [{"address": "10.1.0.2/24", "gateway": "10.1.0.1"}]}


def netns(name: str = "a") -> str:
    """The path of a container's namespace."""
    return f"/run/netns/{name}"


def call(
    host: Host,
    verb: str,
    type_: str,
    conf: dict[str, Any] | None = None,
    *,
    at: str | None = None,
    ifname: str = "eth0",
    container: str = "c1",
    args: str = "",
) -> tuple[dict[str, Any], int]:
    """One call of a plugin: what it prints, and its exit code."""
    environment = {
        "CNI_COMMAND": verb,
        "CNI_CONTAINERID": container,
        "CNI_NETNS": netns() if at is None else at,
        "CNI_IFNAME": ifname,
        "CNI_PATH": "/run/cni",
        "CNI_ARGS": args,
    }
    whole = {"cniVersion": "1.1.0", "name": "net", "type": type_, **(conf or {})}
    output, code = host.call(_run, type_, environment, json.dumps(whole).encode())
    return (json.loads(output) if output else {}, code)


def _run(type_: str, environment: dict[str, str], stdin: bytes) -> tuple[str, int]:
    with contextlib.ExitStack() as opened:
        return run(type_, environment, stdin, opened)


def ours(host: Host, *types: str) -> None:
    """Plugins of these types are glassnet's own."""
    for type_ in types:
        host.sh(f"mkdir -p /run/cni; echo '# glassnet.serve.main' > /run/cni/{type_}")


def fine(host: Host, verb: str, type_: str, conf: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A call that must succeed."""
    printed, code = call(host, verb, type_, conf, **more)
    assert code == 0, printed
    return printed
