"""One moto and one proxy with the shim for all accounts; who builds begins from nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_proxy import Proxy, serve_proxy
from tests.support.moto_server import serve
from tests.support.moto_shim import shim


@pytest.fixture(scope="session")
def proxy() -> Iterator[Proxy]:
    with serve() as moto, serve_proxy(moto, shim()) as running:
        yield running


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where no configuration file stands."""
    monkeypatch.chdir(tmp_path)
