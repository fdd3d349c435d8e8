"""Source as it stood at a commit: read from git's objects into a folder of its own. No checkout is changed."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

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
            _extract(_git("-C", str(top), "archive", "--format=tar", found), root)
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


def _git(*words: str) -> bytes:
    """Return what git prints; raises UsageError with its complaint."""
    program = shutil.which("git")
    if program is None:
        raise ToolError("git is not on the PATH, and --base reads a commit", hint="Install git.")
    try:
        # A list of words, without a shell; the only word from outside is a commit that is no option.
        done = subprocess.run([program, *words], capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"git could not be run: {error}") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"--base: {said[0] if said else 'git failed'}", hint="Run it in a clone of the repository.")
    return done.stdout


def _extract(archive: bytes, folder: Path) -> None:
    """Lay out an archive of git; links that lead out of it are left out."""
    if not hasattr(tarfile, "data_filter"):
        raise ToolError("--base needs Python 3.11.4 or newer", hint="Older ones unpack archives without checks.")

    def inside(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
        try:
            return tarfile.data_filter(member, path)
        except tarfile.FilterError:
            return None

    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter=inside)  # noqa: S202 - every member is filtered


def _lend(folder: Path, then: Path) -> None:
    """Let the earlier source see the modules that ``terraform init`` fetched for the present one."""
    own, lent = folder / ".terraform", then / ".terraform"
    if not own.is_dir() or lent.exists() or not then.is_dir():
        return
    try:
        lent.symlink_to(own, target_is_directory=True)
    except OSError:  # Windows, without the privilege
        shutil.copytree(own, lent)
