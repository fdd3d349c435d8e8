"""Source as it stood at a commit: read from git's objects into a folder of its own. No checkout is changed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, Final

from checker.errors import ToolError, UsageError

_SECONDS: Final = 300
_HINT: Final = "In a pipeline: git fetch --depth=1 origin COMMIT"


@contextmanager
def source_at(commit: str, folders: Sequence[Path]) -> Iterator[Path]:
    """Give the folder that stands for the working folder as it was at a commit; it is gone afterwards.

    What ``terraform init`` left in the given folders is there too. Raises UsageError outside a repository and for a
    commit that is not there, ToolError where git is missing.
    """
    here = Path.cwd()
    top = Path(_git("rev-parse", "--show-toplevel").decode().strip()).resolve()
    for folder in folders:
        if not folder.resolve().is_relative_to(top):
            raise UsageError(f"{folder}: not in the repository {top}", hint="--base is for source in this repository.")
    with tempfile.TemporaryDirectory(prefix="flowcheck-base-") as made:
        root = Path(made).resolve()
        if found := _commit(commit):
            _lay_out(top, found, root)
        then = root / here.resolve().relative_to(top)
        then.mkdir(parents=True, exist_ok=True)
        for folder in folders:
            _lend(folder.resolve(), root / folder.resolve().relative_to(top))
        yield then


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


def _lay_out(top: Path, commit: str, folder: Path) -> None:
    """Write the files of a commit; links that lead out of it are left out, and so are submodules.

    Blob by blob: ``git archive`` would leave out what .gitattributes says not to export, ``git checkout`` run filters.
    """
    links: list[tuple[Path, str]] = []
    words = [_program(), "-C", str(top), "cat-file", "--batch"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as git:  # noqa: S603 - as above
        assert git.stdin is not None  # noqa: S101 - both are pipes
        assert git.stdout is not None  # noqa: S101
        for entry in _git("-C", str(top), "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
            told, _, name = entry.partition(b"\t")
            place = PurePosixPath(name.decode("utf-8", "surrogateescape"))
            if not name or told.split()[1] != b"blob" or place.is_absolute() or ".." in place.parts:
                continue
            git.stdin.write(told.split()[2] + b"\n")
            git.stdin.flush()
            blob, path = _blob(git.stdout, str(place)), folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            if told.startswith(b"120000"):
                links.append((path, blob.decode("utf-8", "surrogateescape")))
            else:
                path.write_bytes(blob)
    for path, target in links:  # at the end, so that nothing was written through one
        if (path.parent / target).resolve().is_relative_to(folder):
            with suppress(OSError):  # Windows, without the privilege
                path.symlink_to(target)


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
