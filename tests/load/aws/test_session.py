"""Credentials: found or clearly missing, and renewed before they end and when AWS says that they have."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checker.errors import InputError, UsageError
from checker.load.aws.call import Failure
from checker.load.aws.failures import CallFailed
from checker.load.aws.session import (
    Assumed,
    Keys,
    Login,
    account_of,
    assumed,
    home_region,
    logged_in,
    own_credentials,
    partition_of,
)
from tests.load.aws.fake import Someone, Time, asker, clients, refused

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HUB, AUDIT = "arn:aws:iam::222222222222:role/Hub", "arn:aws:iam::333333333333:role/Audit"


def noon() -> datetime:
    return NOON


def given(number: int) -> dict[str, Any]:
    """What AssumeRole answers."""
    return {
        "Credentials": {
            "AccessKeyId": f"key-{number}", "SecretAccessKey": "s", "SessionToken": "t",
            "Expiration": NOON + timedelta(hours=1),
        }
    }  # fmt: skip


class Role:
    """A role that is assumed again and again, for an hour each time, and the time of day."""

    def __init__(self) -> None:
        self.now = NOON
        self.times = 0
        self.refuses = False

    def clock(self) -> datetime:
        return self.now

    def assume(self) -> tuple[Keys, datetime]:
        if self.refuses:
            raise CallFailed(Failure(code="AccessDenied", message="no"))
        self.times += 1
        return Keys(f"key-{self.times}", "s"), self.now + timedelta(hours=1)

    def identity(self) -> Assumed:
        return Assumed("333333333333", self.assume, self.clock)


@pytest.mark.parametrize(
    ("minutes", "key"), [(0, "key-1"), (54, "key-1"), (56, "key-2"), (61, "key-2")], ids=["new", "old", "near", "over"]
)
def test_a_role_is_assumed_again_shortly_before_its_credentials_end(minutes: int, key: str) -> None:
    role = Role()
    identity = role.identity()
    role.now += timedelta(minutes=minutes)
    assert [identity.keys().access_key for _ in range(3)] == [key] * 3


def test_credentials_serve_to_their_end_where_they_cannot_be_renewed() -> None:
    role = Role()
    identity = role.identity()
    role.refuses = True
    role.now += timedelta(minutes=57)
    assert identity.keys().access_key == "key-1"
    role.now += timedelta(minutes=4)
    with pytest.raises(CallFailed, match="AccessDenied"):
        identity.keys()


def test_what_aws_calls_expired_is_renewed_once_for_all_threads_and_not_over_and_over() -> None:
    role = Role()
    identity = role.identity()
    first = identity.keys()
    assert identity.renewed(first)
    assert identity.renewed(first), "another thread's call had the same credentials"
    assert role.times == 2
    assert not identity.renewed(identity.keys()), "they are a moment old"
    role.now += timedelta(minutes=2)
    assert identity.renewed(identity.keys())


def test_a_role_is_assumed_with_name_external_id_and_tags() -> None:
    made = clients(AssumeRole=given(1))
    login = Login(external_id="acme-17", session_name="nightly", session_tags={"team": "net ops", "env": "prod"})
    identity = assumed(
        asker(made, Time()), Someone(), AUDIT, login, region="eu-west-1", now=noon, external_id="acme-17"
    )
    assert (identity.account, identity.keys().access_key) == ("333333333333", "key-1")
    assert made.sent == [
        (
            "AssumeRole", "eu-west-1",
            {
                "RoleArn": AUDIT, "RoleSessionName": "nightly", "ExternalId": "acme-17",
                "Tags": [{"Key": "env", "Value": "prod"}, {"Key": "team", "Value": "net ops"}],
            },
            "first",
        )
    ]  # fmt: skip


def test_roles_are_assumed_one_from_the_other_and_the_external_id_is_the_last_ones() -> None:
    made = clients(AssumeRole=[given(1), given(2)])
    login = Login(role_arns=(HUB, AUDIT), external_id="acme-17")
    own: Any = Someone()
    identity = logged_in(asker(made, Time()), own, login, region=None, now=noon)
    assert identity.keys().access_key == "key-2"
    assert [(words["RoleArn"], words.get("ExternalId"), key) for _, _, words, key in made.sent] == [
        (HUB, None, "first"),
        (AUDIT, "acme-17", "key-1"),
    ]
    assert {region for _, region, *_ in made.sent} == {"us-east-1"}


def test_a_role_that_is_refused_is_named_with_aws_words() -> None:
    made = clients(AssumeRole=refused("AccessDenied", "User: x is not authorized to perform: sts:AssumeRole", 403))
    own: Any = Someone()
    with pytest.raises(InputError, match=f"{HUB} cannot be assumed: AccessDenied: User: x") as caught:
        logged_in(asker(made, Time()), own, Login(role_arns=(HUB,)), region=None, now=noon)
    assert "trust policy" in str(caught.value.hint)


@pytest.mark.parametrize("metadata", ["off", "silent"])
def test_no_credentials_are_said_within_seconds(metadata: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if metadata == "silent":
        monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://192.0.2.1")  # nobody is there
    started = time.monotonic()
    with pytest.raises(UsageError, match="no AWS credentials") as caught:
        own_credentials(None, noon)
    assert time.monotonic() - started < 10
    assert "--profile" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("config", "profile", "why"),
    [
        ("", "audit", "--profile audit: there is no such profile"),
        ("[profile audit]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", "audit", "cannot be got: Partial credentials"),
        ("[profile audit]\nregion = eu-west-1\n", "audit", "no AWS credentials"),
    ],
    ids=["no-profile", "half-a-key", "no-key"],
)
def test_a_profile_that_gives_nothing_is_said(
    config: str, profile: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(config)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(UsageError, match=why):
        own_credentials(profile, noon)


def test_new_keys_of_a_profile_are_found_while_the_run_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    def write(key: str) -> None:
        config.write_text(f"[profile audit]\naws_access_key_id = {key}\naws_secret_access_key = s\n")

    write("one")
    own = own_credentials("audit", noon)
    seen = own.keys()
    assert seen.access_key == "one"
    write("two")
    assert own.renewed(seen)
    assert own.keys().access_key == "two"


def test_keys_that_are_still_the_same_are_not_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    own = own_credentials(None, noon)
    assert not own.renewed(own.keys())


def test_keys_do_not_show_their_secrets() -> None:
    assert "very" not in repr(Keys("key", "very secret", "very secret too"))


@pytest.mark.parametrize(
    ("arn", "other", "home"),
    [
        ("arn:aws:iam::111122223333:user/a", "eu-west-1", "us-east-1"),
        ("arn:aws-cn:iam::111122223333:user/a", None, "cn-north-1"),
        ("arn:aws-us-gov:sts::111122223333:assumed-role/a/b", None, "us-gov-west-1"),
        ("arn:aws-iso:iam::111122223333:user/a", "us-iso-east-1", "us-iso-east-1"),
        ("", None, "us-east-1"),
    ],
)
def test_account_wide_services_live_in_one_region_of_each_partition(arn: str, other: str | None, home: str) -> None:
    assert home_region(arn, other) == home


def test_arns_tell_account_and_partition() -> None:
    assert (account_of(AUDIT), partition_of(AUDIT)) == ("333333333333", "aws")
    assert (account_of("nonsense"), partition_of("nonsense")) == ("", "aws")
