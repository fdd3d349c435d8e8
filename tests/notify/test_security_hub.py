"""Security Hub is brought up to date in batches; what it refuses is a gap; what is over is archived, nothing else."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from checker import importing
from checker.__main__ import main
from checker.errors import UsageError
from checker.history.looked import looked_at
from checker.load.aws.workers import side_by_side
from checker.model.finding import Finding, Gap, Report, Status
from checker.notify.security_hub import BATCH, send
from checker.report.asff import finding_id
from checker.report.run_file import read_run
from checker.settings import Settings
from tests.report.html import made
from tests.support.fault_proxy import serve_proxy
from tests.support.moto_server import ACCOUNT, Server, serve
from tests.support.moto_shim import shim

HOME = ("000000000000", "eu-central-1")


def subject(number: int) -> Any:
    return dataclasses.replace(made.resource(0, number), region=HOME[1], root="/".join(HOME))


INPUT = {"kind": "account", "path": HOME[0], "sha256": None, "regions": f"{HOME[1]}, eu-west-1"}


def run(*statuses: Status, **more: Any) -> Report:
    found: tuple[Finding, ...] = tuple(
        made.finding(made.RULES[0], subject(at), status) for at, status in enumerate(statuses)
    )
    about = dataclasses.replace(made.report().run, inputs=(INPUT,))
    return made.report(**{"findings": found, "gaps": (), "assessment": None, "run": about, **more})


class Hub:
    """A Security Hub that keeps findings by id, and fails as it is told to."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.calls: list[int] = []
        self.refuse: dict[str, list[str]] = {}
        """Codes to refuse a finding with, one after the other."""
        self.fail: list[Exception] = []

    def batch_import_findings(self, Findings: list[dict[str, Any]]) -> dict[str, Any]:
        self.calls.append(len(Findings))
        if self.fail:
            raise self.fail.pop(0)
        refused = []
        for each in Findings:
            if codes := self.refuse.get(each["Id"]):
                refused.append({"Id": each["Id"], "ErrorCode": codes.pop(0), "ErrorMessage": "no"})
            else:
                self.kept[each["Id"]] = each
        return {"SuccessCount": len(Findings) - len(refused), "FailedCount": len(refused), "FailedFindings": refused}

    def get_paginator(self, name: str) -> Hub:
        assert name == "get_findings"
        return self

    def paginate(self, **words: Any) -> Iterator[dict[str, Any]]:
        assert words["Filters"]["GeneratorId"] == [{"Value": "flowcheck/", "Comparison": "PREFIX"}]
        yield {"Findings": list(self.kept.values())}

    def states(self) -> list[str]:
        return [self.kept[each]["RecordState"] for each in sorted(self.kept)]


def sent(report: Report, hub: Hub, *homes: tuple[str, str]) -> Any:
    covers = looked_at(report, None).covers
    return send(report, lambda *_: hub, covers=covers, homes=homes, pause=lambda seconds: None)


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "x"}}, "BatchImportFindings")


def test_places_are_served_side_by_side_with_the_same_outcome() -> None:
    report = run(Status.FAIL)
    homes = [HOME, *((f"{number:012}", "eu-west-1") for number in range(1, 9))]
    together = threading.Barrier(len(homes))

    def client_for(account: str, region: str, *, wait: bool) -> Hub:
        if wait:
            together.wait(10)
        if account.endswith("3"):
            raise UsageError(f"{account} is closed")
        if account.endswith("4"):
            raise refused(f"Denied in {region}")
        return Hub()

    def outcome(*, wait: bool, each: Any) -> Any:
        covers = looked_at(report, None).covers
        return send(report, partial(client_for, wait=wait), covers=covers, homes=homes, each=each)

    alone = outcome(wait=False, each=map)
    assert outcome(wait=True, each=partial(side_by_side, number=len(homes))) == alone
    assert (alone.imported, [gap.account for gap in alone.gaps]) == (1, ["000000000003", "000000000004"])


