"""moto, and the proxy in front of it with nothing but the shim. Who asks for ``moto`` begins with an empty AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.fault_proxy import Proxy, serve_proxy
from tests.support.moto_server import Server, serve
from tests.support.moto_shim import shim


@pytest.fixture(scope="session")
def moto_process() -> Iterator[Server]:
    with serve() as server:
        yield server


@pytest.fixture
def moto(moto_process: Server) -> Server:
    moto_process.reset()
    return moto_process


@pytest.fixture
def proxy(moto_process: Server) -> Iterator[Proxy]:
    with serve_proxy(moto_process, shim()) as running:
        yield running
