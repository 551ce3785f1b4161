"""What an attach asks of the kernel: the same beside one other as beside two hundred."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from attach_once import BEGIN, END
from attaching import attachment, make_bridge, make_namespaces, working

from glassnet.engine.attach import attach, detach
from glassnet.engine.engine import Engine
from glassnet.kernel.linux import LinuxKernel
from glassnet.testing.host import Host

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]

SOAK = bool(os.environ.get("GLASSNET_SOAK"))
MEMORY = {"brk", "mmap", "munmap", "mremap", "madvise"}
PAGES = {"pread64", "pwrite64"}
"""How many pages of the store a row touches depends on where in its tree it falls."""

MODES = pytest.mark.parametrize("mode", ["bridge", "routed"])
VERBS = pytest.mark.parametrize("verb", ["attach", "detach"])


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


@cache
def trace(count: int, mode: str, verb: str) -> tuple[str, ...]:
    """The system calls of the verb beside so many others, as strace writes them."""
    script = str(Path(__file__).with_name("attach_once.py"))
    with Host() as host:
        if mode == "bridge":
            make_bridge(host)
        host.run(sys.executable, script, str(count), mode, verb, "/run/trace")
        lines = host.run("cat", "/run/trace").stdout.splitlines()
    marks = [at for at, line in enumerate(lines) for name in (BEGIN, END) if f'"{name}"' in line]
    begin, end = marks
    return tuple(lines[begin + 1 : end])


def calls(lines: tuple[str, ...]) -> Counter[str]:
    """How often each system call was made."""
    names = (re.match(r"\d+ +(\w+)\(", line) for line in lines)
    return Counter(found[1] for found in names if found)


@MODES
@VERBS
def test_it_is_flat_in_the_number_of_attachments(mode: str, verb: str) -> None:
    few, many = calls(trace(1, mode, verb)), calls(trace(200, mode, verb))
    for name in MEMORY:
        del few[name], many[name]
    pages = [sum(counted.pop(name, 0) for name in PAGES) for counted in (few, many)]
    closed = [counted.pop("close", 0) for counted in (few, many)]
    assert few == many
    assert few["sendto"] >= 1
    assert pages[1] <= pages[0] + 24
    assert closed[1] <= closed[0] + 3  # of the namespace that was open for longest


@MODES
@VERBS
def test_nothing_is_dumped_forked_or_waited_for(mode: str, verb: str) -> None:
    lines = trace(200, mode, verb)
    flags = [found for line in lines for found in re.findall(r"nlmsg_flags=([\w|]+)", line)]
    assert [one for one in flags if "NLM_F_REQUEST" in one]
    assert not [one for one in flags if one.endswith(("NLM_F_DUMP", "0x300"))]
    made = calls(lines)
    forks = ("fork", "vfork", "clone", "clone3", "execve")
    sleeps = ("nanosleep", "clock_nanosleep", "poll", "ppoll", "select", "pselect6", "fsync")
    assert not {name: made[name] for name in (*forks, *sleeps) if made[name]}


def test_an_attach_takes_few_system_calls() -> None:
    """A budget: whoever needs more says so here. The store's are half of them."""
    made = calls(trace(200, "routed", "attach"))
    budget = {"sendto": 3, "recvfrom": 3, "ioctl": 4, "setns": 2, "socket": 1, "openat": 1}
    assert {name: made[name] for name in budget} == budget
    assert made.total() <= 62, made


def test_descriptors_stay_as_many_over_many_cycles(host: Host) -> None:
    """One engine, and more namespaces than it keeps open at a time."""
    cycles, namespaces = (2000, 70) if SOAK else (180, 60)
    make_namespaces(host, namespaces)

    def cycle(engine: Engine) -> set[int]:
        counts = set()
        for number in range(cycles):
            one = attachment(number % namespaces)
            attach(engine, one)
            detach(engine, one.name)
            if number >= namespaces:
                counts.add(len(os.listdir("/proc/self/fd")))
        return counts

    assert len(host.call(working, cycle)) == 1


def test_an_engine_that_is_closed_has_closed_all(host: Host) -> None:
    make_namespaces(host, 3)

    def work() -> tuple[list[str], list[str]]:
        before = os.listdir("/proc/self/fd")
        with LinuxKernel():
            pass
        for number in range(3):
            working(partial(attach, attachment=attachment(number)))
        working(lambda engine: detach(engine, attachment(1).name))
        return before, os.listdir("/proc/self/fd")

    before, after = host.call(work)
    assert before == after
