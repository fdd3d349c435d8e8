"""Holds the direction of imports: cli → app → {load, flowlog, filter, rules, policy, report} → model."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "checker"

MAY_IMPORT = {
    "model": {"model"},
    "load": {"model", "load", "errors"},
    "filter": {"model", "filter", "errors"},
    "flowlog": {"model", "flowlog", "errors"},
    "rules": {"model", "rules", "filter", "policy", "errors"},
    "policy": {"model", "policy", "errors"},
    "assessment": {"model", "assessment"},
    "report": {"model", "report", "errors"},
    "fixing": {"model", "fixing", "load", "errors"},
    "history": {"model", "history", "errors"},
    "evidence": {"model", "evidence", "errors"},
    "notify": {"model", "notify", "report", "errors"},
    "posting": {"model", "posting", "notify", "report", "errors"},
}
"""Stages, and what each may import beside the standard library and its own packages."""

FOR_ALL = {"checker.__version__"}
"""A fact of the distribution, not of a stage."""

LAZY = {
    "hcl2", "lark", "jsonschema", "tabulate", "boto3", "botocore", "yaml", "duckdb", "numpy", "isal", "shtab",
    "cryptography", "xlsxwriter", "numba", "pyarrow"}  # fmt: skip
"""Costs 16 to 200 ms each: only inside functions, so that ``flowcheck --version`` stays quick."""

ONLY_IN = {
    "print": {
        "cli.py",
        "app.py",
        "delivery.py",
        "starting.py",
        "demo/__init__.py",
        "commands/small.py",
        "commands/past.py",
        "commands/verifying.py",
        "commands/nights.py",
        "commands/fix.py",
        "commands/posts.py",
        "commands/flows.py",
    },
    "os.environ": {"settings.py", "app.py", "__main__.py"},
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("stage", sorted(MAY_IMPORT))
def test_a_stage_imports_only_what_lies_to_its_right(stage: str) -> None:
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules()
        if path.startswith(f"{stage}/")
        for name in imported(tree)
        if name.startswith("checker.") and name not in FOR_ALL and name.split(".")[1] not in MAY_IMPORT[stage]
    ]
    assert wrong == []


def test_the_model_needs_the_standard_library_only() -> None:
    outside = {"checker", "__future__"}
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules()
        if path.startswith("model/")
        for name in imported(tree)
        if name.split(".")[0] in LAZY and name.split(".")[0] not in outside
    ]
    assert wrong == []


COMPILED = "checker/flowlog/engine/fast/"
"""Code for numba needs numpy at its top; it is imported inside functions itself."""


def test_heavy_packages_are_imported_inside_functions() -> None:
    package = COMPILED.replace("/", ".")[:-1]
    wrong = [
        f"{path} imports {name} at the top"
        for path, tree in modules()
        for node in tree.body
        for name in imported(node)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and (name.split(".")[0] in LAZY or name.startswith(package))
        and not f"checker/{path}".startswith(COMPILED)
    ]
    assert wrong == []


def test_records_are_made_by_checker_model_record() -> None:
    wrong = [
        f"{path} imports {name}: take it from checker.model.record, which costs a tenth"
        for path, tree in modules()
        if path != "load/aws/directory.py"  # asdict, for live accounts only
        for node in tree.body
        for name in imported(node)
        if isinstance(node, ast.Import | ast.ImportFrom) and name == "dataclasses"
    ]
    assert wrong == []


def test_printing_and_the_environment_have_their_places() -> None:
    wrong = []
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                wrong += [f"{path}:{node.lineno} prints"] if path not in ONLY_IN["print"] else []
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"):
                wrong += [f"{path}:{node.lineno} reads the environment"] if path not in ONLY_IN["os.environ"] else []
    assert wrong == []


def test_no_clock_below_app() -> None:
    allowed = {"settings.py", "app.py"}
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in modules()
        if path not in allowed
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("datetime", "date")
    ]
    assert wrong == []
