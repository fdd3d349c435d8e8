"""The configuration of a night: what it may say, and where a mistake stands."""

from __future__ import annotations

import errno
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from checker import cli
from checker.errors import ConfigError
from checker.history import Keep
from checker.nightly.config import NightConfig, read_config, window
from checker.settings import Settings

BASE = {"version": 1, "name": "org", "store": {"where": "runs.sqlite"}, "work": "work"}
ROOT = Path(__file__).parents[2]


def read(folder: Path, text: str) -> NightConfig:
    path = folder / "nightly.yaml"
    path.write_text(text)
    return read_config(path, Settings(command="nightly"))


def test_everything_is_read_with_paths_beside_the_file(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """\
version: 1
name: org
accounts: {profile: audit, org_role: Audit, include: ["ou-a"], exclude: ["111122223333"], regions: [eu-west-1],
           session_tags: {team: audit}, freshness: true}
policy: cis
waivers: waivers.yaml
fail_on: high
traffic: {logs: ["s3://logs/AWSLogs/", "cloudwatch:/vpc/flow", "local/"], hours: 6, until: "03:30"}
store: {where: "s3://runs/x", keep: 400d}
work: work
outputs: [{format: json, to: "out/{night}.json"}, {format: html, to: "s3://reports/{night}.html"}]
evidence: {to: "evidence/{night}", sign_key: key}
notifications: [{name: a, sns: "arn:aws:sns:eu-west-1:111122223333:t"}, {name: b, webhook: {file: url.txt}}]
heartbeat: [{name: c, url: {env: PING}, method: PUT}, {name: d, to: "/run/beat.json"}]
outcome: out.json
""",
    )
    base = config.base
    assert (base.profile, base.org_role, base.include, base.session_tag) == (
        "audit",
        "Audit",
        ("ou-a",),
        ("team=audit",),
    )
    assert (base.policy, base.waivers, base.fail_on.label, base.unknown) == (
        "cis",
        tmp_path / "waivers.yaml",
        "high",
        "fail",
    )
    assert base.logs == ("s3://logs/AWSLogs/", "cloudwatch:/vpc/flow", (tmp_path / "local").as_posix())
    assert (config.store, config.keep, config.work) == ("s3://runs/x", Keep(days=400), tmp_path / "work")
    assert config.outputs[0] == ("json", (tmp_path / "out/{night}.json").as_posix())
    assert config.sign_key == tmp_path / "key"
    assert [each.value for each in config.notifications][1] == {"file": (tmp_path / "url.txt").as_posix()}
    assert [(each.kind, each.method) for each in config.heartbeats] == [("url", "PUT"), ("place", "GET")]
    assert window(config, "2026-03-02") == (
        datetime(2026, 3, 1, 21, 30, tzinfo=UTC),
        datetime(2026, 3, 2, 3, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"version": 2}, "version: 2 is not allowed; allowed: 1"),
        ({"store": {}}, "store: 'where' is missing"),
        ({"sotre": {}}, "unknown key 'sotre' (did you mean 'store'?)"),
        ({"name": "a b"}, 'name: "a b" is not allowed'),
        ({"outputs": [{"format": "pdf", "to": "x"}]}, "outputs[0].format: there is no format 'pdf'"),
        ({"outputs": [{"format": "json"}]}, "outputs[0]: 'to' is missing"),
        ({"evidence": {"to": "evidence"}}, "evidence.to: must hold {night}"),
        ({"traffic": {"logs": []}}, "traffic.logs: the list is empty"),
        ({"traffic": {"logs": ["x"], "until": "25:00"}}, "traffic.until"),
        ({"store": {"where": "x", "keep": "0d"}}, "store.keep"),
        ({"notifications": [{"name": "a"}]}, "notifications[0]"),
        (
            {"notifications": [{"name": "a", "webhook": "https://hooks.slack.com/s3cr3t"}]},
            "webhook: expected a mapping",
        ),
        ({"notifications": [{"name": "a", "sns": "topic"}]}, "expected the ARN of an SNS topic"),
        ({"notifications": [{"name": "a", "webhook": {"env": "X"}}, {"name": "a", "webhook": {"env": "Y"}}]}, "twice"),
        ({"heartbeat": [{"name": "a", "to": "x", "url": {"env": "X"}}]}, "exactly one of"),
        ({"accounts": {"regions": "eu-west-1"}}, "accounts.regions: expected a list"),
        ({"unknown": "perhaps"}, "allowed: warn, fail, ignore"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_mistake_is_told_with_its_line(more: dict[str, object], said: str, tmp_path: Path) -> None:
    text = yaml.safe_dump(BASE | more, sort_keys=False)
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)
    place = str(caught.value).splitlines()[0].removeprefix((tmp_path / "nightly.yaml").as_posix() + ":")
    line = int(place.partition(":")[0])
    key = next(iter(more))
    assert line == 1 or key in "\n".join(text.splitlines()[:line]), "the line is that of the mistake"


