"""``glassnet ping NS TARGET``."""

from __future__ import annotations

import click

from glassnet.cli.out import json_option, print_json


@click.command(name="ping")
@click.argument("namespace", metavar="NS")
@click.argument("target")
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
    type=click.FloatRange(min=0.001),
    default=1.0,
    show_default=True,
    help="Seconds to wait for each answer.",
)
@json_option
def command(namespace: str, target: str, count: int, timeout: float, as_json: bool) -> int:
    """Ask TARGET, an address or a namespace, from NS whether it is there.

    Exit code 0 if any echo was answered, else 1.
    """
    from glassnet import app
    from glassnet.kernel.probe import Prober

    address = app.address_of(target)
    with app.inside(app.resolve_netns(namespace)):
        prober = Prober(address)
    replies = []
    for number in range(1, count + 1):
        reply = prober.probe(number, timeout)
        replies.append(reply)
        if not as_json:
            answer = f"{reply.milliseconds:.3f} ms" if reply.milliseconds else reply.words
            sender = f" from {reply.sender}" if reply.sender else ""
            click.echo(f"{address} #{number}: {answer}{sender}")
    prober.close()
    if as_json:
        print_json([reply._asdict() for reply in replies])
    return int(all(reply.milliseconds is None for reply in replies))
