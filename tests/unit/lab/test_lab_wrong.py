"""Every wrong lab file of the tables ends in exactly its error, which says where and what else."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import yaml
from jsonschema import Draft202012Validator
from wrong import Wrong, cases

from glassnet.errors import ConfigError, InvalidRequest
from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.lab.schema import SCHEMA

CASES = [pytest.param(case, id=f"{case.table}: {case.title}") for case in cases()]
FORM = re.compile(r"wrong\.yaml:([1-9][0-9]*):([1-9][0-9]*): (\$\S*): (.+); accepted: (.+)")


def _error(case: Wrong) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        compile_lab(read(case.text, "wrong.yaml"))
    return caught.value


def test_the_tables_are_long_and_without_repetition() -> None:
    found = cases()
    assert len(found) >= 250
    assert Counter((case.table, case.title) for case in found).most_common(1)[0][1] == 1
    assert Counter(case.text for case in found).most_common(1)[0][1] == 1


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_file_is_refused_in_these_words(case: Wrong) -> None:
    error = _error(case)
    assert str(error) == case.error
    assert error.exit_code == 2


@pytest.mark.parametrize("case", CASES)
def test_an_error_names_a_place_that_is_there(case: Wrong) -> None:
    error = _error(case)
    found = FORM.fullmatch(str(error))
    assert found is not None
    line, column = int(found[1]), int(found[2])
    lines = [*case.text.splitlines(), ""]
    assert line <= len(lines)
    assert column <= len(lines[line - 1]) + 1
    if isinstance(error, ConfigError):
        assert (error.file, error.line, error.column) == ("wrong.yaml", line, column)
        assert (error.path, error.problem, error.accepted) == found.group(3, 4, 5)


@pytest.mark.parametrize("case", CASES)
def test_the_schema_refuses_what_it_can_know(case: Wrong) -> None:
    if case.known_to == "syntax":
        with pytest.raises((yaml.YAMLError, TypeError)):
            yaml.safe_load(case.text)
        return
    data = yaml.safe_load(case.text)
    assert Draft202012Validator(SCHEMA).is_valid(data) == (case.known_to != "schema")