class Session:
    """A session that counts what is asked of it, and is used by one thread at a time."""

    def __init__(self) -> None:
        self.assumed: list[str] = []
        self._lock = threading.Lock()

    def client(self, service: str, **words: Any) -> Any:
        assert self._lock.acquire(blocking=False), "two threads make clients of one session"
        try:
            return self if service == "sts" else words
        finally:
            self._lock.release()

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "000000000000"}

    def assume_role(self, RoleArn: str, RoleSessionName: str) -> dict[str, Any]:
        del RoleSessionName
        self.assumed.append(RoleArn)
        return {"Credentials": {"AccessKeyId": RoleArn, "SecretAccessKey": "s", "SessionToken": "t"}}


def test_each_account_is_entered_once_however_many_regions_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    monkeypatch.setattr("checker.flowlog.sources.login.session_for", lambda *_, **__: session)
    clients = importing._Clients(Settings(command="nightly", org_role="Audit"))
    places = [(f"{number % 4:012}", f"eu-west-{number % 3 + 1}") for number in range(24)]
    made = side_by_side(lambda place: clients(*place), places, number=24)
    assert sorted(session.assumed) == [f"arn:aws:iam::{number:012}:role/Audit" for number in (1, 2, 3)]
    for (account, region), words in zip(places, made, strict=True):
        assert words["region_name"] == region
        role = None if account == "0" * 12 else f"arn:aws:iam::{account}:role/Audit"
        assert words.get("aws_access_key_id") == role


def test_findings_go_in_batches_that_the_service_takes() -> None:
    hub = Hub()
    result = sent(run(*[Status.FAIL] * 150, *[Status.UNKNOWN] * 80, *[Status.PASS] * 9), hub)
    assert hub.calls == [BATCH, BATCH, 30]
    assert (result.imported, result.archived, result.gaps) == (230, 0, ())
    assert result.note == "Security Hub: 230 findings imported, 0 archived."


def test_what_is_fixed_is_archived_and_what_still_fails_stays() -> None:
    hub = Hub()
    sent(run(Status.FAIL, Status.FAIL, Status.FAIL), hub)
    result = sent(run(Status.PASS, Status.FAIL, Status.NOT_APPLICABLE), hub)
    assert (result.imported, result.archived) == (1, 2)
    assert hub.states() == ["ARCHIVED", "ACTIVE", "ARCHIVED"]
    assert sent(run(Status.PASS, Status.FAIL, Status.PASS), hub).archived == 0, "archived ones are left alone"
    assert sent(run(Status.FAIL, Status.FAIL, Status.PASS), hub).imported == 2
    assert hub.states() == ["ACTIVE", "ACTIVE", "ARCHIVED"]


def gap(**where: str) -> Gap:
    return Gap(what="something", cause="it was denied", affects="something", **where)


@pytest.mark.parametrize(
    ("change", "archived"),
    [
        pytest.param({}, 1, id="everything was read"),
        pytest.param({"gaps": (gap(account="000000000000", region="eu-central-1"),)}, 0, id="gap here"),
        pytest.param({"gaps": (gap(account="000000000000"),)}, 0, id="account closed"),
        pytest.param({"gaps": (gap(),)}, 0, id="gap nobody knows where"),
        pytest.param({"gaps": (gap(account="000000000000", region="eu-west-1"),)}, 1, id="elsewhere"),
        pytest.param({"rules": ()}, 0, id="its rule did not run"),
        pytest.param({"run": dataclasses.replace(run(Status.FAIL).run, policy={"switched_off": ["FL001"]})}, 0,
                     id="its rule was switched off"),
        pytest.param({"run": dataclasses.replace(run(Status.FAIL).run, inputs=({**INPUT, "regions": "eu-west-1"},))}, 0,
                     id="its region was not read"),
        pytest.param({"exit_code": 70}, 0, id="a rule broke"),
    ],
)  # fmt: skip
def test_a_subject_that_is_gone_is_archived_where_it_was_looked_for(change: dict[str, Any], archived: int) -> None:
    hub = Hub()
    sent(run(Status.FAIL, Status.FAIL), hub)
    assert sent(dataclasses.replace(run(Status.FAIL), **change), hub).archived == archived
    assert hub.states() == ["ACTIVE", "ARCHIVED" if archived else "ACTIVE"]


