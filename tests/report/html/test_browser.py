"""The report in a real Chromium: search, filters, order, links, keyboard, themes, paper; nothing runs, nothing asks."""

import io
from dataclasses import replace
from unicodedata import normalize
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from checker.model.finding import Report, Status
from tests.report.html import made
from tests.report.html.conftest import Open
from tests.report.html.hostile import hostile_report


def found(page: Page) -> int:
    """Return how many findings the list says it has."""
    text = page.locator("#found").inner_text()
    return int(text.split(" of ")[0].replace(",", ""))


def count(report: Report, status: Status) -> int:
    return sum(1 for each in report.findings if each.status is status)


def link(report: Report, at: int) -> str:
    return f"#finding-{quote(report.findings[at].id, safe='')}"


def test_every_part_stands_on_the_page(open_page: Open, usual: Report) -> None:
    page = open_page(usual)
    for name in ("summary", "coverage", "findings", "controls", "traffic", "inventory", "waivers", "changes", "method",
                 "reproduce"):  # fmt: skip
        assert page.locator(f"section#{name}").is_visible()
        assert page.locator(f'nav a[href="#{name}"]').count() == 1
    assert found(page) == len(usual.findings)


def test_search_finds_by_any_words(open_page: Open, usual: Report) -> None:
    page = open_page(usual)
    page.fill("#f-q", "FL001 00001 vpc-0000100000000000e")
    expect(page.locator("#found")).to_have_text(f"1 of {len(usual.findings)} findings")
    assert page.locator("#list tbody tr").count() == 1
    page.fill("#f-q", "nothing like it")
    expect(page.locator("#found")).to_have_text(f"0 of {len(usual.findings)} findings")
    page.click("#clear")
    assert found(page) == len(usual.findings)


def test_filters_add_up(open_page: Open, usual: Report) -> None:
    page = open_page(usual)
    page.check('input[name="status"][value="fail"]')
    assert found(page) == count(usual, Status.FAIL)
    page.check('input[name="status"][value="unknown"]')
    assert found(page) == count(usual, Status.FAIL) + count(usual, Status.UNKNOWN)
    page.select_option("#f-severity", "critical")
    page.select_option("#f-account", "000000000001")
    page.select_option("#f-control", "PCI DSS 4.0.1: 10.2.1")
    wanted = [each for each in usual.findings if each.status in (Status.FAIL, Status.UNKNOWN)
              and each.severity.label == "critical" and each.resource.account == "000000000001"]  # fmt: skip
    assert found(page) == len(wanted) > 0
    page.select_option("#f-rule", "FL001 rule-number-1")
    assert found(page) == 0


def test_a_number_of_the_first_page_leads_to_its_findings(open_page: Open, usual: Report) -> None:
    page = open_page(usual)
    page.click(".tile.s-waived a")
    expect(page.locator("#found")).to_contain_text(f"{count(usual, Status.WAIVED)} of")
    assert page.locator("#list .badge").all_inner_texts() == ["Waived"] * count(usual, Status.WAIVED)


def test_a_head_orders_the_list_and_says_so(open_page: Open, usual: Report) -> None:
    page = open_page(usual)
    page.click('#list th button:has-text("Rule")')
    assert page.locator('#list th[aria-sort="ascending"]').inner_text().startswith("Rule")
    assert set(page.locator("#list td:nth-child(3)").all_inner_texts()[:48]) == {"FL001 rule-number-1"}
    page.click('#list th button:has-text("Rule")')
    assert page.locator('#list th[aria-sort="descending"]').count() == 1
    assert set(page.locator("#list td:nth-child(3)").all_inner_texts()[:48]) == {"FL005 rule-number-5"}
    page.select_option("#f-sort", "-severity")
    assert set(page.locator("#list .sev").all_inner_texts()[:48]) == {"low"}


def test_subjects_are_ordered_as_people_count(open_page: Open, usual: Report) -> None:
    names = [f"aws_vpc.x[{number}]" for number in (10, 9, 2, 100)]
    subjects = [replace(each.resource, address=name) for each, name in zip(usual.findings, names, strict=False)]
    pairs = zip(usual.findings, subjects, strict=False)
    page = open_page(replace(usual, findings=tuple(replace(each, resource=subject) for each, subject in pairs)))
    page.click('#list th button:has-text("Subject")')
    wanted = ["aws_vpc.x[2]", "aws_vpc.x[9]", "aws_vpc.x[10]", "aws_vpc.x[100]"]
    assert page.locator("#list .open").all_inner_texts() == wanted


def test_pages_turn(open_page: Open, usual: Report) -> None:
    page = open_page(usual)
    first = page.locator("#list .open").first.inner_text()
    page.click('#pager button:has-text("Next")')
    expect(page.locator("#list caption")).to_have_text(f"Findings 51 to 100 of {len(usual.findings)}")
    page.click('#pager button:has-text("Last")')
    assert page.locator('#pager button:has-text("Next")').is_disabled()
    page.click('#pager button:has-text("First")')
    assert page.locator("#list .open").first.inner_text() == first


