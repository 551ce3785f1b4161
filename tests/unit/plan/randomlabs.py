"""Labs drawn at random, whose parts fit together."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

SPACES = ("a", "b", "c")
SWITCHES = ("sw1", "sw2", "sw3")


@st.composite
def labs(draw: st.DrawFn) -> str:
    """The text of a lab file: switches, cables, routes, rules, settings, published ports."""
    spaces = draw(st.lists(st.sampled_from(SPACES), unique=True))
    switches = draw(st.lists(st.sampled_from(SWITCHES), max_size=2, unique=True))
    digits = draw(st.permutations("123"))
    lines = ["name: drawn", "namespaces:", *(f"  {name}: {_space(draw)}" for name in spaces)]
    lines += ["bridges:"]
    for name, digit in zip(switches, digits, strict=False):
        gateway = name == switches[0] and draw(st.booleans())  # two default routes are too many
        lines.append(f"  {name}: {_switch(draw, digit, gateway=gateway)}")
    lines += ["links:"]
    homes: list[str] = []
    for name in spaces:
        for switch in switches:
            if draw(st.booleans()):
                homes.append(name)
                port = draw(st.sampled_from(["", ", port: {isolated: true, cost: 5}"]))
                end = f'{{at: "{switch}:{name}-{switch}"{port}}}'
                lines.append(f'  - {{ends: ["{name}:{switch}", {end}]{_mtu(draw)}}}')
    for number, (one, other) in enumerate(pairwise(spaces)):
        if draw(st.booleans()):
            prefixes = f"prefixes: [10.9.{number}.0/31]{_mtu(draw)}"
            lines.append(f'  - {{ends: ["{one}:c{number}", "{other}:c{number}"], {prefixes}}}')
    publish = [f"{8000 + n}:80 -> {name}" for n, name in enumerate(dict.fromkeys(homes))]
    lines += ["host:", f"  forwarding: {draw(st.booleans())}"]
    lines += [f"  publish: [{', '.join(publish)}]"] if draw(st.booleans()) else []
    lines += ["  masquerade: [10.77.0.0/16]"] if draw(st.booleans()) else []
    return "\n".join(lines).replace("True", "true").replace("False", "false")


def _mtu(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(["", ", mtu: 1400", ", mtu: 9000"]))


def _space(draw: st.DrawFn) -> str:
    words = draw(
        st.lists(
            st.sampled_from(
                [
                    "forwarding: true",
                    "loopback: false",
                    "routes: [{to: 10.66.0.0/16, type: blackhole}]",
                    "routes: [{to: 10.66.0.0/16, type: unreachable}]",
                    "rules: [{priority: 7, table: 9}]",
                    "sysctls: {net.core.somaxconn: 5}",
                    "sysctls: {net.core.somaxconn: 6, net.ipv4.conf.all.rp_filter: 2}",
                    "masquerade: [10.55.0.0/16]",
                    "neighbours: [{address: 10.0.0.99, dev: lo, mac: '02:00:00:00:00:99'}]",
                ]
            ),
            max_size=4,
            unique_by=lambda text: text.partition(":")[0],
        )
    )
    return f"{{{', '.join(words)}}}"


def _switch(draw: st.DrawFn, digit: str, *, gateway: bool) -> str:
    networks = draw(st.sampled_from([f"10.{digit}.0.0/24", f"10.{digit}.128.0/24"]))
    six = draw(st.sampled_from(["", f", 'fd00:{digit}::/64'"]))
    options = draw(st.sampled_from(["", ", options: {stp_state: 1}", ", mac: '02:00:00:00:00:01'"]))
    flags = f"gateway: {gateway}, masquerade: {draw(st.booleans())}"
    return f"{{prefixes: [{networks}{six}], {flags}{options}{_mtu(draw)}}}"
