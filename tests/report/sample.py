"""One report that holds everything a format may meet; the golden files are made of it."""

from collections import Counter
from datetime import UTC, date, datetime

from checker.model.finding import (
    Change,
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
from checker.model.origin import Origin, Source

HOSTILE = (
    'aws_vpc.x["a|b`c`<img src=x onerror=alert(1)>@octocat](https://evil.example) \x1b[31m\u202e\u200b\n#1 =cmd()"]'
)
"""A for_each key may be any text: markup, HTML, a mention, a link, an escape sequence, marks that turn text around."""

FIX = """\
resource "aws_flow_log" "payments" {
  vpc_id               = aws_vpc.payments.id
  traffic_type         = "ALL"
  log_destination_type = "s3"
  log_destination      = "arn:aws:s3:::acme-logs/vpc/"
}
"""

SHORT_FIX = 'resource "aws_flow_log" "z" {\n  max_aggregation_interval = 60\n}\n'

RULES = (
    RuleInfo(id="FL001", name="vpc-flow-log-missing", title="Traffic is not recorded", severity=Severity.HIGH,
             why="What is not recorded cannot be investigated.",
             help_markdown="# FL001 vpc-flow-log-missing\n\n**Not recorded**\n\n## What it checks\n\nCoverage.\n"),
    RuleInfo(id="FL003", name="flow-log-interval", title="Aggregation interval longer than allowed",
             severity=Severity.MEDIUM, why="Long intervals blur when connections were tried.",
             help_markdown="# FL003 flow-log-interval\n"),
    RuleInfo(id="FL009", name="flow-log-redundant", title="The same traffic is recorded twice", severity=Severity.LOW,
             why="Each record is paid for twice.", help_markdown="# FL009 flow-log-redundant\n"),
)  # fmt: skip


def vpc(address: str, *, root: str = "infra/prod") -> Resource:
    return Resource(type="aws_vpc", address=address, arn=None, id=None, account=None, region=None, root=root)


def at(path: str, line: int | None, end: int | None = None, *, address: str | None = None) -> Origin:
    return Origin(source=Source.HCL, root="infra/prod", address=address, path=path, line=line, end_line=end)


def finding(rule: RuleInfo, resource: Resource, status: Status, message: str, **more: object) -> Finding:
    name = resource.address or resource.arn or resource.type
    values: dict[str, object] = {
        "severity": rule.severity,
        "confidence": Confidence.HIGH,
        "change": None,
        "evidence": (Evidence(statement=f"{name} was read"),),
        "remediation": None,
        "controls": (),
        "location": None,
        "facts": {"traffic_type": "ALL"},
        "facts_digest": "5f70bf18",
    }
    values |= {"rule_id": rule.id, "rule_name": rule.name, "why": rule.why, "id": f"{rule.id}:{resource.root}:{name}"}
    return Finding(**{**values, "resource": resource, "status": status, "message": message, **more})  # type: ignore[arg-type]


LONG = 'module.network["eu-central-1"].module.payments_production_landing_zone.aws_vpc.this[0]'

REGRESSION = finding(
    RULES[0], vpc("aws_vpc.payments"), Status.FAIL,
    "aws_vpc.payments is no longer covered: this plan deletes aws_flow_log.payments, its only flow log.",
    change=Change.REGRESSION,
    evidence=(
        Evidence(statement="the plan deletes aws_flow_log.payments (ALL, s3)",
                 origin=Origin(source=Source.PLAN, address="aws_flow_log.payments", path="plan.json")),
        Evidence(statement="no other flow log names the VPC or all of its 3 subnets",
                 origin=at("main.tf", 12, 18, address="aws_vpc.payments")),
    ),
    remediation=Remediation(summary="Keep a flow log on the VPC.", terraform=FIX,
                            cli="aws ec2 create-flow-logs --resource-type VPC"),
    controls=(Control(framework="cis-aws", version="6.0.0", id="4.7"),
              Control(framework="fsbp", version="1", id="EC2.6")),
    location=at("main.tf", 12, 18, address="aws_vpc.payments"),
)  # fmt: skip

FINDINGS = (
    REGRESSION,
    finding(RULES[0], vpc(HOSTILE), Status.FAIL, f"{HOSTILE} is not covered.", change=Change.NEW,
            severity=Severity.CRITICAL, confidence=Confidence.MEDIUM,
            evidence=(Evidence(statement=f"resolved by uniqueness: {HOSTILE}", origin=at("a b/<main>|`x`.tf", 1)),),
            remediation=Remediation(summary=f"Record {HOSTILE}.", terraform=f"# {HOSTILE}\n```\n{FIX}"),
            location=at("a b/<main>|`x`.tf", 1)),
    finding(RULES[1], vpc("aws_flow_log.zürich_東京"), Status.FAIL,
            "aws_flow_log.zürich_東京 aggregates over 600 seconds.", change=Change.NEW,
            evidence=tuple(Evidence(statement=f"reading {n}", origin=at("logs.tf", n, n)) for n in range(1, 8)),
            remediation=Remediation(summary="Aggregate over 60 seconds.", terraform=SHORT_FIX),
            location=at("logs.tf", 7, 7)),
    finding(RULES[2], vpc("aws_flow_log.second"), Status.FAIL, "aws_flow_log.second repeats aws_flow_log.first.",
            change=Change.NEW, remediation=Remediation(summary="Remove one of them.", cli="aws ec2 delete-flow-logs")),
    finding(RULES[0], vpc(LONG), Status.UNKNOWN,
            "It is not known whether a flow log records the VPC: vpc_id is module.shared.vpc_ids[each.key].",
            evidence=(Evidence(statement="module.shared.vpc_ids[each.key] is known only after apply",
                               origin=at("modules/shared/outputs.tf", 3)),),
            location=Origin(source=Source.PLAN, path="plan.json")),
    finding(RULES[1], vpc("aws_flow_log.old"), Status.FAIL, "aws_flow_log.old aggregates over 600 seconds.",
            change=Change.PRE_EXISTING, location=at("logs.tf", 40, 52)),
    finding(RULES[1], vpc("aws_flow_log.known"), Status.FAIL, "aws_flow_log.known aggregates over 600 seconds.",
            change=Change.PRE_EXISTING, baselined=True, location=at("logs.tf", 60, 70)),
    finding(RULES[1], vpc("module.legacy[0].aws_flow_log.this"), Status.WAIVED, "It aggregates over 600 seconds.",
            waiver=WaiverRef(source="waivers.yaml:3", reason="non-Nitro fleet until migration",
                             owner="netops@example.com", until=date(2027, 3, 31)),
            location=at("modules/legacy/main.tf", 5, 9)),
    finding(RULES[1], vpc("aws_flow_log.inline"), Status.WAIVED, "It aggregates over 600 seconds.",
            waiver=WaiverRef(source="logs.tf:80", reason="costs | *agreed*", owner=None, until=None)),
    finding(RULES[0], vpc("aws_vpc.core"), Status.PASS, "aws_vpc.core is covered.", change=Change.FIXED),
    finding(RULES[0], vpc("aws_vpc.edge"), Status.PASS, "aws_vpc.edge is covered by aws_flow_log.edge (ALL, 60 s).",
            location=at("main.tf", 30, 34)),
    finding(RULES[0], Resource(type="aws_vpc", address=None, arn="arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-0abc",
                               id="vpc-0abc", account="111122223333", region="eu-central-1",
                               root="111122223333/eu-central-1"), Status.PASS, "vpc-0abc is covered."),
    finding(RULES[1], vpc("aws_flow_log.tgw"), Status.NOT_APPLICABLE, "There is no interval to choose."),
)  # fmt: skip


def report_of(findings: tuple[Finding, ...], **more: object) -> Report:
    values: dict[str, object] = {
        "tool_version": "1.2.3",
        "run": RunInfo(
            command="plan",
            started_at=datetime(2026, 1, 31, 6, 0, tzinfo=UTC),
            inputs=({"kind": "plan", "path": "plan.json", "sha256": "ab" * 32, "terraform_version": "1.11.4"},),
            policy={"name": "baseline", "version": 1, "switched_off": ["FL010"], "nested": {"b": 1, "a": None}},
            settings={"fail_on": "medium", "unknown": "warn", "scope": "changed"},
        ),
        "summary": Summary(evaluated={"vpc": 6, "subnets": 9, "flow_log": 1, "transit_gateway": 1},
                           counts=Counter(each.status for each in findings)),
        "findings": findings,
        "gaps": (),
        "rules": RULES,
        "exit_code": 1,
    }  # fmt: skip
    return Report(**{**values, **more})  # type: ignore[arg-type]


REPORT = report_of(
    FINDINGS,
    gaps=(
        Gap(what="broken.tf:4", cause="unexpected token <<| `x`", affects="flow logs declared in this file"),
        Gap(what="modules/remote", cause=f"source {HOSTILE} is not on disk", affects="everything in module.remote"),
    ),
    notes=(
        "waivers.yaml:9: the waiver of FL003 for aws_flow_log.gone matched nothing.",
        f"plan.json: targeted at {HOSTILE}.",
    ),
)
EMPTY = report_of((), summary=Summary(evaluated={}, counts={}), exit_code=3, notes=("Nothing was examined.",))
