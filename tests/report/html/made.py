"""Reports of any size, made up in the shape of a nightly run over an organisation."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_network

from checker.model.address import PortRange
from checker.model.assessment import (
    Assessment,
    ControlResult,
    ControlStatus,
    CoverageDefect,
    CoverageRow,
    DestinationRow,
    FixedFinding,
    FlowLogRow,
    History,
    OpenFinding,
    RunPoint,
    UnexaminedRow,
    WaiverRow,
)
from checker.model.diagnosis import (
    Blocker,
    Cause,
    CauseDetail,
    Diagnosis,
    Initiator,
    Line,
    Pattern,
    Peers,
    Side,
    Stage,
    TrafficRoute,
)
from checker.model.finding import (
    Confidence,
    Control,
    Evidence,
    Finding,
    Gap,
    Remediation,
    Report,
    Resource,
    RuleInfo,
    RunInfo,
    Severity,
    Status,
    Summary,
    WaiverRef,
)
from checker.model.firewall import Direction
from checker.model.origin import Origin, Source
from checker.model.record import replace
from checker.model.traffic import Hour, Traffic, TrafficSummary

NOW = datetime(2026, 1, 31, 6, 0, tzinfo=UTC)
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2")
SEVERITIES = (Severity.HIGH, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.CRITICAL)
RULES = tuple(
    RuleInfo(id=f"FL{number:03d}", name=f"rule-number-{number}", title=f"Rule number {number}", severity=severity,
             why="Without a flow log an intrusion leaves no trace, and records cannot be made afterwards.",
             help_markdown="")
    for number, severity in enumerate(SEVERITIES, 1)
)  # fmt: skip
CONTROLS = tuple(
    Control(framework=name, version=version, id=identifier)
    for name, version, identifier in (
        ("CIS AWS Foundations Benchmark", "5.0.0", "3.7"), ("NIST SP 800-53", "r5", "AU-2"),
        ("PCI DSS", "4.0.1", "10.2.1"),
    )
)  # fmt: skip
_FIX = """resource "aws_flow_log" "{name}_all" {{
  vpc_id                   = "{name}"
  traffic_type             = "ALL"
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::acme-logs-{account}"
  max_aggregation_interval = 60
}}
"""


def resource(account: int, number: int, *, type_: str = "aws_vpc") -> Resource:
    region = REGIONS[number % len(REGIONS)]
    name, owner = f"vpc-{account:05x}{number:012x}", f"{account:012d}"
    return Resource(type=type_, address=None, arn=f"arn:aws:ec2:{region}:{owner}:vpc/{name}", id=name, account=owner,
                    region=region, root=f"{owner}/{region}")  # fmt: skip


def finding(rule: RuleInfo, subject: Resource, status: Status, **more: object) -> Finding:
    origin = Origin(source=Source.ACCOUNT, root=subject.root, api="ec2:DescribeFlowLogs")
    fix = Remediation(summary="Record all traffic of the VPC.",
                      terraform=_FIX.format(name=subject.id, account=subject.account),
                      cli=f"aws ec2 create-flow-logs --resource-type VPC --resource-ids {subject.id}")  # fmt: skip
    values: dict[str, object] = {
        "rule_id": rule.id, "rule_name": rule.name, "status": status, "severity": rule.severity,
        "confidence": Confidence.HIGH, "resource": subject, "change": None, "why": rule.why,
        "message": f"{subject.id} of account {subject.account} is {'not ' if status is Status.FAIL else ''}recorded.",
        "evidence": (Evidence(statement="no flow log stands on it, on its subnets or on its interfaces", origin=origin),
                     Evidence(statement=f"{subject.id} has 12 interfaces", origin=origin)),
        "remediation": fix if status is Status.FAIL else None, "controls": CONTROLS, "location": None,
        "id": f"{rule.id}:{subject.root}:{subject.arn}", "facts": {}, "facts_digest": "0" * 16,
    }  # fmt: skip
    return Finding(**{**values, **more})  # type: ignore[arg-type]


def findings(accounts: int, total: int) -> tuple[Finding, ...]:
    """Return findings as sorted as an engine sorts them: failures first."""
    statuses = (Status.FAIL, Status.FAIL, Status.UNKNOWN, *[Status.PASS] * 5, Status.WAIVED, Status.NOT_APPLICABLE)
    waiver = WaiverRef(source="waivers.yaml:3", reason="until the migration", owner="netops@example.com",
                       until=date(2026, 2, 10))  # fmt: skip
    made = []
    for number in range(total):
        status = statuses[(number * 7 + number // 50) % len(statuses)]
        subject = resource(number % accounts, number // len(RULES))
        more = {"waiver": waiver} if status is Status.WAIVED else {}
        made.append(finding(RULES[number % len(RULES)], subject, status, **more))
    order = {status: at for at, status in enumerate((Status.FAIL, Status.UNKNOWN, Status.WAIVED, Status.PASS))}
    return tuple(sorted(made, key=lambda each: (order.get(each.status, 9), -each.severity, each.id)))


def diagnosis(rank: int = 1, **more: object) -> Diagnosis:
    line = Line(id="acl-1#90", address="aws_network_acl.edge", says="deny tcp/5432 from 10.0.0.0/8")
    values: dict[str, object] = {
        "interface_id": f"eni-{rank:04d}", "vpc_id": "vpc-1", "subnet_id": "subnet-1", "account": "111122223333",
        "region": "eu-central-1", "direction": Direction.INGRESS, "protocol": 6, "service_ports": PortRange(5432, 5432),
        "icmp": None, "local": "10.0.2.7",
        "peers": Peers(prefixes=(ip_network("10.0.1.0/30"),), count=3, top=("10.0.1.1",)),
        "cause": Cause.NACL_DENY, "cause_detail": CauseDetail.NACL_IN_DENY, "stage": Stage.NACL_INGRESS, "rule": line,
        "blockers": (Blocker(stage=Stage.NACL_INGRESS, rule=line),), "nearest_miss": None,
        "initiator": Initiator(side=Side.PEER, signals=("tcp-flags",)), "route": TrafficRoute.SUBNET_TO_SUBNET,
        "pattern": Pattern.INBOUND_REJECT, "expected": False, "confidence": Confidence.HIGH, "assumptions": (),
        "undetermined_by": None, "says": "Entry 90 of acl-1 denies it.", "needs": (),
        "traffic": Traffic(records=90 // rank, packets=90, bytes=4_000, first=NOW - timedelta(hours=20), last=NOW),
        "evidence": ("2 111122223333 eni-1 10.0.1.1 10.0.2.7 40000 5432 6 1 44 1 2 REJECT OK",), "location": None,
        "rank": rank, "remediation": Remediation(summary="Allow it before entry 90.", terraform="# an entry\n"),
    }  # fmt: skip
    return Diagnosis(**{**values, **more})  # type: ignore[arg-type]


def traffic(hours: int = 24) -> TrafficSummary:
    begin = NOW - timedelta(hours=hours)
    timeline = tuple(
        Hour(start=begin + timedelta(hours=at), accepted=1_000, rejected=at * 37 % 101) for at in range(hours)
    )
    return TrafficSummary(records=30_000, accepted=28_000, rejected=2_000, no_data=0, skipped=0, outside=3,
                          duplicates=0, unreadable=0, files=12, bytes_read=10_000, first=begin, last=NOW,
                          timeline=timeline, top_rejected=(("10.0.1.1", 90),))  # fmt: skip


def coverage(accounts: int, each: int) -> tuple[CoverageRow, ...]:
    states = ("covered", "covered", "covered", "none", "partial", "covered-by-subnets", "unknown", "waived")
    rows = []
    for account in range(accounts):
        for number in range(each):
            subject = resource(account, number)
            rows.append(CoverageRow(account=subject.account, region=subject.region, type=subject.type, id=subject.id,
                                    address=None, name=None, state=states[(account + number) % len(states)],
                                    interfaces=4, dark=("subnet-1",)))  # fmt: skip
    return tuple(rows)


def _with_defects(rows: tuple[CoverageRow, ...]) -> tuple[CoverageRow, ...]:
    """Return rows of which the first two, recorded ones, have defects."""
    filtered = CoverageDefect(rule_id="FL002", message="ACCEPT traffic is not recorded.")
    broken = CoverageDefect(rule_id="FL005", message="fl-7 does not deliver: AWS reports FAILED.")
    return (replace(rows[0], defects=(filtered,)), replace(rows[1], defects=(broken,)), *rows[2:])


def waivers(found: tuple[Finding, ...]) -> tuple[WaiverRow, ...]:
    """Return a waiver in use that ends soon, one that has ended, and one of no use."""
    waived = tuple(sorted(each.id for each in found if each.waiver is not None))
    open_ = tuple(each.id for each in found if each.status is Status.FAIL)[:1]
    row = WaiverRow(source="waivers.yaml:3", rules=("FL001",), scope="region eu-*", reason="until the migration",
                    owner="netops@example.com", until=date(2026, 2, 10), state="in-use", count=len(waived),
                    findings=waived[:20])  # fmt: skip
    ended = replace(row, source="waivers.yaml:9", until=date(2026, 1, 30), state="expired", count=len(open_),
                    findings=open_)  # fmt: skip
    return ended, row, replace(row, source="waivers.yaml:15", owner=None, until=None, state="unused", count=0,
                               findings=())  # fmt: skip


def assessment(found: tuple[Finding, ...], *, accounts: int = 3, each: int = 6) -> Assessment:
    failing = tuple(sorted(each.id for each in found if each.status is Status.FAIL))
    counts = Counter(each.status for each in found)
    statuses = tuple(ControlStatus)
    points = tuple(RunPoint(run_id=f"run-{at}", started_at=NOW - timedelta(days=5 - at), counts={Status.FAIL: 9 - at})
                   for at in range(6))  # fmt: skip
    return Assessment(
        controls=tuple(
            ControlResult(control=control, demand="Every VPC has a flow log.", rules=("FL001",), firmness="stated",
                          source="the framework's text", status=statuses[at % 4], reason="Two VPCs are dark.",
                          counts=counts, failing=failing[:9])
            for at, control in enumerate(CONTROLS)
        ),
        coverage=_with_defects(coverage(accounts, each)),
        unexamined=(
            UnexaminedRow(account="444455556666", region=None, root=None, cause="AccessDenied"),
            UnexaminedRow(account="000000000000", region="ap-south-1", root=None, cause="ec2:DescribeVpcs was denied"),
        ),
        flow_logs=(FlowLogRow(account="111122223333", region="eu-central-1", id="fl-1", address=None, subject="vpc-1",
                              traffic_type="ALL", interval=60, destination="arn:aws:s3:::acme-logs",
                              destination_type="s3", file_format="parquet", fields=None, status="ACTIVE, SUCCESS"),),
        destinations=(DestinationRow(account=None, region=None, type="s3", id="arn:aws:s3:::acme-logs", flow_logs=1,
                                     retention="400 days", encryption=None, public_access="blocked"),),
        waivers=waivers(found),
        history=History(previous=points[-2], new=failing[:1], open=tuple(
            OpenFinding(id=each, since=NOW - timedelta(days=9), flapping=not at) for at, each in enumerate(failing[1:3])
        ), fixed=(FixedFinding(id="FL009:x:y", rule_id="FL009", resource="fl-9", message="fl-9 repeats fl-8.",
                               since=NOW - timedelta(days=3), how="fixed"),),
            mean_seconds_to_repair=172_800.0, trend=points),
    )  # fmt: skip


def report(accounts: int = 3, total: int = 240, **more: object) -> Report:
    found = findings(accounts, total)
    values: dict[str, object] = {
        "tool_version": "1.2.3",
        "run": RunInfo(
            command="account", started_at=NOW, inputs=({"kind": "account", "path": "111122223333", "sha256": None},),
            policy={"name": "baseline", "version": "1.0", "digest": "ab" * 32, "source": "shipped:baseline"},
            settings={"fail_on": "medium", "unknown": "fail", "scope": "all", "allow_empty": False},
        ),
        "summary": Summary(evaluated={"vpc": total // len(RULES), "flow_log": 7},
                           counts=Counter(each.status for each in found)),
        "findings": found,
        "gaps": (Gap(what="111122223333/us-east-1 ec2:DescribeFlowLogs", cause="AccessDenied", affects="its logs",
                     account="111122223333", region="us-east-1", call="ec2:DescribeFlowLogs"),),
        "notes": ("waivers.yaml:9: this waiver has ended.",),
        "rules": RULES, "exit_code": 1, "traffic": traffic(), "diagnoses": tuple(map(diagnosis, range(1, 5))),
        "assessment": assessment(found, accounts=accounts, each=6),
    }  # fmt: skip
    return Report(**{**values, **more})  # type: ignore[arg-type]
