"""The programs that the oracle goes by, run in every namespace of a host in one go.

A look is made thousands of times, and starting programs is most of its price: hence one script for
all namespaces, and ``ip`` and ``bridge`` asked several questions at a time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from glassnet.testing.host import Host

Raw = Mapping[str, Mapping[str, Any]]
"""By namespace, by question: what was printed, as values. Nothing of what is no namespace."""

_PROGRAMS: Final = r"""
# Asked for one link by name, the kernel first lets its link watch finish with it.
settle() {
    while IFS=: read -r name figures; do
        [ -z "$figures" ] || echo link show dev $name
    done < /proc/net/dev
}
everything() {
    printf 'link\naddr\nroute show table all\nneigh show nud all\nneigh show proxy\nrule\n'
    echo netns list-id
}
traffic() {
    all=$(tc -j -d qdisc show); echo "$all"
    case $all in *'"ingress"'*|*'"clsact"'*|*'"htb"'*);; *) return;; esac
    tc qdisc show | while read -r _ kind _ _ name _; do
        printf '{"of": "%s"}' "$name"
        case $kind in
            ingress|clsact) tc -j -d filter show dev "$name" ingress;;
            htb) echo '['; tc -d class show dev "$name" | sed 's/.*/{"class": "&"},/'; echo '{}]';;
            *) echo '[]';;
        esac
    done
}
legacy() {
    printf '['; $1-legacy -S | sed 's/\\/\\\\/g; s/"/\\"/g; s/.*/"&",/'; printf '""]'
}
look() {
    printf '\n#ip\n'; { settle; everything; } | ip -force -j -d -batch -
    printf '\n#rules6\n'; ip -j -d -6 rule
    printf '\n#bridge\n'; printf 'link\nfdb\n' | bridge -j -d -batch -
    printf '\n#vlans\n'; vlans=$(bridge -j vlan 2>/dev/null) && echo "$vlans" || echo '[]'
    printf '\n#tc\n'; traffic
    printf '\n#nft\n'; nft -j list ruleset
    for four in ip ip6; do
        read -r _ 2> /dev/null < /proc/net/${four}_tables_names || continue
        printf "\n#$four\_legacy\n"; legacy ${four}tables
    done
    printf '\n#sysctls\n'; grep -rs . /dev/null $SETTINGS
    true
}
"""
_SCRIPT: Final = (
    _PROGRAMS
    + r"""
if [ "$1" = inside ]; then look; exit; fi
printf '\n##host\n'; look
for path in /run/netns/*; do
    [ -e "$path" ] || continue
    printf '\n##%s\n' "${path##*/}"
    nsenter --net="$path" sh -c "$SELF" sh inside || echo 'no namespace'
done
"""
)
_LISTS: Final = ("links", "addrs", "routes", "neighbours", "proxies", "rules", "ids")


def run(host: Host, settings: Sequence[str]) -> Raw:
    """Run them, and read what they print; ``settings`` are paths under /proc/sys."""
    environment = {"SELF": _SCRIPT, "SETTINGS": " ".join(settings)}
    text = host.run("sh", "-c", _SCRIPT, "sh", env=environment).stdout
    state: dict[str, dict[str, Any]] = {}
    for part in text.split("\n##")[1:]:
        name, _, rest = part.partition("\n")
        state[name] = _sections(rest)
    return state


def _sections(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in text.split("\n#")[1:]:
        name, _, body = part.partition("\n")
        if name == "sysctls":
            found[name] = dict(line.split(":", 1) for line in body.splitlines())
        elif name == "ip":
            found |= zip(_LISTS, _documents(body)[-len(_LISTS) :], strict=True)
        elif name == "bridge":
            found |= zip(("ports", "fdb"), _documents(body), strict=True)
        elif name == "tc":
            found[name] = _traffic(*_documents(body))
        else:
            [found[name]] = _documents(body)
    return found


def _traffic(disciplines: list[Any], *parts: Any) -> list[Any]:
    """Disciplines that somebody made, and the classes or filters in each, with their link's name.

    What a link has by default has the handle 0; from 8000 on the kernel names those that nobody
    did, in the order of their making.
    """
    found = [one for one in disciplines if one["handle"] != "0:"]
    for name, inside in zip(parts[::2], parts[1::2], strict=True):
        found += [{"dev": name["of"], **one} for one in inside]
    named = [one.get("handle", "") for one in found]
    return [
        one if _is_given(called) else {**one, "called": called}
        for one, called in zip(found, named, strict=True)
    ]


def _is_given(handle: str) -> bool:
    """Whether the kernel gave it: 8000 to ffff, over and over (net/sched/sch_api.c)."""
    return int(handle.partition(":")[0] or "0", 16) >= 0x8000


def _documents(text: str) -> list[Any]:
    """JSON documents one after another: a batch prints one for each of its lines."""
    decoder, found, at = json.JSONDecoder(), [], 0
    text = text.strip()
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return found
