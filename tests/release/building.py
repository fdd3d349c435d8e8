"""Wheel, sdist and environments, as a person makes them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXAMPLE: Final = ROOT / "checker" / "demo" / "example" / "plan.json"
TRAFFIC: Final = ROOT / "checker" / "demo" / "traffic"
POLICIES: Final = tuple(sorted(path.stem for path in (ROOT / "policies").glob("*.yaml")))
PYTHONS: Final = tuple(
    word.rpartition(" ")[2] for word in PROJECT["classifiers"] if re.search(r":: Python :: 3\.\d+$", word)
)
"""Versions of Python that are supported: 3.11 and so on."""


def run(words: Sequence[str | Path], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder and return what it said."""
    given = {**os.environ, **environment}
    return subprocess.run([*map(str, words)], cwd=folder, capture_output=True, text=True, check=False, env=given)


def from_index(words: Sequence[str | Path], folder: Path) -> None:
    """Run something that takes packages from an index; skip, with what it said, where there is none."""
    done = run(words, folder)
    if done.returncode != 0 and re.search("No matching distribution found|Could not find a version", done.stderr):
        pytest.skip(f"this needs a package index: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr[-4000:]


def wheel(source: Path, folder: Path) -> Path:
    """Build the wheel of a source tree or an sdist, as ``pip install`` does."""
    from_index([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, source], folder)
    (built,) = folder.glob("*.whl")
    return built


def sdist(folder: Path) -> Path:
    """Build the sdist with the backend that pyproject.toml names."""
    backend = folder / "hatchling"
    from_index([sys.executable, "-m", "pip", "install", "--quiet", "--target", backend, "hatchling"], folder)
    code = f"import sys; sys.path.insert(0, {str(backend)!r}); from hatchling.build import build_sdist;"
    done = run([sys.executable, "-c", f"{code} build_sdist({str(folder)!r})"], ROOT)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.tar.gz")
    return built


def held(path: Path) -> dict[str, bytes]:
    """Return the files of an archive: those of a wheel, or those of an sdist below its folder."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(path) as archive:
        files = {each.name: archive.extractfile(each) for each in archive.getmembers() if each.isfile()}
        return {name.partition("/")[2]: file.read() for name, file in files.items() if file is not None}


def environment(folder: Path, *packages: str | Path, python: str | Path = sys.executable, quick: bool = False) -> Path:
    """Return the programs of a new environment that holds the packages, and what they need, and nothing else.

    ``quick`` leaves the byte code to be made by whoever runs it: no use where time is measured.
    """
    assert run([python, "-m", "venv", folder / "env"], folder).returncode == 0
    programs = folder / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    words = ["install", "--quiet", "--disable-pip-version-check", *(["--no-compile"] if quick else [])]
    from_index([programs / "python", "-m", "pip", *words, *packages], folder)
    return programs


def interpreter(version: str) -> str | None:
    """Return a Python of a version such as ``3.12``: on the path, or installed by pyenv; None where there is none."""
    installed = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    found = shutil.which(f"python{version}")
    for each in [*([found] if found else []), *map(str, reversed(installed))]:
        if run([each, "-c", "import venv"], ROOT).returncode == 0:  # pyenv's own stand-ins run only what it was told to
            return each
    return None


def works(programs: Path, folder: Path) -> None:
    """Hold flowcheck to what it does for somebody who has just installed it, with every shipped policy."""
    logs = ["--logs", TRAFFIC / "flow-logs", "--network", TRAFFIC / "network"]
    says(programs, folder, ["--version"], 0, "flowcheck ")
    says(programs, folder, ["demo"], 0, "reply-blocked")
    for policy in POLICIES:
        chosen = ["--policy", policy]
        says(programs, folder, ["plan", EXAMPLE, *chosen, "--output", f"json={policy}.json"], 1, "aws_vpc.payments")
        says(programs, folder, ["report", f"{policy}.json", "--format", "html"], 1, "<!doctype html>")
        demands = policy == "baseline"  # the others explain what was rejected, and demand nothing of it
        says(programs, folder, ["traffic", *logs, *chosen], 1 if demands else 3, "sg-no-match")


def says(programs: Path, folder: Path, words: Sequence[str | Path], code: int, text: str) -> str:
    """Run flowcheck, hold it to its exit code and to a text, and return what it printed."""
    done = run([programs / "flowcheck", *words], folder)
    assert done.returncode == code, f"{words}: {done.stdout[-2000:]} {done.stderr}"
    assert "Traceback" not in done.stderr
    assert text.lower() in done.stdout.lower(), words
    return done.stdout
