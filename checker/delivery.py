"""Write a report where it was asked for: standard output and files."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from checker.errors import UsageError
from checker.model.finding import Report
from checker.report import FORMATS, RenderOptions
from checker.settings import Settings


def check_formats(settings: Settings) -> None:
    """Raise UsageError for a format that does not exist, before any work is done."""
    for name in (settings.format, *(name for name, _ in settings.outputs)):
        if name not in FORMATS:
            raise UsageError(f"there is no format {name!r}", hint=f"Formats: {', '.join(sorted(FORMATS))}.")


def parse_outputs(words: list[str] | None) -> tuple[tuple[str, str], ...]:
    """Return (format, path) pairs of ``--output F=PATH``; raises UsageError for other shapes."""
    pairs = []
    for word in words or []:
        name, sign, path = word.partition("=")
        if not (name and sign and path):
            raise UsageError(f"--output {word!r}: expected FORMAT=PATH", hint="For example --output sarif=flow.sarif.")
        pairs.append((name, path))
    return tuple(pairs)


def check_outputs(outputs: Sequence[tuple[str, str]], inputs: Sequence[str]) -> None:
    """Raise UsageError where a report would overwrite an input, or another report of the same run."""
    taken = {os.path.realpath(word): f"the input {word}" for word in inputs if word != "-"}
    for name, path in outputs:
        place = os.path.realpath(path)
        if place in taken:
            raise UsageError(f"--output {name}={path} would overwrite {taken[place]}", hint="Give another path.")
        if not Path(path).exists() or Path(path).is_file():  # several may go to one device
            taken[place] = f"another output, {name}={path}"


def deliver(report: Report, settings: Settings) -> None:
    """Render every format that was asked for; raises UsageError where a file cannot be written."""
    for name, path in settings.outputs:
        _write(Path(path), FORMATS[name].render(report, _options(settings, color=False)))
    if settings.quiet and settings.outputs and settings.format == "table":
        return  # files were asked for, nothing else was
    _print(FORMATS[settings.format].render(report, _options(settings, color=settings.color)))


def _options(settings: Settings, *, color: bool) -> RenderOptions:
    return RenderOptions(color=color, width=settings.width, verbose=settings.verbose, source_root=settings.source_root)


def _print(text: str) -> None:
    """Write to standard output in UTF-8 whatever the terminal's encoding: names may hold anything."""
    data = text if text.endswith("\n") or not text else text + "\n"
    if hasattr(sys.stdout, "buffer"):
        sys.stdout.flush()
        sys.stdout.buffer.write(data.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    else:
        sys.stdout.write(data)


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all, so that a reader never sees half a report."""
    import tempfile  # with what it needs some eight milliseconds, and most runs write no file

    try:
        if path.exists() and not path.is_file():  # a device or a pipe: /dev/stderr, >(process)
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})", hint="Check the path of --output.") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text if text.endswith("\n") else text + "\n")
        _readable(temporary)
        Path(temporary).replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise UsageError(f"{path}: cannot be written ({error.strerror})", hint="Check the path of --output.") from error


def _readable(path: str) -> None:
    """Give the file the permissions that a plain open() would have given (mkstemp makes it private)."""
    mask = os.umask(0)
    os.umask(mask)
    Path(path).chmod(0o666 & ~mask)
