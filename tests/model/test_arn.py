from __future__ import annotations

import pytest

from checker.model.arn import Arn, bucket_and_prefix, log_group_arn, parse_arn, partition_of_region


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("arn:aws:s3:::acme-logs/net/", Arn("aws", "s3", "", "", "acme-logs/net/")),
        ("arn:aws-cn:iam::1:role/a/b", Arn("aws-cn", "iam", "", "1", "role/a/b")),
        (
            "arn:aws-us-gov:logs:us-gov-west-1:1:log-group:/x:*",
            Arn("aws-us-gov", "logs", "us-gov-west-1", "1", "log-group:/x:*"),
        ),
    ],
)
def test_an_arn_is_taken_apart_and_put_together(text, wanted):
    assert parse_arn(text) == wanted
    assert str(wanted) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "acme-logs",
        "arn:aws:s3",
        "arn:gcp:s3:::b",
        "arn:aws::::b",
        "arn:aws:s3:::",
        "ARN:aws:s3:::b",
        " arn:aws:s3:::b",
    ],
)
def test_other_texts_are_no_arn(text):
    assert parse_arn(text) is None


@pytest.mark.parametrize(
    ("resource", "kind", "name"),
    [
        ("deliverystream/a", "deliverystream", "a"),
        ("deliverystream:a", "deliverystream", "a"),
        ("log-group:/aws/vpc", "log-group", "/aws/vpc"),
        ("role/path/name", "role", "path/name"),
        ("topic", "", "topic"),
        ("/odd", "", "/odd"),
    ],
)
def test_the_resource_is_split_at_its_first_separator(resource, kind, name):
    arn = Arn("aws", "x", "", "", resource)
    assert (arn.resource_type, arn.resource_name) == (kind, name)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-northwest-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov"), ("us-west-2", "aws")],
)
def test_the_partition_of_a_region(region, partition):
    assert partition_of_region(region) == partition


@pytest.mark.parametrize(
    ("resource", "wanted"),
    [("b", ("b", None)), ("b/", ("b", None)), ("b/x", ("b", "x")), ("b/x/y/", ("b", "x/y")), ("b//x", ("b", "x"))],
)
def test_bucket_and_folder(resource, wanted):
    assert bucket_and_prefix(resource) == wanted


def test_the_star_of_a_log_group_arn_is_trimmed_once():
    assert log_group_arn("arn:aws:logs:r:1:log-group:g:*") == "arn:aws:logs:r:1:log-group:g"
    assert log_group_arn("arn:aws:logs:r:1:log-group:g") == "arn:aws:logs:r:1:log-group:g"
