"""A private host for each test, and both ways to nft."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from glassnet.testing.host import Host


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as one:
        yield one


@pytest.fixture(params=["library", "program"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)
