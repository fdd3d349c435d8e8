"""Write the files of a night where it may, and become flowcheck."""

import json
import os
from pathlib import Path

folder = Path(os.environ.get("TMPDIR", "/tmp")) / "night"  # noqa: S108 - the task's own, and nobody else's
folder.mkdir(exist_ok=True)
for name, text in json.loads(os.environ["FLOWCHECK_FILES"]).items():
    (folder / name).write_text(text, encoding="utf-8")
os.execvp("flowcheck", ["flowcheck", "nightly", "--config", str(folder / "nightly.yaml")])  # noqa: S606, S607
