"""How to make a run again: the line that a report prints is one that flowcheck takes, and gives the same report."""

from __future__ import annotations

import html
import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from checker.__main__ import main
from checker.cli import build_parser
from checker.demo import EXAMPLE, TRAFFIC
from checker.model.finding import Severity
from checker.repeating import RESPONSES, arguments, repeating
from checker.settings import Settings

NOW = ["--now", "2026-01-31T06:00:00Z", "--quiet"]
PLAN = str(EXAMPLE / "plan.json")
RECORDS = ["--logs", str(TRAFFIC / "flow-logs"), "--network", str(TRAFFIC / "network")]
SECRET = "9-very-secret-9"  # noqa: S105 - what must not be printed
EVERYTHING: dict[str, Any] = {
    "inputs": ("one in",), "source": Path("src dir"), "root": "prod", "policy": "cis", "waivers": Path("w.yaml"),
    "baseline": Path("b.json"), "fail_on": Severity.HIGH, "unknown": "fail", "scope": "all", "only": ("FL001", "SG001"),
    "skip": ("FL003",), "allow_empty": True, "inline": False, "find_source": False, "var_files": (Path("x.tfvars"),),
    "environment": {"TF_VAR_password": SECRET, "TF_WORKSPACE": "prod"}, "live": "account", "region": ("eu-west-1",),
    "profile": "audit", "role_arn": ("arn:aws:iam::111122223333:role/a",), "external_id": SECRET,
    "session_tag": (f"token={SECRET}",), "org_role": "Audit", "include": ("ou-1",), "exclude": ("tag:a=b c",),
    "freshness": True, "logs": ("s3://logs/a b/",), "network": "account", "log_format": "${version} ${start}",
    "since": datetime(2026, 1, 1, tzinfo=UTC), "until": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    "interface": ("eni-1",), "vpc": ("vpc-1",), "account_id": ("111122223333",), "max_scan": "any",
    "framework": ("cis-aws@5.0.0", "fsbp"),
}  # fmt: skip


