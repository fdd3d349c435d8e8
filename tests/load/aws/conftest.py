"""An AWS over HTTP for those tests that ask one, and no AWS configuration of the machine for any."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import pytest

from tests.support.conftest import moto, moto_process, proxy
from tests.support.fault_proxy import Proxy
from tests.support.moto_server import Server
from tests.support.organization import Member, found

__all__ = ["moto", "moto_process", "proxy"]


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def members(moto_process: Server) -> Mapping[str, str]:
    """Account ids by name: the management account and two members. moto keeps an organisation through its reset."""
    return found(moto_process, [Member("one", "prod", {"env": "prod"}), Member("two", "", {"env": "dev"})]).accounts


@pytest.fixture
def aws(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The proxy in front of moto, to which everything goes that is asked."""
    for name, value in proxy.server.environment.items():
        monkeypatch.setenv(name, value)
    yield proxy