def test_what_no_record_tells_of_any_more_may_still_be_there() -> None:
    hub = Hub()
    rule = dataclasses.replace(made.RULES[0], id="TR001")
    told = run(findings=(made.finding(rule, subject(0), Status.FAIL),), rules=(rule,))
    sent(told, hub)
    assert sent(dataclasses.replace(told, findings=()), hub, HOME).archived == 0


def test_a_region_in_which_nothing_is_left_is_asked_too() -> None:
    hub = Hub()
    sent(run(Status.FAIL, Status.FAIL), hub)
    assert sent(run(), hub).archived == 0, "nobody told of the region"
    result = sent(run(), hub, HOME)
    assert (result.imported, result.archived, result.gaps) == (0, 2, ())
    assert hub.states() == ["ARCHIVED", "ARCHIVED"]


@pytest.mark.parametrize(
    ("code", "causes"),
    [
        pytest.param("InvalidAccessException", [], id="Security Hub is off"),
        pytest.param("UnrecognizedClientException", [], id="the region is off"),
        pytest.param("AccessDeniedException", ["it answered AccessDeniedException"], id="refused"),
    ],
)
def test_a_region_without_findings_is_a_gap_only_where_some_may_be_left(code: str, causes: list[str]) -> None:
    class Closed(Hub):
        def paginate(self, **words: Any) -> Iterator[dict[str, Any]]:
            raise refused(code)

    assert [each.cause for each in sent(run(), Closed(), HOME).gaps] == causes
    assert [each.cause for each in sent(run(Status.PASS), Closed()).gaps] == [f"it answered {code}"]


def test_an_unknown_keeps_a_failure_open() -> None:
    hub = Hub()
    sent(run(Status.FAIL), hub)
    assert sent(run(Status.UNKNOWN), hub).archived == 0
    assert next(iter(hub.kept.values()))["Compliance"]["Status"] == "NOT_AVAILABLE"


def test_findings_of_others_are_left_alone() -> None:
    hub = Hub()
    sent(run(Status.FAIL), hub)
    theirs = {**next(iter(hub.kept.values())), "Id": "theirs", "GeneratorId": "prowler-x"}
    elsewhere = {**theirs, "Id": "elsewhere", "GeneratorId": "flowcheck/FL001", "ProductArn": "arn:aws:x"}
    hub.kept = {"theirs": theirs, "elsewhere": elsewhere}
    assert sent(run(Status.PASS), hub).archived == 0


def test_what_was_refused_for_a_moment_is_sent_again() -> None:
    hub, report = Hub(), run(Status.FAIL, Status.FAIL)
    hub.refuse = {finding_id(report.findings[0]): ["InternalException", "InternalException"]}
    result = sent(report, hub)
    assert (hub.calls, result.imported, result.gaps) == ([2, 1, 1], 2, ())


def test_what_is_refused_for_good_is_a_gap() -> None:
    hub, report = Hub(), run(Status.FAIL, Status.FAIL, Status.FAIL)
    hub.refuse = {finding_id(each): ["InvalidInput"] for each in report.findings[:2]}
    result = sent(report, hub)
    (gap,) = result.gaps
    assert (hub.calls, result.imported) == ([3], 1)
    assert gap.what == "Security Hub of 000000000000/eu-central-1"
    assert gap.cause == "2 findings refused: InvalidInput"


@pytest.mark.parametrize(
    ("code", "calls", "imported"),
    [("TooManyRequestsException", [1, 1], 1), ("AccessDeniedException", [1], 0), ("InvalidAccessException", [1], 0)],
)
def test_a_call_that_fails_is_tried_again_where_that_helps(code: str, calls: list[int], imported: int) -> None:
    hub = Hub()
    hub.fail = [refused(code)]
    result = sent(run(Status.FAIL), hub)
    assert (hub.calls, result.imported) == (calls, imported)
    assert [each.cause for each in result.gaps] == ([] if imported else [f"1 finding refused: {code}"])


