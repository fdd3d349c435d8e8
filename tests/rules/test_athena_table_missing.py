from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.absent import Absent
from checker.model.finding import Change, Confidence
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import Unread
from checker.model.origin import Origin, Source
from checker.rules._fields import ANALYSIS_FIELDS, DEFAULT_FIELDS, VERSION_OF
from checker.rules._fix_table import LAZY_SERDE, PARQUET_SERDE, projection_of
from checker.rules._table_columns import column_of, type_of
from checker.rules.engine import judge
from tests.rules.build import (
    FULL_FORMAT,
    LATER,
    bucket,
    flow_log,
    only,
    to_bucket,
    to_group,
)
from tests.rules.build_monitoring import glue_table, network, workgroup

BUCKET = bucket()
TEXT = flow_log(log_format=None)
FULL = flow_log(log_format=FULL_FORMAT)
HIVE = flow_log(log_format=None, hive_compatible_partitions=True)
HOURLY = flow_log(log_format=None, per_hour_partition=True)
PARQUET = flow_log(log_format=None, file_format="parquet")
ROOT = "s3://logs/AWSLogs/111122223333/vpcflowlogs"
HIVE_ROOT = "s3://logs/AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs"


def columns(fields=DEFAULT_FIELDS, **types: str) -> tuple[tuple[str, str], ...]:
    return tuple((column_of(field), types.get(column_of(field), type_of(field))) for field in fields)


def table(**over):
    return glue_table(**{"columns": columns(), **over})


def keys(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, "string") for name in names)


def projected(template: str | None = f"{ROOT}/${{region}}/${{day}}", **over):
    """A table with the Athena guide's projection of region and day."""
    made = {
        "projection.enabled": "true",
        "projection.region.type": "enum",
        "projection.region.values": "us-east-1,eu-west-1",
        "projection.day.type": "date",
        "projection.day.range": "2021/01/01,NOW",
        "projection.day.format": "yyyy/MM/dd",
        **({} if template is None else {"storage.location.template": template}),
        **over.pop("parameters", {}),
    }
    defaults = {"location": f"{ROOT}/", "partition_keys": keys("region", "day"), "parameters": made}
    return table(**{**defaults, **over})


LOCATIONS = {
    "the region's folder": (f"{ROOT}/eu-west-1/", "pass"),
    "without slash": (f"{ROOT}/eu-west-1", "pass"),
    "all regions": (f"{ROOT}/", "pass"),
    "the whole bucket": ("s3://logs/", "pass"),
    "another bucket": ("s3://log/AWSLogs/", "fail"),
    "another region": (f"{ROOT}/us-east-1/", "fail"),
    "another account": ("s3://logs/AWSLogs/444455556666/vpcflowlogs/", "fail"),
    "another folder": ("s3://logs/net/AWSLogs/111122223333/", "fail"),
    "one day": (f"{ROOT}/eu-west-1/2024/01/01/", "fail"),
    "below the log's folders": (f"{ROOT}/eu-west-1/2026/03/07/09/", "fail"),
    "part of a name": ("s3://logs/AWSLogs/11112222/", "fail"),
    "not in S3": ("hdfs://x/", "fail"),
    "none": (None, "fail"),
    "not known": (LATER, "unknown"),
    "partly known": (Unknown("x", symbol="s3://⟦aws_s3_bucket.x.id⟧/AWSLogs/"), "unknown"),
    "account not known": (Unknown("x", symbol="s3://logs/AWSLogs/⟦x⟧/vpcflowlogs/"), "unknown"),
}


@pytest.mark.parametrize(("location", "status"), LOCATIONS.values(), ids=LOCATIONS.keys())
def test_the_location_is_above_the_objects(location, status):
    assert only("DS003", network(BUCKET, TEXT, table(location=location))).status == status


SAME = Unknown("after apply", symbol="⟦aws_s3_bucket.logs.bucket⟧")


