"""The picture of coverage: what is dark shows, by shape and by word, and what was not examined is never light."""

from __future__ import annotations

import re

import pytest

from checker.model.assessment import Assessment, CoverageDefect, CoverageRow, UnexaminedRow
from checker.model.record import replace
from checker.report.coverage_looks import COVERAGE, SOUND, coverage
from checker.report.html.coverage import part
from tests.report.html import made

FILTERED = CoverageDefect(rule_id="FL002", message="ACCEPT traffic is not recorded.")
BROKEN = CoverageDefect(rule_id="FL005", message="fl-7 does not deliver.")
AWAY = CoverageDefect(rule_id="FL004", message="fl-7 delivers to a bucket that is not allowed.")


def row(state: str = "covered", **more: object) -> CoverageRow:
    values = {"account": "111122223333", "region": "eu-west-1", "type": "aws_vpc", "id": "vpc-1", "address": None,
              "name": None, "state": state}  # fmt: skip
    return CoverageRow(**{**values, **more})  # type: ignore[arg-type]


def shown(*rows: CoverageRow, closed: tuple[UnexaminedRow, ...] = ()) -> str:
    return part(made.report(assessment=Assessment(coverage=rows, unexamined=closed)))


def picture(text: str) -> str:
    return text.split('class="picture"')[1].split("</table>")[0]


@pytest.mark.parametrize(
    ("state", "defects", "look"),
    [("covered", (), "covered"), ("covered", (FILTERED,), "filtered"), ("covered", (BROKEN,), "broken"),
     ("covered", (AWAY,), "broken"), ("covered", (FILTERED, BROKEN), "broken"),
     ("covered-by-subnets", (FILTERED,), "filtered"), ("partial", (BROKEN,), "partial"), ("none", (), "none"),
     ("unknown", (), "unknown"), ("waived", (), "waived"), ("a word of a later version", (), "unknown")],
)  # fmt: skip
def test_a_vpc_is_light_only_where_nothing_is_known_against_it(
    state: str, defects: tuple[CoverageDefect, ...], look: str
) -> None:
    found = row(state, defects=defects)
    assert coverage(found) == look
    text = shown(found)
    assert f'href="#c-{look}"' in picture(text)
    assert COVERAGE[look].lower() in picture(text)
    assert ("The dark parts" in text) is (look not in SOUND)
    for each in defects:
        assert (each.message in text) is (look not in SOUND)


def test_every_look_has_a_sign_of_its_own() -> None:
    from checker.report.html.page import asset

    drawn = re.findall(r'<symbol id="c-([\w-]+)"[^>]*>(.*?)</symbol>', asset("icons.svg"))
    assert {name for name, _ in drawn} == {*COVERAGE, "unexamined"}
    shapes = [re.sub(r' class="[^"]*"', "", body) for name, body in drawn]
    assert len(set(shapes)) == len(shapes), "two looks differ in colour only"


def test_a_place_that_was_not_examined_is_in_the_picture_though_no_vpc_of_it_is_known() -> None:
    closed = (UnexaminedRow(account="444455556666", region=None, root=None, cause="it could not be entered"),
              UnexaminedRow(account="111122223333", region="us-east-1", root=None, cause="denied"))  # fmt: skip
    text = shown(row(), closed=closed)
    drawn = picture(text)
    assert re.findall(r'<th scope="row"><span class="mono">(\d+)', drawn) == ["111122223333", "444455556666"]
    assert drawn.count('class="shut"') == 3  # one region of the first account, both of the second
    assert "2 places were not examined: how many VPCs they hold is not known." in text
    assert "it could not be entered" in text
    assert "every region" in text


def test_nothing_but_what_was_not_examined() -> None:
    closed = (UnexaminedRow(account="444455556666", region=None, root=None, cause="it could not be entered"),)
    text = shown(closed=closed)
    assert "No VPC and no transit gateway was seen." in text
    assert "1 place was not examined: how many VPCs it holds is not known." in text
    assert 'class="shut"' in picture(text)


def test_a_part_of_terraform_that_could_not_be_read_is_named() -> None:
    closed = (UnexaminedRow(account=None, region=None, root="infra/prod", cause="the module is not on disk"),)
    text = shown(row(account=None, region=None, address="aws_vpc.a", id=None), closed=closed)
    assert "root module infra/prod" in text
    assert "the module is not on disk" in text


def test_few_vpcs_bear_their_names_and_many_are_counted() -> None:
    few = picture(shown(*(row(id=f"vpc-{at}", name="shop") for at in range(60))))
    many = picture(shown(*(row(id=f"vpc-{at}", name="shop") for at in range(61))))
    assert ("named" in few, "squares" in few) == (True, False)
    assert ("named" in many, "squares" in many) == (False, True)
    assert "61 recorded" in many


def test_many_regions_stand_below_each_other() -> None:
    regions = [f"region-{at}" for at in range(7)]
    drawn = picture(shown(*(row(region=each) for each in regions), row("none", account="444455556666")))
    assert re.findall(r'scope="col">([^<]+)<', drawn)[:2] == ["Account", "Region"]
    assert drawn.count("<tr>") == 1 + 8
    assert drawn.index("444455556666") < drawn.index("111122223333"), "the darkest first"


def test_the_headline_counts_what_is_sound() -> None:
    dark = row("none", id="vpc-2")
    assert "1 of 2 VPCs and transit gateways is recorded with nothing known against it; 1 is dark, or may be." in shown(
        row(), dark
    )
    assert "1 VPC or transit gateway: recorded throughout" in shown(row())
    assert "recorded throughout" not in shown(replace(row(), defects=(BROKEN,)))


def test_a_defect_leads_to_its_finding_where_the_run_has_it() -> None:
    found = made.report().findings[0]
    linked = replace(BROKEN, finding=found.id)
    gone = replace(BROKEN, finding="FL005:gone")
    text = part(made.report(assessment=Assessment(coverage=(row(defects=(linked,)), row(defects=(gone,))))))
    table = text.split("The dark parts")[1]
    assert table.count('href="#finding-') == 1
