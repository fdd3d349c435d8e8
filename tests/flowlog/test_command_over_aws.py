"""`flowcheck traffic` with logs in S3 and in CloudWatch Logs: the same answer as from a folder."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest

from checker import cli
from tests.support.moto_server import Server
from tests.test_traffic_command import ENI, HEADER, LINES, network

NAME = "111122223333_vpcflowlogs_eu-west-1_fl-0a1b2c3d4e5f60718_20251009T0855Z_1a2b3c4d.log.gz"


@pytest.fixture
def here(moto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    for name, value in {**moto.environment, "AWS_DEFAULT_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.chdir(tmp_path)
    network(tmp_path / "net")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / NAME).write_bytes(gzip.compress("\n".join([HEADER, *LINES, ""]).encode()))
    return moto


def told(capfd: pytest.CaptureFixture[str], where: str) -> Any:
    words = ["traffic", "--logs", where, "--network", "net", "--format", "json", "--now", "2026-01-01T00:00:00Z"]
    assert cli.run(words) == 1
    report = json.loads(capfd.readouterr().out)
    assert [gap for gap in report["gaps"] if "eu-west-1" not in gap["what"]] == []
    return [report["diagnoses"], report["traffic"]["rejected"], report["traffic"]["accepted"]]


def test_logs_in_s3_tell_what_a_folder_tells(here: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    s3 = here.client("s3", "us-east-1")
    s3.create_bucket(Bucket="flow-logs-of-the-company")
    key = f"AWSLogs/111122223333/vpcflowlogs/eu-west-1/2025/10/09/{NAME}"
    s3.put_object(Bucket="flow-logs-of-the-company", Key=key, Body=(tmp_path / "logs" / NAME).read_bytes())
    assert told(capfd, "s3://flow-logs-of-the-company") == told(capfd, "logs")


def test_logs_in_cloudwatch_tell_what_a_folder_tells(here: Server, capfd: pytest.CaptureFixture[str]) -> None:
    logs = here.client("logs", "eu-west-1")
    logs.create_log_group(logGroupName="/vpc/flow")
    logs.create_log_stream(logGroupName="/vpc/flow", logStreamName=f"{ENI}-all")
    arrived = int(time.time() * 1000)  # events older than two weeks are refused
    events = [{"timestamp": arrived, "message": line} for line in LINES]
    logs.put_log_events(logGroupName="/vpc/flow", logStreamName=f"{ENI}-all", logEvents=events)
    from_group = told(capfd, "cloudwatch:/vpc/flow@eu-west-1")
    assert from_group == told(capfd, "logs")
