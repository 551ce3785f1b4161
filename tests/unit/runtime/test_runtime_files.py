"""The directory of network configurations on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glassnet.cni.error import CniError
from glassnet.errors import NotFound
from glassnet.runtime.files import network, read


def put(directory: Path, name: str, *types: str, file: str = "") -> None:
    whole = {"cniVersion": "1.0.0", "name": name, "plugins": [{"type": one} for one in types]}
    (directory / (file or f"{name}.conflist")).write_text(json.dumps(whole))


def test_files_are_read_by_name_and_end(tmp_path: Path) -> None:
    put(tmp_path, "b", "x", file="20-b.conflist")
    put(tmp_path, "a", "x", file="30-a.conflist")
    (tmp_path / "10-c.conf").write_text('{"name":"c","type":"y"}')
    (tmp_path / "15-d.json").write_text('{"name":"d","type":"y"}')
    (tmp_path / "00-e.conflist~").write_text("{")
    (tmp_path / "README").write_text("{")
    (tmp_path / "40-f.conflist").mkdir()
    found = read(tmp_path)
    assert [one.name for one in found.networks] == ["c", "d", "b", "a"]
    assert found.problems == ()


def test_a_networks_folder_has_more_plugins(tmp_path: Path) -> None:
    put(tmp_path, "a", "x")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "2.conf").write_text('{"type":"second"}')
    (tmp_path / "a" / "1.conf").write_text('{"type":"first"}')
    (tmp_path / "a" / "3.json").write_text('{"type":"no"}')
    found = network(tmp_path, "a")
    assert [plugin.type for plugin in found.plugins] == ["x", "first", "second"]


def test_a_broken_file_is_told_beside(tmp_path: Path) -> None:
    put(tmp_path, "a", "x")
    (tmp_path / "0.conflist").write_text("{")
    (tmp_path / "1.conflist").symlink_to("nowhere")
    found = read(tmp_path)
    assert [one.name for one in found.networks] == ["a"]
    assert [Path(one.file).name for one in found.problems] == ["0.conflist", "1.conflist"]
    assert str(found.problems[1]) == f"{tmp_path}/1.conflist: No such file or directory"
    assert network(tmp_path, "a").name == "a"


def test_the_error_of_the_file_that_has_the_name(tmp_path: Path) -> None:
    put(tmp_path, "a")
    with pytest.raises(CniError, match=r"a.conflist: \$.plugins: .*no plugins in list"):
        network(tmp_path, "a")


def test_a_network_that_is_not_there(tmp_path: Path) -> None:
    put(tmp_path, "a", "x")
    put(tmp_path, "a", "x", file="z.conflist")
    (tmp_path / "0.conflist").write_text("{")
    with pytest.raises(NotFound) as error:
        network(tmp_path, "b")
    assert str(error.value) == f'no net configuration with name "b" in {tmp_path}'
    advice = error.value.advice().splitlines()
    assert advice[0] == "networks there are: a"
    assert advice[1].startswith(f"  broken: {tmp_path}/0.conflist: $: ")
    assert len(advice) == 2


@pytest.mark.parametrize("name", ["", "missing"])
def test_no_networks_at_all(tmp_path: Path, name: str) -> None:
    directory = tmp_path / name if name else tmp_path
    with pytest.raises(NotFound, match=f"no net configurations found in {directory}"):
        network(directory, "a")
    assert read(directory).networks == ()


def test_only_broken_ones(tmp_path: Path) -> None:
    (tmp_path / "0.conflist").write_text("{")
    with pytest.raises(NotFound) as error:
        network(tmp_path, "a")
    assert error.value.advice().startswith("networks there are: none\n  broken: ")
