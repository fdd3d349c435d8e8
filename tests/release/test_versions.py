"""The wheel on every Python that is said to be supported, and with the oldest packages that it admits.

The version that runs the tests is tested by all of them; the others install the wheel, run what a newcomer runs, and a
part of the unit tests that reaches every layer. A version that the machine lacks is skipped by name.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.passed_before import LEFT_OUT, WRITTEN
from tests.release.building import PROJECT, PYTHONS, ROOT, environment, interpreter, run, wheel, works
from tests.support.moto_server import serve

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
OLDEST = PYTHONS[0]
TOOLS = ("pytest", "pytest-timeout", "hypothesis")
PARTS = [
    "tests/model", "tests/policy/test_load.py", "tests/policy/test_waiver.py", "tests/load/test_hcl.py",
    "tests/load/test_plan_golden.py", "tests/load/terraform/functions", "tests/rules/test_vpc_flow_log_missing.py",
    "tests/rules/test_flow_log_not_delivering.py", "tests/flowlog/test_fields.py", "tests/test_settings.py",
]  # fmt: skip
LOADERS = [
    "tests/load/aws/test_ask.py", "tests/load/aws/test_collect.py", "tests/load/aws/test_follow.py",
    "tests/load/aws/test_pages.py", "tests/load/aws/test_verbatim.py", "tests/load/aws/convert/test_network.py",
    "tests/load/test_hcl.py", "tests/flowlog/test_formats.py", "tests/policy/test_load.py",
]  # fmt: skip
"""What touches the packages most: the SDK, hcl2, duckdb, jsonschema, YAML."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    return wheel(ROOT, tmp_path_factory.mktemp("dist"))


def python(version: str) -> str:
    """Return a Python of a version; skips where the machine has none."""
    found = sys.executable if version == HERE else interpreter(version)
    if found is None:
        pytest.skip(f"this machine has no Python {version}")
    return found


def passes(programs: Path, folder: Path, tests: list[str]) -> None:
    """Run tests of the repository with another environment's packages; none may fail, and some must run."""
    quiet = ["-p", "no:cacheprovider", "-m", "not slow and not terraform"]
    told = {"PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_PROFILE": "default", "CI": "", WRITTEN: "", LEFT_OUT: ""}
    done = run([programs / "python", "-m", "pytest", *quiet, "--basetemp", folder / "tmp", *tests], ROOT, **told)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) > 100


@pytest.mark.parametrize("version", [each for each in PYTHONS if each != HERE])
def test_a_supported_python(version: str, built: Path, tmp_path: Path) -> None:
    programs = environment(tmp_path, built, *TOOLS, python=python(version), quick=True)
    assert run([programs / "python", "-m", "pip", "check"], tmp_path).returncode == 0
    works(programs, tmp_path)
    passes(programs, tmp_path, PARTS)


def oldest() -> list[str]:
    """Return the lowest version of each package that is needed: ``boto3==1.41.2``."""
    pins = []
    for each in PROJECT["dependencies"]:
        name, bound = re.fullmatch(r"([\w-]+)>=([\d.]+)(?:,<[\d.]+)?(?:;.*)?", each).groups()  # type: ignore[union-attr]
        pins.append(f"{name}=={bound}")
    boto = next(pin.partition("==")[2] for pin in pins if pin.startswith("boto3=="))
    return [*pins, f"botocore=={boto}"]


@pytest.fixture(scope="module")
def old(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the oldest Python and the oldest packages."""
    folder = tmp_path_factory.mktemp("old")
    return environment(folder, built, *oldest(), *TOOLS, python=python(OLDEST), quick=True)


def test_the_oldest_packages(old: Path, tmp_path: Path) -> None:
    assert run([old / "python", "-m", "pip", "check"], tmp_path).returncode == 0
    works(old, tmp_path)
    passes(old, tmp_path, LOADERS)


def test_the_oldest_sdk_reads_an_account(old: Path, tmp_path: Path) -> None:
    """Every rule on: an older SDK does not know the newer calls."""
    (tmp_path / "everything.yaml").write_text(EVERYTHING, encoding="utf-8")
    with serve() as server:
        words = ["account", "--region", "us-east-1", "--policy", "everything.yaml", "--format", "json"]
        done = run([old / "flowcheck", *words], tmp_path, **server.environment)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert {each["rule_id"]: each["status"] for each in report["findings"]}["FL001"] == "fail"
    missing = run([old / "python", "-c", KNOWN], tmp_path)
    assert (missing.returncode, missing.stdout.split()) == (0, []), missing.stderr


KNOWN = """
import botocore.session
from checker.load.aws.calls import CALLS

session = botocore.session.get_session()
for call in CALLS:
    if call.operation not in session.get_service_model(call.service).operation_names:
        print(call.name)
"""
EVERYTHING = """
version: 1
name: everything
extends: baseline
rules:
  DS001: {ports: [22, 3389]}
  DS002: {contributors: [srcaddr]}
  DS003: {require_workgroup: true}
  DS004: {kinds: [kinesis]}
  DS005: {organization: true}
"""
