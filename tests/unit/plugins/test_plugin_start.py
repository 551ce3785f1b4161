"""What a plugin's executable imports before it does anything: a runtime waits for it each time."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = (
    "asyncio",
    "click",
    "decimal",
    "json",
    "platform",
    "selectors",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "textwrap",
    "threading",
    "typing_extensions",
    "uuid",
    "yaml",
    "glassnet.cli",
    "glassnet.engine.outcome",
    "glassnet.kernel.fit",
    "glassnet.lab",
    "glassnet.nft.listing",
    "glassnet.ops.registry",
    "glassnet.ops.vxlan",
    "glassnet.plan.build",
    "glassnet.plugins.keys",
    "glassnet.runtime",
    "glassnet.serve.compare",
    "glassnet.serve.lost",
    "glassnet.testing",
)
ALL = "glassnet.serve.verbs, glassnet.serve.host_local, glassnet.kernel.linux, glassnet.kernel.act"


@pytest.mark.parametrize(
    "modules",
    [
        "glassnet.serve.start",
        f"glassnet.serve.start, {ALL}",
        "glassnet.serve.start, glassnet.serve.dhcp.verbs",
    ],
)
def test_it_imports_nothing_that_is_slow_and_not_needed(modules: str) -> None:
    script = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    assert set(SLOW) & set(done.stdout.split()) == set()


def test_a_bad_call_opens_no_state() -> None:
    script = (
        "import sys; from glassnet.serve.main import run;"
        "assert run('bridge', {'CNI_COMMAND': 'X'}, b'')[1] == 1; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    assert {"sqlite3", "ctypes", "glassnet.engine.store"} & set(done.stdout.split()) == set()


def test_what_was_not_there_for_msgspec_is_there_for_others() -> None:
    script = (
        "import glassnet.serve.start, msgspec, uuid, decimal, textwrap;"
        "assert msgspec.json.encode([1, 'a']) == b'[1,\"a\"]';"
        "print(uuid.UUID(int=5), decimal.Decimal('1.50'), textwrap.dedent(' a'))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "00000000-0000-0000-0000-000000000005 1.50 a\n"


def test_where_msgspec_is_there_already_it_knows_all_its_values() -> None:
    script = (
        "import msgspec, uuid, glassnet.serve.start;"
        "print(msgspec.json.encode(uuid.UUID(int=5)).decode())"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == '"00000000-0000-0000-0000-000000000005"\n'


def test_a_msgspec_for_which_the_stand_ins_are_not_good_enough() -> None:
    script = (
        "import sys; from importlib.machinery import PathFinder\n"
        "class Wary(PathFinder):\n"
        "    @classmethod\n"
        "    def find_spec(cls, name, *rest):\n"
        "        textwrap = sys.modules.get('textwrap')\n"
        "        if name == 'msgspec._core' and textwrap and not hasattr(textwrap, 'dedent'):\n"
        "            raise ImportError('not with that')\n"
        "        return super().find_spec(name, *rest)\n"
    )
    script += (
        "sys.meta_path.insert(0, Wary)\n"
        "import glassnet.serve.start, msgspec, uuid\n"
        "print(msgspec.json.encode(uuid.UUID(int=5)).decode())"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == '"00000000-0000-0000-0000-000000000005"\n'
