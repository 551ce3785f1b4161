"""Names and keys: what is taken, its canonical form, and what is refused, in words."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.errors import InvalidValue
from glassnet.values import HOST, Cidr, IfName, IpAddress, Mac, Netns, Prefix, SysctlKey


def _refused(kind: type[str], text: str) -> str:
    with pytest.raises(InvalidValue) as caught:
        kind(text)
    return str(caught.value)


class TestIfName:
    @pytest.mark.parametrize("name", ["eth0", "a", "x" * 15, "é" * 7, "eth0.1", "...", "-", "a'b"])
    def test_what_the_kernel_takes(self, name: str) -> None:
        assert IfName(name) == name

    @pytest.mark.parametrize(
        ("name", "size"), [("", 0), ("x" * 16, 16), ("é" * 8, 16), ("\U0001f600" * 4, 16)]
    )
    def test_its_size_is_in_bytes(self, name: str, size: int) -> None:
        words = f"interface name {name!r} has {size} bytes; accepted: 1 to 15 bytes"
        assert _refused(IfName, name) == words

    @pytest.mark.parametrize(
        "name",
        [".", "..", "all", "default", "a/b", "a:b", "a%d", "a b", "a\tb", "a\0b", "à", "a\u00a0b"],
    )
    def test_what_the_kernel_refuses(self, name: str) -> None:
        assert _refused(IfName, name) == (
            f"interface name {name!r} is not one the kernel takes; accepted: "
            "a name without '/', ':', '%' and blanks, and not '.', '..', 'all' or 'default'"
        )

    def test_bytes_that_are_no_text(self) -> None:
        words = "interface name 'e\\udcff' is no UTF-8; accepted: a name in UTF-8"
        assert _refused(IfName, "e\udcff") == words

    @given(st.text(max_size=20))
    def test_taken_or_refused_and_nothing_else(self, text: str) -> None:
        try:
            assert IfName(text) == text
        except InvalidValue:
            return
        raw = text.encode()
        assert 1 <= len(raw) <= 15
        assert not set(raw) & set(b"/: \t\n\v\f\r\xa0\0%")


class TestMac:
    @pytest.mark.parametrize(
        "text", ["02:42:AC:11:00:02", "2:42:ac:11:0:2", "02-42-ac-11-00-02", "02-42-AC:11:0:02"]
    )
    def test_one_form(self, text: str) -> None:
        assert Mac(text) == "02:42:ac:11:00:02"
        assert Mac(text).packed == b"\x02\x42\xac\x11\x00\x02"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "02:42:ac:11:00",
            "02:42:ac:11:00:02:03",
            "02:42:ac:11:00:",
            "02:42:ac:11:00:0g",
            "02:42:ac:11:00:0x",
            "002:42:ac:11:00:02",
            " 2:42:ac:11:00:02",
            "+2:42:ac:11:00:02",
            "٢:42:ac:11:00:02",
            "0242ac110002",
        ],
    )
    def test_what_is_none(self, text: str) -> None:
        accepted = "six bytes such as 02:42:ac:11:00:02"
        assert _refused(Mac, text) == f"{text!r} is no MAC address; accepted: {accepted}"

    @given(st.binary(min_size=6, max_size=6))
    def test_bytes_and_back(self, data: bytes) -> None:
        mac = Mac.from_bytes(data)
        assert mac.packed == Mac(mac).packed == data
        assert mac == data.hex(":") == Mac(mac.upper().replace(":", "-"))

    @pytest.mark.parametrize("data", [b"", bytes(5), bytes(7)])
    def test_other_bytes(self, data: bytes) -> None:
        with pytest.raises(InvalidValue, match="is no MAC address"):
            Mac.from_bytes(data)

    def test_an_interface_s_own(self) -> None:
        own = Mac("02:00:00:00:00:01")
        assert own.check_unicast() is own
        for text in ("01:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"):
            with pytest.raises(InvalidValue) as caught:
                Mac(text).check_unicast()
            assert str(caught.value) == (
                f"{text} cannot be an interface's own address; "
                "accepted: a unicast address: the first byte even, not all zero"
            )


class TestNetns:
    @pytest.mark.parametrize(
        ("text", "path", "label"),
        [
            ("", "", "host"),
            ("ns1", "/run/netns/ns1", "ns1"),
            ("ä.b", "/run/netns/ä.b", "ä.b"),
            ("x" * 255, "/run/netns/" + "x" * 255, "x" * 255),
            ("/proc/7/ns/net", "/proc/7/ns/net", "/proc/7/ns/net"),
            ("/a path", "/a path", "/a path"),
        ],
    )
    def test_a_name_or_a_path_or_the_host(self, text: str, path: str, label: str) -> None:
        netns = Netns(text)
        assert (netns, netns.path, netns.label) == (text, path, label)
        assert netns.is_host is (text == "")
        assert (netns == HOST) is netns.is_host

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("a/b", "is no namespace path; accepted: an absolute path, or a name"),
            ("/a\0", "is no namespace path; accepted: an absolute path, or a name"),
            *(
                (bad, "is no namespace name; accepted: a file name without blanks")
                for bad in (".", "..", "a b", "a\n", "a\0", "\udcff")
            ),
            *(
                (bad, "is no namespace name; accepted: up to 255 bytes that do not begin with '-'")
                for bad in ("-n", "x" * 256, "é" * 128)
            ),
        ],
    )
    def test_what_is_none(self, text: str, words: str) -> None:
        assert _refused(Netns, text) == f"{text!r} {words}"


class TestSysctlKey:
    @pytest.mark.parametrize(
        ("text", "key", "path"),
        [
            ("net.ipv4.ip_forward", "net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net/ipv4/ip_forward", "net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net.ipv4.conf.eth0/1.x", "net.ipv4.conf.eth0/1.x", "net/ipv4/conf/eth0.1/x"),
            ("net/ipv4/conf/eth0.1/x", "net.ipv4.conf.eth0/1.x", "net/ipv4/conf/eth0.1/x"),
            ("net.ipv4.conf.//a.x", "net.ipv4.conf.//a.x", "net/ipv4/conf/..a/x"),
        ],
    )
    def test_dots_and_slashes(self, text: str, key: str, path: str) -> None:
        assert SysctlKey(text) == key
        assert SysctlKey(text).path == f"/proc/sys/{path}"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            *(
                (bad, "is no network setting; accepted: a key such as net.ipv4.ip_forward")
                for bad in ("", "net", "net.x", "kernel.a.b", "net..x", "net.a.", "/net/a/b")
            ),
            *(
                (bad, "has blanks in it; accepted: a key such as net.ipv4.ip_forward")
                for bad in ("net.a.b c", "net.a.b\n", "net.a.b\0", "net.a.\udcff")
            ),
            *(
                (bad, "leaves its place; accepted: a key such as net.core.somaxconn")
                for bad in ("net.a.//.b", "net/a/../b", "net.a./.b", "net/a/./b", "net/../../x")
            ),
        ],
    )
    def test_what_is_none(self, text: str, words: str) -> None:
        assert _refused(SysctlKey, text) == f"{text!r} {words}"

    @given(
        st.lists(
            st.text(st.characters(categories=["L", "N"], include_characters="_-./:"), min_size=1)
            .filter(lambda part: part not in {".", ".."})
            .map(lambda part: part.replace("/", "_")),
            min_size=2,
            max_size=6,
        )
    )
    def test_a_file_has_one_key_and_a_key_one_file(self, parts: list[str]) -> None:
        path = "/".join(["net", *parts])
        key = SysctlKey(path)
        assert key.path == f"/proc/sys/{path}"
        assert SysctlKey(key) == key


@pytest.mark.parametrize(
    "value",
    [
        IfName("eth0"),
        Mac("02:00:00:00:00:01"),
        IpAddress("fd00::1"),
        Cidr("10.0.0.2/24"),
        Prefix("10.0.0.0/24"),
        Netns("ns1"),
        SysctlKey("net.ipv4.ip_forward"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_cross_processes_whole(value: str) -> None:
    for other in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert (type(other), other) == (type(value), value)
        for name in type(value).__slots__:  # type: ignore[attr-defined]
            assert getattr(other, name) == getattr(value, name)
