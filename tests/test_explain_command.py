"""`flowcheck explain` as a person runs it: networks of every kind, what a plan changes, what the records say."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker import cli
from checker.model.log_format import DEFAULT_FIELDS
from tests.test_traffic_command import ENI, T, network

PLANS = Path(__file__).parent / "load" / "plans" / "rules_changed"
APP, DB = "eni-67b2c1b1ed8d7f3aa", "eni-749ddd65e3bac9e08"
HEADER = " ".join(DEFAULT_FIELDS)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.run(["explain", *words])
        out = capfd.readouterr()
        return code, " ".join(out.out.split()), out.err

    return run


def plan(run: Callable[..., Any], flow: str, *more: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = run("--network", str(PLANS / "plan.json"), "--format", "json", flow, *more)
    return code, json.loads(out)


# What a plan changes.


@pytest.mark.parametrize(
    ("flow", "effect", "existing", "verdict", "code"),
    [
        ("tcp 10.0.1.5 -> 10.0.2.7:5432", "existing-only", "continue", "denied", 1),
        ("tcp 203.0.113.9 -> 10.0.2.7:8443", "would-break", "cut", "denied", 1),
        ("tcp 10.0.1.5 -> 10.0.2.7:443", "would-break", "cut", "denied", 1),
        ("tcp 203.0.113.9 -> 10.0.2.7:22", "would-newly-allow", None, "allowed", 0),
        ("tcp 203.0.113.9 -> 10.0.2.7:443", "unchanged", "continue", "allowed", 0),
        ("tcp 203.0.113.9 -> 10.0.2.7:23", "still-blocked", None, "denied", 1),
    ],
)
def test_a_plan_says_what_becomes_of_a_flow(run, flow: str, effect: str, existing, verdict: str, code: int) -> None:
    ended, found = plan(run, flow)
    assert (found["change"]["effect"], found["change"]["existing_connections"]) == (effect, existing)
    assert (found["verdict"], ended) == (verdict, code)
    assert found["change"]["before"]["steps"], "the way before the plan is there too"


def test_a_plan_in_words(run) -> None:
    code, out, _ = run("--network", str(PLANS / "plan.json"), "tcp 10.0.1.5 -> 10.0.2.7:5432")
    assert code == 1
    assert "tcp 10.0.1.5 -> 10.0.2.7:5432: DENIED after the plan" in out
    assert "existing-only: Existing connections continue, new ones break." in out
    assert f"{DB} tracks them" in out
    assert "before the plan: pass, aws_security_group.db#ingress/6/5432-5432#aws_security_group.app" in out
    assert f"to 10.0.2.7, {DB} (aws_network_interface.db) in" in out
    _, cut, _ = run("--network", str(PLANS / "plan.json"), "tcp 203.0.113.9 -> 10.0.2.7:8443")
    assert "would-break: Existing connections are cut immediately, new ones break." in cut


def test_source_gives_lines_and_a_state_has_no_change(run) -> None:
    flow = "tcp 10.0.1.5 -> 10.0.2.7:443"
    _, found = plan(run, flow, "--source", str(PLANS))
    denied = next(each for each in found["steps"] if each["verdict"] == "denied")
    assert denied["line"]["origin"]["path"].endswith("rules_changed/main.tf")
    _, out, _ = run("--network", str(PLANS / "state.json"), "--format", "json", flow)
    assert json.loads(out)["change"] is None
    Path("main.tf").write_text((PLANS / "main.tf").read_text(encoding="utf-8"), encoding="utf-8")
    Path("after.tfvars").write_text('stage = "after"\n')
    code, out, _ = run("--network", ".", "--format", "json", "--var-file", "after.tfvars", flow)
    assert (code, json.loads(out)["verdict"]) == (1, "denied")
    code, out, _ = run("--network", ".", "--format", "json", flow)
    assert (code, json.loads(out)["verdict"]) == (0, "allowed")


def test_a_plan_may_lie_over_a_snapshot(run, tmp_path: Path) -> None:
    network(tmp_path / "net")
    plan_file = str(PLANS / "plan.json")
    code, out, _ = run("--network", plan_file, "--live", "net", "tcp 10.0.1.5 -> 10.0.2.7:5432")
    assert (code, "existing-only" in out) == (1, True), "10.0.2.7 of the plan's VPC, not that of the account's"
    code, out, _ = run("--network", plan_file, "--live", "net", "--format", "json", f"tcp 10.0.1.6 -> {ENI}:443")
    assert json.loads(out)["change"]["effect"] == "unchanged", "the plan does not know the account's interface"
    code, _, err = run("--network", "net", "--live", "net", f"tcp 10.0.1.6 -> {ENI}:443")
    assert (code, "--live is for a plan" in err) == (2, True)


# What the records say.


def record(eni: str, src: str, dst: str, ports: str, action: str = "ACCEPT", at: int = T) -> str:
    return f"2 123456789012 {eni} {src} {dst} {ports} 6 3 180 {at} {at + 59} {action} OK"


THERE, BACK = "40000 443", "443 40000"
SENT = record(APP, "10.0.1.5", "10.0.2.7", THERE)
CAME = record(DB, "10.0.1.5", "10.0.2.7", THERE)
REPLIED = record(DB, "10.0.2.7", "10.0.1.5", BACK)
HOME = record(APP, "10.0.2.7", "10.0.1.5", BACK)
OTHER = record(DB, "10.0.9.9", "10.0.2.7", "40000 22")
QUIET = f"2 123456789012 {DB} - - - - - - - {T} {T + 59} - NODATA"


def heard(run: Callable[..., Any], *lines: str, flow: str = "tcp 10.0.1.5 -> 10.0.2.7:443", header: str = HEADER):
    Path("logs").mkdir(exist_ok=True)
    Path("logs/a.log.gz").write_bytes(gzip.compress("\n".join([header, *lines, ""]).encode()))
    _, out, _ = run("--network", str(PLANS / "state.json"), "--logs", "logs", "--format", "json", flow)
    return json.loads(out)["records"]


@pytest.mark.parametrize(
    ("lines", "arrival"),
    [
        pytest.param([SENT, OTHER], "lost-on-the-way", id="the other end is logged and never saw it"),
        pytest.param([SENT, QUIET], "lost-on-the-way", id="the other end was silent"),
        pytest.param([SENT], "not-logged-there", id="the other end is not logged"),
        pytest.param([SENT, record(DB, "10.0.9.9", "10.0.2.7", "1 22", at=T + 7200)], "not-logged-there", id="later"),
        pytest.param([SENT, CAME, OTHER], "not-answered", id="nothing comes back"),
        pytest.param([SENT, CAME, REPLIED, HOME], "answered", id="both ways"),
        pytest.param([SENT, CAME.replace("ACCEPT", "REJECT")], "rejected-arriving", id="rejected there"),
        pytest.param([SENT.replace("ACCEPT", "REJECT"), OTHER], "rejected-leaving", id="rejected here"),
        pytest.param([SENT, CAME, REPLIED.replace("ACCEPT", "REJECT")], "reply-rejected-leaving", id="reply out"),
        pytest.param([SENT, CAME, REPLIED, HOME.replace("ACCEPT", "REJECT")], "reply-rejected-arriving", id="reply in"),
        pytest.param([OTHER, record(APP, "10.0.1.5", "10.0.2.7", "40000 444")], "not-recorded", id="another port"),
    ],
)
def test_the_records_of_both_ends_say_how_far_it_came(run, lines: list[str], arrival: str) -> None:
    assert heard(run, *lines)["arrival"] == arrival


def test_the_records_in_words(run) -> None:
    heard(run, SENT, OTHER)
    flow = "tcp 10.0.1.5 -> 10.0.2.7:443"
    _, out, _ = run("--network", str(PLANS / "state.json"), "--logs", "logs", flow)
    assert f"lost-on-the-way: The request was accepted when it left {APP} and never reached {DB}" in out
    assert "no security group and no network ACL" in out
    assert SENT in out


def test_a_window_and_a_source_port_narrow_what_is_heard(run) -> None:
    assert heard(run, SENT, CAME, OTHER, flow="tcp 10.0.1.5:40000 -> 10.0.2.7:443")["arrival"] == "not-answered"
    assert heard(run, SENT, CAME, OTHER, flow="tcp 10.0.1.5:40001 -> 10.0.2.7:443")["arrival"] == "not-recorded"
    words = ("--network", str(PLANS / "state.json"), "--logs", "logs", "--format", "json")
    _, out, _ = run(*words, "--since", "2026-01-01", "tcp 10.0.1.5 -> 10.0.2.7:443")
    assert json.loads(out)["records"]["request_leaving"]["accepted"] == 0


def test_records_without_source_ports_tell_no_replies(run) -> None:
    header = HEADER.replace("srcport ", "")
    found = heard(run, *(line.replace(" 40000 443 ", " 443 ") for line in (SENT, CAME, OTHER)), header=header)
    assert (found["arrival"], found["settled_by"]) == ("reply-not-logged-there", "records with the field srcport")


def test_what_cannot_be_read_is_said(run) -> None:
    found = heard(run, SENT, f"garbage with {APP} in it", OTHER)
    assert found["gaps"][0]["cause"] == "1 line that is no record"
    lacking = heard(run, f"2 {APP} 10.0.1.5 10.0.2.7 ACCEPT", header="version interface-id srcaddr dstaddr action")
    assert "lack dstport, protocol, start, end" in lacking["gaps"][0]["cause"]
    assert "nothing else of" in lacking["says"]
    Path("logs/a.log.gz").write_bytes(gzip.compress("\n".join([HEADER, SENT, OTHER, ""] * 500).encode())[:-40])
    _, out, _ = run("--network", str(PLANS / "state.json"), "--logs", "logs", "--format", "json",
                    "tcp 10.0.1.5 -> 10.0.2.7:443")  # fmt: skip
    assert any("cut off" in gap["cause"] for gap in json.loads(out)["records"]["gaps"])


def test_parquet_is_heard_alike(run, tmp_path: Path) -> None:
    import duckdb

    Path("logs").mkdir()
    with duckdb.connect() as database:
        columns = ", ".join(f"'{word}' AS \"{name.replace('-', '_')}\"" for name, word in zip(DEFAULT_FIELDS,
                            SENT.split(), strict=True))  # fmt: skip
        other = ", ".join(f"'{word}' AS \"{name.replace('-', '_')}\"" for name, word in zip(DEFAULT_FIELDS,
                          OTHER.split(), strict=True))  # fmt: skip
        database.execute(f"COPY (SELECT {columns} UNION ALL SELECT {other}) TO 'logs/a.parquet' (FORMAT parquet)")
    flow = "tcp 10.0.1.5 -> 10.0.2.7:443"
    _, out, _ = run("--network", str(PLANS / "state.json"), "--logs", "logs", "--format", "json", flow)
    assert json.loads(out)["records"]["arrival"] == "lost-on-the-way"


def test_records_need_interfaces_with_ids_and_a_place_that_hands_them_out(run) -> None:
    Path("main.tf").write_text((PLANS / "main.tf").read_text(encoding="utf-8"), encoding="utf-8")
    code, _, err = run("--network", ".", "--logs", "logs", "tcp 10.0.1.5 -> 10.0.2.7:443")
    assert (code, "--logs needs the id of an interface" in err) == (2, True)
    words = ("--network", str(PLANS / "state.json"), "tcp 10.0.1.5 -> 10.0.2.7:443")
    code, _, err = run(*words, "--logs", "athena:logs.flow")
    assert (code, "hand out sums" in err) == (2, True)
    code, _, err = run(*words, "--logs", "nowhere")
    assert (code, "nowhere" in err) == (2, True)


def test_records_without_source_ports_tell_nothing_of_a_flow_that_names_one(run) -> None:
    header = HEADER.replace("srcport ", "")
    lines = [each.replace(" 40000 443 ", " 443 ") for each in (SENT, CAME)]
    found = heard(run, *lines, header=header, flow="tcp 10.0.1.5:40000 -> 10.0.2.7:443")
    assert found["arrival"] == "not-recorded"
    assert "the records lack srcport, and the flow names one" in found["says"]
    assert found["settled_by"] == "records with the field srcport, or the flow without that port"


def test_an_interface_behind_a_nat_gateway_is_heard_although_the_other_end_sees_another_address(run) -> None:
    out = record(APP, "10.0.1.5", "52.1.2.3", THERE)
    found = heard(run, out, flow="tcp 10.0.1.5 -> 52.1.2.3:443")
    assert (found["arrival"], found["request_leaving"]["samples"]) == ("not-answered", [out])


def test_what_may_count_twice_is_said(run) -> None:
    def causes(**files: list[str]) -> list[str]:
        for name, lines in files.items():
            log = f"123456789012_vpcflowlogs_us-east-1_fl-{name[-1] * 17}_20251009T0850Z_abcdef12.log"
            place = Path("logs", name, log)
            place.parent.mkdir(parents=True)
            place.write_text("\n".join([HEADER, *lines, ""]))
        _, out, _ = run("--network", str(PLANS / "state.json"), "--logs", "logs", "--format", "json",
                        "tcp 10.0.1.5 -> 10.0.2.7:443")  # fmt: skip
        return [gap["cause"] for gap in json.loads(out)["records"]["gaps"]]

    assert causes(x1=[SENT, CAME]) == []
    (changed,) = causes(y1=[SENT, CAME, REPLIED])
    assert "another file of this name is read too, of another size" in changed
    assert sum("record it" in cause for cause in causes(x2=[SENT, CAME])) == 2, "two flow logs of both interfaces"


def test_packets_the_other_way_without_ports_may_be_no_replies(run) -> None:
    ping = [each.replace(" 40000 443 6 ", " 0 0 1 ").replace(" 443 40000 6 ", " 0 0 1 ") for each in (SENT, HOME)]
    found = heard(run, *ping, flow="icmp 8/0 10.0.1.5 -> 10.0.2.7")
    assert any("no port tells them apart" in text for text in found["assumptions"])


# Text that is made to mislead.


def test_characters_that_are_not_seen_are_spelled_out(run) -> None:
    Path("logs").mkdir()
    Path("logs/a\u202e\x9b.log").write_text(f"{HEADER}\n{SENT}\ngarbage {APP}\n", encoding="utf-8")
    flow = "tcp 10.0.1.5 -> 10.0.2.7:443"
    _, out, _ = run("--network", str(PLANS / "state.json"), "--logs", "logs", "--format", "json", flow)
    assert "\\u202e\\u009b.log" in out
    assert not {"\u202e", "\x9b"} & {*out}
    assert json.loads(out)["records"]["gaps"][0]["what"].endswith("a\u202e\x9b.log")


def test_an_error_spells_out_what_a_terminal_would_obey(run) -> None:
    words = ("--network", str(PLANS / "state.json"), "--logs", "no\x1b]0;x\x07")
    code, _, err = run(*words, "tcp 10.0.1.5 -> 10.0.2.7:443")
    assert (code, "no\\x1b]0;x\\x07" in err) == (2, True)
    assert err.replace("\n", "").isprintable()


# Wrong words.


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--format", "sarif", "tcp 10.0.1.5 -> 10.0.2.7:443"), "invalid choice: 'sarif'"),
        (("--store", "x", "tcp 10.0.1.5 -> 10.0.2.7:443"), "unrecognized arguments: --store"),
        (("--live", "net", "tcp 10.0.1.5 -> 10.0.2.7:443"), "--network is missing"),
        (("--network", "", "tcp 10.0.1.5 -> 10.0.2.7:443"), "--network is empty"),
        ((), "the following arguments are required: FLOW"),
    ],
)
def test_options_that_would_do_nothing_are_refused(run, words: tuple[str, ...], says: str) -> None:
    code, _, err = run(*words)
    assert (code, says in err) == (2, True), err


def test_settings_of_other_commands_do_not_disturb(run) -> None:
    Path(".flowcheck.yaml").write_text("format: sarif\nlogs: [s3://elsewhere]\n")
    code, out, _ = run("--network", str(PLANS / "state.json"), "tcp 203.0.113.9 -> 10.0.2.7:443")
    assert code == 0
    assert "REQUEST" in out
    assert "WHAT THE RECORDS SAY" not in out
