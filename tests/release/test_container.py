"""The container file: its steps are run where there is no engine, in a folder that stands for the root of the image.

An image is not built here: what only an engine does (layers, users, volumes) is read, not run.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from checker import __version__
from tests.release.building import PROJECT, ROOT, interpreter, run, works

TEXT = (ROOT / "Containerfile").read_text(encoding="utf-8")
NIGHTLY = ROOT / "terraform" / "modules" / "nightly-audit"


@dataclass
class Stage:
    """One FROM and the instructions below it, in order."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, word: str) -> str:
        """Return the argument of the last instruction of a kind."""
        return [argument for each, argument in self.steps if each == word][-1]


def stages() -> list[Stage]:
    """Read the file."""
    found: list[Stage] = []
    for line in re.sub(r"\\\n", " ", TEXT).splitlines():
        word, _, argument = line.strip().partition(" ")
        if word == "FROM":
            base, _, name = argument.partition(" AS ")
            found.append(Stage(base, name))
        elif word and not word.startswith("#") and found:
            found[-1].steps.append((word, argument.strip()))
    return found


def context(folder: Path) -> Path:
    """Copy what the ignore file lets into the build."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [line[1:] for line in lines if line.startswith("!")]
    nowhere = [line.removeprefix("**/") for line in lines if line.startswith("**/")]
    assert "*" in lines
    for name in kept:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns(*nowhere))
        else:
            folder.mkdir(exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder


@dataclass
class Builder:
    """Does what an engine would do, below a folder."""

    root: Path
    context: Path
    python: str
    directory: str = "/"

    def at(self, path: str) -> Path:
        """Return where a path of the image is."""
        return self.root / (Path(self.directory) / path).as_posix().lstrip("/")

    def step(self, word: str, argument: str) -> None:
        """Follow one instruction of the stage that builds."""
        if word == "WORKDIR":
            self.directory = argument
            self.at("").mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            *sources, target = argument.split()
            for source in sources:
                self._copy(source, target)
        elif word == "RUN":
            self._run(argument)
        else:
            raise AssertionError(f"the builder does not know {word}")

    def _copy(self, source: str, target: str) -> None:
        place = self.at(target) / source if target.endswith("/") else self.at(target)
        if (self.context / source).is_dir():
            shutil.copytree(self.context / source, place)
        else:
            shutil.copy2(self.context / source, place)

    def _run(self, line: str) -> None:
        moved = re.sub(r"(?<![\w./])/(?=opt/)", f"{self.root}/", re.sub(r"^python\b", self.python, line))
        done = run(["sh", "-ec", moved], self.at(""), PATH="/usr/bin:/bin", HOME=str(self.root / "root"))
        if done.returncode != 0 and "No matching distribution found" in done.stderr:
            pytest.skip(f"this needs a package index: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, f"{moved}: {done.stdout[-2000:]} {done.stderr[-4000:]}"


def test_it_is_small_and_not_root() -> None:
    build, image = stages()
    assert (build.name, build.base, image.base) == ("build", "${PYTHON}", "${PYTHON}")
    assert not [word for word, _ in image.steps if word == "RUN"]  # nothing but the finished environment gets in
    assert [argument for word, argument in image.steps if word == "COPY"] == [
        "--from=build /opt/flowcheck /opt/flowcheck"
    ]
    user, group = image.last("USER").split(":")
    assert int(user) > 0
    assert int(group) > 0


def test_it_is_of_use_to_the_nightly_audit() -> None:
    """A read-only root with one place to write, and programs that are found by name."""
    image = stages()[-1]
    definition = (NIGHTLY / "main.tf").read_text(encoding="utf-8")
    (place,) = re.findall(r'containerPath = "([^"]+)"', definition)
    assert "readonlyRootFilesystem = true" in re.sub(" +", " ", definition)
    assert image.last("VOLUME") == place
    given = dict(word.split("=", 1) for word in shlex.split(image.last("ENV")))
    assert given["HOME"] == place
    assert given["PATH"].startswith("/opt/flowcheck/bin:")
    assert json.loads(image.last("ENTRYPOINT")) == ["flowcheck"]
    assert 'entryPoint = ["python", "-c"]' in re.sub(" +", " ", definition)


def test_everything_is_pinned() -> None:
    version = re.findall(r"^ARG PYTHON=\S+/python:(3\.\d+)-slim-\w+$", TEXT, re.MULTILINE)
    assert len(version) == 1
    assert f"Programming Language :: Python :: {version[0]}" in PROJECT["classifiers"]
    for line in TEXT.splitlines():
        if line.startswith("RUN") and " install " in line:
            assert "--require-hashes" in line or "--no-deps --no-index" in line
    for lock in sorted((ROOT / "locks").glob("*.txt")):
        pins = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8"))
        required = [pin for pin in pins if not pin.startswith("#")]
        assert required
        for pin in required:
            assert re.match(r"[a-z0-9-]+==[\w.]+( ; [^\\]+)?( \\\n +--hash=sha256:[0-9a-f]{64})+\s*$", pin), pin


def test_the_lock_is_of_what_the_package_needs() -> None:
    from packaging.requirements import Requirement

    text = (ROOT / "locks" / "runtime.txt").read_text(encoding="utf-8")
    locked: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==([\w.]+)", text, re.MULTILINE):
        locked.setdefault(name, set()).add(version)
    extras = PROJECT["optional-dependencies"]
    for each in map(Requirement, [*PROJECT["dependencies"], *extras["sign"], *extras["xlsx"]]):
        versions = locked[each.name.lower()]
        assert all(each.specifier.contains(version) for version in versions), f"make lock: {each} and {versions}"


def test_nothing_that_lies_about_gets_into_the_build() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line[1:] for line in lines if line.startswith("!")}
    copied = {source for word, argument in stages()[0].steps if word == "COPY" for source in argument.split()[:-1]}
    assert kept == copied
    assert not kept & {"tests", "dist", "build", "terraform", "docs"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_its_steps_give_a_flowcheck_that_works(tmp_path: Path) -> None:
    build, image = stages()
    version = re.findall(r"python:(3\.\d+)-", TEXT)[0]
    python = interpreter(version)
    if python is None:
        pytest.skip(f"this machine has no Python {version}")
    root = tmp_path / "image"
    root.mkdir()
    builder = Builder(root, context(tmp_path / "context"), python)
    for word, argument in build.steps:
        builder.step(word, argument)

    programs = root / "opt" / "flowcheck" / "bin"
    assert run([programs / "flowcheck", "--version"], tmp_path).stdout.split()[-1] == __version__
    works(programs, tmp_path)
    packages = run([programs / "python", "-c", LISTED], tmp_path).stdout.split()
    text = (ROOT / "locks" / "runtime.txt").read_text(encoding="utf-8").lower()
    assert "pip" not in packages
    assert all(f"\n{name}==" in text for name in packages if name != "flowcheck")
    assert {"cryptography", "xlsxwriter", "boto3", "duckdb"} <= set(packages)
    _nightly_starts(programs, tmp_path)
    _read_only(programs, image, tmp_path)


def _nightly_starts(programs: Path, folder: Path) -> None:
    """The first lines of the task find flowcheck, which finds the mistake in what it is given."""
    files = {"FLOWCHECK_FILES": json.dumps({"nightly.yaml": "version: 1\n"}), "TMPDIR": str(folder)}
    start = (NIGHTLY / "start.py").read_text(encoding="utf-8")
    done = run([programs / "python", "-c", start], folder, PATH=f"{programs}:/usr/bin:/bin", **files)
    assert done.returncode == 2
    assert "nightly.yaml" in done.stderr


def _read_only(programs: Path, image: Stage, folder: Path) -> None:
    """Nothing is written outside the place for it: the environment is as it was before, byte for byte."""
    given = dict(word.split("=", 1) for word in shlex.split(image.last("ENV")) if not word.startswith("PATH"))
    site = programs.parent

    def state() -> set[tuple[str, int]]:
        return {(str(path), path.stat().st_mtime_ns) for path in site.rglob("*")}

    before = state()
    (folder / "home").mkdir()
    done = subprocess.run(
        [programs / "flowcheck", "demo"], cwd=folder, env={**given, "HOME": str(folder / "home")}, capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert state() == before


LISTED = """
import importlib.metadata, re
print(*sorted(re.sub("[-_.]+", "-", each.name).lower() for each in importlib.metadata.distributions()))
"""
