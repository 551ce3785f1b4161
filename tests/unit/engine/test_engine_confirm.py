"""Changes that are not to stay: not confirmed, or interrupted; and what the journal says then."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from pretend_kernel import PretendKernel, engine, settings

from glassnet.engine.engine import Engine
from glassnet.engine.executor import NO_LIMIT
from glassnet.errors import Conflict, NotFound, RollbackFailed, StateError
from glassnet.ops.request import Request


@pytest.fixture
def kernel() -> PretendKernel:
    return PretendKernel()


def states(it: Engine) -> list[tuple[str, str]]:
    """What the journal says was done, the newest first."""
    return [(run.verb, run.state) for run in it.journal.runs()]


def no() -> bool:
    return False


def interrupted() -> bool:
    """The question is answered with ^C."""
    os.kill(os.getpid(), signal.SIGINT)
    return True


@pytest.mark.parametrize("answer", [no, interrupted])
def test_an_up_that_is_not_confirmed_is_taken_back(
    tmp_path: Path, kernel: PretendKernel, answer: object
) -> None:
    seen: list[dict[str, str]] = []

    def asked() -> bool:
        seen.append(kernel.changed())
        assert callable(answer)
        return bool(answer())

    with engine(tmp_path, kernel) as it:
        with pytest.raises(Conflict, match="the up of x was not confirmed and is taken back") as e:
            it.up("x", settings("ab"), asked)
        assert seen == [{"a": "1", "b": "1"}]  # asked once all is done
        assert e.value.exit_code == 2
        assert e.value.advice() == "nothing was changed"
        assert kernel.changed() == {}
        assert it.journal.records() == {}
        assert states(it) == [("up", "undone")]
        assert it.recover() == 0
        with pytest.raises(NotFound, match="nothing to undo"):
            it.undo()


def test_a_change_that_is_not_confirmed_leaves_the_network_as_it_was(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("ab"))
        before = it.journal.records()
        with pytest.raises(Conflict):
            it.up("x", settings("bc", "2"), no)
        assert kernel.changed() == {"a": "1", "b": "1"}
        assert it.journal.records() == before
        it.down("x")
    assert kernel.changed() == {}


@pytest.mark.parametrize("answer", [no, interrupted])
def test_a_down_that_is_not_confirmed_is_up_again(
    tmp_path: Path, kernel: PretendKernel, answer: object
) -> None:
    assert callable(answer)
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("ab"))
        before = it.journal.records()
        with pytest.raises(Conflict, match="the down of x was not confirmed"):
            it.down("x", answer)
        assert kernel.changed() == {"a": "1", "b": "1"}
        assert it.journal.records() == before
        it.down("x")
    assert kernel.changed() == {}


def test_what_is_confirmed_stays_and_what_changes_nothing_is_not_asked_about(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    asked: list[bool] = []

    def yes() -> bool:
        asked.append(True)
        return True

    with engine(tmp_path, kernel) as it:
        it.up("x", settings("ab"), yes)
        assert len(asked) == 1
        it.up("x", settings("ab"), yes)
        assert len(asked) == 1
        assert kernel.changed() == {"a": "1", "b": "1"}
        it.down("x", yes)
        assert len(asked) == 2
    assert kernel.changed() == {}


def test_a_refusal_of_the_way_back_is_tried_again_by_the_next_call(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    def asked() -> bool:
        kernel.refused.add("a=0")
        return False

    with engine(tmp_path, kernel) as it:
        with pytest.raises(RollbackFailed, match=r"the up of x was stopped\n  left behind: .*= 0"):
            it.up("x", settings("ab"), asked)
        assert kernel.changed() == {"a": "1"}
        with pytest.raises(RollbackFailed, match="cut short is not taken back"):
            it.up("x", settings("a"))
        it.up("y", settings("c"))
        assert kernel.changed() == {"a": "1", "c": "1"}  # others need not wait for it
        kernel.refused.clear()
        it.up("y", settings("c"))
        assert kernel.changed() == {"c": "1"}


class Interruption:
    """^C before a request, and once only."""

    def __init__(self, before: int) -> None:
        self._before = before
        self._seen = 0

    def __call__(self, request: Request) -> None:
        self._seen += 1
        if self._seen == self._before + 1:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("chunk", [1, NO_LIMIT])
@pytest.mark.parametrize("before", range(4))
def test_an_interrupted_up_is_taken_back(
    tmp_path: Path, kernel: PretendKernel, before: int, chunk: int
) -> None:
    kernel.hook = Interruption(before)
    with engine(tmp_path, kernel, chunk=chunk) as it:
        with pytest.raises(KeyboardInterrupt):
            it.up("x", settings("abcd"))
        assert kernel.changed() == {}
        assert states(it) == [("up", "undone")]
        assert it.recover() == 0
        it.up("x", settings("abcd"))


@pytest.mark.parametrize("before", range(3))
def test_an_interrupted_change_is_taken_back_to_the_network_as_it_was(
    tmp_path: Path, kernel: PretendKernel, before: int
) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("ab"))
        records = it.journal.records()
        kernel.hook = Interruption(before)
        with pytest.raises(KeyboardInterrupt):
            it.up("x", settings("bc", "2"))
        assert kernel.changed() == {"a": "1", "b": "1"}
        assert it.journal.records() == records


@pytest.mark.parametrize("verb", ["down", "undo", "repair"])
@pytest.mark.parametrize("before", range(3))
def test_the_next_call_completes_what_was_interrupted_while_taking_away_or_mending(
    tmp_path: Path, kernel: PretendKernel, verb: str, before: int
) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("abc"))
        if verb == "repair":
            kernel.values.clear()
        kernel.hook = Interruption(before)
        with pytest.raises(KeyboardInterrupt):
            it.undo() if verb == "undo" else getattr(it, verb)("x")
    with engine(tmp_path, kernel) as it:
        assert it.recover() == 1
        if verb == "repair":
            assert kernel.changed() == dict.fromkeys("abc", "1")
            assert list(it.journal.records()) == ["x"]
        else:
            assert kernel.changed() == {}
            assert it.journal.records() == {}


def test_an_error_while_asking_is_no_yes(tmp_path: Path, kernel: PretendKernel) -> None:
    """Whatever it is, the next call takes back what was never confirmed."""

    def broken() -> bool:
        raise OSError("the terminal is gone")

    with engine(tmp_path, kernel) as it, pytest.raises(OSError, match="terminal"):
        it.up("x", settings("a"), broken)
    with engine(tmp_path, kernel) as it:
        assert it.recover() == 1
    assert kernel.changed() == {}


def test_a_run_that_cannot_be_closed_in_the_journal_is_taken_back_by_the_next_call(
    tmp_path: Path, kernel: PretendKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is full between the deed and the last word about it."""
    with engine(tmp_path, kernel) as it:
        monkeypatch.setattr(it.journal, "finish", _full)
        with pytest.raises(StateError):
            it.up("x", settings("a"))
    with engine(tmp_path, kernel) as it:
        assert it.recover() == 1
        assert it.journal.records() == {}
    assert kernel.changed() == {}


def _full(*args: object) -> None:
    raise StateError(f"full: {args}")
