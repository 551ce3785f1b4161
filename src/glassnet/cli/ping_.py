"""``glassnet ping NS TARGET``."""

from __future__ import annotations

import contextlib

import click

from glassnet.cli import complete
from glassnet.cli.out import Seconds, json_option, print_json


@click.command(name="ping")
@click.argument("namespace", metavar="NS", shell_complete=complete.namespace)
@click.argument("target", shell_complete=complete.namespace)
@click.option("-4", "version", flag_value=4, type=int, help="Of a namespace, its IPv4 address.")
@click.option("-6", "version", flag_value=6, type=int, help="Of a namespace, its IPv6 address.")
@click.option(
    "--count",
    "-c",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="How many echoes to send.",
)
@click.option(
    "--timeout",
    "-W",
    type=Seconds(),
    default=1.0,
    show_default=True,
    help="Seconds to wait for each answer.",
)
@json_option
def command(
    namespace: str, target: str, *, version: int | None, count: int, timeout: float, as_json: bool
) -> int:
    """Ask TARGET, an address or a namespace, from NS whether it is there.

    Exit code 0 if any echo was answered, else 1.
    """
    from glassnet import app
    from glassnet.kernel.probe import Prober

    address = app.address_of(target, version)
    with app.inside(app.resolve_netns(namespace)):
        prober = Prober(address)
    replies = []
    with contextlib.closing(prober):
        for number in range(1, count + 1):
            reply = prober.probe(number, timeout)
            replies.append(reply)
            if as_json:
                continue
            answered = reply.milliseconds is not None
            answer = f"{reply.milliseconds:.3f} ms" if answered else reply.words
            sender = f" from {reply.sender}" if reply.sender else ""
            click.echo(f"{address} #{number}: {answer}{sender}")
    if as_json:
        print_json([{"target": address, **reply._asdict()} for reply in replies])
    return int(all(reply.milliseconds is None for reply in replies))
