"""Source as it stood at a commit: read from git's objects into a folder of its own. No checkout is changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from checker.errors import ToolError, UsageError
from checker.load.hcl import Base
from checker.model.record import dataclass, field

_SECONDS: Final = 300
_HINT: Final = "In a pipeline: git fetch --depth=1 origin COMMIT"


@contextmanager
def source_at(commit: str, folders: Sequence[Path]) -> Iterator[Base]:
    """Give the folder that stands for the working folder as it was at a commit; it is gone afterwards.

    What ``terraform init`` left in the given folders is there too, and submodules as far as they are checked out.
    Raises UsageError outside a repository and for a commit that is not there, ToolError where git is missing.
    """
    here = Path.cwd()
    top = Path(_git("rev-parse", "--show-toplevel").decode().strip()).resolve()
    for folder in folders:
        if not folder.resolve().is_relative_to(top):
            raise UsageError(f"{folder}: not in the repository {top}", hint="--base is for source in this repository.")
    with tempfile.TemporaryDirectory(prefix="flowcheck-base-") as made:
        root = Path(made).resolve()
        absent: dict[Path, str] = {}
        if found := _commit(commit):
            absent = _lay_out(top, found, root)
        then = root / here.resolve().relative_to(top)
        then.mkdir(parents=True, exist_ok=True)
        for folder in folders:
            _lend(folder.resolve(), root / folder.resolve().relative_to(top))
        yield Base(folder=then, name=commit, absent=absent)


def _commit(word: str) -> str | None:
    """Return the id of a commit; None for HEAD of a repository in which nothing was committed yet."""
    if word.startswith("-") or not word:
        raise UsageError(f"--base {word!r}: no commit", hint="Give a commit, a branch or a tag.")
    try:
        return _git("rev-parse", "--verify", "--quiet", f"{word}^{{commit}}").decode().strip()
    except UsageError:
        if word == "HEAD" and not _git("rev-list", "-n", "1", "--all").strip():
            return None
        raise UsageError(f"--base {word}: no such commit in this repository", hint=_HINT) from None


def _program() -> str:
    program = shutil.which("git")
    if program is None:
        raise ToolError("git is not on the PATH, and --base reads a commit", hint="Install git.")
    return program


def _git(*words: str) -> bytes:
    """Return what git prints; raises UsageError with its complaint."""
    try:
        # A list of words, without a shell; the only word from outside is a commit that is no option.
        done = subprocess.run([_program(), *words], capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"git could not be run: {error}") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"--base: {said[0] if said else 'git failed'}", hint="Run it in a clone of the repository.")
    return done.stdout


@dataclass(slots=True)
class _Laid:
    """A commit while it is written below a folder."""

    root: Path
    links: list[tuple[Path, str]] = field(default_factory=list)
    submodules: list[tuple[Path, str]] = field(default_factory=list)
    """Where they belong, each with its commit."""
    absent: dict[Path, str] = field(default_factory=dict)

    def file(self, path: Path, blob: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(blob)
        except OSError as error:  # a name that this system does not allow
            self.absent[path] = f"this file cannot be written here: {error.strerror}"

    def make_links(self, top: Path) -> None:
        """Make the links at the end, so that nothing was written through one.

        One that leads out of the commit, and stands in the working folder as it was, leads where that one leads: what
        lies outside is no part of a change. No other leads out, not even by way of one that is made later.
        """
        made = [path for path, target in self.links if self.link(path, target)]
        lost = {path: cause for path in made if (cause := self.astray(path)) is not None}
        targets = dict(self.links)
        for path, cause in lost.items():
            path.unlink()
            now = top / path.relative_to(self.root)
            if now.is_symlink() and str(now.readlink()) == targets[path] and now.exists():
                path.symlink_to(now.resolve(), target_is_directory=now.is_dir())
            else:
                self.absent[path] = cause

    def link(self, path: Path, target: str) -> bool:
        """Make a link; where the system refuses, a file that says where it leads, as git does it there."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        except (OSError, ValueError):  # Windows, without the privilege; a target with a NUL
            self.file(path, target.encode("utf-8", "surrogateescape"))
            return False
        return True

    def astray(self, path: Path) -> str | None:
        """Return what is wrong with where a link leads; None where nothing is."""
        try:
            if not path.resolve().is_relative_to(self.root):
                return "this link leads out of the commit"
            return None if path.exists() else "this link leads to nothing in the commit"
        except (OSError, RuntimeError):
            return "this link leads in a circle"


def _lay_out(top: Path, commit: str, root: Path) -> dict[Path, str]:
    """Write the files of a commit and of its submodules; return what had to be left out, and why."""
    laid = _Laid(root)
    _write(laid, top, commit, root)
    while laid.submodules:
        folder, pinned = laid.submodules.pop()
        clone = top / folder.relative_to(root)
        if not (clone / ".git").exists():
            laid.absent[folder] = "this submodule is not checked out"
        elif not _holds(clone, pinned):
            laid.absent[folder] = f"this submodule's clone lacks commit {pinned[:12]}"
        else:
            _write(laid, clone, pinned, folder)
    laid.make_links(top)
    return laid.absent


def _holds(clone: Path, commit: str) -> bool:
    try:
        _git("-C", str(clone), "cat-file", "-e", f"{commit}^{{tree}}")
    except UsageError:
        return False
    return True


def _write(laid: _Laid, repository: Path, commit: str, folder: Path) -> None:
    """Write the files of one repository's commit below a folder.

    Blob by blob: ``git archive`` would leave out what .gitattributes says not to export, ``git checkout`` run filters.
    """
    words = [_program(), "-C", str(repository), "cat-file", "--batch"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as git:  # noqa: S603 - as above
        assert git.stdin is not None  # noqa: S101 - both are pipes
        assert git.stdout is not None  # noqa: S101
        for entry in _git("-C", str(repository), "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
            told, _, name = entry.partition(b"\t")
            path = Path(os.path.normpath(folder / name.decode("utf-8", "surrogateescape")))
            if not name or not path.is_relative_to(folder):  # git refuses such names itself
                continue
            mode, kind, object_id = told.split()
            if kind == b"commit":
                laid.submodules.append((path, object_id.decode()))
                continue
            git.stdin.write(object_id + b"\n")
            git.stdin.flush()
            blob = _blob(git.stdout, path.relative_to(laid.root).as_posix())
            if mode == b"120000":
                laid.links.append((path, blob.decode("utf-8", "surrogateescape")))
            else:
                laid.file(path, blob)


def _blob(answers: IO[bytes], name: str) -> bytes:
    """Return the next blob that ``git cat-file --batch`` gives; raises ToolError where it is not at hand."""
    head = answers.readline().split()
    if len(head) != 3:
        raise ToolError(f"--base: {name} of that commit is not in this clone", hint=_HINT)
    size = int(head[2])
    blob = answers.read(size)
    answers.read(1)
    if len(blob) != size:
        raise ToolError(f"--base: git ended before it gave {name}")
    return blob


def _lend(folder: Path, then: Path) -> None:
    """Let the earlier source see the modules that ``terraform init`` fetched for the present one."""
    own, lent = folder / ".terraform", then / ".terraform"
    if not own.is_dir() or lent.exists() or not then.is_dir():
        return
    try:
        lent.symlink_to(own, target_is_directory=True)
    except OSError:  # Windows, without the privilege
        shutil.copytree(own, lent)
