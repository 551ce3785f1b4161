"""Flows to be forgotten, and beside them those that are not meant."""

from __future__ import annotations

from glassnet.ops.conntrack import ForgetOp
from glassnet.testing.cases.case import NS1, Case, within
from glassnet.values import IpAddress

A4, B4 = IpAddress("10.0.0.1"), IpAddress("10.0.0.2")
A6, B6 = IpAddress("fd00::1"), IpAddress("fd00::2")


def _flow(address: str, port: int, answered: str = "", protocol: str = "udp") -> str:
    """A tracked flow from a client, as if it had come in; answered from elsewhere perhaps."""
    client = "2001:db8::9" if ":" in address else "192.0.2.9"
    ends = f"-s {client} -d {address} --sport 4000 --dport {port}"
    back = f"-r {answered or address} -q {client} --reply-port-src {port} --reply-port-dst 4000"
    state = " --state ESTABLISHED" if protocol == "tcp" else ""
    return f"conntrack -I -p {protocol} {ends} {back} -t 600{state}\n"


FLOWS = "".join(
    (
        _flow("10.0.0.1", 53),
        _flow("10.0.0.2", 53),
        _flow("10.0.0.1", 54, "10.0.0.2"),
        _flow("10.0.0.1", 55),
        _flow("10.0.0.1", 53, protocol="tcp"),
        _flow("fd00::1", 53),
        _flow("fd00::1", 54, "fd00::2"),
    )
)
LEFT = "conntrack -L 2>/dev/null | awk '{ $3 = \"\"; print }' | sort"


def _case(name: str, op: ForgetOp) -> Case:
    if op.netns.is_host:
        return Case(name, op, FLOWS, shows=LEFT)
    return Case(name, op, within(op.netns, FLOWS), shows=within(op.netns, LEFT))


CASES = (
    _case("a-port", ForgetOp(port=53)),
    _case("a-port-of-an-address", ForgetOp(port=53, address=A4)),
    _case("a-port-of-an-address-v6", ForgetOp(netns=NS1, port=53, address=A6)),
    _case("several-ports", ForgetOp(port=53, count=2, version=4)),
    _case("a-version", ForgetOp(netns=NS1, port=53, version=6)),
    _case("what-a-container-answers", ForgetOp(reply_source=B4)),
    _case("what-a-container-answers-v6", ForgetOp(port=54, reply_source=B6)),
    _case("of-tcp", ForgetOp(protocol="tcp", port=53)),
)