def test_names_that_only_the_apply_tells_are_compared():
    symbolic = bucket(name=SAME, id=SAME)
    log = flow_log(log_format=None, destination=replace(to_bucket(), name=SAME, arn=SAME))
    location = Unknown("x", symbol="s3://⟦aws_s3_bucket.logs.bucket⟧/AWSLogs/")
    assert only("DS003", network(symbolic, log, table(location=location))).status == "pass"
    other = Unknown("x", symbol="s3://⟦aws_s3_bucket.other.bucket⟧/AWSLogs/")
    assert only("DS003", network(symbolic, log, table(location=other))).status == "unknown"


def test_the_folder_of_the_log_counts():
    log = flow_log(log_format=None, destination=to_bucket(prefix="net/vpc"))
    inside = table(location="s3://logs/net/vpc/AWSLogs/111122223333/vpcflowlogs/")
    assert only("DS003", network(BUCKET, log, inside)).status == "pass"
    assert only("DS003", network(BUCKET, log, table())).status == "fail"


NUMBERS = {
    "projection.year.type": "integer",
    "projection.year.range": "2021,2040",
    "projection.year.digits": "4",
    "projection.month.type": "integer",
    "projection.month.range": "1,12",
    "projection.month.digits": "2",
}
PROJECTIONS = {
    "the guide's": (TEXT, projected(), "pass"),
    "without the region": (TEXT, projected(parameters={"projection.region.values": "us-east-1"}), "fail"),
    "days without zeros": (TEXT, projected(parameters={"projection.day.format": "yyyy/M/d"}), "fail"),
    "days with dashes": (TEXT, projected(parameters={"projection.day.format": "yyyy-MM-dd"}), "fail"),
    "months": (
        TEXT,
        projected(parameters={"projection.day.format": "yyyy/MM", "projection.day.range": "2021/01,NOW"}),
        "pass",
    ),
    "hours of a daily log": (TEXT, projected(parameters={"projection.day.format": "yyyy/MM/dd/HH"}), "fail"),
    "hours of an hourly log": (HOURLY, projected(parameters={"projection.day.format": "yyyy/MM/dd/HH"}), "pass"),
    "days of an hourly log": (HOURLY, projected(), "pass"),
    "ends soon": (TEXT, projected(parameters={"projection.day.range": "2021/01/01,2024/12/31"}), "unknown"),
    "ends late": (TEXT, projected(parameters={"projection.day.range": "2021/01/01,2099/12/31"}), "pass"),
    "no range": (TEXT, projected(parameters={"projection.day.range": "NOW"}), "fail"),
    "a key without type": (TEXT, projected(partition_keys=keys("region", "day", "hour")), "fail"),
    "a key that is not in the template": (
        TEXT,
        projected(f"{ROOT}/eu-west-1/${{day}}"),
        "fail",
    ),
    "template of another bucket": (TEXT, projected("s3://log/AWSLogs/${region}/${day}"), "fail"),
    "template of another folder": (
        TEXT,
        projected("s3://logs/net/AWSLogs/111122223333/vpcflowlogs/${region}/${day}"),
        "fail",
    ),
    "no template": (TEXT, projected(None), "fail"),
    "template not known": (TEXT, projected(parameters={"storage.location.template": LATER}), "unknown"),
    "values not known": (TEXT, projected(parameters={"projection.region.values": LATER}), "unknown"),
    "format not known": (TEXT, projected(parameters={"projection.day.format": LATER}), "unknown"),
    "switch not known": (TEXT, projected(parameters={"projection.enabled": LATER}), "unknown"),
    "parameters not known": (TEXT, projected(), "pass"),
    "injected": (TEXT, projected(parameters={"projection.region.type": "injected"}), "pass"),
    "a strange type": (TEXT, projected(parameters={"projection.region.type": "regex"}), "fail"),
    "switched off": (TEXT, projected(parameters={"projection.enabled": "false"}), "unknown"),
    "year and month by number": (
        TEXT,
        projected(f"{ROOT}/eu-west-1/${{year}}/${{month}}", partition_keys=keys("year", "month"), parameters=NUMBERS),
        "pass",
    ),
    "month without digits": (
        TEXT,
        projected(
            f"{ROOT}/eu-west-1/${{year}}/${{month}}",
            partition_keys=keys("year", "month"),
            parameters={**NUMBERS, "projection.month.digits": "1"},
        ),
        "fail",
    ),
    "Hive without template": (
        HIVE,
        projected(
            None, location=f"{HIVE_ROOT}/aws-region=eu-west-1", partition_keys=keys("year", "month"), parameters=NUMBERS
        ),
        "pass",
    ),
    "Hive layout over a plain log": (
        TEXT,
        projected(f"{HIVE_ROOT}/aws-region=${{region}}/${{day}}", location="s3://logs/AWSLogs/"),
        "fail",
    ),
}


