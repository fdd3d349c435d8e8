"""What a reason shows of an expression: its names, never its literal texts."""

import pytest

from checker.load.terraform.source.shown import LENGTH, shown


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("local.vpc_id", "local.vpc_id"),
        ('aws_vpc.a["key"].id', 'aws_vpc.a["key"].id'),
        ('lookup(var.v, "id")', 'lookup(var.v, "…")'),
        ('["first", "second"]', '["first", "…"]'),
        ('sensitive("secret")', 'sensitive("…")'),
        ('"${aws_s3_bucket.b.arn}/secret"', '"${aws_s3_bucket.b.arn}…"'),
        ('"a${x}b${y}"', '"…${x}…${y}"'),
        ('f("${g("secret")}") + h', 'f("…"'),
        ('"%{ if x }secret%{ endif }" == y', '"…"'),
        ('jsonencode({ a = "secret",\n  b = 1 })', 'jsonencode({ a = "…", b = 1 })'),
        ("<<-EOT\nsecret\nEOT\n", "<<…"),
        ('"\\"secret"', '"…"'),
        ('""', '""'),
        ("x" * 500, "x" * (LENGTH - 1) + "…"),
    ],
)
def test_names_stay_and_literals_go(written: str, expected: str) -> None:
    assert shown(written) == expected
