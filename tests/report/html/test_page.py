"""The document itself: whole, safe, the same twice, and complete."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings

from checker.model.assessment import Assessment, History, RunPoint
from checker.model.diagnosis import Cause, Dimension, NearestMiss
from checker.model.finding import Report, Status
from checker.report.html import render
from checker.report.html.data import PIECE
from checker.report.html.findings import PRINTED
from checker.report.html.front import together
from checker.report.html.markup import tag
from checker.report.html.page import asset
from checker.report.html.path import path
from checker.report.options import RenderOptions
from checker.report.run_file import read_run
from checker.report.run_json import render as to_json
from tests.report.html import made
from tests.report.html.hostile import ATTACKS, hostile_report
from tests.report.sample import EMPTY, REPORT
from tests.report.test_any_text import reports

VOID = {"meta", "input", "br", "hr", "img", "link"}
DATA = re.compile(r'<script type="application/json" id="data-(\w+)">(.*?)</script>', re.DOTALL)


class Reader(HTMLParser):
    """Reads a document and holds that every element is closed where it must be."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: dict[str, int] = {}
        self.attributes: list[tuple[str, str, str | None]] = []
        self.shown: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.shown.append(data)


def html(report: Report) -> str:
    return render(report, RenderOptions())


def data_of(text: str) -> dict[str, dict[str, object]]:
    return {name: json.loads(block) for name, block in DATA.findall(text)}


@pytest.mark.parametrize("report", [made.report(), hostile_report(), REPORT, EMPTY],
                         ids=["usual", "hostile", "sample", "empty"])  # fmt: skip
def test_the_document_is_whole_and_loads_nothing(report: Report) -> None:
    text = html(report)
    read = Reader(text)
    assert read.tags["main"] == read.tags["h1"] == read.tags["style"] == 1
    assert read.tags["section"] == 10
    assert read.tags["script"] == 2 + -(-len(report.findings) // PIECE)
    assert not {"img", "iframe", "object", "link", "base", "embed"} & read.tags.keys()
    for element, name, value in read.attributes:
        assert not name.startswith("on"), (element, name)
        assert name not in ("style", "src", "srcset", "action", "background"), (element, name)
        if name == "href":
            assert value is not None
            assert value.startswith("#")
    identifiers = [value for _, name, value in read.attributes if name == "id"]
    assert len(identifiers) == len(set(identifiers))


def test_the_policy_names_the_style_and_the_script_that_stand_there() -> None:
    text = html(REPORT)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    said = policy[1].replace("&#x27;", "'")
    for word, element in (("style-src", "style"), ("script-src", "script")):
        content = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
        assert len(content) == 1
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert f"{word} 'sha256-{digest}';" in said
    assert "default-src 'none'" in said
    assert "unsafe" not in said


@pytest.mark.parametrize("name", ["report.css", "report.js"])
def test_style_and_script_do_not_end_their_own_element(name: str) -> None:
    text = asset(name)
    assert "</" not in text
    assert "<!--" not in text
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "import(",
                 "@import", "url("):  # fmt: skip
        assert word not in text


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_a_text_is_a_text_wherever_it_is_placed(attack: str) -> None:
    made_of = tag("p", attack, title=attack)
    read = Reader(made_of)
    assert read.tags == {"p": 1}
    assert [name for _, name, _ in read.attributes] == ["title"]


def test_hostile_data_cannot_end_their_block() -> None:
    text = html(hostile_report())
    for name, block in DATA.findall(text):
        assert not set(block) & set("<>&"), name
        assert json.loads(block)
    assert text.count("</script>") == len(DATA.findall(text)) + 1


@given(report=reports)
@settings(suppress_health_check=list(HealthCheck), max_examples=40)
def test_whatever_the_texts_are_the_document_is_whole(report: Report) -> None:
    read = Reader(html(report))
    assert read.tags["section"] == 10


def test_every_finding_is_in_the_data() -> None:
    report = made.report(total=1_234)
    data = data_of(html(report))
    index = data["index"]
    columns = index["columns"]
    assert isinstance(columns, dict)
    assert {len(column) for column in columns.values()} == {1_234}
    assert columns["message"] == [each.message for each in report.findings]
    statuses = [word for word, _ in index["statuses"]]  # type: ignore[attr-defined]
    assert [statuses[place] for place in columns["status"]] == [each.status.value for each in report.findings]
    assert [len(data[name]["findings"]) for name in ("0", "1", "2")] == [500, 500, 234]  # type: ignore[arg-type]