def test_yaml_that_is_none_is_told(tmp_path: Path) -> None:
    for text in ("", "version: [", "- 1", "a: &x [*x]"):
        with pytest.raises(ConfigError, match=r"nightly\.yaml"):
            read(tmp_path, text)


def test_check_says_what_is_wrong_and_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("n.yaml").write_text(yaml.safe_dump(BASE))
    assert cli.run(["nightly", "--config", "n.yaml", "--check"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["n.yaml"]
    Path("n.yaml").write_text(yaml.safe_dump(BASE | {"policy": "nowhere.yaml"}))
    assert cli.run(["nightly", "--config", "n.yaml", "--check"]) == 2
    assert "nowhere.yaml" in capfd.readouterr().err
    assert cli.run(["nightly", "--config", "n.yaml", "--night", "soon"]) == 2


def test_the_examples_of_the_documentation_are_right(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "nightly.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in text.split("```yaml\n")[1:]]
    assert blocks
    for block in blocks:
        assert read(tmp_path, block).name


@pytest.mark.parametrize(
    "wrong",
    [
        "notifications: [{name: a, webhook: 'https://hooks.example.com/T0/s3cr3t'}]",
        "notifications: [{name: a, webhook: 'hooks.example.com/T0/s3cr3t'}]",
        "notifications: [{name: a, webhook: {env: 'https://hooks.example.com/T0/s3cr3t'}}]",
        "notifications: [{name: a, webhook: {env: T0/s3cr3t}}]",
        "notifications: [{name: a, webhook: {file: 'https://hooks.example.com/T0/s3cr3t'}}]",
        "notifications: [{name: a, sns: 'https://hooks.example.com/T0/s3cr3t'}]",
        "heartbeat: [{name: a, url: 'https://hc.example.com/s3cr3t'}]",
        "heartbeat: [{name: a, to: 'https://hc.example.com/s3cr3t'}]",
    ],
)
def test_an_address_in_the_wrong_place_is_not_told(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, yaml.safe_dump(BASE) + wrong)
    assert ":5:" in str(caught.value) or ":6:" in str(caught.value)
    assert "s3cr3t" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("outputs: [{format: json, to: runs.sqlite}]", "outputs[0].to: would be written over store.where"),
        ("outputs: [{format: json, to: a}, {format: csv, to: ./a}]", "outputs[1].to: would be written over outputs[0]"),
        ("outputs: [{format: json, to: nightly.yaml}]", "would be written over this file"),
        ("{outputs: [{format: json, to: w.yaml}], waivers: w.yaml}", "would be written over waivers"),
        ("{outputs: [{format: json, to: a}], outcome: a}", "outcome: would be written over outputs[0].to"),
        ("outputs: [{format: json, to: 'https://x/y'}]", "neither a path nor s3://BUCKET/KEY"),
        ("outputs: [{format: json, to: 's3://'}]", "names no bucket"),
        ("store: {where: 'http://x'}", "neither a file nor a bucket"),
        ("store: {where: .}", "this is a folder"),
        ("work: 's3://bucket/work'", "must be a folder of this machine"),
    ],
)
def test_places_that_cannot_be_are_told_before_the_night(wrong: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        read(tmp_path, yaml.safe_dump({**BASE, **yaml.safe_load(wrong)}))


def test_a_key_that_is_not_there_is_told_by_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nightly.yaml"
    path.write_text(yaml.safe_dump({**BASE, "evidence": {"to": "{night}", "sign_key": "no-key"}}))
    assert cli.run(["nightly", "--config", str(path), "--check"]) == 2
    assert "no-key: the key cannot be read" in capsys.readouterr().err


def test_a_night_whose_disk_is_full_tells_so_to_programs_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("checker.commands.nights.run_night", full)
    path = tmp_path / "nightly.yaml"
    path.write_text(yaml.safe_dump({**BASE, "outcome": "outcome.json"}))
    assert cli.run(["nightly", "--config", str(path), "--now", "2026-03-01T02:00:00Z"]) == 2
    told = capsys.readouterr()
    outcome = json.loads(told.out)
    assert outcome == json.loads((tmp_path / "outcome.json").read_text())
    assert outcome["exit_code"] == 2
    assert outcome["error"] == f"{tmp_path / 'work'}: No space left on device"
    assert outcome["error"] in told.err
