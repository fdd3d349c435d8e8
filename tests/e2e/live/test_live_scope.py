"""Which accounts and regions are asked, and with whose credentials."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.e2e.live import pieces
from tests.e2e.live.auditing import ask, audit
from tests.e2e.live.world import World
from tests.e2e.running import NOW, check
from tests.support import scripts
from tests.support.fault_proxy import Forward, Proxy, Rule
from tests.support.moto_server import ACCOUNT
from tests.support.organization import Member, Organization, found
from tests.support.wire import Answer, Request

SLOW = pytest.mark.slow
HERE = ["--region", "us-east-1"]
MEMBERS = [
    Member("network", "infrastructure", {"env": "prod"}),
    Member("payments", "prod/payments", {"env": "prod"}),
    Member("sandbox", "", {"env": "dev"}, delegated=True),
    Member("closed", "prod", suspended=True),
]
ORG = ["--org-role", "OrganizationAccountAccessRole", *HERE]


@pytest.fixture(scope="module")
def organization(proxy: Proxy) -> Organization:
    proxy.server.reset()
    return found(proxy.server, MEMBERS)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        pytest.param("", {"management", "network", "payments", "sandbox"}, id="all", marks=SLOW),
        pytest.param("--include tag:env=prod", {"network", "payments"}, id="by-tag", marks=SLOW),
        pytest.param("--include unit:prod", {"payments"}, id="by-unit-above"),
        pytest.param("--include unit:prod/payments --include tag:env=dev", {"payments", "sandbox"}, id="2", marks=SLOW),
        pytest.param("--exclude account:network", {"management", "payments", "sandbox"}, id="but-one", marks=SLOW),
        pytest.param("--include tag:env=prod --exclude account:network", {"payments"}, id="both"),
    ],
)
def test_accounts_are_chosen_by_id_unit_and_tag(
    words: str, asked: set[str], organization: Organization, proxy: Proxy
) -> None:
    given = [_translated(word, organization) for word in words.split()]
    with proxy.recording() as calls:
        run = ask(proxy.server, {}, "account", *ORG, *given)
    by_id = {account: name for name, account in organization.accounts.items()}
    assert {by_id[call.account] for call in calls if call.name == "ec2:DescribeVpcs"} == asked
    assert {by_id[each["resource"]["account"]] for each in run.findings} == asked


def _translated(word: str, organization: Organization) -> str:
    kind, _, name = word.partition(":")
    return {"unit": organization.units, "account": organization.accounts}.get(kind, {}).get(name, word)


def test_a_suspended_account_is_named_and_left_alone(organization: Organization, proxy: Proxy) -> None:
    with proxy.recording() as calls:
        run = ask(proxy.server, {}, "account", *ORG)
    closed = organization.accounts["closed"]
    assert closed in json.dumps([run.report["run"], run.report.get("notes", [])])
    assert not run.report["gaps"]
    assert closed not in {call.account for call in calls}


def test_a_delegated_administrator_may_list_the_organisation(organization: Organization, proxy: Proxy) -> None:
    as_delegate = proxy.server.credentials(organization.accounts["sandbox"])
    with patch.dict(os.environ, {**proxy.server.environment, **as_delegate}), proxy.recording() as calls:
        check(["account", *ORG, "--format", "json", "--now", NOW])
    asked = {call.account for call in calls if call.name == "ec2:DescribeVpcs"}
    assert asked == {account for name, account in organization.accounts.items() if name != "closed"}


def test_only_enabled_regions_are_asked_where_none_is_named(proxy: Proxy) -> None:
    proxy.server.reset()
    status = {"us_east_1": "opt-in-not-required", "af_south_1": "opted-in", "me_south_1": "not-opted-in"}
    with proxy.with_rules(scripts.regions(**status)), proxy.recording() as calls:
        run = ask(proxy.server, {}, "account")
    assert {call.region for call in calls if call.name == "ec2:DescribeVpcs"} == {"us-east-1", "af-south-1"}
    assert "me-south-1" not in {call.region for call in calls}
    assert not run.report["gaps"]


def captured(calls: list[dict[str, Any]]) -> Rule:
    """Return a rule that keeps the parameters of each AssumeRole."""

    def act(request: Request, forward: Forward) -> Answer:
        calls.append(dict(request.parameters))
        return forward(request)

    return Rule(act, service="sts", operation="AssumeRole")


def test_roles_are_assumed_one_from_the_other(proxy: Proxy) -> None:
    proxy.server.reset()
    roles = ["arn:aws:iam::222222222222:role/Hub", "arn:aws:iam::333333333333:role/Audit"]
    seen: list[dict[str, Any]] = []
    chain = [word for role in roles for word in ("--role-arn", role)]
    options = ["--external-id", "acme-17", "--session-tag", "team=net ops"]
    with proxy.with_rules(captured(seen)), proxy.recording() as calls:
        ask(proxy.server, {}, "account", *HERE, *chain, *options)
    assert [each["RoleArn"] for each in seen] == roles
    assert [each.get("ExternalId") for each in seen] == [None, "acme-17"]
    assert seen[-1]["Tags.member.1.Value"] == "net ops"
    assumed = [call.account for call in calls if call.name == "sts:AssumeRole"]
    assert assumed == [ACCOUNT, "222222222222"]
    assert {call.account for call in calls if call.service == "ec2"} == {"333333333333"}


def test_a_profile_gives_credentials_and_region(proxy: Proxy, tmp_path: Path) -> None:
    proxy.server.reset()
    given = proxy.server.credentials("444444444444")
    profile = ["[profile audit]", "region = eu-west-1", *(f"{name.lower()} = {value}" for name, value in given.items())]
    config = tmp_path / "config"
    config.write_text("\n".join(profile))
    without = {name: value for name, value in proxy.server.environment.items() if "KEY" not in name}
    with patch.dict(os.environ, {**without, "AWS_CONFIG_FILE": str(config)}), proxy.recording() as calls:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            os.environ.pop(name, None)
        check(["account", "--profile", "audit", *HERE, "--format", "json", "--now", NOW])
    assert {call.account for call in calls} == {"444444444444"}


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        pytest.param("us-gov-west-1", "aws-us-gov", id="govcloud"),
        pytest.param("cn-north-1", "aws-cn", id="china", marks=SLOW),
    ],
)
def test_other_partitions_are_audited_like_the_first(region: str, partition: str, proxy: Proxy) -> None:
    proxy.server.reset()
    world = World(proxy, words=["--region", region])
    world.clear(region)
    s3 = world.client("s3", region)
    s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": region})
    vpc = pieces.vpc(world, "net", region=region)
    pieces.flow_log(world, "net.log", vpc, f"arn:{partition}:s3:::logs", region=region)
    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": region}):
        run = audit(world)
    told = {(each["rule_id"], each["resource"]["address"]): each["status"] for each in run.findings}
    assert told["FL001", "net"] == "pass"
    assert told["FL005", "net.log"] == "pass"
    assert all(each["resource"]["region"] in (region, "global", None) for each in run.findings)
    arns = [each["resource"]["arn"] for each in run.findings if each["resource"]["arn"]]
    assert all(arn.startswith(f"arn:{partition}:") for arn in arns)


def test_a_proxy_and_an_endpoint_by_name_are_honoured(small: World) -> None:
    direct = audit(small)
    by_name = {"AWS_ENDPOINT_URL": "http://aws.test", "NO_PROXY": "", "no_proxy": ""}
    with patch.dict(os.environ, {**small.proxy.server.environment, **by_name}), small.proxy.with_rules(*small.rules):
        run = check(["account", *small.words, "--format", "json", "--now", NOW])
    assert run.text == direct.text
