from __future__ import annotations

import pytest

from checker.load.terraform.convert import build_model
from checker.model.flow_log import FlowLogTarget, LogDestinationType, TrafficType
from checker.model.known import Unknown
from tests.load.terraform.convert.instances import instance, model, ref, root, symbol, template

VPC = instance("aws_vpc.main", {"cidr_block": "10.0.0.0/16"})
BUCKET = instance("aws_s3_bucket.logs", {"bucket": "acme-logs"})
NEW_BUCKET = instance("aws_s3_bucket.logs", {"bucket_prefix": "acme-"})
GROUP = instance("aws_cloudwatch_log_group.flow", {"name": "/vpc/flow", "retention_in_days": 400})
STREAM = instance("aws_kinesis_firehose_delivery_stream.flow", {"name": "aws-flow", "destination": "extended_s3"})


def log(**values):
    return instance("aws_flow_log.this", {"vpc_id": ref("aws_vpc.main.id"), "traffic_type": "ALL", **values})


def only_log(*instances):
    (found,) = model(VPC, *instances).flow_logs
    return found


def test_unset_arguments_take_what_the_provider_takes():
    found = only_log(log(log_group_name="/vpc/flow"))
    assert found.target == "aws_vpc.main"
    assert found.target_type is FlowLogTarget.VPC
    assert found.traffic_type is TrafficType.ALL
    assert found.max_aggregation_interval == 600
    assert found.log_format is None
    assert (found.file_format, found.hive_compatible_partitions, found.per_hour_partition) == (
        "plain-text",
        False,
        False,
    )
    assert found.destination.type is LogDestinationType.CLOUD_WATCH_LOGS


def test_a_format_that_the_configuration_sets_but_nobody_knows_is_not_the_default_format():
    found = only_log(instance("aws_flow_log.this", {"vpc_id": "vpc-1"}, configured=["log_format"]))
    assert isinstance(found.log_format, Unknown)


def test_without_configuration_an_absent_computed_argument_is_not_known():
    found = only_log(instance("aws_flow_log.this", {"vpc_id": "vpc-1"}, configured=None))
    assert isinstance(found.log_format, Unknown)


@pytest.mark.parametrize(
    ("values", "configured", "says"),
    [
        pytest.param({}, None, "is known after apply", id="left out, no configuration"),
        pytest.param({"vpc_id": None}, None, "names nothing to record", id="null, no configuration"),
        pytest.param({}, (), "names nothing to record", id="not configured"),
    ],
)
def test_a_target_that_is_left_out_is_told_from_one_that_is_not_set(values, configured, says):
    found = only_log(instance("aws_flow_log.this", values, configured=configured))
    assert isinstance(found.target, Unknown)
    assert says in found.target.reason


@pytest.mark.parametrize(
    ("destination", "others", "entity", "arn", "name", "prefix"),
    [
        pytest.param(
            ref("aws_s3_bucket.logs.arn"),
            [BUCKET],
            "aws_s3_bucket.logs",
            "arn:aws:s3:::acme-logs",
            "acme-logs",
            None,
            id="bucket",
        ),
        pytest.param(
            template(ref("aws_s3_bucket.logs.arn"), "/net/vpc/"),
            [BUCKET],
            "aws_s3_bucket.logs",
            "arn:aws:s3:::acme-logs/net/vpc/",
            "acme-logs",
            "net/vpc",
            id="bucket and folder",
        ),
        pytest.param(
            "arn:aws:s3:::acme-logs-2",
            [BUCKET],
            None,
            "arn:aws:s3:::acme-logs-2",
            "acme-logs-2",
            None,
            id="another bucket",
        ),
        pytest.param(
            "acme-logs",
            [BUCKET],
            "aws_s3_bucket.logs",
            "acme-logs",
            Unknown("not an ARN: acme-logs"),
            Unknown("not an ARN: acme-logs"),
            id="a name where an ARN belongs",
        ),
    ],
)
def test_an_s3_destination_is_split_in_bucket_and_folder(destination, others, entity, arn, name, prefix):
    found = only_log(log(log_destination=destination, log_destination_type="s3"), *others).destination
    assert found.type is LogDestinationType.S3
    assert (found.entity, found.arn) == (entity, arn)
    for value, wanted in ((found.name, name), (found.prefix, prefix)):
        assert isinstance(value, Unknown) == isinstance(wanted, Unknown)
        assert value == wanted