def test_what_did_not_pass_is_written_out_up_to_a_bound_that_is_said() -> None:
    report = made.report(total=2_000)
    text = html(report)
    open_ = [each for each in report.findings if each.status in (Status.FAIL, Status.UNKNOWN, Status.WAIVED)]
    assert text.count('<article id="finding-') == PRINTED < len(open_)
    said = " ".join(Reader(text).shown)
    assert f"{PRINTED} findings of {len(open_):,} that failed, are unknown or are waived" in said
    left = sum(int(each.replace(",", "")) for each in re.findall(
        r"([\d,]+) (?:fail|unknown|waived)\b", said.split("not written out here: ")[1].split(";")[0]))  # fmt: skip
    assert left == len(open_) - PRINTED


def test_the_same_report_gives_the_same_bytes_in_every_process() -> None:
    code = "from tests.report.html import made; from checker.report.html import render; import hashlib; " \
           "print(hashlib.sha256(render(made.report(), None).encode()).hexdigest())"  # fmt: skip
    runs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                       env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."}).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(runs) == 1
    assert len(runs.pop()) == 65


def test_a_saved_run_gives_the_same_page() -> None:
    report = made.report()
    again = read_run(to_json(report, RenderOptions()))
    assert html(again) == html(report)


@pytest.mark.parametrize(
    ("code", "word"), [(0, "Compliant as far as examined"), (1, "Not compliant"), (3, "Nothing examined"),
                       (4, "Not proven"), (70, "Incomplete")],
)  # fmt: skip
def test_the_first_word_is_the_verdict(code: int, word: str) -> None:
    assert word in Reader(html(made.report(exit_code=code))).shown


def test_a_clean_run_with_nothing_left_open_is_compliant_without_reserve() -> None:
    passes = tuple(each for each in made.findings(2, 50) if each.status is Status.PASS)
    summary = made.Summary(evaluated={"vpc": 5}, counts={Status.PASS: len(passes)})
    text = html(made.report(findings=passes, summary=summary, exit_code=0, gaps=()))
    assert "Compliant" in Reader(text).shown
    assert "Everything that this run set out to examine was examined." in text


def test_a_run_saved_without_an_assessment_says_so_in_each_part() -> None:
    text = html(made.report(assessment=None, traffic=None, diagnoses=()))
    for words in ("saved without its coverage", "No framework was judged", "saved without its inventory",
                  "No flow log records were read", "not compared with earlier ones",
                  "No earlier run is at hand"):  # fmt: skip
        assert words in text


def test_a_first_run_is_no_change() -> None:
    point = RunPoint(run_id="a", started_at=made.NOW, counts={})
    text = html(made.report(assessment=Assessment(history=History(previous=None, trend=(point,)))))
    assert "nothing: the first run" in text
    assert "This is the first run that is kept" in text


def test_the_picture_names_every_dark_vpc_and_counts_those_not_drawn() -> None:
    rows = made.coverage(60, 4)
    text = html(made.report(assessment=Assessment(coverage=rows)))
    dark = [row for row in rows if row.state not in ("covered", "covered-by-subnets")]
    assert "20 more accounts" in text
    assert sum(1 for row in dark if row.id and f">{row.id}<" in text) == len(dark)
    few = html(made.report(assessment=Assessment(coverage=made.coverage(3, 100))))
    assert "more accounts" not in few
    assert few.count('<use href="#c-') == 9 + 3 * 100 + sum(row.state not in ("covered", "covered-by-subnets")
                                                            for row in made.coverage(3, 100))  # fmt: skip


def test_one_cell_draws_so_many_squares_and_counts_the_rest() -> None:
    rows = tuple(replace(row, region="eu-west-1") for row in made.coverage(1, 100))
    assert " and 40 more" in html(made.report(assessment=Assessment(coverage=rows)))


WAY = re.compile(r'<li class="(\w+)">(?:<svg class="way".*?</svg>)?<b>([^<]+)')
BADGE = re.compile(r'class="badge s-[\w-]+"><svg.*?</svg>([^<]+)<')


