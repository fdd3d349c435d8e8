"""`flowcheck traffic` and `explain` as a person runs them: files in, report out, errors that say what to do."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from checker import cli
from checker.flowlog.seen import grouped
from checker.model.finding import Gap
from checker.model.log_format import DEFAULT_FIELDS

ACCOUNT = "111122223333"
ENI = "eni-0000000000000001"
T = 1_760_000_000
HEADER = " ".join(DEFAULT_FIELDS)
SCHEMA = Path(__file__).parents[1] / "checker" / "report" / "run.schema.json"


def record(src: str, dst: str, sport: int, dport: int, action: str = "REJECT", eni: str = ENI, at: int = T) -> str:
    return f"2 {ACCOUNT} {eni} {src} {dst} {sport} {dport} 6 3 180 {at} {at + 59} {action} OK"


def network(folder: Path, group: str = "sg-1") -> Path:
    allow = {"RuleNumber": 100, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}
    rest = {**allow, "RuleNumber": 32767, "RuleAction": "deny"}
    deny = {**allow, "RuleNumber": 90, "RuleAction": "deny", "CidrBlock": "10.0.9.0/24", "Egress": False}
    content: dict[str, Any] = {
        "vpcs": {"Vpcs": [{"VpcId": "vpc-1", "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16"}]},
        "subnets": {"Subnets": [
            {"SubnetId": "subnet-1", "VpcId": "vpc-1", "OwnerId": ACCOUNT, "CidrBlock": "10.0.2.0/24"}]},
        "network-interfaces": {"NetworkInterfaces": [{
            "NetworkInterfaceId": ENI, "VpcId": "vpc-1", "SubnetId": "subnet-1", "OwnerId": ACCOUNT,
            "Status": "in-use", "InterfaceType": "interface", "PrivateIpAddress": "10.0.2.7",
            "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.2.7", "Primary": True}],
            "Groups": [{"GroupId": group}]}]},
        "security-groups": {"SecurityGroups": [{
            "GroupId": group, "GroupName": "db", "VpcId": "vpc-1", "OwnerId": ACCOUNT, "Description": "d",
            "IpPermissions": [
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}],
            "IpPermissionsEgress": []}]},
        "network-acls": {"NetworkAcls": [{
            "NetworkAclId": "acl-1", "VpcId": "vpc-1", "OwnerId": ACCOUNT, "IsDefault": True,
            "Associations": [
                {"SubnetId": "subnet-1", "NetworkAclId": "acl-1", "NetworkAclAssociationId": "aclassoc-1"}],
            "Entries": [deny, {**allow, "Egress": False}, {**rest, "Egress": False}, {**allow, "Egress": True},
                        {**rest, "Egress": True}]}]},
    }  # fmt: skip
    place = folder / "eu-west-1"
    place.mkdir(parents=True)
    for name, value in content.items():
        (place / f"describe-{name}.json").write_text(json.dumps(value))
    return folder


LINES = [
    record("10.0.1.5", "10.0.2.7", 50000, 5432),
    record("10.0.9.5", "10.0.2.7", 50000, 443),
    *(record(f"203.0.{n}.9", "10.0.2.7", 40000 + n, 3389) for n in range(114, 150)),
    record("10.0.1.5", "10.0.2.7", 50001, 443, "ACCEPT"),
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log.gz").write_bytes(gzip.compress("\n".join([HEADER, *LINES, ""]).encode()))
    network(tmp_path / "net")

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.run([*words, "--now", "2026-01-01T00:00:00Z"])
        out = capfd.readouterr()
        return code, out.out, out.err

    return run


TRAFFIC = ("traffic", "--logs", "logs", "--network", "net")


def test_the_rule_that_rejected_is_named_and_the_report_is_what_its_schema_says(run: Callable[..., Any]) -> None:
    code, out, err = run(*TRAFFIC, "--format", "json")
    assert (code, err) == (1, "")
    report = json.loads(out)
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))
    first, second, *rest = report["diagnoses"]
    told = [(d["cause"], d["stage"], d["rule"] and d["rule"]["id"], d["service_ports"]) for d in (first, second)]
    assert sorted(told, key=str) == [
        ("nacl-deny", "nacl-ingress", "acl-1#90", [443, 443]),
        ("sg-no-match", "sg-ingress", None, [5432, 5432]),
    ]
    assert {each["cause"] for each in rest} == {"expected-denial"}
    assert report["traffic"]["rejected"] == 38
    failed = [(each["rule_id"], each["resource"]["id"]) for each in report["findings"] if each["status"] == "fail"]
    assert failed == [("TR001", "acl-1"), ("TR001", "sg-1")]


def test_many_files_with_one_trouble_share_a_gap(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    for number in range(20):
        content = "\n".join([HEADER, record("10.0.1.5", "10.0.2.7", 40000 + number, 5432), "what?"]) + "\n"
        (tmp_path / "odd" / f"{number:02}.log").write_text(content)
    _, out, _ = run("traffic", "--logs", "odd", "--network", "net", "--format", "json")
    report = json.loads(out)
    told = [each["what"] for each in report["gaps"] if "no record of its format" in each["cause"]]
    assert told == ["odd/00.log, odd/01.log and 18 more"]
    assert (report["traffic"]["rejected"], report["traffic"]["unreadable"]) == (20, 20)


def test_a_gap_that_stands_for_many_is_not_counted_as_one() -> None:
    each = [Gap(what=f"{place}/0, {place}/1 and 998 more", cause="x", affects="y") for place in "abcdefg"]
    assert grouped(each) == each
    single = [Gap(what=f"{number}.log", cause="x", affects="y") for number in range(9)]
    assert grouped([*each, *single]) == [Gap(what="0.log, 1.log and 7 more", cause="x", affects="y"), *each]


def test_a_saved_run_is_rendered_again_byte_for_byte(run: Callable[..., Any], tmp_path: Path) -> None:
    _, first, _ = run(*TRAFFIC, "--format", "json")
    (tmp_path / "run.json").write_text(first)
    _, again, _ = run("report", "run.json", "--format", "json")
    assert again == first
    _, table, _ = run(*TRAFFIC)
    _, from_file, _ = run("report", "run.json")
    assert from_file == table


def test_the_table_tells_the_case_the_route_and_the_fix(run: Callable[..., Any]) -> None:
    _, out, _ = run(*TRAFFIC)
    assert "inbound reject; subnet to subnet" in out
    assert "acl-1#90: deny all traffic from 10.0.9.0/24" in out
    assert 'resource "aws_vpc_security_group_ingress_rule"' in out
    assert "WHY RECORDS WERE REJECTED" in out
    assert "2  inbound reject; subnet to subnet (2 diagnoses)" in out
    assert "Top talkers among the rejected: 10.0.1.5 (1), 10.0.9.5 (1)," in out


def test_markdown_tells_causes_talkers_and_the_rejects_that_deserve_a_look(run: Callable[..., Any]) -> None:
    _, out, _ = run(*TRAFFIC, "--format", "markdown")
    assert "#### Recorded traffic" in out
    assert "Top talkers among the rejected: 10.0.1.5 (1)" in out
    assert "| 36 | expected-denial | background noise, denied as intended |" in out
    assert "| inbound reject; subnet to subnet | `nacl-deny`, medium |" in out
    assert "of background noise not listed" in out


def test_fixes_are_the_same_in_every_format_and_whatever_rules_run(run: Callable[..., Any], tmp_path: Path) -> None:
    denied = [record("10.0.9.5", "10.0.2.7", 40_000 + port, port, at=T + port) for port in (22, 80, 443, 5432)]
    (tmp_path / "denied.log").write_text("\n".join([HEADER, *denied]) + "\n")
    words = ("traffic", "--logs", "denied.log", "--network", "net", "--verbose")
    _, out, _ = run(*words, "--format", "json")
    fixes = {each["rank"]: each["remediation"] for each in json.loads(out)["diagnoses"]}
    numbers = {each["rank"]: each["needs"][0]["number"] for each in json.loads(out)["diagnoses"]}
    assert sorted(numbers.values()) == [50, 60, 70, 80]
    _, out, _ = run(*words, "--skip", "TR001,TR002", "--format", "json")
    assert {each["rank"]: each["remediation"] for each in json.loads(out)["diagnoses"]} == fixes
    for format_ in ("table", "markdown"):
        _, out, _ = run(*words, "--format", format_)
        for rank, fix in fixes.items():
            assert f"--rule-number {numbers[rank]} " in fix["cli"]
            assert all(line in out for line in fix["cli"].splitlines())


def test_names_from_the_network_cannot_steer_the_terminal(run: Callable[..., Any], tmp_path: Path) -> None:
    network(tmp_path / "hostile", group="sg-\x1b]0;x\x07\x1b[31m")
    _, out, _ = run("traffic", "--logs", "logs", "--network", "hostile", "--verbose")
    assert "\x1b" not in out and "\x07" not in out


def test_an_interface_that_the_network_does_not_show_is_undetermined_never_guessed(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    lines = [record("10.0.1.5", "10.0.2.7", 1, 2, eni="eni-0000000000000009")]
    (tmp_path / "logs" / "a.log.gz").write_bytes(gzip.compress("\n".join([HEADER, *lines, ""]).encode()))
    code, out, _ = run(*TRAFFIC, "--format", "json", "--unknown", "fail")
    (only,) = json.loads(out)["diagnoses"]
    assert (only["cause"], only["cause_detail"], only["needs"]) == ("undetermined", "eni", [])
    assert code == 4


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("traffic", "--network", "net"), 2, "--logs is missing"),
        (("traffic", "--logs", "logs"), 2, "--network is missing"),
        (("traffic", "--logs", "nowhere", "--network", "net"), 2, "nowhere"),
        (("traffic", "--logs", "logs", "--network", "nowhere"), 2, "nowhere: no such file or folder"),
        (("traffic", "--logs", "empty", "--network", "net"), 2, "empty"),
        ((*TRAFFIC, "--log-format", "foo bar"), 2, "names no fields of flow log records"),
        ((*TRAFFIC, "--since", "yesterday"), 2, "--since: 'yesterday' is no time"),
        ((*TRAFFIC, "--since", "2h", "--until", "3h"), 2, "--since is not before --until"),
        ((*TRAFFIC, "--memory", "5"), 2, "at least 100 MiB"),
        (("explain", "--network", "net", "nonsense"), 2, "it is no flow"),
        (("explain", "--network", "net", "tcp 192.0.2.1:1 -> 192.0.2.2:2"), 2, "is in the network"),
    ],
)
def test_mistakes_end_with_a_sentence_that_says_what_to_do(
    run: Callable[..., Any], tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    (tmp_path / "empty").mkdir()
    found, _, err = run(*words)
    assert found == code
    assert says in err
    assert "Traceback" not in err


def test_a_window_without_records_says_so(run: Callable[..., Any]) -> None:
    code, out, _ = run(*TRAFFIC, "--since", "2025-12-01", "--format", "json")
    report = json.loads(out)
    assert (report["traffic"]["records"], report["traffic"]["outside"]) == (0, 39)
    assert (report["diagnoses"], code) == ([], 3)
    assert any(gap["what"].startswith("--since 2025-12-01") for gap in report["gaps"])
    _, out, _ = run(*TRAFFIC, "--since", "2025-12-01")
    assert "Nothing was examined: no record was left to explain." in " ".join(out.split())


def test_a_window_that_no_file_can_reach_into_is_no_mistake_but_nothing_to_examine(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    name = f"{ACCOUNT}_vpcflowlogs_eu-west-1_fl-0123456789abcdef0_20251009T0855Z_0a1b2c3d.log.gz"
    (tmp_path / "logs" / "a.log.gz").rename(tmp_path / "logs" / name)
    code, out, _ = run(*TRAFFIC, "--since", "2025-12-01")
    assert code == 3
    assert "no file or object of the logs can hold such records" in " ".join(out.split())
    code, _, _ = run(*TRAFFIC, "--since", "2025-12-01", "--unknown", "fail")
    assert code == 4


def test_only_the_interfaces_that_were_asked_for_can_be_silent(run: Callable[..., Any], tmp_path: Path) -> None:
    place = tmp_path / "net" / "eu-west-1" / "describe-network-interfaces.json"
    listed = json.loads(place.read_text())
    listed["NetworkInterfaces"].append(listed["NetworkInterfaces"][0] | {"NetworkInterfaceId": "eni-2"})
    place.write_text(json.dumps(listed))
    dark = ("TR005", "eni-2")
    for words, silent in (((), True), (("--interface", ENI), False), (("--account-id", "1"), False)):
        _, out, _ = run(*TRAFFIC, *words, "--format", "json")
        assert (dark in {(each["rule_id"], each["resource"]["id"]) for each in json.loads(out)["findings"]}) is silent


def test_a_network_of_another_account_is_named_as_such(run: Callable[..., Any], tmp_path: Path) -> None:
    for path in (tmp_path / "net" / "eu-west-1").iterdir():
        path.write_text(path.read_text().replace(ACCOUNT, "444455556666").replace(ENI, "eni-other"))
    code, out, _ = run(*TRAFFIC)
    said = " ".join(out.split())
    assert f"the records are of account {ACCOUNT}, the network is of 444455556666" in said
    assert "no record that was read is of an interface in the network" in said
    assert code == 3


@pytest.mark.parametrize("words", [("--policy", "cis"), ("--only", "FL001")])
def test_a_policy_without_a_rule_on_traffic_is_named_as_such(run: Callable[..., Any], words: tuple[str, ...]) -> None:
    code, out, _ = run(*TRAFFIC, *words)
    assert "the policy of this run has no rule on rejected traffic" in " ".join(out.split())
    assert code == 3


def test_source_without_interface_ids_says_what_to_pass_instead(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "tf").mkdir()
    (tmp_path / "tf" / "main.tf").write_text('resource "aws_vpc" "this" {\n  cidr_block = "10.0.0.0/16"\n}\n')
    code, out, _ = run("traffic", "--logs", "logs", "--network", "tf")
    assert "a plan or source bears no interface ids; pass the state" in " ".join(out.split())
    assert code == 3


def test_what_cannot_be_read_is_a_gap_and_the_rest_is_explained(run: Callable[..., Any], tmp_path: Path) -> None:
    other = [record("10.0.1.6", "10.0.2.7", 1024 + n, 5432, at=T + n % 900) for n in range(9000)]
    whole = gzip.compress("\n".join([HEADER, *other, ""]).encode())
    (tmp_path / "logs" / "b.log.gz").write_bytes(whole[: len(whole) - 300])
    (tmp_path / "logs" / "c.bin").write_bytes(bytes(range(256)) * 40)
    code, out, _ = run(*TRAFFIC, "--format", "json")
    report = json.loads(out)
    assert code == 1
    assert {gap["what"].rpartition("/")[2] for gap in report["gaps"]} >= {"b.log.gz", "c.bin"}
    assert 38 < report["traffic"]["rejected"] < 9038


def test_explain_traces_a_flow_there_and_back(run: Callable[..., Any]) -> None:
    code, out, _ = run("explain", "--network", "net", "tcp 10.0.9.5:51515 -> 10.0.2.7:443")
    assert code == 1
    assert "acl-1#90: deny all traffic from 10.0.9.0/24" in " ".join(out.split())
    assert "REPLY" in out
    code, out, _ = run("explain", "--network", "net", "tcp 10.0.1.5:51515 -> 10.0.2.7:443", "--format", "json")
    assert code == 0
    assert json.loads(out)["verdict"] == "allowed"