def test_a_bucket_without_known_name_keeps_the_folder_and_the_symbol():
    found = only_log(
        log(log_destination=template(ref("aws_s3_bucket.logs.arn"), "/vpc"), log_destination_type="s3"), NEW_BUCKET
    ).destination
    assert found.entity == "aws_s3_bucket.logs"
    assert symbol(found.arn) == "arn:aws:s3:::⟦aws_s3_bucket.logs.bucket⟧/vpc"
    assert symbol(found.name) == "⟦aws_s3_bucket.logs.bucket⟧"
    assert found.prefix == "vpc"


@pytest.mark.parametrize("bucket", [BUCKET, NEW_BUCKET], ids=["named", "new"])
def test_a_bucket_is_found_even_when_nobody_knows_whether_a_folder_follows(bucket):
    text = template(ref("aws_s3_bucket.logs.arn"), Unknown("not in plan JSON"))
    found = only_log(log(log_destination=text, log_destination_type="s3"), bucket).destination
    assert found.entity == "aws_s3_bucket.logs"
    assert isinstance(found.prefix, Unknown)
    assert isinstance(found.arn, Unknown)
    if bucket is BUCKET:
        assert found.name == "acme-logs"
    else:
        assert symbol(found.name) == "⟦aws_s3_bucket.logs.bucket⟧"


def test_a_bucket_name_that_goes_on_unknown_is_another_bucket():
    text = template("arn:aws:s3:::acme-", Unknown("var.name"))
    found = only_log(log(log_destination=text, log_destination_type="s3"), BUCKET).destination
    assert (found.entity, found.prefix) == (None, None)
    assert symbol(found.name) == "acme-⟦aws_flow_log.this.log_destination#1⟧"


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"log_destination": ref("aws_cloudwatch_log_group.flow.arn")}, id="arn"),
        pytest.param({"log_destination": template(ref("aws_cloudwatch_log_group.flow.arn"), ":*")}, id="arn with star"),
        pytest.param({"log_destination": "arn:aws:logs:eu-west-1:111122223333:log-group:/vpc/flow:*"}, id="literal"),
        pytest.param({"log_group_name": ref("aws_cloudwatch_log_group.flow.name")}, id="name"),
        pytest.param({"log_group_name": "/vpc/flow"}, id="literal name"),
    ],
)
def test_a_log_group_is_the_same_in_all_spellings(values):
    found = only_log(log(**values), GROUP).destination
    assert found.entity == "aws_cloudwatch_log_group.flow"
    assert found.arn == "arn:aws:logs:eu-west-1:111122223333:log-group:/vpc/flow"
    assert found.name == "/vpc/flow"
    assert found.prefix is None


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:logs:eu-west-1:111122223333:log-group:/vpc/flow2",
        "arn:aws:logs:eu-central-1:111122223333:log-group:/vpc/flow",
        "arn:aws:logs:eu-west-1:999922223333:log-group:/vpc/flow",
    ],
)
def test_a_log_group_of_another_name_region_or_account_is_outside(arn):
    assert only_log(log(log_destination=arn), GROUP).destination.entity is None


def test_a_group_name_lies_in_the_account_and_region_of_the_flow_log():
    elsewhere = instance("aws_flow_log.this", {"vpc_id": "vpc-1", "log_group_name": "/vpc/flow"}, region="us-east-1")
    found = only_log(elsewhere, GROUP).destination
    assert found.entity is None
    assert found.arn == "arn:aws:logs:us-east-1:111122223333:log-group:/vpc/flow"


@pytest.mark.parametrize("separator", ["/", ":"])
def test_a_delivery_stream_is_found_by_both_spellings_of_its_arn(separator):
    arn = f"arn:aws:firehose:eu-west-1:111122223333:deliverystream{separator}aws-flow"
    found = only_log(log(log_destination=arn, log_destination_type="kinesis-data-firehose"), STREAM).destination
    assert (found.entity, found.name) == ("aws_kinesis_firehose_delivery_stream.flow", "aws-flow")


def test_an_empty_destination_is_known_to_be_empty():
    found = only_log(log(log_destination="", log_group_name=None)).destination
    assert (found.arn, found.name, found.entity) == (None, None, None)


