"""Who reads the logs: profiles and roles, against moto's STS over HTTP."""

from __future__ import annotations

import pytest

from checker.errors import UsageError
from checker.flowlog.sources.login import session_for
from tests.support.moto_server import Server

ROLES = ("arn:aws:iam::111122223333:role/Hub", "arn:aws:iam::444455556666:role/LogReader")


@pytest.fixture(autouse=True)
def at_moto(moto: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def test_without_roles_it_is_the_callers_own_session() -> None:
    assert session_for(None).get_credentials().access_key == "test"


def test_roles_are_assumed_one_from_the_other_and_the_last_one_reads() -> None:
    session = session_for(None, ROLES, external_id="agreed", tags={"team": "net"})
    who = session.client("sts").get_caller_identity()
    assert (who["Account"], who["Arn"].split("/")[1]) == ("444455556666", "LogReader")


def test_a_profile_that_does_not_exist_and_a_role_that_is_none_are_said() -> None:
    with pytest.raises(UsageError, match="nobody"):
        session_for("nobody")
    with pytest.raises(UsageError, match="no session to read the logs with"):
        session_for(None, ["x"])
