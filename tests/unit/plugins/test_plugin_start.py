"""What a plugin's executable imports before it does anything: a runtime waits for it each time."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = (
    "asyncio",
    "click",
    "subprocess",
    "tempfile",
    "typing_extensions",
    "yaml",
    "glassnet.cli",
    "glassnet.lab",
    "glassnet.runtime",
    "glassnet.testing",
)


@pytest.mark.parametrize(
    "modules", ["glassnet.serve.main", "glassnet.serve.main, glassnet.serve.verbs"]
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


def test_typing_extensions_is_there_for_others() -> None:
    pytest.importorskip("typing_extensions")
    script = "import glassnet.serve.verbs, typing_extensions; print(typing_extensions.Required)"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, check=True)
    assert b"Required" in done.stdout
