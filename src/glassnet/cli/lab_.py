"""``glassnet lab [-- CMD]``."""

from __future__ import annotations

import os

import click


@click.command(name="lab", context_settings={"allow_interspersed_args": False})
@click.argument("cmd", nargs=-1, type=click.UNPROCESSED)
def command(cmd: tuple[str, ...]) -> None:
    """Run CMD, or a shell, in a private host of user, network and mount namespaces.

    No root is needed: inside, you are root, every verb works, and nothing outside changes. It
    ends with the command, and with its exit code.
    """
    from glassnet.kernel.enter import exec_in
    from glassnet.kernel.lab import enter_lab
    from glassnet.values import HOST

    shell = os.environ.get("SHELL") or "/bin/sh"
    enter_lab()
    os.environ["GLASSNET_LAB"] = "1"
    os.environ.pop("GLASSNET_STATE", None)  # it names a journal of the outside
    os.environ.setdefault("GLASSNET_CNI_CACHE", "/run/cni")  # the usual one is the machine's
    os.environ.setdefault("GLASSNET_DAEMON", "no")  # one would outlive the lab
    exec_in(HOST, cmd or (shell,))
