"""``glassnet cni dhcp-daemon``."""

from __future__ import annotations

import click

from glassnet.plugins.dhcp import SOCKET


@click.command(name="dhcp-daemon")
@click.option("--socket-path", metavar="PATH", default=SOCKET, help=f"Listen here, not at {SOCKET}")
@click.option("--pidfile", metavar="PATH", default="", help="Write the process's id to this file")
@click.option("--host-prefix", metavar="PATH", default="", help="Where the host's root is seen")
@click.option("--broadcast", is_flag=True, help="Have servers answer to everybody")
@click.option("--timeout", metavar="TIME", default="10s", help="One exchange with a server: 10s")
@click.option("--resend-max", metavar="TIME", default="62s", help="Between two tries at most: 62s")
@click.option("--resend-timeout", metavar="TIME", default="208s", help="All tries together: 208s")
def command(
    *,
    socket_path: str,
    pidfile: str,
    host_prefix: str,
    broadcast: bool,
    timeout: str,
    resend_max: str,
    resend_timeout: str,
) -> None:
    """Ask DHCP servers for containers' addresses, and keep what they lease.

    It is what networks with "ipam": {"type": "dhcp"} need. Leases are renewed in time; they outlast
    this process, and the next one goes on with them. systemd may listen for it: one ListenStream.
    """
    from glassnet.dhcp.client import Timing
    from glassnet.serve.dhcp.daemon import run, tell
    from glassnet.serve.dhcp.options import Options, seconds

    timing = Timing(seconds(timeout), seconds(resend_max), seconds(resend_timeout))
    run(Options(socket_path, pidfile, host_prefix, broadcast, timing), tell)
