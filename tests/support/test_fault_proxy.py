"""The proxy breaks what it is told to break, as a client sees it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from tests.support import faults, scripts
from tests.support.fault_proxy import Proxy, Rule
from tests.support.moto_server import ACCOUNT, Server
from tests.support.organization import Member, found

Fault = Callable[..., Rule]
ASKED = [("ec2", "describe_vpcs"), ("s3", "list_buckets"), ("logs", "describe_resource_policies"),
         ("iam", "list_roles"), ("sns", "list_topics"), ("observabilityadmin", "list_telemetry_rules")]  # fmt: skip


def ask(proxy: Proxy, service: str, method: str, region: str = "us-east-1") -> Any:
    return getattr(proxy.server.client(service, region), method)()


@pytest.mark.parametrize(("service", "method"), ASKED)
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (faults.denied, "UnauthorizedOperation|AccessDenied"),
        (faults.throttled, "RequestLimitExceeded|SlowDown|Throttling"),
        (faults.expired, "RequestExpired|ExpiredToken"),
        (faults.not_opted_in, "AuthFailure|UnrecognizedClient"),
    ],
)
def test_aws_says_no_in_the_words_of_each_service(
    proxy: Proxy, fault: Fault, code: str, service: str, method: str
) -> None:
    with proxy.with_rules(fault()), pytest.raises(ClientError, match=code):
        ask(proxy, service, method)
    assert ask(proxy, service, method)


@pytest.mark.parametrize(("service", "method"), ASKED)
@pytest.mark.parametrize("fault", [faults.reset, faults.truncated])
def test_the_network_breaks_answers_off(proxy: Proxy, fault: Fault, service: str, method: str) -> None:
    with proxy.with_rules(fault()), pytest.raises(ConnectionClosedError):
        ask(proxy, service, method)


def test_an_answer_cut_on_the_way_is_no_xml(proxy: Proxy) -> None:
    with proxy.with_rules(faults.garbled()), pytest.raises(ResponseParserError):
        ask(proxy, "ec2", "describe_vpcs")


def test_botocore_takes_half_a_json_document_for_an_empty_answer(proxy: Proxy) -> None:
    """Which is why a reader must not take a list that is missing for an empty one."""
    with proxy.with_rules(faults.garbled()):
        assert "resourcePolicies" not in ask(proxy, "logs", "describe_resource_policies")
    assert "resourcePolicies" in ask(proxy, "logs", "describe_resource_policies")


def test_a_stalled_answer_is_waited_for_as_long_as_the_client_likes(proxy: Proxy) -> None:
    import boto3
    from botocore.config import Config

    hurried = Config(read_timeout=0.2, retries={"total_max_attempts": 1})
    client = boto3.client("ec2", region_name="us-east-1", endpoint_url=proxy.server.url, aws_access_key_id="test",
                          aws_secret_access_key="test", config=hurried)  # noqa: S106  # fmt: skip
    with proxy.with_rules(faults.stalled(service="ec2")), pytest.raises(BotoCoreError, match=r"(?i)timeout"):
        client.describe_vpcs()


def test_a_rule_acts_on_what_it_names_and_as_often_as_it_says(proxy: Proxy) -> None:
    rule = faults.throttled(service="ec2", operation="DescribeVpcs", region="us-east-1", skip=1, times=2)
    with proxy.with_rules(rule), proxy.recording() as calls:
        ask(proxy, "ec2", "describe_subnets")
        ask(proxy, "ec2", "describe_vpcs", "eu-west-1")
        ask(proxy, "ec2", "describe_vpcs")
        for _ in range(2):
            with pytest.raises(ClientError, match="RequestLimitExceeded"):
                ask(proxy, "ec2", "describe_vpcs")
        ask(proxy, "ec2", "describe_vpcs")
    assert [(each.name, each.region, each.status) for each in calls] == [
        ("ec2:DescribeSubnets", "us-east-1", 200),
        ("ec2:DescribeVpcs", "eu-west-1", 200),
        ("ec2:DescribeVpcs", "us-east-1", 200),
        ("ec2:DescribeVpcs", "us-east-1", 503),
        ("ec2:DescribeVpcs", "us-east-1", 503),
        ("ec2:DescribeVpcs", "us-east-1", 200),
    ]


def test_a_rule_can_name_a_resource(moto: Server, proxy: Proxy) -> None:
    s3 = proxy.server.client("s3")
    for name in ("one", "two"):
        s3.create_bucket(Bucket=f"bucket-{name}")
    with proxy.with_rules(faults.denied(service="s3", about="bucket-two")):
        assert s3.get_bucket_location(Bucket="bucket-one")
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.get_bucket_location(Bucket="bucket-two")


def test_one_account_cannot_be_assumed(proxy: Proxy) -> None:
    with proxy.with_rules(faults.assume_role_denied("333333333333")):
        assert proxy.server.credentials("222222222222")
        with pytest.raises(ClientError, match="AccessDenied"):
            proxy.server.credentials("333333333333")


def test_a_list_comes_in_pages_and_whole_again(moto: Server, proxy: Proxy) -> None:
    ec2 = proxy.server.client("ec2")
    whole = ec2.describe_subnets()["Subnets"]
    with proxy.with_rules(scripts.paged(2)), proxy.recording() as calls:
        pages = [page["Subnets"] for page in ec2.get_paginator("describe_subnets").paginate()]
        assert ec2.describe_subnets()["Subnets"] == whole[:2], "who does not ask for the next page does not get it"
    assert [one for page in pages for one in page] == whole
    assert len(whole) > 4
    assert len(calls) == len(pages) + 1 == (len(whole) + 1) // 2 + 1


@pytest.mark.parametrize(
    ("service", "method", "key", "make"),
    [
        ("logs", "describe_log_groups", "logGroups", lambda c, n: c.create_log_group(logGroupName=n)),
        ("s3", "list_objects_v2", "Contents", lambda c, n: c.put_object(Bucket="bucket", Key=n, Body=b"")),
        ("sns", "list_topics", "Topics", lambda c, n: c.create_topic(Name=n)),
        ("glue", "get_databases", "DatabaseList", lambda c, n: c.create_database(DatabaseInput={"Name": n})),
        ("iam", "list_roles", "Roles", lambda c, n: c.create_role(RoleName=n, AssumeRolePolicyDocument="{}")),
    ],
)  # fmt: skip
def test_pages_in_every_protocol(moto: Server, proxy: Proxy, service: str, method: str, key: str, make: Any) -> None:
    client = proxy.server.client(service)
    words = {"Bucket": "bucket"} if service == "s3" else {}
    if words:
        client.create_bucket(**words)
    for number in range(5):
        make(client, f"thing-{number}")
    with proxy.with_rules(scripts.paged(2)):
        assert [len(page[key]) for page in client.get_paginator(method).paginate(**words)] == [2, 2, 1]


def test_scripts_say_what_moto_cannot(moto: Server, proxy: Proxy) -> None:
    ec2 = proxy.server.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName="g",
                                DeliverLogsPermissionArn="arn:aws:iam::1:role/flow")  # fmt: skip
    enabled = {"us_east_1": "opt-in-not-required", "af_south_1": "opted-in", "me_south_1": "not-opted-in"}
    rules = [
        scripts.delivery_failed(made["FlowLogIds"][0], "Rate limited"),
        *scripts.owned_by("999999999999", vpc, region="us-east-1"),
        *scripts.block_public_access("block-ingress", region="us-east-1"),
        scripts.regions(**enabled),
    ]
    with proxy.with_rules(*rules):
        log = ec2.describe_flow_logs()["FlowLogs"][0]
        assert (log["DeliverLogsStatus"], log["DeliverLogsErrorMessage"]) == ("FAILED", "Rate limited")
        assert ec2.describe_vpcs()["Vpcs"][0]["OwnerId"] == "999999999999"
        assert {subnet["OwnerId"] for subnet in ec2.describe_subnets()["Subnets"]} == {"999999999999"}
        options = ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]
        assert options["InternetGatewayBlockMode"] == "block-ingress"
        assert len(ec2.describe_regions()["Regions"]) == 2
        assert len(ec2.describe_regions(AllRegions=True)["Regions"]) == 3
        elsewhere = proxy.server.client("ec2", "eu-west-1")
        assert elsewhere.describe_vpcs()["Vpcs"][0]["OwnerId"] == ACCOUNT


def test_an_organisation_has_units_tags_and_a_suspended_account(moto: Server, proxy: Proxy) -> None:
    members = [
        Member("payments", "prod/payments", {"env": "prod"}),
        Member("sandbox", tags={"env": "dev"}, delegated=True),
        Member("gone", "prod", suspended=True),
    ]
    made = found(proxy.server, members)
    client = proxy.server.client("organizations")
    told = {each["Name"]: each["Status"] for each in client.list_accounts()["Accounts"]}
    assert (told["payments"], told["sandbox"], told["gone"]) == ("ACTIVE", "ACTIVE", "SUSPENDED")
    parents = client.list_parents(ChildId=made.accounts["payments"])["Parents"]
    assert parents == [{"Id": made.units["prod/payments"], "Type": "ORGANIZATIONAL_UNIT"}]
    assert client.list_parents(ChildId=made.units["prod/payments"])["Parents"][0]["Id"] == made.units["prod"]
    tags = client.list_tags_for_resource(ResourceId=made.accounts["payments"])["Tags"]
    assert tags == [{"Key": "env", "Value": "prod"}]
    delegated = client.list_delegated_administrators()["DelegatedAdministrators"]
    assert [each["Id"] for each in delegated] == [made.accounts["sandbox"]]