@pytest.mark.parametrize(("log", "made", "status"), PROJECTIONS.values(), ids=PROJECTIONS.keys())
def test_projected_partitions_lead_to_the_objects(log, made, status):
    assert only("DS003", network(BUCKET, log, made)).status == status


HIVE_KEYS = keys("aws-account-id", "aws-service", "aws-region", "year", "month", "day")
REGISTERED = {
    "all of Hive's": ({"location": "s3://logs/AWSLogs/", "partition_keys": HIVE_KEYS}, "pass"),
    "those below the location": ({"location": f"{HIVE_ROOT}/", "partition_keys": HIVE_KEYS[2:]}, "pass"),
    "in another order": ({"location": "s3://logs/AWSLogs/", "partition_keys": HIVE_KEYS[::-1]}, "fail"),
    "of other names": ({"location": f"{HIVE_ROOT}/", "partition_keys": keys("region", "day")}, "fail"),
    "one too few": ({"location": "s3://logs/AWSLogs/", "partition_keys": HIVE_KEYS[:-1]}, "fail"),
    "not known": ({"location": "s3://logs/AWSLogs/", "partition_keys": LATER}, "unknown"),
}


@pytest.mark.parametrize(("over", "status"), REGISTERED.values(), ids=REGISTERED.keys())
def test_partitions_of_the_hive_layout_have_its_names(over, status):
    finding = only("DS003", network(BUCKET, HIVE, table(**over)))
    assert finding.status == status
    assert "Assumed: its partitions are added" in repr(finding.evidence) or status != "pass"


def test_partitions_that_are_added_one_by_one_are_not_known():
    assert only("DS003", network(BUCKET, TEXT, table(partition_keys=keys("date")))).status == "unknown"