def test_patience_ends() -> None:
    hub = Hub()
    hub.fail = [refused("LimitExceededException")] * 9
    result = sent(run(Status.FAIL), hub)
    assert len(hub.calls) == 4
    assert [each.cause for each in result.gaps] == ["1 finding refused: LimitExceededException"]


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (EndpointConnectionError(endpoint_url="https://x"), "it answered EndpointConnectionError"),
        (UsageError("no session"), "no session"),
        (refused("AccessDenied"), "it answered AccessDenied"),
    ],
    ids=["unreachable", "no session", "role refused"],
)
def test_a_region_that_cannot_be_reached_is_a_gap_and_the_others_go_on(error: Exception, cause: str) -> None:
    hub = Hub()
    here = run(Status.FAIL).findings[0]
    there = dataclasses.replace(here, resource=dataclasses.replace(here.resource, region="eu-west-1"), id="there")

    def client_for(account: str, region: str) -> Hub:
        if region == "eu-central-1":
            raise error
        return hub

    report = run(findings=(here, there))
    result = send(report, client_for, covers=looked_at(report, None).covers)
    assert result.imported == 1
    assert [each.cause for each in result.gaps] == [cause]


def test_findings_without_an_account_go_nowhere() -> None:
    finding = dataclasses.replace(run(Status.FAIL).findings[0])
    homeless = dataclasses.replace(finding, resource=dataclasses.replace(finding.resource, account=None))
    result = sent(made.report(findings=(homeless,), gaps=(), assessment=None), Hub())
    assert (result.imported, result.archived, result.gaps) == (0, 0, ())


# Over HTTP ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moto() -> Iterator[Server]:
    with serve() as server, serve_proxy(server, shim()) as proxy:
        yield proxy.server


def audit(tmp_path: Path, *words: str) -> tuple[int, Report]:
    saved = tmp_path / "run.json"
    code = main(["account", "--region", "us-east-1", "--only", "FL001", "--send", "security-hub", "--quiet",
                 "--output", f"json={saved}", *words])  # fmt: skip
    return code, read_run(saved.read_text(encoding="utf-8"))


def test_a_live_account_is_told_and_a_repair_is_archived(
    moto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.reset()
    for name, value in {**os.environ, **moto.environment}.items():
        monkeypatch.setenv(name, value)
    hub = moto.client("securityhub")
    hub.enable_security_hub()
    vpc = moto.client("ec2").create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    _, first = audit(tmp_path)
    failing = {finding_id(each) for each in first.findings if each.status is Status.FAIL}
    assert any(vpc in each for each in failing)
    assert any(each.startswith(f"Security Hub: {len(failing)} findings imported") for each in first.notes)
    active = {each["Id"] for each in hub.get_findings()["Findings"] if each["RecordState"] == "ACTIVE"}
    assert active == failing
    moto.client("ec2").create_flow_logs(
        ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::{bucket(moto)}",
    )  # fmt: skip
    audit(tmp_path)
    states = {each["Id"]: each["RecordState"] for each in hub.get_findings()["Findings"]}
    assert {each for each, state in states.items() if state == "ARCHIVED"} == {each for each in failing if vpc in each}
    assert {each["AwsAccountId"] for each in hub.get_findings()["Findings"]} == {ACCOUNT}
    empty(moto)
    _, last = audit(tmp_path)
    assert last.findings == ()
    assert {each["RecordState"] for each in hub.get_findings()["Findings"]} == {"ARCHIVED"}, "no VPC, no finding"


def empty(moto: Server) -> None:
    """Take everything away that a rule could speak of."""
    ec2 = moto.client("ec2")
    ec2.delete_flow_logs(FlowLogIds=[each["FlowLogId"] for each in ec2.describe_flow_logs()["FlowLogs"]])
    for gateway in ec2.describe_internet_gateways()["InternetGateways"]:
        for attached in gateway["Attachments"]:
            ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=attached["VpcId"])
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        ec2.delete_vpc(VpcId=vpc["VpcId"])


def bucket(moto: Server) -> str:
    moto.client("s3").create_bucket(Bucket="flow-logs-of-tests")
    return "flow-logs-of-tests"


def test_a_target_that_does_not_exist_is_refused_before_any_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["account", "--send", "splunk"]) == 2
    assert "--send 'splunk': there is no such target" in capsys.readouterr().err
