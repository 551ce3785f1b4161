"""The scenes in which death comes: where each begins, what is done, where it must end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from faulty import RECOVER, Deed, Fault, changed, done, example, killed, up
from outside import State, state

from glassnet.testing.host import Host

SENDS_MAX: Final = 500
"""More than any deed here takes: a loop over sends that does not end is a defect, not patience."""


class Scene(NamedTuple):
    """A deed; what leads to its beginning; whether death completes it, or takes it back.

    The host is at the beginning once ``first`` was done, then ``again`` and then what others do
    (``wreck``); from the deed's end it is led there by the last two.
    """

    deed: Deed
    first: tuple[Deed, ...] = ()
    again: tuple[Deed, ...] = ()
    wreck: str = ""
    completed: bool = True

    def begin(self, host: Host) -> None:
        """Come from the deed's end to its beginning."""
        for deed in self.again:
            done(host, deed)
        if self.wreck:
            host.sh(self.wreck)

    def settled(self, host: Host) -> State:
        """What must be found after any death. Leaves the host at the scene's beginning."""
        for deed in self.first:
            done(host, deed)
        self.begin(host)
        if not self.completed:
            return state(host)
        done(host, self.deed)
        end = state(host)
        self.begin(host)
        return end


# As much as can be broken with few commands; what lived on the links goes with them.
WRECK: Final = """
wreck() {
    "$@" nft flush ruleset
    "$@" ip -o link show | sed -n '/loopback/d;s/^[0-9]*: \\([^:@]*\\).*/\\1/p' | while read -r link
    do "$@" ip link del "$link" 2>/dev/null || :
    done
    "$@" sh -c 'echo 0 > /proc/sys/net/ipv4/ip_forward'
}
wreck env
for name in $(ls /run/netns); do wreck nsenter "--net=/run/netns/$name"; done
"""


def _up(name: str) -> Scene:
    return Scene(up(example(name)), completed=False)


def _up_asked(name: str) -> Scene:
    return Scene(up(example(name))._replace(asked=True), completed=False)


def _down(name: str) -> Scene:
    return Scene(down(name), again=(up(example(name)),))


def _down_asked(name: str) -> Scene:
    return Scene(down(name)._replace(asked=True), (up(example(name)),), completed=False)


def _undo_up(name: str) -> Scene:
    return Scene(Deed("undo"), again=(up(example(name)),))


def _undo_down(name: str) -> Scene:
    return Scene(Deed("undo"), (up(example(name)),), (down(name),))


def _repair(name: str) -> Scene:
    return Scene(Deed("repair", down(name).name), (up(example(name)),), wreck=WRECK)


def _change(name: str) -> Scene:
    return Scene(changed(name), (up(example(name)),), completed=False)


def _undo_change(name: str) -> Scene:
    return Scene(Deed("undo"), (up(example(name)),), (changed(name),))


def down(name: str) -> Deed:
    """The deed of taking an example down."""
    return Deed("down", up(example(name)).name)


SCENES: Final[dict[str, Callable[[str], Scene]]] = {
    "up": _up,
    "up, asked": _up_asked,
    "down": _down,
    "down, asked": _down_asked,
    "undo up": _undo_up,
    "undo down": _undo_down,
    "repair": _repair,
    "change": _change,
    "undo change": _undo_change,
}


def die(host: Host, scene: Scene, at: Fault, chunk: int = 1) -> bool:
    """Die at one place of the deed, then recover: False if it lived."""
    if not killed(host, scene.deed, at, chunk):
        return False
    done(host, RECOVER, chunk=chunk)
    return True