OLD = """
version account interfaceid sourceaddress destinationaddress sourceport destinationport protocol numpackets numbytes
starttime endtime action logstatus
"""
OLD_NAMES = tuple((name, "string") for name in OLD.split())
PARQUET_READS = {"serde": PARQUET_SERDE, "serde_parameters": {}, "parameters": {}}
COLUMNS = {
    "AWS's names": (TEXT, {}, "pass"),
    "AWS's old names": (TEXT, {"columns": OLD_NAMES}, "pass"),
    "all texts": (TEXT, {"columns": tuple((name, "string") for name, _ in columns())}, "pass"),
    "in another order": (TEXT, {"columns": columns(DEFAULT_FIELDS[::-1])}, "fail"),
    "one left out": (TEXT, {"columns": columns(DEFAULT_FIELDS[:3] + DEFAULT_FIELDS[4:])}, "fail"),
    "the last ones left out": (TEXT, {"columns": columns(DEFAULT_FIELDS[:13])}, "pass"),
    "action left out": (TEXT, {"columns": columns(DEFAULT_FIELDS[:12])}, "fail"),
    "more than there are": (TEXT, {"columns": columns((*DEFAULT_FIELDS, "vpc-id"))}, "pass"),
    "an address as a number": (TEXT, {"columns": columns(srcaddr="bigint")}, "fail"),
    "the default's over a custom format": (FULL, {}, "fail"),
    "those of the custom format": (FULL, {"columns": columns(ANALYSIS_FIELDS)}, "pass"),
    "none": (TEXT, {"columns": ()}, "fail"),
    "not known": (TEXT, {"columns": LATER}, "unknown"),
    "format not known": (flow_log(log_format=LATER), {}, "unknown"),
    "no separator": (TEXT, {"serde_parameters": {}}, "fail"),
    "a comma": (TEXT, {"serde_parameters": {"field.delim": ","}}, "fail"),
    "separator not known": (TEXT, {"serde_parameters": {"field.delim": LATER}}, "unknown"),
    "the other spelling": (TEXT, {"serde_parameters": {"serialization.format": " "}}, "pass"),
    "comma-separated reader": (
        TEXT,
        {"serde": "org.apache.hadoop.hive.serde2.OpenCSVSerde", "serde_parameters": {"separatorChar": " "}},
        "pass",
    ),
    "regular expressions": (TEXT, {"serde": "org.apache.hadoop.hive.serde2.RegexSerDe"}, "unknown"),
    "reader not known": (TEXT, {"serde": LATER}, "unknown"),
    "Parquet reader over text": (TEXT, PARQUET_READS, "fail"),
    "text reader over Parquet": (PARQUET, {}, "fail"),
    "Parquet": (PARQUET, PARQUET_READS, "pass"),
    "Parquet in another order": (PARQUET, {**PARQUET_READS, "columns": columns(DEFAULT_FIELDS[::-1])}, "pass"),
    "Parquet with old names": (PARQUET, {**PARQUET_READS, "columns": OLD_NAMES}, "fail"),
    "Parquet with longer numbers": (PARQUET, {**PARQUET_READS, "columns": columns(srcport="bigint")}, "pass"),
    "Parquet with shorter numbers": (PARQUET, {**PARQUET_READS, "columns": columns(bytes="int")}, "fail"),
    "Parquet with ports as texts": (PARQUET, {**PARQUET_READS, "columns": columns(dstport="string")}, "fail"),
    "file format not known": (flow_log(log_format=None, file_format=LATER), {}, "unknown"),
    "layout not known": (flow_log(log_format=None, hive_compatible_partitions=LATER), {}, "unknown"),
    "folder not known": (flow_log(log_format=None, destination=to_bucket(prefix=None)), {"exists": LATER}, "unknown"),
}


@pytest.mark.parametrize(("log", "over", "status"), COLUMNS.values(), ids=COLUMNS.keys())
def test_columns_and_reader_fit_the_records(log, over, status):
    made = table(**{"location": "s3://logs/AWSLogs/", **over})
    assert only("DS003", network(BUCKET, log, made)).status == status


def test_every_log_of_the_bucket_needs_a_table():
    second = flow_log("aws_flow_log.b", log_format=FULL_FORMAT)
    assert only("DS003", network(BUCKET, TEXT, second, table())).status == "fail"
    other = glue_table("aws_glue_catalog_table.b", columns=columns(ANALYSIS_FIELDS))
    assert only("DS003", network(BUCKET, TEXT, second, table(), other)).status == "pass"


def test_the_columns_that_count_are_the_policys_choice():
    made = network(BUCKET, FULL, table(columns=columns(ANALYSIS_FIELDS[:18])))
    assert only("DS003", made).status == "pass"
    assert only("DS003", made, DS003={"columns": ["packets"]}).status == "fail"


WORKGROUPS = {
    "ready": ((workgroup(),), "pass"),
    "none": ((), "fail"),
    "disabled": ((workgroup(enabled=False),), "fail"),
    "no place for results": ((workgroup(output_location=None),), "fail"),
    "another region": ((workgroup(region="us-east-1"),), "fail"),
    "not known": ((workgroup(output_location=LATER),), "unknown"),
}


