"""The AWS provider, kept running: Terraform attaches to it instead of starting it anew for every command.

To start the provider and to build and read the schema of some 1,500 resource types costs more than all else in a small
plan. Terraform attaches to a provider that runs with ``-debug``, as its developers do; between them stands ``passing``,
which tells of the schema what a folder names. The plans are the same; what Terraform asks of the provider is, too.
Source: Terraform Plugin Development, Debugging.

One running provider has one configuration at a time: folders with several (``alias``) are left to Terraform.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.support.child import running

START_SECONDS: Final = 60
USING: Final = frozenset({"plan", "apply", "show", "validate", "output", "test"})
"""Commands of Terraform that start the provider, or read its program for a checksum, which takes as long."""
CONFIGURING: Final = frozenset({"plan", "apply"})
"""Those that configure it."""
LAZY: Final = {"GOGC": "400"}
"""For commands: Go collects garbage once there is much of it. That is a quarter of the work of a short command."""

_PASSING: Final = Path(__file__).with_name("passing.py")
_TOLD: Final = re.compile(r"TF_REATTACH_PROVIDERS='(.+)'")
_READY: Final = re.compile(r"(ready)")
_SEVERAL: Final = re.compile(r"^\s*alias\s*=", re.MULTILINE)
_TYPE: Final = re.compile(rb"\baws_\w+")


class Providers:
    """Running providers, one for each environment: where the endpoint and the credentials are."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._stack = ExitStack()
        self._running: dict[tuple[tuple[str, str], ...], str] = {}
        self._named: set[str] = set()
        self._folder: Path | None = None

    def environment(self, folder: Path, command: str, environment: Mapping[str, str]) -> Mapping[str, str]:
        """Return the variables that make a command in a folder attach; none where Terraform must start its own."""
        if command not in USING or (command in CONFIGURING and several(folder)):
            return {}
        self._name(types_named(folder))
        key = tuple(sorted(environment.items()))
        if key not in self._running:
            self._running[key] = self._start(environment)
        return {"TF_REATTACH_PROVIDERS": self._running[key]}

    def close(self) -> None:
        """Stop them all."""
        self._running.clear()
        self._stack.close()
        self._folder = None
        self._named.clear()

    @property
    def _names(self) -> Path:
        """The file of the types that Terraform is told of; other commands may run already, so it only grows."""
        if self._folder is None:
            self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        return self._folder / "names"

    def _name(self, types: set[str]) -> None:
        if not types <= self._named or not self._names.is_file():
            self._named |= types
            partial = self._names.with_suffix(".partial")
            partial.write_text("\n".join(sorted(self._named)), encoding="utf-8")
            partial.replace(self._names)

    def _start(self, environment: Mapping[str, str]) -> str:
        """Start a provider, and what stands before it; return what tells Terraform how to attach."""
        # The provider takes a certificate bundle at its first configuration only and fails at the second. Nothing
        # here speaks TLS.
        own = {name: value for name, value in environment.items() if name not in ("AWS_CA_BUNDLE", *LAZY)}
        attaching = json.loads(self._told([str(self._program), "-debug"], own, _TOLD))
        (provider,) = attaching.values()
        address = self._names.with_name(f"{len(self._running)}.sock")
        words = [sys.executable, "-P", str(_PASSING), provider["Addr"]["String"], str(address), str(self._names)]
        self._told(words, None, _READY)
        provider["Addr"]["String"] = str(address)
        return json.dumps(attaching)

    def _told(self, words: Sequence[str], environment: Mapping[str, str] | None, pattern: re.Pattern[str]) -> str:
        """Start a program and return what it says once it is ready."""
        path = self._names.with_name(f"{Path(words[0]).name}-{len(self._running)}")
        output = self._stack.enter_context(path.open("a+", encoding="utf-8"))
        self._stack.enter_context(running(words, environment, output))
        end = time.monotonic() + START_SECONDS
        while True:
            output.seek(0)
            if told := pattern.search(output.read()):
                return told[1]
            if time.monotonic() > end:
                raise RuntimeError(f"{' '.join(words)} does not tell how to attach")
            time.sleep(0.05)


def several(folder: Path) -> bool:
    """Whether a root module configures the provider more than once."""
    return any(_SEVERAL.search(path.read_text(encoding="utf-8")) for path in folder.glob("*.tf"))


def types_named(folder: Path) -> set[str]:
    """Return every word in a root module, its modules and its state that may be a type of the AWS provider."""
    found = {word for path in _files(folder) for word in _TYPE.findall(path.read_bytes())}
    return {word.decode() for word in found}


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a root module and of those that it calls, wherever these are."""
    manifest = folder / ".terraform" / "modules" / "modules.json"
    modules = json.loads(manifest.read_text(encoding="utf-8"))["Modules"] if manifest.is_file() else []
    for place in {folder.resolve(), *((folder / module["Dir"]).resolve() for module in modules)}:
        for path in place.rglob("*"):
            if path.is_file() and "providers" not in path.relative_to(place).parts:
                yield path
