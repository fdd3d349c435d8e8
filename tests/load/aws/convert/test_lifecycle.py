"""Lifecycle rules: both versions of a prefix, and limits that a number of days says nothing about."""

from __future__ import annotations

from typing import Any

import pytest

from checker.model.destination import LifecycleRule
from checker.model.known import Unknown
from tests.load.aws.made import REGION, network, reply


def rule(**members: Any) -> LifecycleRule:
    row = {"ID": "r", "Status": "Enabled", "Expiration": {"Days": 400}, **members}
    (bucket,) = network(
        reply("s3:ListBuckets", Buckets=[{"Name": "logs"}]),
        reply("s3:GetBucketLocation", "logs", LocationConstraint=REGION),
        reply("s3:GetBucketLifecycleConfiguration", "logs", Rules=[row]),
    ).buckets
    assert not isinstance(bucket.lifecycle_rules, Unknown)
    return bucket.lifecycle_rules[0]


@pytest.mark.parametrize(
    ("members", "prefix"),
    [
        ({}, None),
        ({"Prefix": ""}, None),
        ({"Prefix": "v1/"}, "v1/"),
        ({"Filter": {}}, None),
        ({"Filter": {"Prefix": ""}}, None),
        ({"Filter": {"Prefix": "v2/"}}, "v2/"),
        ({"Filter": {"And": {"Prefix": "and/", "Tags": []}}}, "and/"),
    ],
)
def test_a_prefix_stands_in_the_rule_its_filter_or_the_filters_and(members: dict[str, Any], prefix: str | None) -> None:
    assert rule(**members).prefix == prefix


@pytest.mark.parametrize(
    "filter_",
    [
        {"Tag": {"Key": "a", "Value": "b"}},
        {"ObjectSizeGreaterThan": 1},
        {"ObjectSizeLessThan": 1},
        {"And": {"Prefix": "x", "Tags": [{"Key": "a", "Value": "b"}]}},
    ],
)
def test_which_objects_a_tag_or_size_leaves_is_not_known_so_neither_is_their_time(filter_: dict[str, Any]) -> None:
    limited = rule(Filter=filter_, NoncurrentVersionExpiration={"NoncurrentDays": 3})
    assert isinstance(limited.expiration_days, Unknown)
    assert isinstance(limited.noncurrent_expiration_days, Unknown)
    moving = rule(Filter=filter_, Expiration=None, Transitions=[{"Days": 3}])
    assert isinstance(moving.transitions, Unknown)
    assert isinstance(moving.expiration_days, Unknown)
    nothing = rule(Filter=filter_, Expiration=None)
    assert (nothing.expiration_days, nothing.transitions) == (None, False)


@pytest.mark.parametrize(
    ("expiration", "days"),
    [({"Days": 30}, 30), ({"ExpiredObjectDeleteMarker": True}, None), (None, None)],
)
def test_the_days_of_a_rule(expiration: dict[str, Any] | None, days: int | None) -> None:
    assert rule(Expiration=expiration).expiration_days == days


@pytest.mark.parametrize("expiration", [{"Date": "2027-01-01T00:00:00+00:00"}, {"Days": "many"}, "soon"])
def test_a_date_or_an_odd_value_is_no_number_of_days(expiration: Any) -> None:
    assert isinstance(rule(Expiration=expiration).expiration_days, Unknown)


@pytest.mark.parametrize("status", [None, 3])
def test_a_rule_that_does_not_say_whether_it_is_on_may_be(status: Any) -> None:
    assert isinstance(rule(Status=status).enabled, Unknown)
