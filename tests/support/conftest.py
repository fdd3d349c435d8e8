"""moto, and the proxy in front of it with nothing but the shim; each test begins with an empty AWS."""

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
def proxy(moto: Server) -> Iterator[Proxy]:
    with serve_proxy(moto, shim()) as running:
        yield running
