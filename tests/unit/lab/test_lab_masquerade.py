"""Masquerade: of networks within each other the widest, and a table only where it is due."""

from __future__ import annotations

import pytest
from compiled import commands, ops

from glassnet.ops.masquerade import LocalNetOp, MasqueradeOp
from glassnet.ops.nft import ElementsOp, NftBaseOp


def _bridges(host: str, *bridges: str) -> str:
    lines = "".join(f"\n  b{n}: {{{bridge}}}" for n, bridge in enumerate(bridges))
    return f"name: net\nhost: {{{host}}}\nnamespaces: [r]\nbridges:{lines}"


@pytest.mark.parametrize(
    ("text", "local", "masked"),
    [
        (_bridges("", "prefixes: [10.0.0.0/24]"), [], []),
        (
            _bridges("", "prefixes: [10.0.0.0/24, 'fd00::/64'], masquerade: true"),
            ["10.0.0.0/24", "fd00::/64"],
            ["10.0.0.0/24", "fd00::/64"],
        ),
        (
            _bridges("masquerade: [10.9.0.0/16]", "addresses: [10.0.0.1/24]"),
            ["10.0.0.0/24", "10.9.0.0/16"],
            ["10.9.0.0/16"],
        ),
        (
            _bridges("masquerade: [10.0.0.0/24]", "addresses: [10.0.0.1/24], masquerade: true"),
            ["10.0.0.0/24"],
            ["10.0.0.0/24"],
        ),
        (
            _bridges("masquerade: [10.0.0.0/16]", "addresses: [10.0.0.1/24], masquerade: true"),
            ["10.0.0.0/16"],
            ["10.0.0.0/16"],
        ),
        (
            _bridges(
                "masquerade: [10.0.1.0/25]", "addresses: [10.0.0.1/24]", "addresses: [10.0.1.1/24]"
            ),
            ["10.0.0.0/24", "10.0.1.0/24"],
            ["10.0.1.0/25"],
        ),
        (
            _bridges(
                "masquerade: ['fd00::/16']",
                "addresses: ['fd00:0:0:1::1/64']",
                "addresses: ['fd00:0:0:2::1/64', 10.0.0.1/24], masquerade: true",
            ),
            ["10.0.0.0/24", "fd00::/16"],
            ["fd00::/16", "10.0.0.0/24"],
        ),
        (
            _bridges("masquerade: [10.0.0.0/24]", "in: r, addresses: [10.0.0.1/24]"),
            ["10.0.0.0/24"],
            ["10.0.0.0/24"],
        ),
    ],
)
def test_networks_of_the_host(text: str, local: list[str], masked: list[str]) -> None:
    assert ops(text, LocalNetOp) == [f"network {one} on the host" for one in local]
    assert ops(text, MasqueradeOp) == [f"masquerade of {one} on the host" for one in masked]
    assert len(ops(text, NftBaseOp)) == bool(masked)


def test_each_namespace_has_a_table_of_its_own() -> None:
    text = (
        "namespaces: {r: {masquerade: [10.1.0.0/24]}, s: {publish: [80 -> 10.2.0.2]}}\n"
        "host: {masquerade: [10.3.0.0/24]}\nbridges: {b: {in: s, addresses: [10.2.0.1/24]}}"
    )
    assert ops(text, NftBaseOp) == [
        "nft table inet glassnet on the host",
        "nft table inet glassnet in r",
        "nft table inet glassnet in s",
    ]
    assert ops(text, ElementsOp) == [
        "network 10.3.0.0/24 on the host",
        "masquerade of 10.3.0.0/24 on the host",
        "network 10.1.0.0/24 in r",
        "masquerade of 10.1.0.0/24 in r",
        "network 10.2.0.0/24 in s",
        "published port tcp 80 to 10.2.0.2:80 in s",
    ]


def test_elements_bear_the_networks_mark() -> None:
    text = "name: net\nhost: {masquerade: [10.0.0.0/24], publish: [80 -> 10.0.0.2]}"
    said = commands(text, ElementsOp)
    assert len(said) == 3
    assert all('comment "glassnet:net"' in command for command in said)
