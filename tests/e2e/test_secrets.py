"""A secret in a plan reaches no output of any format, no message and no cache."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.__main__ import main
from checker.report import FORMATS
from tests.e2e.terraform import Terraform

pytestmark = pytest.mark.terraform

WORD = "SeCrEt"
SOURCE = Path(__file__).parent / "secrets"


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory, terraform: Terraform) -> Path:
    """A plan of the secrets, made by real Terraform, beside its source."""
    folder = tmp_path_factory.mktemp("secrets")
    shutil.copy(SOURCE / "main.tf", folder)
    terraform.prepare(folder)
    # The network is never asked: the credentials are wrong, and nothing exists yet.
    terraform.run(folder, {}, "plan", "-no-color", "-refresh=false", "-out=tf.plan")
    (folder / "plan.json").write_text(json.dumps(terraform.show(folder, {}, "tf.plan")))
    return folder


def unpacked(data: bytes) -> Iterator[bytes]:
    """The files of a workbook, which is a zip archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield from (archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("way", ["plan", "source", "hcl", "binary"])
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_format_prints_a_secret(
    name: str,
    way: str,
    planned: Path,
    terraform: Terraform,
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if way == "binary":
        for variable, value in terraform.whole(planned, {}, "show").items():
            monkeypatch.setenv(variable, value)
    words = {
        "plan": ["plan", str(planned / "plan.json"), "--no-source"],
        "source": ["plan", str(planned / "plan.json"), "--source", str(planned)],
        "hcl": ["hcl", str(planned)],
        "binary": ["plan", str(planned / "tf.plan"), "--no-source"],
    }[way]
    code = main([*words, "--format", name, "--verbose", "--cache", str(tmp_path), "--now", "2026-01-01T00:00:00Z"])
    printed = capfdbinary.readouterr()
    assert code in (0, 1)
    assert printed.out
    assert WORD.encode() in (planned / "plan.json").read_bytes(), "nothing was planted"
    out = b"".join(unpacked(printed.out)) if FORMATS[name].binary else printed.out
    for stream in (out, printed.err):
        place = stream.find(WORD.encode())
        assert place < 0, stream[max(0, place - 200) : place + 100].decode(errors="replace")


def test_a_broken_plan_does_not_print_its_content(
    planned: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = (planned / "plan.json").read_text()
    broken = tmp_path / "broken.json"
    for cut in range(1000, len(text), len(text) // 20):
        broken.write_text(text[:cut])
        assert main(["plan", str(broken)]) == 2
    printed = capfd.readouterr()
    assert WORD not in printed.out + printed.err