@pytest.mark.parametrize(("groups", "status"), WORKGROUPS.values(), ids=WORKGROUPS.keys())
def test_a_workgroup_where_the_policy_asks_for_one(groups, status):
    made = network(BUCKET, TEXT, table(), *groups)
    assert only("DS003", made, DS003={"require_workgroup": True}).status == status
    assert only("DS003", made).status == "pass"


def test_what_was_not_read_or_is_kept_elsewhere_may_be_there():
    unread = (Unread(types=("aws_glue_catalog_table",), cause=Unknown("denied")),)
    assert only("DS003", network(BUCKET, TEXT, unread=unread)).status == "unknown"
    groups = (Unread(types=("aws_athena_workgroup",), cause=Unknown("denied")),)
    made = network(BUCKET, TEXT, table(), unread=groups)
    assert only("DS003", made, DS003={"require_workgroup": True}).status == "unknown"
    assert only("DS003", network(bucket(managed=False), TEXT)).status == "unknown"
    outside = flow_log(log_format=None, destination=to_bucket(None))
    assert only("DS003", network(outside)).status == "unknown"
    assert only("DS003", network(outside, table())).status == "pass"


def test_in_an_account_a_table_may_be_in_any_region_that_was_not_read():
    live = {"source": Source.ACCOUNT, "root": "111122223333/global"}
    for root, status in (("111122223333/us-east-1", "unknown"), ("444455556666/us-east-1", "fail")):
        unread = (Unread(types=("aws_glue_catalog_table",), root=root, cause=Unknown("denied")),)
        assert only("DS003", network(bucket(**live), TEXT, unread=unread)).status == status


def test_a_bucket_that_is_gone_or_not_known_is_not_judged_here():
    outside = flow_log(log_format=None, destination=to_bucket(None))
    absent = Absent(type="aws_s3_bucket", key="arn:aws:s3:::logs", origin=Origin(source=Source.ACCOUNT), says="gone")
    assert only("DS003", replace(network(outside), absent=(absent,))).status == "not-applicable"
    assert only("DS003", network(replace(outside, destination=LATER))).status == "unknown"


def test_an_assumed_reading_lowers_the_confidence():
    assert only("DS003", network(BUCKET, TEXT, table(assumptions=("x",)))).confidence is Confidence.MEDIUM


def test_changes_and_off_by_default():
    good, bad = network(BUCKET, TEXT, table()), network(BUCKET, TEXT)
    assert only("DS003", Loaded(before=good, after=bad)).change is Change.REGRESSION
    assert not [each for each in judge(Loaded(after=bad)).findings if each.rule_id == "DS003"]
    loaded = Loaded(after=network(flow_log(destination=to_group())))
    assert not [each for each in judge(loaded).findings if each.rule_id == "DS003"]


@given(
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.lists(st.sampled_from(sorted(VERSION_OF)), min_size=1, unique=True, max_size=30),
    st.sampled_from([None, "net", "a/b"]),
)
def test_the_table_that_is_proposed_fits_any_log(hive, hourly, parquet, fields, prefix):
    log = flow_log(
        log_format=" ".join(f"${{{field}}}" for field in fields),
        hive_compatible_partitions=hive,
        per_hour_partition=hourly,
        file_format="parquet" if parquet else "plain-text",
        destination=to_bucket(prefix=prefix),
    )
    folder = "s3://logs" + (f"/{prefix}" if prefix else "")
    root = folder + (HIVE_ROOT if hive else ROOT).removeprefix("s3://logs")
    found = projection_of(log, "eu-west-1")
    made = glue_table(
        location=f"{root}/",
        columns=columns(fields),
        partition_keys=found.keys,
        parameters={**found.parameters, "storage.location.template": f"{root}/{found.folders}"},
        serde=PARQUET_SERDE if parquet else LAZY_SERDE,
        serde_parameters={} if parquet else {"field.delim": " "},
    )
    finding = only("DS003", network(BUCKET, log, made))
    assert finding.status == "pass", finding.message
