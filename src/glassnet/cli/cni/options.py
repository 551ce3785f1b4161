"""What the commands of ``glassnet cni`` share: their options, and the runtime that these make."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from glassnet.cli.out import Seconds
from glassnet.errors import InvalidRequest
from glassnet.values import Netns

if TYPE_CHECKING:
    from glassnet.runtime.runtime import Runtime

F = TypeVar("F", bound=Callable[..., Any])

CONF_DIR: Final = "/etc/cni/net.d"
PATH: Final = "/opt/cni/bin"
CACHE_DIR: Final = "/var/lib/cni"


class Host:
    """Where a runtime looks: the options that all commands have."""

    def __init__(
        self, conf_dir: str, path: str, cache_dir: str, told: Callable[[str], None]
    ) -> None:
        self.conf_dir = conf_dir
        self.path = tuple(part for part in path.split(":") if part)
        self.cache_dir = cache_dir
        self._told = told

    def runtime(self, *, in_process: bool = False, timeout: float | None = None) -> Runtime:
        """The runtime."""
        from glassnet.runtime import Runtime

        return Runtime(
            conf_dir=self.conf_dir,
            path=self.path,
            cache_dir=self.cache_dir,
            in_process=in_process,
            timeout=timeout,
            told=self._told,
        )


def host_options(function: F) -> F:
    """``--conf-dir``, ``--path``, ``--cache-dir``: they become one argument, ``host``."""
    import functools

    @functools.wraps(function)
    def wrapped(*args: Any, conf_dir: str, path: str, cache_dir: str, **kwargs: Any) -> Any:
        return function(*args, host=Host(conf_dir, path, cache_dir, tell), **kwargs)

    for option in (
        click.option(
            "--cache-dir",
            metavar="DIR",
            envvar="GLASSNET_CNI_CACHE",
            default=CACHE_DIR,
            show_default=True,
            help="Where attachments are kept in mind (GLASSNET_CNI_CACHE).",
        ),
        click.option(
            "--path",
            metavar="DIRS",
            envvar="CNI_PATH",
            default=PATH,
            show_default=True,
            help="Where the plugins are, with colons between (CNI_PATH).",
        ),
        click.option(
            "--conf-dir",
            metavar="DIR",
            envvar="NETCONFPATH",
            default=CONF_DIR,
            show_default=True,
            help="Where the networks are configured (NETCONFPATH).",
        ),
    ):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]  # click's decorators keep what they are given


def run_options(function: F) -> F:
    """``--in-process`` and ``--timeout``."""
    inside = click.option(
        "--in-process", is_flag=True, help="Run glassnet's own plugins in this process."
    )
    timeout = click.option(
        "--timeout", type=Seconds(), metavar="SECONDS", help="Kill a plugin that takes longer."
    )
    return inside(timeout(function))


def attachment_options(function: F) -> F:
    """``NET NETNS``, ``--ifname``, ``--container``, ``--args``, ``--capabilities``."""
    for option in (
        click.option(
            "--capabilities",
            metavar="JSON",
            envvar="CAP_ARGS",
            help="Capability arguments, a JSON object (CAP_ARGS).",
        ),
        click.option(
            "--args", metavar="K=V;…", envvar="CNI_ARGS", help="Extra arguments (CNI_ARGS)."
        ),
        click.option(
            "--container", metavar="ID", help="The container's id, if not that of the path."
        ),
        ifname_option,
        click.argument("netns"),
        click.argument("network", metavar="NET"),
    ):
        function = option(function)
    return function


def ifname_option(function: F) -> F:
    """``--ifname``."""
    return click.option(
        "--ifname",
        "-i",
        metavar="NAME",
        envvar="CNI_IFNAME",
        default="eth0",
        show_default=True,
        help="The interface in the namespace (CNI_IFNAME).",
    )(function)


def path_of(netns: str) -> str:
    """A namespace's path: as it is given, made absolute; a bare name is one of ``ip netns``."""
    return os.path.abspath(netns) if "/" in netns else Netns(netns).path  # noqa: PTH100  as cnitool


def container_of(netns: str, container: str | None) -> str:
    """The id: as it is given, or as cnitool makes it of the namespace's path."""
    if container is not None:
        return container
    return f"cnitool-{hashlib.sha512(netns.encode(errors='surrogateescape')).digest()[:10].hex()}"


def pairs_of(args: str | None) -> tuple[tuple[str, str], ...] | None:
    """CNI_ARGS as pairs; None where nothing is said."""
    from glassnet.cni.request import pairs

    return pairs(args) if args else None


def capabilities_of(text: str | None) -> dict[str, Any] | None:
    """CAP_ARGS. Raises `InvalidRequest`."""
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InvalidRequest(f"capabilities: {error}", "a JSON object") from None
    if not isinstance(value, dict):
        raise InvalidRequest(f"capabilities: {text} is no JSON object", '{"mac": "02:…"}')
    return value


def tell(text: str) -> None:
    """What is no error goes to standard error."""
    click.echo(f"note: {text}", err=True)
