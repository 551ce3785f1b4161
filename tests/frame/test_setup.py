"""What scripts/setup does, tried in a scratch checkout with stand-ins for what it calls."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PYTHON = """#!/bin/sh
# Stands in for the interpreter, and for the one of the environment that it makes.
echo "python $*" >>"$LOG"
if [ "$*" = "-m venv --clear .venv" ]; then
    mkdir -p .venv/bin
    cp "$0" .venv/bin/python
    echo "#!$PWD/.venv/bin/python" >.venv/bin/pip
fi
"""
HAS_LIBRARY = "#!/bin/sh\necho '\tlibnftables.so.1 (libc6,x86-64) => /usr/lib/libnftables.so.1'\n"
LACKS_LIBRARY = "#!/bin/sh\n"
APT_GET = '#!/bin/sh\necho "apt-get $*" >>"$LOG"\n'
APT_GET_THAT_WORKS = APT_GET + 'cp "$TOOLS/ldconfig.full" "$TOOLS/ldconfig"\n'


FIREWALLS = ("iptables-nft", "firewall-cmd", "dbus-daemon")


class Checkout:
    """A scratch checkout, the stand-ins on its PATH, and the log of what was called."""

    def __init__(self, place: Path) -> None:
        self.place = place / "checkout"
        self.tools = place / "tools"
        self.log = place / "log"
        self.tools.mkdir()
        (self.place / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts/setup", self.place / "scripts/setup")
        (self.place / "pyproject.toml").write_text("# a project\n")
        for name in ("hatch_build.py", "src/glassnet/daemon/client.c"):
            (self.place / name).parent.mkdir(parents=True, exist_ok=True)
            (self.place / name).write_text("a source\n")
        self.tool("python", PYTHON)
        self.tool("ldconfig", HAS_LIBRARY)
        self.tool("ldconfig.full", HAS_LIBRARY)
        self.tool("apt-get", APT_GET)
        tools = ("ip", "nft", "strace", "conntrack", "arping", "ndptool", "dnsmasq", *FIREWALLS)
        for name in tools:
            self.tool(name, "#!/bin/sh\n")

    def tool(self, name: str, text: str) -> None:
        """Put a stand-in on the PATH."""
        file = self.tools / name
        file.write_text(text)
        file.chmod(0o755)

    def user(self, uid: int) -> None:
        """Let `id -u` say so."""
        self.tool("id", f"#!/bin/sh\necho {uid}\n")

    def setup(self, mode: str) -> subprocess.CompletedProcess[str]:
        """Run scripts/setup; the log begins anew."""
        self.log.write_text("")
        return subprocess.run(
            [self.place / "scripts/setup", mode],
            env={
                "PATH": f"{self.tools}:{os.environ['PATH']}",
                "PYTHON": str(self.tools / "python"),
                "LOG": str(self.log),
                "TOOLS": str(self.tools),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def called(self, words: str) -> list[str]:
        """The calls that have these words in them, since the last run began."""
        return [line for line in self.log.read_text().splitlines() if words in line]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_a_second_run_does_nothing(checkout: Checkout) -> None:
    assert checkout.setup("dev").returncode == 0
    assert checkout.called("-m venv")
    assert checkout.called("--editable .[dev]")
    second = checkout.setup("dev")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert not checkout.called("pip")
    assert checkout.setup("run").stdout == ""  # what is there for tests is there to run


def test_tests_need_more_than_the_demo(checkout: Checkout) -> None:
    checkout.setup("run")
    assert not checkout.called("[dev]")
    checkout.setup("dev")
    assert checkout.called("--editable .[dev]")
    assert not checkout.called("-m venv")


def test_an_edited_pyproject_is_installed_again(checkout: Checkout) -> None:
    checkout.setup("run")
    (checkout.place / "pyproject.toml").write_text("# the project, edited\n")
    checkout.setup("run")
    assert checkout.called("--editable .")


def test_a_moved_checkout_gets_a_new_environment(checkout: Checkout) -> None:
    checkout.setup("run")
    checkout.place = checkout.place.rename(checkout.place.with_name("elsewhere"))
    checkout.setup("run")
    assert checkout.called("-m venv --clear .venv")


def test_an_installation_that_failed_is_tried_again(checkout: Checkout) -> None:
    checkout.tool("python", PYTHON + '[ "$2" != pip ] || exit 1\n')
    first = checkout.setup("run")
    assert first.returncode == 1
    assert "pip could not install" in first.stderr
    assert checkout.setup("run").returncode == 1
    assert checkout.called("--editable .")


def test_nothing_missing_calls_no_package_manager(checkout: Checkout) -> None:
    checkout.user(0)
    assert checkout.setup("dev").returncode == 0
    assert not checkout.called("apt-get")


def test_root_installs_what_is_missing_and_says_so(checkout: Checkout) -> None:
    checkout.user(0)
    checkout.tool("ldconfig", LACKS_LIBRARY)
    checkout.tool("apt-get", APT_GET_THAT_WORKS)
    run = checkout.setup("run")
    assert run.returncode == 0, run.stderr
    assert "libnftables1 (the library that speaks nftables)" in run.stdout
    assert checkout.called("apt-get") == [
        "apt-get update -qq",
        "apt-get install -y -qq --no-install-recommends libnftables1",
    ]


def test_an_ordinary_user_is_told_what_to_run(checkout: Checkout) -> None:
    checkout.user(1000)
    checkout.tool("ldconfig", LACKS_LIBRARY)
    checkout.tool("python", "#!/bin/sh\nexit 1\n")
    run = checkout.setup("run")
    assert run.returncode == 1
    assert (
        "sudo apt-get update && "
        "sudo apt-get install --no-install-recommends python3-venv libnftables1" in run.stderr
    )
    assert not checkout.called("apt-get")
    assert not (checkout.place / ".venv").exists()


def test_an_installation_that_changed_nothing_is_an_error(checkout: Checkout) -> None:
    checkout.user(0)
    checkout.tool("ldconfig", LACKS_LIBRARY)
    run = checkout.setup("run")
    assert run.returncode == 1
    assert "still missing after the installation: libnftables1" in run.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to have a checkout of somebody else's")
def test_what_root_makes_in_a_users_checkout_is_the_users(checkout: Checkout) -> None:
    os.chown(checkout.place, 12345, 12345)
    checkout.setup("run")
    made = [checkout.place / ".venv", *checkout.place.glob(".venv/**/*")]
    assert len(made) > 3
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in made} == {(12345, 12345)}


def test_another_mode_is_refused(checkout: Checkout) -> None:
    run = checkout.setup("everything")
    assert (run.returncode, run.stderr) == (1, "setup: usage: scripts/setup run|dev\n")
