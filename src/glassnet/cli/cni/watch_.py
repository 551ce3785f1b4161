"""``glassnet cni watch``."""

from __future__ import annotations

import click


@click.command(name="watch")
def command() -> None:
    """Put back the rules of containers' networks whenever somebody flushes them, until stopped.

    It waits for what the kernel tells of changes, and costs nothing while there are none. Run it as
    a service: docs/howto/host-safety.md has the unit for systemd.
    """
    from glassnet.engine.store import Store, state_dir
    from glassnet.engine.watch import watch
    from glassnet.kernel.linux import LinuxKernel

    with LinuxKernel() as kernel:
        watch(kernel, lambda: Store(state_dir()), click.echo)
