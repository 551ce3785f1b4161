"""The kernel says no: what was done is taken back, and the error says where, why and what now."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Iterator

import pytest
from faulty import NAMES, NONE, RECOVER, WORDS, Deed, Fault, changed, done, example, refused, up
from outside import differences, state
from scenes import down

from glassnet.engine.executor import NO_LIMIT
from glassnet.errors import RollbackFailed, StepFailed
from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

SOAK = bool(os.environ.get("GLASSNET_SOAK"))


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


def places(sends: int, name: str) -> range:
    """Each send of the article; of others, where ``GLASSNET_SOAK`` is not set, every third."""
    stride = 1 if SOAK or name == "article" else 3
    return range(random.Random(name).randrange(stride), sends, stride)


@pytest.mark.parametrize("chunk", [1, NO_LIMIT], ids=["one by one", "in batches"])
@pytest.mark.parametrize("name", NAMES)
def test_a_refusal_anywhere_is_rolled_back_to_exactly_before(
    host: Host, name: str, chunk: int
) -> None:
    before = state(host)
    deed = up(example(name))
    sends = done(host, deed, chunk=chunk)
    done(host, down(name))
    for at in places(sends, name):
        error = refused(host, deed, Fault(at, errno.ENOBUFS), chunk)
        assert isinstance(error, StepFailed), f"refused at send {at}"
        assert error.exit_code == 3
        assert error.operation in str(error)
        assert f"(ENOBUFS), the kernel says: {WORDS}" in str(error)
        assert error.advice()
        assert not differences(before, state(host)), f"refused at send {at}"
    assert host.glassnet("ls").stdout == ""


def test_a_refused_change_is_rolled_back_to_the_network_as_it_was(host: Host) -> None:
    done(host, up(example("article")))
    before = state(host)
    change = changed("article")
    sends = done(host, change)
    done(host, Deed("undo"))
    for at in range(sends):
        error = refused(host, change, Fault(at, errno.ENOBUFS))
        assert isinstance(error, StepFailed), f"refused at send {at}"
        assert not differences(before, state(host)), f"refused at send {at}"


@pytest.mark.parametrize("name", NAMES)
def test_a_down_goes_on_past_a_refusal_and_is_completed_later(host: Host, name: str) -> None:
    before = state(host)
    done(host, up(example(name)))
    sends = done(host, down(name))
    for at in places(sends, name):
        done(host, up(example(name)))
        error = refused(host, down(name), Fault(at, errno.EBUSY))
        assert isinstance(error, RollbackFailed)
        assert len(error.left) == 1, f"refused at send {at}: {error.left}"
        done(host, RECOVER)
        assert not differences(before, state(host)), f"refused at send {at}"


def test_the_command_line_names_step_object_words_and_remedy(host: Host) -> None:
    """A refusal by the real kernel, which alone knows that this range of ports is none."""
    before = state(host)
    host.sh(
        "printf '%s' 'name: full\nnamespaces: [a]\nhost: {sysctls: "
        "{net.ipv4.ip_local_port_range: 9 1}}\n' > /run/full.yaml"
    )
    ended = host.glassnet("up", "/run/full.yaml", check=False)
    assert ended.returncode == 3
    assert "step 3 of 3 (setting net.ipv4.ip_local_port_range = 9 1 on the host)" in ended.stderr
    assert "(EINVAL)" in ended.stderr
    assert not differences(before, state(host))
    assert done(host, RECOVER, NONE) == 0
