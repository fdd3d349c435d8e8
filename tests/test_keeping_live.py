"""Evidence and store of live runs: the responses are in the evidence, the runs in the bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from checker import cli
from tests.load.aws.conftest import aws, members, moto, moto_process, proxy
from tests.support import faults
from tests.support.fault_proxy import Proxy
from tests.support.moto_server import ACCOUNT, ROLE

__all__ = ["aws", "members", "moto", "moto_process", "proxy"]

WORDS = ["account", "--org-role", ROLE, "--region", "eu-west-1", "--only", "FL001", "--format", "json"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_evidence_of_an_account_holds_what_aws_answered(aws: Proxy, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["account", "--region", "eu-west-1", "--only", "FL001", "--evidence", "proof"]
    assert cli.run([*words, "--now", "2026-03-01T00:00:00Z"]) == 1
    assert cli.run(["verify", "proof"]) == 0
    assert (Path("proof/snapshot") / ACCOUNT / "eu-west-1" / "ec2" / "DescribeVpcs.json").is_file()
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["proof"], "nothing else is left"
    first = json.loads(Path("proof/report/flowcheck.json").read_text())
    capfd.readouterr()
    assert cli.run(["snapshot", "proof/snapshot", "--only", "FL001", "--format", "json"]) == 1
    again = json.loads(capfd.readouterr().out)
    assert [(each["id"], each["status"]) for each in again["findings"]] == [
        (each["id"], each["status"]) for each in first["findings"]
    ]


def test_an_account_that_cannot_be_read_today_is_not_repaired(
    aws: Proxy, members: Mapping[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    aws.server.client("s3").create_bucket(Bucket="runs-of-accounts")
    store = ["--store", "s3://runs-of-accounts/flowcheck", "--series", "org"]
    cli.run([*WORDS, *store, "--now", "2026-03-01T00:00:00Z"])
    capfd.readouterr()
    with aws.with_rules(faults.assume_role_denied(members["one"])):
        cli.run([*WORDS, *store, "--now", "2026-03-02T00:00:00Z"])
    history = json.loads(capfd.readouterr().out)["assessment"]["history"]
    assert (history["new"], len(history["open"])) == ([], 2)
    assert [each["how"] for each in history["fixed"]] == ["not-examined"]
    assert members["one"] in history["fixed"][0]["id"]
    assert cli.run(["diff", *store]) == 0
    assert "no longer examined (not known to be fixed) (1)" in capfd.readouterr().out


def test_an_empty_place_in_a_bucket_is_no_empty_history(aws: Proxy, capfd: pytest.CaptureFixture[str]) -> None:
    aws.server.client("s3").create_bucket(Bucket="runs-of-nobody")
    for place in ("s3://runs-of-nobody", "s3://runs-of-nobody/flowchek"):
        assert cli.run(["history", "--store", place]) == 2
        told = capfd.readouterr()
        assert (told.out, f"--store {place}: nothing was ever kept there" in told.err) == ("", True)