def test_a_finding_opens_with_evidence_fix_and_waiver(open_page: Open, usual: Report) -> None:
    page = open_page(usual)
    page.locator("#list .open").first.click()
    text = page.locator("#list tr.detail").inner_text()
    assert usual.findings[0].evidence[0].statement in text
    assert "max_aggregation_interval = 60" in text
    assert "NIST SP 800-53 r5: AU-2" in text
    page.locator("#list .open").first.click()
    assert page.locator("#list tr.detail").count() == 0
    page.check('input[name="status"][value="waived"]')
    page.locator("#list .open").first.click()
    assert "netops@example.com, until 2026-02-10" in page.locator("#list tr.detail").inner_text()


@pytest.mark.parametrize("at", [0, 77, 239])
def test_a_deep_link_opens_its_finding_on_whatever_page(open_page: Open, usual: Report, at: int) -> None:
    page = open_page(usual, link(usual, at))
    here = page.locator("#list tr.here")
    assert usual.findings[at].resource.id in here.inner_text()
    assert usual.findings[at].id in page.locator("#list tr.detail").inner_text()
    expect(here).to_be_in_viewport()
    assert page.evaluate("document.activeElement.classList.contains('open')")


def test_a_link_carries_the_filters_and_survives_a_reload(open_page: Open, usual: Report) -> None:
    page = open_page(usual)
    page.check('input[name="status"][value="fail"]')
    page.select_option("#f-account", "000000000002")
    page.locator("#list .open").nth(2).click()
    shown, fragment, number = page.locator("#list tr.here").inner_text(), page.evaluate("location.hash"), found(page)
    assert fragment.startswith("#finding-FL")
    assert "status=fail" in fragment
    page.reload()
    assert page.locator("#list tr.here").inner_text() == shown
    assert found(page) == number
    assert page.is_checked('input[name="status"][value="fail"]')


def test_a_link_wins_over_filters_that_would_hide_its_finding(open_page: Open, usual: Report) -> None:
    page = open_page(usual, f"{link(usual, 0)}?status=pass")
    assert usual.findings[0].id in page.locator("#list tr.detail").inner_text()
    assert found(page) == len(usual.findings)


def test_a_link_to_a_finding_that_is_not_there_says_so(open_page: Open, usual: Report) -> None:
    page = open_page(usual, "#finding-FL001%3Agone")
    assert "not in this report" in page.locator("#found").inner_text()
    assert page.locator("#list tr.detail").count() == 0


def test_the_picture_of_coverage_leads_to_the_finding(open_page: Open, usual: Report) -> None:
    linked = made.coverage(3, 6)
    identifier = usual.findings[0].id
    rows = tuple(replace(row, finding=identifier) if at == 3 else row for at, row in enumerate(linked))
    report = replace(usual, assessment=replace(usual.assessment, coverage=rows))
    page = open_page(report)
    assert page.locator("#coverage .picture tbody tr").count() == 4  # three accounts, and one that was not entered
    page.locator("#coverage table:not(.picture) a").first.click()
    expect(page.locator("#list tr.detail")).to_contain_text(identifier)
    page.evaluate("window.scrollTo(0, 0)")
    page.locator("#coverage table:not(.picture) a").first.click()  # the address is that already
    expect(page.locator("#list tr.here")).to_be_in_viewport()


def test_everything_can_be_done_by_keyboard(open_page: Open, usual: Report) -> None:
    page = open_page(usual)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.focus('input[name="status"][value="fail"]')
    page.keyboard.press("Space")
    assert found(page) == count(usual, Status.FAIL)
    page.focus("#f-q")
    page.keyboard.type("vpc-00001")
    page.keyboard.press("Enter")
    assert 0 < found(page) < count(usual, Status.FAIL)
    page.locator("#list .open").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#list tr.detail").count() == 1
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_themes_follow_the_system_and_can_be_chosen(open_page: Open, usual: Report) -> None:
    light, dark = background(open_page(usual)), background(open_page(usual, color_scheme="dark"))
    assert light != dark
    page = open_page(usual)
    page.click("#theme")
    assert (page.inner_text("#theme"), background(page)) == ("Theme: light", light)
    page.click("#theme")
    assert (page.inner_text("#theme"), background(page)) == ("Theme: dark", dark)
    page.reload()
    assert background(page) == dark
    page.click("#theme")
    assert (page.inner_text("#theme"), background(page)) == ("Theme: automatic", light)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing(open_page: Open, short: Report, scheme: str, width: int) -> None:
    page = open_page(short, link(short, 1), color_scheme=scheme, viewport={"width": width, "height": 900})
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    result = Axe().run(page)
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in result.response["violations"]] == []
    assert len(result.response["passes"]) > 20


