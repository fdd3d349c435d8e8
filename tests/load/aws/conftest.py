"""An AWS over HTTP for those tests that ask one, and no AWS configuration of the machine for any."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.conftest import moto, moto_process, proxy
from tests.support.fault_proxy import Proxy

__all__ = ["moto", "moto_process", "proxy"]


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def aws(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The proxy in front of moto, to which everything goes that is asked."""
    for name, value in proxy.server.environment.items():
        monkeypatch.setenv(name, value)
    yield proxy
