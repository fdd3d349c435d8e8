"""The AWS provider, kept running: Terraform attaches to it instead of starting it anew for every command.

To start the provider and to build the schema of some 1,500 resource types costs more than all else in a small plan.
Terraform attaches to a provider that runs with ``-debug``, as its developers do. Source: Terraform Plugin Development,
Debugging. The plans are the same; what Terraform asks of the provider is, too.

One running provider has one configuration at a time: folders with several (``alias``) are left to Terraform.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.support.child import running

START_SECONDS: Final = 60
USING: Final = frozenset({"plan", "apply", "show", "validate"})
"""Commands of Terraform that start the provider."""
LAZY: Final = {"GOGC": "400"}
"""For commands: Go collects garbage once there is much of it. That is a quarter of the work of a short command."""

_TOLD: Final = re.compile(r"TF_REATTACH_PROVIDERS='(.+)'")
_SEVERAL: Final = re.compile(r"^\s*alias\s*=", re.MULTILINE)


class Providers:
    """Running providers, one for each environment: where the endpoint and the credentials are."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._stack = ExitStack()
        self._running: dict[tuple[tuple[str, str], ...], str] = {}

    def environment(self, folder: Path, command: str, environment: Mapping[str, str]) -> Mapping[str, str]:
        """Return the variables that make a command in a folder attach; none where Terraform must start its own."""
        if command not in USING or any(_SEVERAL.search(path.read_text("utf-8")) for path in folder.glob("*.tf")):
            return {}
        key = tuple(sorted(environment.items()))
        if key not in self._running:
            self._running[key] = self._start(environment)
        return {"TF_REATTACH_PROVIDERS": self._running[key]}

    def close(self) -> None:
        """Stop them all."""
        self._running.clear()
        self._stack.close()

    def _start(self, environment: Mapping[str, str]) -> str:
        """Start a provider and return what it tells about how to attach."""
        # The provider takes a certificate bundle at its first configuration only and fails at the second. Nothing
        # here speaks TLS.
        own = {name: value for name, value in environment.items() if name not in ("AWS_CA_BUNDLE", *LAZY)}
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        output = self._stack.enter_context((folder / "output").open("a+", encoding="utf-8"))
        self._stack.enter_context(running([str(self._program), "-debug"], own, output))
        end = time.monotonic() + START_SECONDS
        while True:
            output.seek(0)
            if told := _TOLD.search(output.read()):
                return told[1]
            if time.monotonic() > end:
                raise RuntimeError(f"{self._program} -debug does not tell how to attach")
            time.sleep(0.05)
