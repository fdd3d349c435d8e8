"""The wheel, installed without any extra into an empty environment, does what a checkout does."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[1]
DATA = {".json", ".yaml", ".html", ".css", ".js", ".tf", ".log", ".typed"}
"""What is read at run time and is no code."""


def run(words: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, words)], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with wheel and sdist."""
    folder = tmp_path_factory.mktemp("dist")
    for words in (
        ["pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT],
        ["pip", "install", "--quiet", "--target", folder / "hatchling", "hatchling"],
    ):
        done = run([sys.executable, "-m", *words], folder)
        if done.returncode != 0 and "No matching distribution found for hatchling" in done.stderr:
            pytest.skip("the build needs hatchling from a package index")
        assert done.returncode == 0, done.stderr
    code = f"import sys; sys.path.insert(0, {str(folder / 'hatchling')!r}); from hatchling.build import build_sdist;"
    done = run([sys.executable, "-c", f"{code} build_sdist({str(folder)!r})"], ROOT)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment in which only the wheel and what it needs are installed."""
    folder = tmp_path_factory.mktemp("installed")
    assert run([sys.executable, "-m", "venv", folder / "env"], folder).returncode == 0
    programs = folder / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    (wheel,) = built.glob("*.whl")
    done = run([programs / "python", "-m", "pip", "install", "--quiet", wheel], folder)
    if done.returncode != 0 and "No matching distribution found" in done.stderr:
        pytest.skip("installing needs the dependencies from a package index")
    assert done.returncode == 0, done.stderr
    return programs


def names(path: Path) -> set[str]:
    """Return the files of an archive: those of a wheel, or those of an sdist below its folder."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist())
    with tarfile.open(path) as archive:
        return {each.name.partition("/")[2] for each in archive.getmembers() if each.isfile()}


def test_the_wheel_holds_all_data_and_no_tests(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    held = names(wheel)
    data = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "checker").rglob("*") if path.suffix in DATA | {".py"}
    }
    policies = {
        "checker/_policies/" + path.relative_to(ROOT / "policies").as_posix()
        for path in (ROOT / "policies").rglob("*")
        if path.is_file()
    }
    assert len(policies) > 10
    assert {*data, *policies} - held == set()
    assert {name.partition("/")[0] for name in held if ".dist-info/" not in name} == {"checker"}


def test_the_sdist_holds_what_builds_and_tests_it(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    held = names(sdist)
    assert {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "policies/baseline.yaml",
        "docs/conf.py",
        "tests/test_wheel.py",
    } <= held
    assert [name for name in held if "__pycache__" in name or name.startswith((".venv", ".cache"))] == []


def test_what_is_installed_fits_together(installed: Path, tmp_path: Path) -> None:
    done = run([installed / "python", "-m", "pip", "check"], tmp_path)
    assert done.returncode == 0, done.stdout


def test_it_works_without_extras(installed: Path, tmp_path: Path) -> None:
    program = installed / "flowcheck"
    plan = ROOT / "checker" / "demo" / "example" / "plan.json"
    for words, code, says in (
        (["demo"], 0, "reply-blocked"),
        (["rules", "FL001"], 0, "# FL001 vpc-flow-log-missing"),
        (["policy", "list"], 0, "baseline"),
        (["plan", plan, "--format", "html"], 1, "<!doctype html>"),
        (["plan", plan, "--framework", "cis-aws", "--output", "json=run.json"], 1, "NOT MET"),
        (["report", "run.json", "--format", "oscal"], 1, "assessment-results"),
        (["plan", plan, "--format", "ocsf"], 1, "class_uid"),
    ):
        done = run([program, *words], tmp_path)
        assert (done.returncode, done.stderr.count("Traceback")) == (code, 0), f"{words}: {done.stderr}"
        assert says.lower() in done.stdout.lower(), words


def test_a_missing_extra_says_how_to_get_it(installed: Path, tmp_path: Path) -> None:
    plan = ROOT / "checker" / "demo" / "example" / "plan.json"
    done = run([installed / "flowcheck", "plan", plan, "--output", "xlsx=run.xlsx"], tmp_path)
    assert done.returncode == 2
    assert "pip install 'flowcheck[xlsx]'" in done.stderr
