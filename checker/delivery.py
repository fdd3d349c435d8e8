"""Write a report where it was asked for: standard output and files."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from checker.errors import UsageError
from checker.model.finding import Report
from checker.report import FORMATS, Format, RenderOptions
from checker.settings import Settings


def check_formats(settings: Settings) -> None:
    """Raise UsageError for a format that does not exist, before any work is done."""
    for name in (settings.format, *(name for name, _ in settings.outputs)):
        if name not in FORMATS:
            raise UsageError(f"there is no format {name!r}", hint=f"Formats: {', '.join(sorted(FORMATS))}.")
        _check_package(FORMATS[name])
    if FORMATS[settings.format].binary and sys.stdout.isatty():
        name = settings.format
        raise UsageError(f"{name} is no text for a terminal", hint=f"Give --output {name}=PATH, or redirect.")


def _check_package(shape: Format) -> None:
    """Raise UsageError where the package is missing that a format needs."""
    if shape.needs is None:
        return
    from importlib.util import find_spec

    package, _, extra = shape.needs.partition("=")
    if find_spec(package) is None:
        raise UsageError(f"{shape.name} needs the package {package}", hint=f"pip install 'flowcheck[{extra}]'")


def parse_outputs(words: list[str] | None) -> tuple[tuple[str, str], ...]:
    """Return (format, path) pairs of ``--output F=PATH``; raises UsageError for other shapes."""
    pairs = []
    for word in words or []:
        name, sign, path = word.partition("=")
        if not (name and sign and path):
            raise UsageError(f"--output {word!r}: expected FORMAT=PATH", hint="For example --output sarif=flow.sarif.")
        pairs.append((name, path))
    return tuple(pairs)


def check_outputs(settings: Settings) -> None:
    """Raise UsageError where a report would overwrite what the run reads or keeps, or another report of the run."""
    taken = {os.path.realpath(word): f"{what} {word}" for what, word in _read_or_kept(settings)}
    for name, path in settings.outputs:
        place = os.path.realpath(path)
        if place in taken and not _renews_baseline(settings, name, place):
            raise UsageError(f"--output {name}={path} would overwrite {taken[place]}", hint="Give another path.")
        if settings.evidence is not None and Path(place).is_relative_to(os.path.realpath(settings.evidence)):
            hint = "Nothing else goes there; the evidence holds the report itself."
            raise UsageError(f"--output {name}={path} lies in the folder of --evidence", hint=hint)
        if not Path(path).exists() or Path(path).is_file():  # several may go to one device
            taken[place] = f"another output, {name}={path}"


def _read_or_kept(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield what each file is that the run reads or keeps, and its path; words that are no path do no harm."""
    yield from (("the input", word) for word in (*settings.inputs, *settings.logs) if word != "-")
    yield from (("the variables", str(path)) for path in settings.var_files)
    for what, value in (
        ("the policy", settings.policy if settings.policy.endswith((".yaml", ".yml", ".json")) else None),
        ("the waivers", settings.waivers),
        ("the baseline", settings.baseline),
        ("the settings", settings.config_path),
        ("the network", settings.network),
        ("the network", settings.live),
        ("the store of runs", settings.store),
        ("the key", settings.sign_key),
    ):
        if value is not None:
            yield what, str(value)


def _renews_baseline(settings: Settings, name: str, place: str) -> bool:
    """Return whether a report is the new baseline: the old one is read before the new one is written."""
    return name == "json" and settings.baseline is not None and place == os.path.realpath(settings.baseline)


def deliver(report: Report, settings: Settings) -> None:
    """Render every format that was asked for; raises UsageError, in the end, where a file cannot be written.

    One file that cannot be written takes no other with it, and then standard output has the report even with --quiet.
    """
    failed: list[UsageError] = []
    for name, path in settings.outputs:
        options = options_for(settings, color=False)
        try:
            write_file(Path(path), FORMATS[name].chunks(report, options))
        except UsageError as error:
            failed.append(error)
        else:
            _remark(FORMATS[name], report, options, settings)
    only_files = settings.quiet and settings.outputs and settings.format == "table"
    if not only_files or failed:
        shape, options = FORMATS[settings.format], options_for(settings, color=settings.color)
        _print(shape.data(report, options) if shape.binary else shape.render(report, options))
        _remark(shape, report, options, settings)
    if failed:
        raise UsageError("\n".join(str(error) for error in failed), hint=failed[0].hint)


def _remark(shape: Format, report: Report, options: RenderOptions, settings: Settings) -> None:
    """Say on standard error what a format had to leave out and has no place to say."""
    if not settings.quiet and sys.stderr is not None and (said := shape.remarks(report, options)):
        print(f"flowcheck: {said}", file=sys.stderr)


def options_for(settings: Settings, *, color: bool = False) -> RenderOptions:
    """Return how reports of a run with these settings look."""
    frameworks: tuple[tuple[str, str | None], ...] = ()
    if settings.framework:
        from checker.policy import named  # reads the maps, and most runs ask for none

        frameworks = named(settings.framework)
    return RenderOptions(
        color=color,
        width=settings.width,
        verbose=settings.verbose,
        source_root=settings.source_root,
        frameworks=frameworks,
    )


def _print(text: str | bytes) -> None:
    """Write to standard output in UTF-8 whatever the terminal's encoding: names may hold anything."""
    if isinstance(text, bytes):
        sys.stdout.flush()
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
        return
    data = text if text.endswith("\n") or not text else text + "\n"
    if hasattr(sys.stdout, "buffer"):
        sys.stdout.flush()
        sys.stdout.buffer.write(data.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    else:
        sys.stdout.write(data)


def write_file(path: Path, content: str | bytes | Iterable[bytes]) -> None:
    """Write a file whole or not at all, so that a reader never sees half a report."""
    import tempfile  # with what it needs some eight milliseconds, and most runs write no file

    content = _ended(content).encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    chunks = (content,) if isinstance(content, bytes) else content
    try:
        if path.exists() and not path.is_file():  # a device or a pipe: /dev/stderr, >(process)
            with path.open("wb") as file:
                file.writelines(chunks)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})", hint="Check the path of --output.") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        _readable(temporary)
        Path(temporary).replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})", hint="Check the path of --output.") from error
    finally:
        with contextlib.suppress(OSError):  # it is there only where something went wrong
            Path(temporary).unlink()


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _readable(path: str) -> None:
    """Give the file the permissions that a plain open() would have given (mkstemp makes it private)."""
    mask = os.umask(0)
    os.umask(mask)
    Path(path).chmod(0o666 & ~mask)
