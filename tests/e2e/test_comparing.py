"""The comparison of two models finds what differs, and nothing where one side does not know."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest

from checker.model.identity import KmsKey, PolicyDocument, Statement
from checker.model.known import Unknown
from checker.model.model import NetworkModel
from checker.model.network import Vpc
from checker.model.origin import Origin, Source
from tests.e2e.comparing import differences

VPC = Vpc(
    key="aws_vpc.a",
    origin=Origin(source=Source.PLAN, address="aws_vpc.a"),
    type="aws_vpc",
    id=Unknown("after apply"),
    arn=Unknown("after apply"),
    account="123456789012",
    region="us-east-1",
    tags={"team": "core"},
    cidrs=(ip_network("10.0.0.0/16"), ip_network("10.1.0.0/16")),
    owner="123456789012",
    is_default=False,
)

KEY = KmsKey(
    key="aws_kms_key.a",
    origin=VPC.origin,
    type="aws_kms_key",
    id=None,
    arn=None,
    account=VPC.account,
    region=VPC.region,
    tags={},
    enabled=True,
    deletion_pending=False,
    policy=None,
    aliases=(),
    customer_managed=True,
    rotation_enabled=True,
)


@pytest.mark.parametrize(
    ("change", "equal"),
    [
        pytest.param({}, True, id="same"),
        pytest.param({"origin": Origin(source=Source.HCL, path="main.tf", line=3)}, True, id="origin"),
        pytest.param({"id": "vpc-0abc"}, True, id="known-on-one-side"),
        pytest.param({"tags": Unknown("merge(...)")}, True, id="unknown-on-one-side"),
        pytest.param({"tags": {"team": Unknown("var.team")}}, True, id="unknown-within"),
        pytest.param({"region": "eu-west-1"}, False, id="other-value"),
        pytest.param({"tags": {"team": "core", "env": "prod"}}, False, id="one-tag-more"),
        pytest.param({"tags": {"team": "edge"}}, False, id="other-tag"),
        pytest.param({"cidrs": VPC.cidrs[:1]}, False, id="one-block-less"),
        pytest.param({"cidrs": (VPC.cidrs[0], Unknown("after apply"))}, True, id="unknown-element"),
        pytest.param(
            {"cidrs": (ip_network("10.9.0.0/16"), Unknown("after apply"))}, False, id="unknown-is-one-element-only"
        ),
        pytest.param({"cidrs": (Unknown("a list"),)}, True, id="unknown-list-within"),
        pytest.param({"cidrs": (ip_network("10.9.0.0/16"), *[Unknown("a list")] * 2)}, False, id="known-beside-a-list"),
        pytest.param({"cidrs": (*VPC.cidrs, ip_network("10.9.0.0/16"))}, False, id="one-block-more"),
        pytest.param({"cidrs": VPC.cidrs[::-1]}, False, id="other-order"),
        pytest.param({"is_default": None}, False, id="none-is-a-value"),
        pytest.param({"key": "aws_vpc.b"}, False, id="other-key"),
    ],
)
def test_models_differ_where_both_know(change: dict[str, object], equal: bool) -> None:
    other = replace(VPC, **change)
    assert (not differences(NetworkModel(vpcs=(VPC,)), NetworkModel(vpcs=(other,)))) is equal


def test_known_elements_are_found_among_others_in_any_order() -> None:
    left = replace(VPC, cidrs=(ip_network("10.0.0.0/16"), Unknown("one"), ip_network("10.1.0.0/16")))
    right = replace(VPC, cidrs=(ip_network("10.1.0.0/16"), ip_network("10.0.0.0/16"), Unknown("two")))
    assert differences(NetworkModel(vpcs=(left,)), NetworkModel(vpcs=(right,))) == []


@pytest.mark.parametrize(
    ("resources", "equal"),
    [
        pytest.param(("b", "a"), True, id="other-order"),
        pytest.param(("a",), False, id="one-less"),
        pytest.param(("a", "c"), False, id="other"),
        pytest.param(("a", Unknown("template")), True, id="unknown"),
    ],
)
def test_policies_are_equal_in_any_order(resources: tuple[object, ...], equal: bool) -> None:
    def model(*resources: object) -> NetworkModel:
        document = PolicyDocument(statements=(Statement(effect="Allow", resources=resources),))
        return NetworkModel(kms_keys=(replace(KEY, policy=document),))

    assert (not differences(model("a", "b"), model(*resources))) is equal