def lines(page: Path) -> list[list[str]]:
    """Return the words of each command line of the part on reproduction, as a shell takes them apart."""
    part = page.read_text(encoding="utf-8").split('<section id="reproduce"')[1].split("</section>")[0]
    blocks = [html.unescape(each) for each in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", part, re.DOTALL)]
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


def files(folder: Path) -> dict[str, list[str]]:
    """Write waivers, a baseline and a source folder, and return the words that name them."""
    main(["plan", PLAN, "--output", f"json={folder / 'base line.json'}", *NOW])
    waiver = {"rule": "FL001", "scope": {"address": "**"}, "reason": "agreed", "owner": "me", "until": "2026-12-31"}
    (folder / "it's a waiver.yaml").write_text(yaml.safe_dump({"version": 1, "waivers": [waiver]}), encoding="utf-8")
    (folder / "src").mkdir()
    (folder / "src" / "main.tf").write_text(
        'variable "n" {}\nresource "aws_vpc" "a" {\n  count      = var.n\n  cidr_block = "10.0.0.0/16"\n}\n',
        encoding="utf-8",
    )
    (folder / "two.tfvars").write_text("n = 2\n", encoding="utf-8")
    return {
        "plan": ["plan", PLAN],
        "plan with exceptions": ["plan", PLAN, "--waivers", "it's a waiver.yaml", "--baseline", "base line.json",
                                 "--scope", "all"],
        "plan, narrowed": ["plan", PLAN, "--policy", "cis", "--only", "FL001,FL005", "--skip", "FL005", "--no-inline",
                           "--fail-on", "critical", "--unknown", "ignore", "--allow-empty", "--root", "network",
                           "--no-source", "--framework", "cis-aws@5.0.0"],
        "source": ["hcl", "src", "--var-file", "two.tfvars", "--unknown", "fail"],
        "snapshot": ["snapshot", str(TRAFFIC / "network")],
        "traffic": ["traffic", *RECORDS, "--since", "2026-01-01T00:00:00Z", "--until", "2026-01-01T00:20:00Z",
                    "--vpc", "vpc-0a1b2c3d4e5f60718", "--account-id", "111122223333"],
    }  # fmt: skip


RUNS = ("plan", "plan with exceptions", "plan, narrowed", "source", "snapshot", "traffic")


@pytest.mark.parametrize("run", RUNS)
def test_the_line_of_a_report_gives_the_same_report(run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = files(tmp_path)[run]
    first, again = tmp_path / "first.html", tmp_path / "again.html"
    code = main([*words, "--output", f"html={first}", *NOW])
    (line,) = lines(first)
    assert (line[0], line[-2:]) == ("flowcheck", ["--format", "html"])
    assert main([*line[1:-2], "--output", f"html={again}", "--quiet"]) == code
    assert again.read_bytes() == first.read_bytes()
    if run == "plan with exceptions":
        report = first.read_text(encoding="utf-8")
        assert "it&#x27;s a waiver.yaml" in report
        assert "Waived" in report


def test_settings_from_variables_and_files_are_on_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWCHECK_FAIL_ON", "critical")
    (tmp_path / ".flowcheck.yaml").write_text("only: [FL001]\nunknown: ignore\n", encoding="utf-8")
    page = tmp_path / "run.html"
    main(["plan", PLAN, "--output", f"html={page}", *NOW])
    (line,) = lines(page)
    for pair in (["--fail-on", "critical"], ["--only", "FL001"], ["--unknown", "ignore"]):
        assert pair in [line[at : at + 2] for at in range(len(line))]


@pytest.mark.parametrize("command", ["plan", "hcl", "state", "account", "snapshot", "traffic"])
@pytest.mark.parametrize("live", [True, False], ids=["live", "saved"])
def test_every_line_is_one_that_the_command_takes(command: str, live: bool) -> None:
    more = {} if live else {"live": "snap shot", "network": "snap shot"}
    inputs = () if command in ("account", "traffic") else EVERYTHING["inputs"]
    settings = Settings(command=command, **{**EVERYTHING, **more, "inputs": inputs})
    found = repeating(settings)
    told = [found["arguments"], *found.get("responses", [])]  # type: ignore[misc]
    for words in told:
        given = build_parser().parse_args([str(word) for word in words])  # type: ignore[union-attr]
        assert given.command == words[0]  # type: ignore[index]
        assert (given.policy, given.waivers, given.baseline) == ("cis", "w.yaml", "b.json")
        assert given.unknown == "fail"
    is_live = command == "account" or (live and command in ("plan", "traffic"))
    assert ("responses" in found) is is_live
    assert ("--no-source" in found["arguments"]) is (command in ("plan", "state", "traffic"))  # type: ignore[operator]
    assert ("--var-file" in found["arguments"]) is (command in ("hcl", "traffic"))  # type: ignore[operator]
    assert SECRET not in json.dumps(found)


def test_secrets_are_named_and_never_told() -> None:
    found = repeating(Settings(command="plan", **EVERYTHING))
    assert found["environment"] == ["FLOWCHECK_EXTERNAL_ID", "TF_VAR_password", "TF_WORKSPACE=prod"]
    assert SECRET not in json.dumps(found)


@pytest.mark.parametrize(
    ("command", "saved", "again"),
    [("account", None, [["snapshot", RESPONSES]]), ("account", Path("snap"), [["snapshot", "snap"]]),
     ("nightly", None, [["snapshot", RESPONSES], ["traffic", "--network", RESPONSES]])],
)  # fmt: skip
def test_a_live_run_is_repeated_over_its_responses(command: str, saved: Path | None, again: list[list[str]]) -> None:
    settings = Settings(command=command, save=saved, logs=("logs",) if command == "nightly" else ())
    told = repeating(settings)["responses"]
    assert [line[: len(words)] for line, words in zip(told, again, strict=True)] == again  # type: ignore[arg-type, index]


def test_a_night_is_named_by_its_configuration() -> None:
    assert arguments(Settings(command="nightly", config_path=Path("night.yaml"))) == [
        "nightly",
        "--config",
        "night.yaml",
    ]


def test_files_beside_the_inputs_have_their_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.yaml").write_bytes(b"abc")
    settings = Settings(command="plan", waivers=tmp_path / "w.yaml", baseline=Path("gone.json"))
    assert repeating(settings)["files"] == [
        {"kind": "waivers", "path": "w.yaml",
         "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"kind": "baseline", "path": "gone.json", "sha256": None},
    ]  # fmt: skip


def test_a_word_that_looks_like_a_flag_stays_a_value() -> None:
    words = arguments(Settings(command="plan", inputs=("p.json",), root="-x"))
    assert build_parser().parse_args(words).root == "-x"


def test_a_run_saved_by_an_earlier_version_still_says_what_it_knows() -> None:
    from checker.report.html.reproduce import command
    from tests.report.sample import REPORT

    line = command(REPORT)
    assert line.startswith("flowcheck plan plan.json --fail-on medium --unknown warn --scope changed --now ")
