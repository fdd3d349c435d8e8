"""The wheel, installed without any extra into an empty environment, does what a checkout does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from checker import __version__
from tests.release.building import EXAMPLE, PROJECT, ROOT, environment, held, run, says, sdist, wheel, works

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DATA = {".json", ".yaml", ".html", ".css", ".js", ".tf", ".log", ".typed"}
"""What is read at run time and is no code."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with wheel and sdist."""
    folder = tmp_path_factory.mktemp("dist")
    wheel(ROOT, folder)
    sdist(folder)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment in which only the wheel and what it needs are installed."""
    (file,) = built.glob("*.whl")
    return environment(tmp_path_factory.mktemp("installed"), file)


def test_the_wheel_holds_all_data_and_no_tests(built: Path) -> None:
    (file,) = built.glob("*.whl")
    names = set(held(file))
    data = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "checker").rglob("*") if path.suffix in DATA | {".py"}
    }
    policies = {
        "checker/_policies/" + path.relative_to(ROOT / "policies").as_posix()
        for path in (ROOT / "policies").rglob("*")
        if path.is_file()
    }
    assert len(policies) > 10
    assert {*data, *policies} - names == set()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"checker"}


def test_the_sdist_holds_what_builds_and_tests_it(built: Path) -> None:
    (file,) = built.glob("*.tar.gz")
    names = set(held(file))
    assert {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "SECURITY.md",
        "Containerfile",
        "locks/runtime.txt",
        "policies/baseline.yaml",
        "docs/conf.py",
        "terraform/modules/flow-logs/main.tf",
        "tests/test_wheel.py",
    } <= names
    assert [name for name in names if "__pycache__" in name or name.startswith((".venv", ".cache"))] == []


def test_the_sdist_builds_the_same_wheel(built: Path, tmp_path: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    (file,) = built.glob("*.whl")
    assert held(wheel(source, tmp_path)) == held(file)


def test_the_version_stands_in_one_place(built: Path, installed: Path, tmp_path: Path) -> None:
    (file,) = built.glob("*.whl")
    (source,) = built.glob("*.tar.gz")
    (metadata,) = (text for name, text in held(file).items() if name.endswith(".dist-info/METADATA"))
    assert f"\nVersion: {__version__}\n" in metadata.decode()
    assert (file.name, source.name) == (f"flowcheck-{__version__}-py3-none-any.whl", f"flowcheck-{__version__}.tar.gz")
    assert says(installed, tmp_path, ["--version"], 0, __version__).split() == ["flowcheck", __version__]
    says(installed, tmp_path, ["plan", EXAMPLE, "--output", "json=run.json", "--output", "sarif=run.sarif"], 1, "FL001")
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["tool"]["version"] == __version__
    sarif = json.loads((tmp_path / "run.sarif").read_text(encoding="utf-8"))
    assert sarif["runs"][0]["tool"]["driver"]["version"] == __version__
    assert "version" not in PROJECT
    assert PROJECT["dynamic"] == ["version"]
    elsewhere = [
        path.name
        for path in (*(ROOT / "checker").rglob("*.py"), ROOT / "pyproject.toml", ROOT / "Containerfile")
        if re.search(rf"""["'=]{re.escape(__version__)}["'\s]""", path.read_text(encoding="utf-8"))
        and path != ROOT / "checker" / "__init__.py"
    ]
    assert elsewhere == []


def test_what_is_installed_fits_together(installed: Path, tmp_path: Path) -> None:
    done = run([installed / "python", "-m", "pip", "check"], tmp_path)
    assert done.returncode == 0, done.stdout


def _is_at(address: str, name: str, version: str) -> bool:
    """Say whether a package URL is that of a release; its names are written with hyphens."""
    return address == f"pkg:pypi/{name.replace('_', '-')}@{version}"


def test_the_bill_of_materials_is_of_what_is_installed(installed: Path, tmp_path: Path) -> None:
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    (words,) = re.findall(r"cyclonedx-py (.+) -o dist/flowcheck.cdx.json build/sbom/bin/python", make)
    made = run([sys.executable, "-m", "cyclonedx_py", *words.split(), "-o", "bom.json", installed / "python"], tmp_path)
    assert made.returncode == 0, made.stderr
    bill = json.loads((tmp_path / "bom.json").read_text(encoding="utf-8"))
    listed = {each["name"].lower(): each for each in bill["components"]}
    needed = {re.split(r"[<>=;]", each)[0].lower() for each in PROJECT["dependencies"]}
    assert needed <= listed.keys()
    assert listed["flowcheck"]["version"] == __version__
    own = listed.pop("flowcheck")["bom-ref"]  # installed here from its file, which gives it no address
    assert [name for name, each in listed.items() if not _is_at(each["purl"], name, each["version"])] == []
    assert all(each.get("licenses") for name, each in listed.items() if name in needed)
    edges = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    assert {listed[name]["bom-ref"] for name in needed} <= set(edges[own])


def test_it_works_without_extras(installed: Path, tmp_path: Path) -> None:
    works(installed, tmp_path)
    for words, code, text in (
        (["rules", "FL001"], 0, "# FL001 vpc-flow-log-missing"),
        (["policy", "list"], 0, "baseline"),
        (["plan", EXAMPLE, "--framework", "cis-aws", "--output", "json=run.json"], 1, "NOT MET"),
        (["report", "run.json", "--format", "oscal"], 1, "assessment-results"),
        (["plan", EXAMPLE, "--format", "ocsf"], 1, "class_uid"),
    ):
        says(installed, tmp_path, words, code, text)


def test_a_missing_extra_says_how_to_get_it(installed: Path, tmp_path: Path) -> None:
    done = run([installed / "flowcheck", "plan", EXAMPLE, "--output", "xlsx=run.xlsx"], tmp_path)
    assert done.returncode == 2
    assert "pip install 'flowcheck[xlsx]'" in done.stderr


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system does not tell what a child has used")
@pytest.mark.parametrize(
    ("words", "seconds"), [(["--version"], 0.150), (["plan", str(EXAMPLE)], 0.400)], ids=["version", "plan"]
)
def test_it_starts_at_once(words: list[str], seconds: float, installed: Path, tmp_path: Path) -> None:
    """The best of several starts, in seconds of processor: whatever else the machine does is left out."""
    assert len(json.loads(EXAMPLE.read_text(encoding="utf-8"))["resource_changes"]) >= 10
    used = []
    for _ in range(7):
        with (tmp_path / "said").open("wb") as said:
            child = subprocess.Popen([installed / "flowcheck", *words], cwd=tmp_path, stdout=said, stderr=said)
            _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode in (0, 1), (tmp_path / "said").read_text(encoding="utf-8")
        used.append(usage.ru_utime + usage.ru_stime)
    assert min(used) < seconds, used
