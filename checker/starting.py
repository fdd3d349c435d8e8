"""``flowcheck init``: a configuration, a policy, waivers and a baseline for one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from checker.errors import HclError, UsageError
from checker.model.finding import Report
from checker.model.record import replace
from checker.settings import CONFIG_FILE, Settings

FOLDER: Final = "flowcheck"

CONFIG: Final = """\
# Settings of flowcheck for this folder. A flag wins over a FLOWCHECK_* variable, which wins over this file.
# Paths are relative to this file. All settings: docs/configuration.md
policy: flowcheck/policy.yaml
waivers: flowcheck/waivers.yaml
{baseline}
# Lowest severity that makes the exit code 1: critical, high, medium, low, info.
fail-on: medium
# What an unknown verdict does to the exit code: warn, fail (exit 4), ignore. Default: warn for plan and hcl.
# unknown: warn
"""


def set_up(folder: Path, *, force: bool, settings: Settings) -> int:
    """Write the files and say what each is for. Existing files are kept unless ``force``.

    Raises UsageError where the folder does not exist or cannot be written.
    """
    from checker.policy import starter_policy, starter_waivers

    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder", hint="Run `flowcheck init` in the folder of your Terraform code.")
    baseline, why_none = _baseline(folder, settings)
    config = CONFIG.format(baseline="baseline: flowcheck/baseline.json" if baseline else "# baseline: RUN.json")
    files = {
        CONFIG_FILE: config,
        f"{FOLDER}/policy.yaml": starter_policy(),
        f"{FOLDER}/waivers.yaml": starter_waivers(),
    }
    if baseline:
        files[f"{FOLDER}/baseline.json"] = baseline
    for name, text in files.items():
        _write(folder / name, text, force=force)
    if why_none:
        print(f"no baseline was written: {why_none}")
    print("next: `flowcheck hcl .`, or `terraform plan -out tf.plan && flowcheck plan tf.plan`")
    return 0


def _write(path: Path, text: str, *, force: bool) -> None:
    if path.exists() and not force:
        print(f"kept     {path} (exists; --force overwrites it)")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from error
    print(f"written  {path}")


def _baseline(folder: Path, settings: Settings) -> tuple[str | None, str | None]:
    """Return today's run on the folder's source as JSON, or None and why there is none."""
    from checker.app import folder_label
    from checker.judging import examine, read_demands
    from checker.load.hcl import load_hcl
    from checker.report import FORMATS, RenderOptions

    try:
        loaded = load_hcl([folder], environment=settings.environment, cache=settings.cache, jobs=settings.jobs)
    except HclError as error:
        return None, f"{error} (a baseline can also be made with --output json=flowcheck/baseline.json)"
    chosen = replace(settings, command="hcl", inputs=(folder_label(folder),), policy="baseline")
    chosen = replace(chosen, waivers=None, baseline=None)
    report: Report = examine(loaded, chosen, read_demands(chosen))
    return FORMATS["json"].render(report, RenderOptions()), None
