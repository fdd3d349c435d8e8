"""Where the value of an argument is written: in the block, in the call of the module, in a local, in a tfvars file."""

from __future__ import annotations

import re
from typing import Final

from checker.fixing.layout import replace, set_argument
from checker.fixing.model import CannotFix
from checker.fixing.places import Path_, Places, Spot
from checker.fixing.syntax import Block
from checker.model.record import dataclass

_VARIABLE: Final = re.compile(r"var\.([^\W\d][\w-]*)")
_LOCAL: Final = re.compile(r"local\.([^\W\d][\w-]*)")
_NAMED: Final = re.compile(r"\b(?:var|local|each|count|module|self)\.[^\W\d][\w-]*(?:\.[^\W\d][\w-]*)*")
_DECIDES: Final = re.compile(r"\?|\bfor\b|\bif\b")
_DEEP: Final = 20


@dataclass(frozen=True, slots=True)
class Landing:
    """The place at which a value is to be written; ``span`` is the expression there now, None where there is none."""

    spot: Spot
    block: Block
    name: str
    span: tuple[int, int] | None

    @property
    def module(self) -> Path_:
        """The module whose names the expression may use."""
        return self.spot.module

    def now(self, places: Places) -> str | None:
        """Return the expression as written."""
        return None if self.span is None else places.files.text(self.spot.path)[slice(*self.span)]

    def write(self, places: Places, value: str) -> str:
        """Write an expression there and return what was done, in words."""
        text, was = places.files.text(self.spot.path), self.now(places)
        if was == value:
            return ""
        where = self.spot.where(places.files, self.span[0] if self.span else self.block.start)
        if self.span is None:
            places.files.put(self.spot.path, set_argument(text, self.block, self.name, value))
        else:
            places.files.put(self.spot.path, replace(text, *self.span, value))
        short = "..." if "\n" in value else value
        before = "" if was is None or "\n" in was else f" instead of {was}"
        return f"{where}: {self.name} = {short}{before}"


def landing(places: Places, spot: Spot, block: Block, name: str) -> Landing:
    """Return where an argument of a block is set, or would be; raises CannotFix, naming what sets it."""
    argument = block.argument(name)
    if argument is None:
        _check(places, spot.module, name)
        return Landing(spot, block, name, None)
    return _Following(places, name).span(spot, block, name, (argument.value, argument.end))


def _check(places: Places, module: Path_, name: str) -> None:
    refused = places.may_change(module)
    if refused is not None:
        raise CannotFix(f"{name} is set in a module that is not changed: {refused}")


@dataclass(slots=True)
class _Following:
    places: Places
    argument: str
    steps: int = 0

    def span(self, spot: Spot, block: Block, name: str, span: tuple[int, int]) -> Landing:
        """Return where the value of an expression is written."""
        self.steps += 1
        text = self.places.files.text(spot.path)[slice(*span)]
        if self.steps > _DEEP:
            raise CannotFix(f"{self.argument} is {text}, which refers to itself")
        variable, local = _VARIABLE.fullmatch(text), _LOCAL.fullmatch(text)
        if variable:
            return self.variable(spot.module, variable[1])
        if local:
            found = self.local(spot.module, local[1])
            if found is not None:
                return found
        else:
            self.settled(spot, span, text)
        _check(self.places, spot.module, name)
        return Landing(spot, block, name, span)

    def settled(self, spot: Spot, span: tuple[int, int], text: str) -> None:
        """Raise CannotFix where an expression decides by what is not written in it."""
        named = list(dict.fromkeys(_NAMED.findall(text)))
        deciding = [each for each in named if not each.startswith("module.")]
        if not deciding and not _DECIDES.search(re.sub(r'"[^"]*"', "", text)):
            return
        where = spot.where(self.places.files, span[0])
        how = "for_each" if any(each.startswith("each.") for each in deciding) else "an expression"
        by = f" of {', '.join(deciding)}" if deciding else ""
        short = text if len(text) <= 60 and "\n" not in text else f"{text.splitlines()[0][:57]}..."
        raise CannotFix(f"{self.argument} is set through {how}{by} ({where}: {short})")

    def variable(self, module: Path_, name: str) -> Landing:
        """Return where a variable of a module gets its value."""
        if not module:
            return self.given(name)
        call = self.places.call(module)
        argument = call.block.argument(name)
        if argument is None:
            _check(self.places, call.module, name)
            return Landing(call, call.block, name, None)
        return self.span(call, call.block, name, (argument.value, argument.end))

    def given(self, name: str) -> Landing:
        """Return where a tfvars file gives a value to a variable of the root module."""
        for path in reversed(self.places.var_files):
            if path.name.endswith(".json"):
                continue
            file = self.places.files.parsed(path)
            argument = file.argument(name)
            if argument is not None and path.resolve().is_relative_to(self.places.within):
                return Landing(Spot((), path, file), file, name, (argument.value, argument.end))
        declared = self.places.find((), "variable", name)
        where = f" ({declared.where(self.places.files)})" if declared else ""
        raise CannotFix(f"{self.argument} is var.{name}{where}, whose value comes from outside: give another one there")

    def local(self, module: Path_, name: str) -> Landing | None:
        """Return where a local value is written, if it is used once; None where others use it too."""
        spots = [spot for spot in self.places.blocks(module) if spot.block.type == "locals"]
        spot = next((each for each in spots if each.block.argument(name)), None)
        argument = spot.block.argument(name) if spot else None
        if spot is None or argument is None or users(self.places, module, f"local.{name}") != 1:
            return None
        return self.span(spot, spot.block, name, (argument.value, argument.end))


def users(places: Places, module: Path_, name: str) -> int:
    """Return how often the files of a module name something."""
    pattern = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])")
    paths = {spot.path for spot in places.blocks(module)}
    return sum(len(pattern.findall(places.files.text(path))) for path in paths)
