"""One moto and one proxy with the shim for all accounts; who builds begins from nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.e2e.live.auditing import build
from tests.e2e.live.world import World
from tests.support.fault_proxy import Proxy, serve_proxy
from tests.support.moto_server import serve
from tests.support.moto_shim import shim


@pytest.fixture(scope="session")
def proxy() -> Iterator[Proxy]:
    with serve() as moto, serve_proxy(moto, shim()) as running:
        yield running


@pytest.fixture(scope="session")
def small() -> Iterator[World]:
    """The account ``small``, in a moto of its own: built once for all that only audit it."""
    with serve() as moto, serve_proxy(moto, shim()) as running:
        yield build("small", running)


@pytest.fixture(scope="session", autouse=True)
def models_are_read_once() -> Iterator[None]:
    """Let every botocore session share one loader: each would parse megabytes of models again."""
    import botocore.loaders

    loader = botocore.loaders.create_loader()
    with patch.object(botocore.loaders, "create_loader", lambda *_: loader):
        yield


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where no configuration file stands."""
    monkeypatch.chdir(tmp_path)