def test_on_a_phone_each_cell_names_its_column(open_page: Open, usual: Report) -> None:
    page = open_page(usual, viewport={"width": 400, "height": 900})
    cell = page.locator("#inventory td").first
    label = cell.evaluate("each => getComputedStyle(each, '::before').content")
    assert label.replace('" "', "") == '"Records: "'
    for part in ("coverage", "inventory", "waivers", "controls"):
        for each in page.locator(f"#{part} .scroll").all():
            if each.is_visible():
                assert each.evaluate("each => each.scrollWidth - each.clientWidth") <= 1, part
    wide = open_page(usual).locator("#inventory td").first
    assert wide.evaluate("each => getComputedStyle(each, '::before').content") == "none"


@pytest.mark.parametrize("width", [1280, 400])
def test_the_way_through_the_rules_is_drawn_along_or_down(open_page: Open, short: Report, width: int) -> None:
    page = open_page(short, viewport={"width": width, "height": 900})
    way = page.locator("#traffic .path").first
    boxes = [each.bounding_box() for each in way.locator("li").all()]
    assert len(boxes) == 4
    axis = "x" if width == 1280 else "y"
    places = [each[axis] for each in boxes if each is not None]
    assert places == sorted(places)
    assert len({round(place) for place in places}) == 4
    arrows = way.locator("svg.way")
    assert arrows.count() == 3
    assert all(each.bounding_box() is not None for each in arrows.all())


@pytest.mark.parametrize("width", [1280, 768, 400])
@pytest.mark.parametrize("hostile", [False, True], ids=["usual", "hostile"])
def test_the_page_never_scrolls_sideways(open_page: Open, usual: Report, width: int, hostile: bool) -> None:
    report = hostile_report() if hostile else usual
    page = open_page(report, link(report, 0) if not hostile else "", viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_paper_has_everything_that_did_not_pass(open_page: Open, short: Report) -> None:
    page = open_page(short, color_scheme="dark")
    reader = PdfReader(io.BytesIO(page.pdf(format="A4")))
    text = normalize("NFKC", "\n".join(each.extract_text() for each in reader.pages))
    assert 10 <= len(reader.pages) <= 40
    assert "Not compliant" in reader.pages[0].extract_text()
    for each in short.findings:
        if each.status in (Status.FAIL, Status.UNKNOWN, Status.WAIVED):
            assert (each.resource.id or "") in text
    assert "Clear filters" not in text
    assert "What each control asks" in text
    assert "Every VPC has a flow log." in text  # folded on the screen
    page.emulate_media(media="print")
    assert background(page) == "rgb(255, 255, 255)"


def test_without_script_the_page_can_be_read(open_page: Open, usual: Report) -> None:
    page = open_page(usual, link(usual, 5), java_script_enabled=False)
    assert not page.locator("#explorer").is_visible()
    assert page.locator(".static article").count() == sum(
        1 for each in usual.findings if each.status in (Status.FAIL, Status.UNKNOWN, Status.WAIVED)
    )
    expect(page.locator(".static article").nth(5)).to_be_in_viewport()
    assert page.locator("#summary .tile").count() == 5


def test_motion_is_left_out_where_it_is_not_wanted(open_page: Open, usual: Report) -> None:
    asked = "getComputedStyle(document.documentElement).scrollBehavior"
    assert open_page(usual).evaluate(asked) == "auto"
    assert open_page(usual, reduced_motion="no-preference").evaluate(asked) == "smooth"


def test_hostile_texts_run_nothing_and_break_nothing(open_page: Open) -> None:
    report = hostile_report()
    page = open_page(report)
    assert page.evaluate("window.pwned") is None
    for selector in ("img", "iframe", "object", "form:not(#filters)", "a[href^='javascript']", "[onerror]", "[style]"):
        assert page.locator(selector).count() == 0, selector
    assert page.locator("body > script:not([type])").count() == 1
    assert page.locator("section").count() == 10
    for at in range(min(8, len(report.findings))):
        page.locator("#list .open").nth(at).click()
    assert page.locator("#list tr.detail").count() == 1
    shown = page.evaluate("document.body.textContent")
    assert not set(shown) & set("\u202e\u200b\u2066\x1b\u0000")
    assert "\\u202e" in shown


def test_the_policy_of_the_page_stops_scripts_styles_and_requests(open_page: Open, usual: Report) -> None:
    page = open_page(usual)
    blocked = page.evaluate(
        """async () => {
          const blocked = [];
          document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
          const script = document.createElement("script");
          script.textContent = "window.pwned = 1";
          document.body.append(script);
          const style = document.createElement("style");
          style.textContent = "body { display: none }";
          document.body.append(style);
          const image = document.createElement("img");
          image.src = "file:///nowhere.png";
          document.body.append(image);
          await fetch("file:///nowhere").catch(() => null);
          await new Promise((done) => setTimeout(done, 50));
          return [...new Set(blocked)].sort().concat([String(window.pwned)]);
        }"""
    )
    open_page.seen.console.clear()  # type: ignore[attr-defined]
    assert blocked == ["connect-src", "img-src", "script-src-elem", "style-src-elem", "undefined"]