@pytest.mark.parametrize(
    ("argument", "kind"),
    [
        ("vpc_id", FlowLogTarget.VPC),
        ("subnet_id", FlowLogTarget.SUBNET),
        ("eni_id", FlowLogTarget.NETWORK_INTERFACE),
        ("transit_gateway_id", FlowLogTarget.TRANSIT_GATEWAY),
        ("transit_gateway_attachment_id", FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT),
        ("regional_nat_gateway_id", FlowLogTarget.REGIONAL_NAT_GATEWAY),
    ],
)
def test_each_target_argument_has_its_type(argument, kind):
    found = only_log(
        instance("aws_flow_log.this", {argument: "x-1", "vpc_id" if argument != "vpc_id" else "eni_id": None})
    )
    assert (found.target, found.target_type) == ("x-1", kind)


def test_a_transit_gateway_log_has_no_traffic_type_even_when_one_is_written():
    found = only_log(instance("aws_flow_log.this", {"transit_gateway_id": "tgw-1", "traffic_type": "ALL"}))
    assert found.traffic_type is None


def test_a_vpc_log_without_traffic_type_has_none_and_a_wrong_word_is_unknown():
    assert only_log(log(traffic_type=None)).traffic_type is None
    assert isinstance(only_log(log(traffic_type="all")).traffic_type, Unknown)


def test_a_known_target_beats_unknown_ones_and_two_unknown_ones_leave_the_type_open():
    some = Unknown("var.x", among=("aws_vpc.main",))
    known = only_log(instance("aws_flow_log.this", {"vpc_id": some, "subnet_id": "subnet-1"}))
    assert (known.target, known.target_type) == ("subnet-1", FlowLogTarget.SUBNET)
    both = only_log(instance("aws_flow_log.this", {"vpc_id": some, "subnet_id": some}))
    assert isinstance(both.target_type, Unknown)
    assert both.target.among == ("aws_vpc.main",)
    one = only_log(instance("aws_flow_log.this", {"vpc_id": some}))
    assert one.target_type is FlowLogTarget.VPC
    assert one.target.among == ("aws_vpc.main",)


def test_a_reference_through_another_resource_leads_to_the_vpc():
    association = instance("aws_vpc_ipv4_cidr_block_association.more", {"vpc_id": ref("aws_vpc.main.id")})
    found = only_log(log(vpc_id=ref("aws_vpc_ipv4_cidr_block_association.more.vpc_id")), association)
    assert found.target == "aws_vpc.main"


def test_a_literal_id_finds_the_vpc_of_another_root():
    ours = root(instance("aws_vpc.main", {"id": "vpc-123"}), label="net")
    logs = root(
        instance("aws_flow_log.a", {"vpc_id": "vpc-123"}), instance("aws_flow_log.b", {"vpc_id": "vpc-9"}), label="logs"
    )
    first, second = build_model([ours, logs], "after").flow_logs
    assert (first.key, first.target) == ("logs::aws_flow_log.a", "net::aws_vpc.main")
    assert second.target == "vpc-9"


def test_equal_addresses_in_two_roots_stay_apart():
    here = root(VPC, log(), label="a")
    there = root(VPC, log(), label="b")
    found = build_model([here, there], "after")
    assert [item.target for item in found.flow_logs] == ["a::aws_vpc.main", "b::aws_vpc.main"]
    assert len({symbol(vpc.id) for vpc in found.vpcs}) == 2


def test_telemetry_rules_tell_their_resource_type():
    found = model(
        instance("aws_observabilityadmin_telemetry_rule.a", {"rule": [{"resource_type": "AWS::EC2::VPC"}]}),
        instance("aws_observabilityadmin_telemetry_rule_for_organization.b", {"rule": [{}]}),
    ).telemetry_rules
    assert (found[0].resource_type, found[0].organization_wide) == ("AWS::EC2::VPC", False)
    assert found[1].organization_wide
    assert isinstance(found[1].resource_type, Unknown)


def test_telemetry_rules_tell_where_they_hold_and_for_what():
    rule = {"resource_type": "AWS::EC2::VPC", "telemetry_type": "Logs", "selection_criteria": "x", "scope": "ou"}
    kind = "aws_observabilityadmin_telemetry_rule"
    found = model(
        instance(f"{kind}.a", {"rule": [{**rule, "regions": ["us-east-1", "eu-west-1"]}]}),
        instance(f"{kind}.b", {"rule": [{**rule, "all_regions": True}]}),
        instance(f"{kind}.c", {"rule": [{**rule, "regions": [Unknown("var.r")]}]}),
    ).telemetry_rules
    assert (found[0].telemetry_type, found[0].selection_criteria, found[0].scope) == ("Logs", "x", "ou")
    assert (found[0].regions, found[1].regions) == (("eu-west-1", "us-east-1"), None)
    assert isinstance(found[2].regions, Unknown)
