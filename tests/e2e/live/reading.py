"""Every format read back by somebody else's reader, and held against the schema of its standard where there is one.

``READERS`` has a line for each format: what it is read by, which verdicts it lists, and by which words it names them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import jsonschema
import junitparser
import openpyxl
from botocore.session import get_session
from botocore.validate import ParamValidator
from markdown_it import MarkdownIt
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

SCHEMAS: Final = Path(__file__).parents[4] / "shared" / "reference" / "schemas"
"""Schemas of standards bodies; where they are absent the documents are read, and not held against them."""
_OSCAL_TOKEN: Final = (r"^(\\p{L}|_)(\\p{L}|\\p{N}|[.\\-_])*$", r"^[^\\W\\d][\\w.\\-]*$")
"""The pattern of a token as the schema has it, and the same as Python writes it."""

Finding = Mapping[str, Any]
"""One finding of the JSON report."""
EVERY: Final = frozenset({"fail", "unknown", "waived", "pass", "not-applicable"})
OPEN: Final = frozenset({"fail", "unknown"})


@dataclass(frozen=True, slots=True)
class Reader:
    """How one format is read."""

    read: Callable[[bytes], Iterable[str]]
    """Gives a word for each finding that the document lists; raises where the document is not what it must be."""
    word: Callable[[Finding], str]
    """Gives the word for a finding of the JSON report."""
    lists: frozenset[str]
    """The verdicts that are listed."""
    more: frozenset[str] = frozenset()
    """Those that are listed with --verbose too."""
    counts: bool = True
    """Whether the line with all counts stands in it."""


def by_id(finding: Finding) -> str:
    return f"{finding['status']} {finding['id']}"


def by_digest(finding: Finding) -> str:
    return hashlib.sha256(finding["id"].encode()).hexdigest()


def by_subject(finding: Finding) -> str:
    """Return rule and subject, the subject without the account before it."""
    resource = finding["resource"]
    ours = resource["id"] if ":ec2:" in (resource["arn"] or "") else None
    return f"{finding['rule_id']} {resource['address'] or ours or resource['arn'] or resource['id']}"


def by_message(finding: Finding) -> str:
    return f"{finding['rule_id']} {finding['message']}"


def schema_of(name: str) -> dict[str, Any] | None:
    path = SCHEMAS / name
    found: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found


def _json(data: bytes) -> Iterator[str]:
    report = json.loads(data)
    schema = json.loads(files("checker.report").joinpath("run.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(report)
    return map(by_id, report["findings"])


def _rows(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield the findings of a table; rows without a rule are remarks."""
    head, *body = ([cell or "" for cell in row] for row in rows)
    for row in body:
        cells = dict(zip(head, row, strict=True))
        assert not any(str(cell).startswith(("=", "+", "-", "@")) for cell in row), row
        if cells["rule_id"]:
            yield f"{cells['status']} {cells['id']}"


def _csv(data: bytes) -> Iterator[str]:
    return _rows(csv.reader(io.StringIO(data.decode(), newline="")))


