"""Fixtures for loader tests."""

import pytest

from tests.load.made import Roots


@pytest.fixture
def roots(monkeypatch: pytest.MonkeyPatch) -> Roots:
    return Roots(monkeypatch)