@pytest.mark.parametrize(
    ("cause", "stage", "looks", "words"),
    [(Cause.NACL_DENY, made.Stage.NACL_INGRESS, ["end", "denies", "allows", "end"],
      ["rejected here", "would allow it"]),
     (Cause.SG_NO_MATCH, made.Stage.SG_INGRESS, ["end", "allows", "denies", "end"], ["allows", "rejected here"]),
     (Cause.UNDETERMINED, None, ["end", "untold", "untold", "end"], ["not settled", "not settled"]),
     (Cause.CONTRADICTS_CONFIG, None, ["end", "allows", "allows", "end"], ["allows", "allows"]),
     (Cause.BPA, None, ["end", "denies", "untold", "untold", "end"],
      ["rejected here", "not settled", "not settled"])],
    ids=lambda value: value.value if isinstance(value, Cause) else "",
)  # fmt: skip
def test_the_way_through_the_rules(cause: Cause, stage: made.Stage | None, looks: list[str], words: list[str]) -> None:
    blockers = (made.Blocker(stage=stage, rule=None),) if stage else ()
    drawn = path(made.diagnosis(cause=cause, stage=stage, blockers=blockers, rule=None))
    assert drawn is not None
    assert [look for look, _ in WAY.findall(drawn)] == looks
    assert BADGE.findall(drawn) == words
    stopped = "denies" in looks
    assert drawn.count('class="cross"') == int(stopped)
    assert ("the packet does not come here" in drawn) is stopped
    assert drawn.count('<svg class="way"') == len(looks) - 1


def test_the_way_names_the_deciding_line_the_nearest_miss_and_every_further_blocker() -> None:
    line = made.Line(id="sgr-9", address=None, says="allow tcp/5432 from 10.1.0.0/16")
    both = (made.Blocker(stage=made.Stage.NACL_INGRESS, rule=made.diagnosis().rule),
            made.Blocker(stage=made.Stage.SG_INGRESS, rule=None))  # fmt: skip
    miss = NearestMiss(rule=line, differs=(Dimension.CIDR,), says="sgr-9 allows 10.1.0.0/16, not 10.2.3.4")
    drawn = path(made.diagnosis(blockers=both, nearest_miss=miss, stage=made.Stage.SG_INGRESS))
    assert drawn is not None
    acl, group = drawn.split("<b>")[2:4]
    assert "acl-1#90: deny tcp/5432 from 10.0.0.0/8" in acl
    assert "rejected here" in acl
    assert "would deny it, too" in group
    assert "none: no line allows it" in group
    assert "sgr-9 allows 10.1.0.0/16, not 10.2.3.4" in group


def test_the_way_out_starts_at_the_interface_and_a_reply_passes_the_group() -> None:
    acl = made.Blocker(stage=made.Stage.NACL_EGRESS, rule=None)
    drawn = path(made.diagnosis(cause=Cause.REPLY_BLOCKED, direction=made.Direction.EGRESS, stage=acl.stage, rule=None,
                                blockers=(acl,)))  # fmt: skip
    assert drawn is not None
    assert WAY.findall(drawn) == [
        ("end", "Interface"), ("allows", "Security groups, outbound"), ("denies", "Network ACL, outbound"),
        ("end", "Peer"),
    ]  # fmt: skip
    assert "remembers the request" in drawn


def test_an_unknown_direction_is_not_drawn() -> None:
    assert path(made.diagnosis(direction=None)) is None


@pytest.mark.parametrize(
    ("hours", "words"),
    [((0, 1), "by hour, UTC."), ((0, 239), "by hour, UTC. Hatched: no accepted or rejected record was read for that "
                                "time (238 of 240)."),
     ((0, 240), "by day, UTC. Hatched: no accepted or rejected record was read for that time (9 of 11)."),
     ((0, 24 * 239), "by day"), ((0, 24 * 240), "by 2 days"), ((0, 24 * 365 * 56), "by 86 days")],
    ids=["two-hours", "ten-days", "longer", "240-days", "241-days", "56-years"],
)  # fmt: skip
def test_a_long_time_is_drawn_in_longer_steps_and_what_was_not_read_is_shown(hours: list[int], words: str) -> None:
    timeline = tuple(made.Hour(start=made.NOW + made.timedelta(hours=at), accepted=1, rejected=at % 7) for at in hours)
    text = html(made.report(traffic=replace(made.traffic(), timeline=timeline)))
    assert words in text
    assert text.count('fill="url(#hatch)"') <= 240
    assert ("Hatched" in words) <= ('fill="url(#hatch)"' in text)


def test_how_to_reproduce_names_command_policy_inputs_and_versions() -> None:
    said = " ".join(Reader(html(REPORT)).shown)
    assert "flowcheck plan plan.json --fail-on medium --unknown warn --scope changed --now 2026-01-31T06:00:00Z" in said
    assert "ab" * 32 in said
    assert "terraform_version: 1.11.4" in said
    assert "1.2.3" in said


@pytest.mark.parametrize(("until", "words"), [("2026-02-10", "ends in 10 days"), ("2026-01-30", "ended"),
                                              ("2026-12-31", None), (None, "without an end")])  # fmt: skip
