"""A thousand accounts and a hundred thousand findings: made, opened and filtered without making anybody wait."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.report.html.conftest import Open

ACCOUNTS, FINDINGS = 1_000, 100_000

MAKE = f"""
import resource, sys, time
from checker.report.html import render
from checker.report.options import RenderOptions
from tests.report.html import made
report = made.report(accounts={ACCOUNTS}, total={FINDINGS})
begin = time.process_time()
text = render(report, RenderOptions())
print(time.process_time() - begin)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(text)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the memory of a process is measured as Unix tells it")
def test_a_report_of_an_organisation(open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    done = subprocess.run([sys.executable, "-c", MAKE, str(path)], capture_output=True, text=True, check=True)
    seconds, mebibytes = map(float, done.stdout.split())
    assert seconds < 60
    assert mebibytes < 1_024
    assert path.stat().st_size < 80_000_000
    page = open_page(path)
    expect(page.locator("#found")).to_have_text("100,000 of 100,000 findings", timeout=60_000)

    def timed(script: str) -> float:
        """Return how long the page was busy, in milliseconds."""
        return float(page.evaluate(f"(() => {{ const begin = performance.now(); {script}; "
                                   "return performance.now() - begin; })()"))  # fmt: skip

    search = "document.getElementById('f-q').value = '{}'; document.getElementById('filters').requestSubmit()"
    waits = [timed(search.format(words)) for words in ("000000000777 FL003", "vpc-003e7", "not recorded", "")]
    waits.append(timed("document.querySelector('input[name=status]').click()"))
    waits.append(timed("document.querySelectorAll('#list th button')[3].click()"))
    waits.append(timed("document.querySelector('#list .open').click()"))
    assert max(waits) < 5_000, waits  # a tenth of that on an idle machine
    assert sorted(waits)[len(waits) // 2] < 1_500, waits
    page.click("#clear")
    page.fill("#f-q", "vpc-00309 FL003")
    expect(page.locator("#found")).to_have_text("100 of 100,000 findings", timeout=30_000)
    assert page.locator("#coverage .picture tbody tr").count() == 40
