"""Samples that other projects test with parse into what their owners expect. They are not part of the repository."""

import json
import os
from pathlib import Path

import pytest

from checker.flowlog.part import Encoding
from checker.flowlog.sources.files import Files
from checker.model.log_format import DEFAULT_FIELDS
from tests.flowlog.made import Got, got

DATA = Path(os.environ.get("FLOWCHECK_REAL_DATA", Path(__file__).parents[3] / "shared" / "data")) / "flowlogs"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no real samples below {DATA} (set FLOWCHECK_REAL_DATA)"),
]

OTEL = (
    "open-telemetry+opentelemetry-collector-contrib/extension/encoding/awslogsencodingextension/internal/unmarshaler/"
    "vpc-flow-log/testdata"
)


def sample(path: str, tmp_path: Path) -> Got:
    return got(Files(DATA / path), tmp_path / "scratch")


def column(found: Got, name: str) -> list[str]:
    at = found.part.fields.index(name)
    return [line.split()[at] for line in found.records]


def test_one_record_without_data(tmp_path: Path) -> None:
    found = sample(f"{OTEL}/valid_vpc_flow_log.log", tmp_path)
    assert (found.part.fields, found.part.told_by, found.gaps) == (DEFAULT_FIELDS, "header", [])
    assert found.records == ["2 12345678910 eni-0eb1e4178af74336c - - - - - - - 1742570089 1742570142 - NODATA"]


def test_two_records(tmp_path: Path) -> None:
    found = sample(f"{OTEL}/valid_vpc_flow_log_multi.log", tmp_path)
    assert column(found, "action") == ["ACCEPT", "REJECT"]
    assert column(found, "dstport") == ["22", "3389"]


def test_too_few_values_are_no_record(tmp_path: Path) -> None:
    found = sample(f"{OTEL}/vpc_flow_log_too_few_fields.log", tmp_path)
    assert found.records == []
    assert found.causes == ["1 line is no record of its format (line 2; the first: 13 values for 14 fields)"]


def test_the_counts_of_rejected_sources(tmp_path: Path) -> None:
    """``acceptNorm.dat`` is what its owner's tool counts in ``acceptRaw.dat``."""
    folder = "andyakins+VPCFlowReporter/data"
    found = sample(f"{folder}/acceptRaw.dat", tmp_path)
    expected = json.loads((DATA / folder / "acceptNorm.dat").read_text())
    sources = column(found, "srcaddr")
    assert {each: sources.count(each) for each in sources} == expected
    assert set(column(found, "action")) == {"REJECT"}


def test_a_sample_of_plain_records(tmp_path: Path) -> None:
    found = sample("andyakins+VPCFlowReporter/data/sample.dat", tmp_path)
    assert found.part.told_by == "default"
    assert found.gaps == []
    lines = (DATA / "andyakins+VPCFlowReporter/data/sample.dat").read_text().splitlines()
    assert found.records == [line for line in lines if line]
    assert {"ACCEPT", "REJECT"} <= set(column(found, "action"))


def test_parquet_of_flowlogs_reader(tmp_path: Path) -> None:
    found = sample("obsrvbl-oss+flowlogs-reader/tests/data/flows.parquet", tmp_path)
    assert found.part.encoding is Encoding.PARQUET
    assert found.part.fields == tuple(name.replace("-", "_") for name in DEFAULT_FIELDS)


def test_a_subscription_event(tmp_path: Path) -> None:
    found = sample("newrelic+aws-log-ingestion/test/events/entry_vpc_flow_logs.json", tmp_path)
    assert found.records == ["2 463657938898 eni-9f825df9 - - - - - - - 1548934870 1548934929 - NODATA"]
    assert found.gaps == []


def test_documents_of_opensearch(tmp_path: Path) -> None:
    path = "opensearch-project+opensearch-catalog/docs/schema/observability/logs/sample/aws/aws_vpc-logs.json"
    found = sample(path, tmp_path)
    assert column(found, "action") == ["ACCEPT", "REJECT"], "the fields count, not the text beside them"
    assert column(found, "flow-direction") == ["ingress", "egress"]
    assert column(found, "bytes") == ["44", "440"]
    assert found.gaps == []


def test_a_folder_of_everything_says_what_is_no_log(tmp_path: Path) -> None:
    source = Files(DATA)
    found = got(source, tmp_path / "scratch")
    assert len({part.origin for part in found.parts}) >= 8
    assert "aws_vpc_port_scanning.yml (no flow log records)" in source.described().facts["ignored"]
    lost = {Path(gap.what).name: gap.cause for gap in found.gaps}
    assert lost["aws_cloudwatch_logs_19062020.json"] == "its JSON holds no flow log records", "STIX, not logs"