def test_waivers_say_when_they_end(until: str | None, words: str | None) -> None:
    day = made.date.fromisoformat(until) if until else None
    waiver = made.WaiverRef(source="waivers.yaml:3", reason="agreed", owner=None, until=day)
    waived = made.finding(made.RULES[0], made.resource(1, 1), Status.WAIVED, waiver=waiver)
    text = html(made.report(findings=(waived,), notes=(), assessment=None))
    part = text.split('<section id="waivers"')[1].split("</section>")[0]
    assert "nobody is named" in part
    assert (words or until or "") in part
    assert ("ends in" in part or "ended" in part) is (until in ("2026-02-10", "2026-01-30"))


def test_waivers_that_ended_or_cover_nothing_are_named_with_their_owner() -> None:
    text = html(made.report())
    part = text.split('<section id="waivers"')[1].split("</section>")[0]
    in_use, ended, no_use = part.split("<h3>")[1:4]
    assert ("waivers.yaml:3<" in in_use, "ends in 10 days" in in_use) == (True, True)
    assert ("waivers.yaml:9<" in ended, "2026-01-30" in ended, "netops@example.com" in ended) == (True, True, True)
    assert ("waivers.yaml:15<" in no_use, "nobody is named" in no_use, "without an end" in no_use) == (True, True, True)
    assert 'href="#finding-' in in_use
    assert 'href="#finding-' in ended


def test_calls_that_failed_for_one_reason_in_one_place_are_told_together() -> None:
    def gap(call: str, cause: str) -> made.Gap:
        place = {"account": "111122223333", "region": "eu-west-1", "call": call}
        return made.Gap(what=f"111122223333/eu-west-1 {call}", cause=cause, affects="something", **place)

    calls = [gap(f"ec2:Describe{name}", "it was denied") for name in "ABCDE"]
    other = gap("s3:GetBucketPolicy", "it timed out")
    account = made.Gap(what="account 444455556666", cause="it could not be entered", affects="all", account="4" * 12)
    told = together((*calls, other, account))
    assert [(each.what, each.cause) for each in told] == [
        ("account 444455556666", "it could not be entered"),
        ("111122223333/eu-west-1", "5 calls: it was denied"),
        ("111122223333/eu-west-1 s3:GetBucketPolicy", "it timed out"),
    ]
    assert told[1].affects == "what they tell (ec2:DescribeA, ec2:DescribeB, ec2:DescribeC and 2 more)"


def test_the_first_page_names_what_was_and_was_not_examined_and_what_is_new() -> None:
    text = html(made.report())
    first = text.split('<section id="summary"')[1].split("</section>")[0]
    assert "4 accounts (000000000000, 000000000001, 000000000002, 111122223333)" in first
    assert '<dt>Not examined</dt><dd><a href="#coverage">1 account, 1 region</a></dd>' in first
    history = made.report().assessment.history  # type: ignore[union-attr]
    assert history is not None
    new = next(each for each in made.report().findings if each.id == history.new[0])
    assert new.message in first


def test_regions_of_a_live_input_are_named_though_nothing_stands_there() -> None:
    run = made.report().run
    inputs = ({"kind": "snapshot", "path": "s", "sha256": None, "accounts": "111122223333, 444455556666",
               "regions": "eu-north-1, us-east-1"},)  # fmt: skip
    text = html(made.report(run=replace(run, inputs=inputs)))
    assert "eu-north-1" in text.split('<section id="coverage"')[1].split("</section>")[0]
    assert "Read too, and without any VPC: eu-north-1." in text
    assert "5 regions" in text


def test_a_live_run_prints_the_line_over_its_responses_too() -> None:
    run = made.report().run
    settings = {**run.settings, "arguments": ["account", "--freshness", "--profile", "a b"],
                "responses": [["snapshot", "RESPONSES"]], "environment": ["FLOWCHECK_EXTERNAL_ID"]}  # fmt: skip
    text = unescape(html(made.report(run=replace(run, settings=settings))))
    at = "--now 2026-01-31T06:00:00Z --format html"
    assert f"<code>flowcheck account --freshness --profile 'a b' {at}</code>" in text
    assert f"<code>FLOWCHECK_FRESHNESS=true flowcheck snapshot RESPONSES {at}</code>" in text
    assert "<code>FLOWCHECK_EXTERNAL_ID</code>" in text
    assert "sees what is there then" in text
    assert "and the same bytes" not in text.split('id="reproduce"')[1]
