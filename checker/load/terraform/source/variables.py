"""Values of input variables: from ``*.tfvars`` files, from the environment, from texts on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from checker.errors import HclError
from checker.load.terraform import functions
from checker.load.terraform.functions import FunctionError
from checker.load.terraform.instance import Value
from checker.load.terraform.source.json_tree import JsonError, Node, Object, parse_json
from checker.load.terraform.source.parse import ParseError, parse_body, parse_expression
from checker.load.terraform.source.scan import Lines
from checker.load.terraform.source.syntax import Expr
from checker.model.known import Unknown

ENVIRONMENT_PREFIX: Final = "TF_VAR_"

_DEFAULTS: Final = ("terraform.tfvars", "terraform.tfvars.json")
_AUTOMATIC: Final = (".auto.tfvars", ".auto.tfvars.json")


class _NotConstant(Exception):
    """An expression that hangs on something else."""


def discover_var_files(folder: Path) -> list[Path]:
    """Return the files that Terraform reads by itself, in its order: later ones win.

    ``terraform.tfvars``, ``terraform.tfvars.json``, then ``*.auto.tfvars`` and ``*.auto.tfvars.json`` by name.
    """
    first = [folder / name for name in _DEFAULTS]
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(_AUTOMATIC))
    except OSError:
        names = []
    return [path for path in (*first, *(folder / name for name in names)) if path.is_file()]


def is_discovered(name: str) -> bool:
    """Say whether Terraform reads a file of this name by itself."""
    return name in _DEFAULTS or name.endswith(_AUTOMATIC)


def read_var_file(path: Path, instead: str | None = None) -> dict[str, Value]:
    """Return the values that a ``.tfvars`` or ``.tfvars.json`` file gives, or would give with another text.

    What is not constant is Unknown, naming file and line. Raises HclError for a file that cannot be read as one.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig") if instead is None else instead
    except OSError as error:
        raise HclError(f"{path} cannot be read: {error.strerror}", hint="check the name given to --var-file") from error
    except UnicodeDecodeError as error:
        raise HclError(f"{path} is not UTF-8", hint="Terraform reads UTF-8 only; convert the file") from error
    return _read_json(text, path) if path.name.endswith(".json") else _read_hcl(text, path)


def from_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return the raw texts of ``TF_VAR_name`` by name; ``coerce`` makes values of them."""
    length = len(ENVIRONMENT_PREFIX)
    return {name[length:]: text for name, text in sorted(env.items()) if name.startswith(ENVIRONMENT_PREFIX)}


def coerce(text: str, type_expr: Expr | None) -> Value:
    """Return the value of a variable whose text comes from the environment or the command line.

    Terraform takes the text as it is for string, number and bool variables and for those without a type, and reads it
    as an expression for all others. An expression that is wrong or not constant is Unknown.
    """
    kind = type_expr[1] if type_expr is not None and type_expr[0] in ("var", "lit") else None
    if type_expr is None or kind == "string":
        return text
    if kind in ("number", "bool"):
        return _converted(text, str(kind))
    try:
        return constant(parse_expression(text))
    except ParseError:
        return Unknown("the text given for the variable is no expression")
    except (_NotConstant, FunctionError) as error:
        return Unknown(f"the text given for the variable is not constant: {error}")


def _converted(text: str, kind: str) -> Value:
    try:
        return functions.call(f"to{kind}", [text])
    except FunctionError as error:
        return Unknown(f"the text given for the variable is no {kind}: {error}")


def constant(expr: Expr) -> Value:
    """Return the value of an expression that hangs on nothing: literals, lists, objects, negative numbers."""
    kind = expr[0]
    if kind == "lit":
        value: Value = expr[1]
        return value
    if kind == "list":
        return [constant(item) for item in expr[1]]
    if kind == "obj":
        return {_key(constant(key)): constant(value) for key, value in expr[1]}
    if kind == "tpl":
        return "".join(_key(constant(piece)) for piece in expr[1])
    if kind == "bad":
        raise _NotConstant(str(expr[1]))
    raise _NotConstant("only constant values may stand here")


def _key(value: Value) -> str:
    text = functions.call("tostring", [value])
    if not isinstance(text, str):
        raise _NotConstant("text is required here")
    return text


def _read_hcl(text: str, path: Path) -> dict[str, Value]:
    try:
        body = parse_body(text, str(path))
    except ParseError as error:
        raise _wrong(path, Lines(text).at(error.offset), "this cannot be parsed") from error
    if body.blocks:
        raise _wrong(path, body.blocks[0].line, "a block is not allowed here")
    values: dict[str, Value] = {}
    for name, attribute in body.attributes.items():
        try:
            values[name] = constant(attribute.expr)
        except (_NotConstant, FunctionError) as error:
            values[name] = Unknown(f"{name} ({path}:{attribute.line}): {error}")
    return values


def _read_json(text: str, path: Path) -> dict[str, Value]:
    try:
        root = parse_json(text)
    except JsonError as error:
        raise _wrong(path, Lines(text).at(error.offset), error.cause) from error
    if not isinstance(root.value, Object):
        raise _wrong(path, 1, "an object is expected")
    return {member.key: _plain(member.value) for member in root.members if member.key != "//"}


def _plain(node: Node) -> Value:
    if isinstance(node.value, Object):
        return {member.key: _plain(member.value) for member in node.members}
    return [_plain(item) for item in node.value] if isinstance(node.value, tuple) else node.value


def _wrong(path: Path, line: int, cause: str) -> HclError:
    return HclError(f"{path}:{line}: {cause}", hint="terraform fmt shows what is wrong with the file")
