"""What a plugin wants to know of the host's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from glassnet.cni.error import CniError
from glassnet.serve import facts


def test_files_directories_and_links(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a\nb\n")
    (tmp_path / "dir").mkdir()
    for name in ("two", "one"):
        (tmp_path / "dir" / name).touch()
    (tmp_path / "driver").symlink_to("../bus/drivers/vfio-pci")
    paths = [str(tmp_path / name) for name in ("file", "dir", "driver", "none", "file/none")]
    assert facts.read(paths) == {
        paths[0]: "a\nb\n",
        paths[1]: "one\ntwo",
        paths[2]: "vfio-pci",
    }


def test_the_first_of_several(tmp_path: Path) -> None:
    for name in ("virtio9", "virtio1", "other"):
        (tmp_path / name / "net").mkdir(parents=True)
        (tmp_path / name / "net" / f"eth-{name}").touch()
    path, none = f"{tmp_path}/virtio*/net", f"{tmp_path}/nothing*/net"
    assert facts.read([path, none]) == {path: "eth-virtio1"}


def test_what_is_there_and_cannot_be_read_is_no_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / ("x" * 300))
    with pytest.raises(CniError) as raised:
        facts.read([path])
    assert (raised.value.code, raised.value.message) == (5, f"{path}: File name too long")
