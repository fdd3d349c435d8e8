"""What a person meets at the command line: help, mistakes, exit codes. In-process except where the process matters."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from checker import __version__
from checker.__main__ import main
from checker.report import FORMATS

EXAMPLE = Path(__file__).parents[1] / "checker" / "demo" / "example"
PLAN = str(EXAMPLE / "plan.json")
NOW = ["--now", "2026-01-01T00:00:00Z"]


def run(*words: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **(env or {})}
    return subprocess.run([sys.executable, "-m", "checker", *words], input=stdin, capture_output=True, env=environment,
                          check=False)  # fmt: skip


def test_version_and_help_exit_zero() -> None:
    assert run("--version").stdout.decode().strip() == f"flowcheck {__version__}"
    assert b"exit codes" in run("--help").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "COMMAND"),
        (["plan"], "PLAN"),
        (["plnan", "x"], "invalid choice"),
        (["plan", "nowhere.json"], "nowhere.json"),
        (["plan", PLAN, "--fail-on", "sometimes"], "not a severity"),
        (["plan", PLAN, "--format", "pdf"], "there is no format 'pdf'"),
        (["plan", PLAN, "--output", "json"], "expected FORMAT=PATH"),
        (["plan", PLAN, "--output", "pdf=x"], "there is no format 'pdf'"),
        (["plan", PLAN, "--only", "FL999"], "there is no rule 'FL999'"),
        (["plan", PLAN, "--skip", "fl01"], "there is no rule 'fl01'"),
        (["plan", PLAN, "--policy", "nowhere.yaml"], "nowhere.yaml"),
        (["plan", PLAN, "--policy", "baselin"], "baseline"),
        (["plan", PLAN, "--waivers", "nowhere.yaml"], "nowhere.yaml"),
        (["plan", PLAN, "--baseline", "nowhere.json"], "nowhere.json"),
        (["plan", PLAN, "--source", "nowhere"], "nowhere"),
        (["plan", PLAN, "--now", "soon"], "RFC 3339"),
        (["plan", "-", "-"], "only once"),
        (["hcl", "nowhere"], "nowhere"),
        (["hcl", PLAN], "plan.json"),
        (["state", PLAN], "flowcheck plan"),
        (["report", "nowhere.json"], "nowhere.json"),
        (["report", PLAN], "plan.json"),
        (["rules", "FL999"], "there is no rule"),
        (["policy", "check", "nowhere.yaml"], "nowhere.yaml"),
        (["init", "nowhere"], "nowhere"),
    ],
    ids=lambda value: " ".join(value).replace(str(EXAMPLE), "") if isinstance(value, list) else None,
)
def test_a_mistake_is_exit_2_with_a_message_and_no_traceback(words: list[str], message: str) -> None:
    result = run(*words)
    text = result.stderr.decode()
    assert result.returncode == 2, text
    assert message in text
    assert "Traceback" not in text
    assert result.stdout == b""


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\x00\x01\x02", b"{" * 100_000, b'{"a": ', b"\xff\xfe"],
                         ids=["empty", "object", "list", "null", "binary", "deep", "truncated", "bom"])  # fmt: skip
def test_what_is_no_plan_is_refused_in_one_message(data: bytes) -> None:
    result = run("plan", "-", stdin=data)
    assert result.returncode == 2
    assert result.stderr.startswith(b"flowcheck: ")
    assert b"Traceback" not in result.stderr


def test_a_config_file_mistake_is_exit_2(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("scoop: all\n")
    result = run("plan", PLAN, "--config", str(config))
    assert result.returncode == 2
    assert b"scoop" in result.stderr


def test_findings_decide_the_exit_code(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", PLAN, *NOW]) == 1
    assert main(["plan", PLAN, "--only", "FL010", *NOW]) == 3
    assert main(["plan", PLAN, "--only", "FL010", "--allow-empty", *NOW]) == 0
    capfd.readouterr()


def test_standard_input_and_file_give_the_same_findings() -> None:
    piped = json.loads(run("plan", "-", "--format", "json", "--root", "x", *NOW, stdin=Path(PLAN).read_bytes()).stdout)
    named = json.loads(run("plan", PLAN, "--no-source", "--format", "json", "--root", "x", *NOW).stdout)
    assert [f["id"] for f in piped["findings"]] == [f["id"] for f in named["findings"]]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_two_runs_give_the_same_bytes(name: str) -> None:
    first, second = (run("plan", PLAN, "--format", name, *NOW, env={"PYTHONHASHSEED": seed}).stdout for seed in "12")
    assert first == second
    assert first


def test_a_saved_run_renders_again_to_the_same_bytes(tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    direct = run("plan", PLAN, "--format", "markdown", "--output", f"json={saved}", *NOW)
    again = run("report", str(saved), "--format", "markdown")
    assert again.stdout == direct.stdout
    assert again.returncode == direct.returncode


def test_a_baseline_of_the_run_itself_makes_it_clean(tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    assert run("plan", PLAN, "--output", f"json={saved}", *NOW).returncode == 1
    assert run("plan", PLAN, "--baseline", str(saved), *NOW).returncode == 0


def test_the_demo_shows_findings_and_what_to_try_next(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", *NOW]) == 0
    out = capfd.readouterr().out
    assert "FL001" in out
    assert "aws_vpc.payments" in out
    assert "flowcheck init" in out


def test_init_writes_what_the_next_run_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_vpc" "a" {\n  cidr_block = "10.0.0.0/16"\n}\n')
    monkeypatch.chdir(tmp_path)
    assert main(["hcl", "."]) == 1
    assert main(["init"]) == 0
    assert sorted(path.name for path in (tmp_path / "flowcheck").iterdir()) == [
        "baseline.json",
        "policy.yaml",
        "waivers.yaml",
    ]
    assert main(["policy", "check", "flowcheck/policy.yaml", "flowcheck/waivers.yaml"]) == 0
    assert main(["hcl", "."]) == 0, "the baseline holds what was there"
    (tmp_path / "more.tf").write_text('resource "aws_vpc" "b" {\n  cidr_block = "10.1.0.0/16"\n}\n')
    assert main(["hcl", "."]) == 1, "a new failure is not swallowed"
    before = (tmp_path / "flowcheck" / "policy.yaml").read_text()
    assert main(["init"]) == 0
    assert (tmp_path / "flowcheck" / "policy.yaml").read_text() == before


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_commands(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "plan" in capfd.readouterr().out


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m checker plan {PLAN} --verbose | head -1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert b"Traceback" not in result.stderr
    assert b"bug" not in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_interrupting_is_exit_130_without_a_traceback(ending: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "checker", "plan", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(b" " * 1_000_000)  # more than a pipe holds: it waits for standard input by then
    process.stdin.flush()
    process.send_signal(ending)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.decode().strip() == "flowcheck: interrupted"


def test_the_help_names_every_format() -> None:
    text = " ".join(run("plan", "--help", env={"COLUMNS": "300"}).stdout.decode().split())
    assert [name for name in FORMATS if name not in text] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["plan", "a" * 5000], "File name too long"),
        (["hcl", "a" * 5000], "File name too long"),
        (["report", "a" * 5000], "File name too long"),
        (["plan", PLAN, "--now", "0001-01-01T00:00:00+14:00"], "RFC 3339"),
        (["hcl", ".", "--jobs", "0"], "at least one"),
        (["plan", PLAN, "--output", "json=o", "--output", "csv=./o"], "another output"),
        (["report", "/dev/null"], "not whole JSON"),
    ],
    ids=lambda value: " ".join(value)[:40].replace("/", "") if isinstance(value, list) else None,
)
def test_what_the_machine_refuses_is_exit_2_too(words: list[str], message: str) -> None:
    result = run(*words)
    assert result.returncode == 2, result.stderr
    assert message in result.stderr.decode()
    assert b"bug" not in result.stderr


def test_an_output_never_overwrites_the_input(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_bytes(Path(PLAN).read_bytes())
    (tmp_path / "link").symlink_to(plan)
    for word in (plan, tmp_path / "link"):
        result = run("plan", str(plan), "--no-source", "--output", f"json={word}")
        assert result.returncode == 2
        assert b"would overwrite the input" in result.stderr
    assert plan.read_bytes() == Path(PLAN).read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="closes a stream as a shell does")
@pytest.mark.parametrize("words", [["plan", PLAN], ["rules"], ["demo"]], ids=lambda words: words[0])
def test_a_closed_standard_output_is_an_error_and_not_a_bug(words: list[str]) -> None:
    command = ["bash", "-c", 'exec 1>&-; exec "$0" "$@"', sys.executable, "-m", "checker", *words]
    result = subprocess.run(command, capture_output=True, check=False)
    assert result.returncode == 2
    assert b"standard output is closed" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="closes a stream as a shell does")
def test_a_closed_standard_input_is_an_error_and_not_a_bug() -> None:
    command = ["bash", "-c", 'exec 0<&-; exec "$0" "$@"', sys.executable, "-m", "checker", "plan", "-"]
    result = subprocess.run(command, capture_output=True, check=False)
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"standard input is closed" in result.stderr


def test_a_saved_run_from_standard_input_is_utf8_whatever_the_locale(tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    run("plan", PLAN, "--root", "ü", "--output", f"json={saved}", *NOW)
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    result = run("report", "-", stdin=saved.read_bytes(), env=ascii_only)
    assert result.returncode == 1, result.stderr


def test_a_name_that_the_terminal_cannot_show_is_spelled_out(tmp_path: Path) -> None:
    (tmp_path / "ü").mkdir()
    result = run("init", str(tmp_path / "ü"), env={"PYTHONIOENCODING": "ascii:strict"})
    assert result.returncode == 0, result.stderr
    assert rb"\xfc" in result.stdout
