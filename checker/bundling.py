"""What goes into the evidence of a run: reports, responses, policies, waivers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from checker.errors import UsageError
from checker.evidence import Source, write_bundle
from checker.model.finding import Report
from checker.report import FORMATS, RenderOptions
from checker.report.run_json import timestamp
from checker.settings import Settings

FORMATS_KEPT: Final = ("json", "html", "csv")
_SHIPPED: Final = "shipped:"
_WIDTH: Final = 100
_PLAIN: Final = "/ !#$&'()*+,:;=?@[]~%"
"""Characters that names of files keep; others, also bytes that are no text, are written as ``%XX``."""


def keep_evidence(report: Report, settings: Settings, *, snapshots: tuple[Path, ...] | None = None) -> None:
    """Write the evidence of a run to the folder that the settings name.

    ``snapshots`` are the folders with AWS's responses; by default what the settings name. Raises UsageError where the
    folder is not new or a file cannot be read.
    """
    if settings.evidence is None:
        return
    signer = None
    if settings.sign_key is not None:
        from checker.evidence.signature import read_signer

        signer = read_signer(settings.sign_key)
    folders = _snapshots(settings) if snapshots is None else snapshots
    sources = [*_reports(report), *_demands(report, settings), *_responses(folders)]
    write_bundle(settings.evidence, sources, _facts(report), signer=signer)


def _facts(report: Report) -> dict[str, Any]:
    counts = {status.value: number for status, number in sorted(report.summary.counts.items())}
    return {
        "tool": {"name": "flowcheck", "version": report.tool_version},
        "created_at": timestamp(report.run.started_at),
        "run": {
            "command": report.run.command,
            "exit_code": report.exit_code,
            "policy": {key: report.run.policy.get(key) for key in ("name", "version", "digest")},
            "settings": dict(sorted(report.run.settings.items())),
            "counts": counts,
            "gaps": len(report.gaps),
        },
    }


def _reports(report: Report) -> Iterator[Source]:
    for name in FORMATS_KEPT:
        if name in FORMATS:
            shape = FORMATS[name]
            text = shape.render(report, RenderOptions(color=False, width=_WIDTH, verbose=True))
            data = text.encode("utf-8", "backslashreplace")
            yield Source(path=f"report/{shape.default_file}", what=f"the report: {shape.description}", data=data)


def _demands(report: Report, settings: Settings) -> Iterator[Source]:
    """Yield the policy with its parents, the control maps, the waivers and the baseline."""
    from checker.policy import data_folder

    policy = report.run.policy
    parents = policy.get("extends")
    chain = [str(policy.get("source") or ""), *(str(word) for word in (parents if isinstance(parents, list) else ()))]
    for number, word in enumerate(chain, 1):
        path = _policy_file(word)
        if path is not None:
            what = "the policy" if number == 1 else "a policy that it extends"
            yield Source(path=f"policies/{number}-{_safe(path.name)}", what=what, file=path)
    for path in sorted([*data_folder().glob("controls.yaml"), *data_folder().glob("frameworks/*.yaml")]):
        yield Source(
            path=f"policies/frameworks/{_safe(path.name)}", what="controls and the rules they demand", file=path
        )
    for path, name, what in (
        (settings.waivers, "waivers.yaml", "the waivers"),
        (settings.baseline, "baseline.json", "the baseline"),
    ):
        if path is not None:
            yield Source(path=f"exceptions/{name}", what=what, file=path)


def _policy_file(word: str) -> Path | None:
    from checker.policy import data_folder

    if word.startswith(_SHIPPED):
        name = word.removeprefix(_SHIPPED)
        named = data_folder() / f"{name}.yaml"
        return named if named.is_file() else data_folder() / f"{name.partition('@')[0]}.yaml"
    return Path(word) if word and Path(word).is_file() else None


def _snapshots(settings: Settings) -> tuple[Path, ...]:
    """Return the folders with AWS's responses that a run read or wrote."""
    if settings.save is not None and settings.save.is_dir():
        return (settings.save,)
    words = settings.inputs if settings.command == "snapshot" else (settings.network or settings.live or "",)
    return tuple(Path(word) for word in words if word and Path(word).is_dir() and not any(Path(word).glob("*.tf")))


def _responses(folders: tuple[Path, ...]) -> Iterator[Source]:
    for number, folder in enumerate(folders, 1):
        top = "snapshot" if len(folders) == 1 else f"snapshot-{number}"
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() and path.is_file():
                raise UsageError(f"{path}: a link, which evidence cannot hold", hint="Replace it by the file itself.")
            if path.is_file():
                name = quote(path.relative_to(folder).as_posix(), safe=_PLAIN, errors="surrogateescape")
                yield Source(path=f"{top}/{name}", what="what AWS answered, as it came", file=path)


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)