def workbook(data: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def _xlsx(data: bytes) -> Iterator[str]:
    return _rows(workbook(data)["Findings"])


def _sarif(data: bytes) -> Iterator[str]:
    log = json.loads(data)
    if schema := schema_of("sarif-schema-2.1.0.json"):
        jsonschema.Draft4Validator(schema).validate(log)
    for result in log["runs"][0]["results"]:
        assert result["partialFingerprints"]["flowcheckFindingId/v1"] == by_digest(result["properties"])
        yield by_id(result["properties"])


def _junit(data: bytes) -> Iterator[str]:
    kinds = {junitparser.Failure: "fail", junitparser.Error: "unknown"}
    suites = junitparser.JUnitXml.fromstring(data)
    for case in (case for suite in suites if suite.name != "gaps" for case in suite):
        (result,) = case.result or [None]
        skipped = result is not None and type(result) is junitparser.Skipped
        status = result.message.partition(":")[0].replace(" ", "-") if skipped else kinds.get(type(result), "pass")
        (found,) = re.findall(r"^id: (.*)$", case.system_out if result is None else result.text, re.MULTILINE)
        yield f"{status} {found}"


def _gitlab(data: bytes) -> Iterator[str]:
    for entry in json.loads(data):
        assert entry["description"] and entry["location"]["lines"]["begin"] >= 1
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        if not entry["check_name"].startswith("flowcheck-"):
            yield entry["fingerprint"]


def _oscal(data: bytes) -> Iterator[str]:
    for name in ("oscal_assessment-results_schema.json", "oscal_assessment-results_schema_1.1.json"):
        if (path := SCHEMAS / name).is_file():
            schema = path.read_text(encoding="utf-8").replace(*_OSCAL_TOKEN)
            jsonschema.Draft7Validator(json.loads(schema)).validate(json.loads(data))
    (result,) = json.loads(data)["assessment-results"]["results"]
    for each in result["observations"]:
        props = {prop["name"]: prop["value"] for prop in each["props"]}
        if "finding-id" in props:
            yield f"{props['status']} {props['finding-id']}"


@cache
def _of_ocsf(profiles: tuple[str, ...]) -> jsonschema.Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.5.0"))
    found = schema.get_class_schema(class_name="compliance_finding", profiles=list(profiles))
    return jsonschema.Draft202012Validator(found)


def ocsf(data: bytes) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(data)
    for each in events:
        _of_ocsf(tuple(each["metadata"].get("profiles", ()))).validate(each)
    return events


def _ocsf(data: bytes) -> Iterator[str]:
    events = (each for each in ocsf(data) if each["activity_name"] != "Other")
    listed = (each for each in events if each["status_code"] not in ("gone", "not-applicable"))
    return (f"{each['status_code']} {each['finding_info']['uid']}" for each in listed)


def _asff(data: bytes) -> Iterator[str]:
    found = json.loads(data)
    operation = get_session().get_service_model("securityhub").operation_model("BatchImportFindings")
    report = ParamValidator().validate({"Findings": found}, operation.input_shape)
    assert report.generate_report() == ""
    return (f"{each['ProductFields']['flowcheck/status']} {each['Id'].removeprefix('flowcheck/')}" for each in found)


class _Articles(HTMLParser):
    """The findings that a page writes out; nothing in it may load anything."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        assert not {"src", "srcset", "action"} & set(values), attrs
        if tag == "article" and (values.get("id") or "").startswith("finding-"):
            self.ids.append(unquote(str(values["id"]).removeprefix("finding-")))


def _html(data: bytes) -> list[str]:
    return _Articles(data.decode()).ids


_ITEM: Final = re.compile(
    r"^\s*\d+\.\s+(?:[A-Z]+ )?([A-Z]{2}\d{3}) .*\n(?: {6,}.*\n)*?\s+resource\s+(.*)$", re.MULTILINE
)


def _table(data: bytes) -> Iterator[str]:
    assert b"\x1b" not in data
    for rule, subject in _ITEM.findall(data.decode()):
        yield f"{rule} {subject.rpartition(': ')[2]}"


def cells(data: bytes) -> list[list[str]]:
    """Return the rows of all tables of a Markdown document, as a reader of GitHub's dialect sees them."""
    rows: list[list[str]] = []
    for token in (tokens := MarkdownIt("commonmark").enable("table").parse(data.decode())):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and tokens[tokens.index(token) - 1].type in ("td_open", "th_open"):
            children = token.children or []
            rows[-1].append("".join(each.content for each in children if each.type in ("text", "code_inline")))
    return rows


def _comment(data: bytes) -> Iterator[str]:
    assert len(data) <= 65_536
    return _markdown(data)


def _markdown(data: bytes) -> Iterator[str]:
    assert len(data) <= 2**20
    for row in cells(data):
        rule = next((cell for cell in row[:2] if re.fullmatch(r"[A-Z]{2}\d{3}", cell)), None)
        if rule is not None:
            yield f"{rule} {row[row.index(rule) + 1].rpartition(': ')[2]}"


_COMMAND: Final = re.compile(r"^::(error|warning|notice) (?:.*,)?title=([A-Z]{2}\d{3}) [^:]*::(.*?)(?:%0A.*)?$")


def _github(data: bytes) -> Iterator[str]:
    levels: Counter[str] = Counter()
    for line in data.decode().splitlines():
        assert line.startswith(("::error ", "::warning ", "::notice ")), line
        if found := _COMMAND.match(line):
            levels[found[1]] += 1
            yield f"{found[2]} {found[3].replace('%25', '%')}"
    assert max(levels.values(), default=0) <= 10


READERS: Final[Mapping[str, Reader]] = {
    "json": Reader(_json, by_id, EVERY, counts=False),
    "csv": Reader(_csv, by_id, EVERY),
    "xlsx": Reader(_xlsx, by_id, EVERY, counts=False),
    "junit": Reader(_junit, by_id, EVERY),
    "oscal": Reader(_oscal, by_id, EVERY),
    "ocsf": Reader(_ocsf, by_id, EVERY - {"not-applicable"}),
    "asff": Reader(_asff, by_id, EVERY - {"not-applicable"}, counts=False),
    "sarif": Reader(_sarif, by_id, OPEN, more=frozenset({"waived"})),
    "gitlab": Reader(_gitlab, by_digest, OPEN),
    "html": Reader(_html, lambda finding: str(finding["id"]), OPEN | {"waived"}),
    "table": Reader(_table, by_subject, OPEN, more=frozenset({"pass", "not-applicable"})),
    "markdown": Reader(_comment, by_subject, OPEN | {"waived"}, more=frozenset({"pass", "not-applicable"})),
    "github-summary": Reader(_markdown, by_subject, OPEN | {"waived"}, more=frozenset({"pass", "not-applicable"})),
    "github": Reader(_github, by_message, OPEN),
}
