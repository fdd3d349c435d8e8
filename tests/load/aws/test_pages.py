"""A listing is read to its end, or it is a failure; never half of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from checker.load.aws.call import Call
from checker.load.aws.calls import CALLS, call_of
from checker.load.aws.clients import Clients
from checker.load.aws.failures import CallFailed
from checker.load.aws.pages import Paging, read_all

CLIENTS = Clients(None, pool=1)


def call(name: str) -> Call:
    service, _, operation = name.partition(":")
    return call_of(service, operation)


def paging(name: str) -> Paging:
    found = CLIENTS.paging(call(name))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "sent", "size"),
    [
        ("ec2:DescribeVpcs", "NextToken", ("MaxResults", 1000)),
        ("ec2:DescribeFlowLogs", "NextToken", ("MaxResults", 1000)),
        ("ec2:DescribeRouteTables", "NextToken", ("MaxResults", 100)),
        ("ec2:GetManagedPrefixListEntries", "NextToken", ("MaxResults", 100)),
        ("ec2:DescribeVpcBlockPublicAccessExclusions", "NextToken", ("MaxResults", 1000)),
        ("ec2:DescribeVpcEncryptionControls", "NextToken", ("MaxResults", 1000)),
        ("cloudwatch:DescribeInsightRules", "NextToken", ("MaxResults", 500)),
        ("athena:ListWorkGroups", "NextToken", ("MaxResults", 50)),
        ("firehose:ListTagsForDeliveryStream", "ExclusiveStartTagKey", ("Limit", 50)),
        ("iam:ListRolePolicies", "Marker", ("MaxItems", 1000)),
        ("kms:ListResourceTags", "Marker", ("Limit", 50)),
        ("logs:DescribeLogGroups", "nextToken", ("limit", 50)),
        ("s3:ListBuckets", "ContinuationToken", ("MaxBuckets", 10000)),
        ("s3:ListObjectsV2", "ContinuationToken", None),
        ("organizations:ListAccounts", "NextToken", ("MaxResults", 20)),
        ("observabilityadmin:ListTelemetryRules", "NextToken", ("MaxResults", 100)),
    ],
)
def test_pages_are_as_large_as_the_service_allows(name: str, sent: str, size: tuple[str, int] | None) -> None:
    assert (paging(name).sent, paging(name).size) == (sent, size)


def test_every_listing_that_may_come_in_pages_is_read_in_pages() -> None:
    import botocore.session

    session = botocore.session.get_session()
    for each in CALLS:
        members = session.get_service_model(each.service).operation_model(each.operation).output_shape.members
        tells = {"NextToken", "nextToken", "NextMarker", "Marker", "HasMoreTags", "NextContinuationToken"} & set(
            members
        )
        one_is_enough = "limit" in each.parameters
        assert (CLIENTS.paging(each) is not None) == (
            (bool(tells) and not one_is_enough) or each.operation == "ListBuckets"
        )


class Service:
    """Gives pages in turn, whatever is asked."""

    def __init__(self, *pages: Mapping[str, Any]) -> None:
        self.pages = list(pages)
        self.asked: list[Mapping[str, Any]] = []

    def __call__(self, words: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(dict(words))
        return dict(self.pages[(len(self.asked) - 1) % len(self.pages)])


def read(name: str, service: Service, **words: Any) -> tuple[dict[str, Any], int]:
    return read_all(call(name), CLIENTS.paging(call(name)), words, service)


def test_pages_are_joined_and_their_tokens_are_gone() -> None:
    service = Service(
        {"Vpcs": [1, 2], "NextToken": "a", "ResponseMetadata": {"RequestId": "x"}}, {"Vpcs": [], "NextToken": "b"},
        {"Vpcs": [3], "NextToken": ""},
    )  # fmt: skip
    assert read("ec2:DescribeVpcs", service) == ({"Vpcs": [1, 2, 3]}, 3)
    assert [each.get("NextToken") for each in service.asked] == [None, "a", "b"]
    assert {each["MaxResults"] for each in service.asked} == {1000}


@pytest.mark.parametrize(
    ("name", "pages", "rows", "asked"),
    [
        pytest.param(
            "firehose:ListTagsForDeliveryStream",
            [{"Tags": [{"Key": "a"}, {"Key": "b"}], "HasMoreTags": True}, {"Tags": [{"Key": "c"}]}],
            [{"Key": "a"}, {"Key": "b"}, {"Key": "c"}], {"ExclusiveStartTagKey": "b"}, id="by-the-last-key",
        ),
        pytest.param(
            "iam:ListRolePolicies",
            [{"PolicyNames": ["a"], "IsTruncated": True, "Marker": "m"}, {"PolicyNames": ["b"], "IsTruncated": False}],
            ["a", "b"], {"Marker": "m"}, id="by-a-marker",
        ),
        pytest.param(
            "kms:ListResourceTags",
            [{"Tags": [1], "Truncated": True, "NextMarker": "m"}, {"Tags": [2], "Truncated": False}],
            [1, 2], {"Marker": "m"}, id="by-a-marker-of-another-name",
        ),
        pytest.param(
            "athena:ListWorkGroups", [{"WorkGroups": [1], "NextToken": "m"}, {"WorkGroups": [2]}],
            [1, 2], {"NextToken": "m"}, id="without-a-paginator-of-botocore",
        ),
    ],
)  # fmt: skip
def test_every_kind_of_token_leads_on(name: str, pages: list[Any], rows: list[Any], asked: dict[str, str]) -> None:
    service = Service(*pages)
    whole, count = read(name, service)
    assert (whole, count) == ({call(name).result: rows}, 2)
    assert asked.items() <= service.asked[1].items()


@pytest.mark.parametrize(
    ("name", "pages", "why"),
    [
        pytest.param("ec2:DescribeVpcs", [{"Vpcs": [1], "NextToken": "a"}], "same page", id="one-token-again"),
        pytest.param(
            "ec2:DescribeVpcs",
            [{"Vpcs": [1], "NextToken": "a"}, {"Vpcs": [2], "NextToken": "b"}],
            "same page",
            id="circle",
        ),
        pytest.param(
            "iam:ListRolePolicies",
            [{"PolicyNames": ["a"], "IsTruncated": True}],
            "there is more",
            id="more-without-a-way",
        ),
        pytest.param(
            "firehose:ListTagsForDeliveryStream",
            [{"Tags": [], "HasMoreTags": True}],
            "there is more",
            id="more-of-nothing",
        ),
        pytest.param("ec2:DescribeVpcs", [{}], "no Vpcs", id="ec2-without-the-list"),
        pytest.param(
            "ec2:DescribeVpcs", [{"Vpcs": [1], "NextToken": "a"}, {}], "no Vpcs", id="second-page-without-the-list"
        ),
    ],
)
def test_pages_that_do_not_come_to_an_end_are_a_failure(name: str, pages: list[Any], why: str) -> None:
    with pytest.raises(CallFailed) as caught:
        read(name, Service(*pages))
    assert caught.value.failure.code == "BadResponse"
    assert why in caught.value.failure.message


def test_a_failure_on_a_later_page_is_a_failure_of_the_listing() -> None:
    def ask(words: Mapping[str, Any]) -> dict[str, Any]:
        if "NextToken" in words:
            raise RuntimeError("second page")
        return {"Vpcs": [1], "NextToken": "a"}

    with pytest.raises(RuntimeError):
        read_all(call("ec2:DescribeVpcs"), paging("ec2:DescribeVpcs"), {}, ask)


def test_objects_are_looked_at_and_not_all_read() -> None:
    pages = [{"Contents": [at], "IsTruncated": True, "NextContinuationToken": f"t{at}"} for at in range(20)]
    whole, count = read("s3:ListObjectsV2", Service(*pages), Bucket="b", Prefix="p")
    assert (len(whole["Contents"]), count) == (10, 10)


def test_one_log_stream_is_enough() -> None:
    service = Service({"logStreams": [1], "nextToken": "a"})
    assert read("logs:DescribeLogStreams", service) == ({"logStreams": [1]}, 1)


def test_a_service_that_leaves_an_empty_list_out_says_that_there_is_nothing() -> None:
    assert read("sns:ListSubscriptionsByTopic", Service({})) == ({"Subscriptions": []}, 1)
