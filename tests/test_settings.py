from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checker.errors import CheckerError, ConfigError, UsageError
from checker.model.finding import Severity
from checker.settings import OPTIONS, Settings, resolve


def settings(tmp_path: Path, config: str | None = None, env: dict[str, str] | None = None, **flags: Any) -> Settings:
    if config is not None:
        (tmp_path / ".flowcheck.yaml").write_text(config)
    return resolve({"command": "hcl", **flags}, env or {}, cwd=tmp_path)


@pytest.mark.parametrize(
    ("config", "env", "flag", "expected"),
    [
        (None, {}, None, Severity.MEDIUM),
        ("fail-on: low", {}, None, Severity.LOW),
        ("fail-on: low", {"FLOWCHECK_FAIL_ON": "high"}, None, Severity.HIGH),
        ("fail-on: low", {"FLOWCHECK_FAIL_ON": "high"}, "critical", Severity.CRITICAL),
        ("fail-on: low", {"FLOWCHECK_FAIL_ON": ""}, None, Severity.LOW),
        ("", {}, None, Severity.MEDIUM),
    ],
    ids=["default", "file", "variable over file", "flag over all", "empty variable is none", "empty file"],
)
def test_flag_wins_over_variable_over_file_over_default(
    tmp_path: Path, config: str | None, env: dict[str, str], flag: str | None, expected: Severity
) -> None:
    assert settings(tmp_path, config, env, fail_on=flag).fail_on is expected


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("fail-on: sometimes", "fail-on: 'sometimes' is not a severity"),
        ("unknown: maybe", "unknown: 'maybe' is not allowed"),
        ("failon: low", "unknown setting failon"),
        ("- a list", "expected a mapping"),
        ("inline: perhaps", "neither true nor false"),
        ("a: b: c", "mapping values are not allowed"),
        ("policy: 3", "expected text, found int"),
        ("policy: cis\nonly: FL001\npolicy: fsbp", r":3: policy is given twice"),
    ],
)
def test_a_wrong_file_is_a_config_error_that_names_it(tmp_path: Path, config: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        settings(tmp_path, config)
    assert ".flowcheck.yaml" in str(caught.value)


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="FLOWCHECK_SCOPE: 'some' is not allowed"):
        settings(tmp_path, env={"FLOWCHECK_SCOPE": "some"})


def test_a_named_file_must_exist_but_the_default_one_need_not(tmp_path: Path) -> None:
    assert settings(tmp_path).config_path is None
    with pytest.raises(ConfigError, match=r"gone\.yaml"):
        resolve({"command": "hcl", "config": str(tmp_path / "gone.yaml")}, {}, cwd=tmp_path)


def test_paths_in_the_file_are_relative_to_it(tmp_path: Path) -> None:
    found = settings(tmp_path, "policy: flowcheck/policy.yaml\nwaivers: w.yaml\n")
    assert found.policy == str(tmp_path / "flowcheck/policy.yaml")
    assert found.waivers == tmp_path / "w.yaml"
    assert settings(tmp_path, "policy: cis\n").policy == "cis"


@pytest.mark.parametrize(
    ("command", "scope", "unknown"), [("plan", "changed", "warn"), ("hcl", "all", "warn"), ("state", "all", "fail")]
)
def test_defaults_differ_per_command(tmp_path: Path, command: str, scope: str, unknown: str) -> None:
    found = settings(tmp_path, command=command)
    assert (found.scope, found.unknown) == (scope, unknown)


@pytest.mark.parametrize(
    ("now", "env", "expected"),
    [
        ("2026-01-31T06:00:00Z", {}, datetime(2026, 1, 31, 6, tzinfo=UTC)),
        ("2026-01-31T06:00:00+02:00", {}, datetime(2026, 1, 31, 4, tzinfo=UTC)),
        ("2026-01-31", {}, datetime(2026, 1, 31, tzinfo=UTC)),
        (None, {"SOURCE_DATE_EPOCH": "86400"}, datetime(1970, 1, 2, tzinfo=UTC)),
        ("2026-01-31", {"SOURCE_DATE_EPOCH": "86400"}, datetime(2026, 1, 31, tzinfo=UTC)),
    ],
)
def test_the_time_of_the_run_can_be_fixed(
    tmp_path: Path, now: str | None, env: dict[str, str], expected: datetime
) -> None:
    assert settings(tmp_path, env=env, now=now).now == expected


@pytest.mark.parametrize(("now", "env"), [("soon", {}), (None, {"SOURCE_DATE_EPOCH": "soon"})])
def test_a_wrong_time_is_refused(tmp_path: Path, now: str | None, env: dict[str, str]) -> None:
    with pytest.raises(CheckerError):
        settings(tmp_path, env=env, now=now)


def test_only_terraform_variables_of_the_environment_are_kept(tmp_path: Path) -> None:
    found = settings(tmp_path, env={"TF_VAR_a": "1", "AWS_SECRET_ACCESS_KEY": "no", "TF_WORKSPACE": "w", "PATH": "/"})
    assert found.environment == {"TF_VAR_a": "1", "TF_WORKSPACE": "w"}


def test_every_option_is_documented() -> None:
    text = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [option.name for option in OPTIONS if f"`{option.config_key}`" not in text] == []


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"[" * 20_000, "nested too deeply"),
        (b"only: 2020-99-99\n", "month must be in"),
        (b"only: " + b"9" * 5000, "4300 digits"),
        (b"# " + b"x" * 200_000, "larger than"),
        (b"policy: \xe9\n", "utf-8"),
        (b"? [a]: b\n: c\n", "unhashable"),
    ],
    ids=["deep", "date", "number", "large", "latin", "keys"],
)
def test_a_configuration_file_that_yaml_chokes_on_is_named(tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / ".flowcheck.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=cause) as raised:
        resolve({"command": "plan"}, {}, cwd=tmp_path)
    assert str(path) in str(raised.value)


def test_a_configuration_file_that_is_a_broken_link_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".flowcheck.yaml").symlink_to("nowhere")
    with pytest.raises(ConfigError, match="no such configuration file"):
        resolve({"command": "plan"}, {}, cwd=tmp_path)
