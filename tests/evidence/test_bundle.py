"""Evidence: whatever is changed in a bundle is found, by us and by programs that we did not write."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from checker.errors import InputError, UsageError
from checker.evidence import Source, verify_bundle, write_bundle
from checker.evidence.signature import NotSignedError, check_signature, read_public_keys, read_signer

SOURCES = (
    Source(path="report/flowcheck.json", what="the report", data=b'{"findings": []}\n'),
    Source(path="report/empty.csv", what="nothing", data=b""),
    Source(path="snapshot/111122223333/eu-west-1/ec2/DescribeVpcs.json", what="a response", data=b"\x00\xff" * 40),
    Source(path="snapshot/name with spaces~%2F.json", what="a response", data=b"x"),
)
FACTS = {"tool": {"name": "flowcheck", "version": "1"}, "created_at": "2026-03-01T00:00:00Z"}
PEM = serialization.Encoding.PEM
OPENSSH = serialization.PrivateFormat.OpenSSH
NO_PASSPHRASE = serialization.NoEncryption()


def key_pair(folder: Path, name: str = "key", seed: int = 1) -> tuple[Path, Path]:
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    path = folder / name
    path.write_bytes(private.private_bytes(PEM, OPENSSH, NO_PASSPHRASE))
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    path.with_suffix(".pub").write_bytes(public + b" audit@example.com\n")
    return path, path.with_suffix(".pub")


@cache
def made(signed: bool) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="evidence-"))
    signer = read_signer(key_pair(folder)[0]) if signed else None
    write_bundle(folder / "bundle", SOURCES, FACTS, signer=signer)
    return folder / "bundle"


def places(bundle: Path) -> list[tuple[Path, int]]:
    return [(path.relative_to(bundle), path.stat().st_size) for path in sorted(bundle.rglob("*")) if path.is_file()]


@pytest.mark.parametrize("signed", [False, True])
def test_a_bundle_is_whole_as_it_is_written(signed: bool) -> None:
    found = verify_bundle(made(signed))
    assert found.differences == ()
    assert found.files == len(SOURCES)
    assert (found.signed_by is not None, found.trusted) == (signed, False)


@pytest.mark.parametrize("signed", [False, True])
@given(data=st.data())
def test_a_flipped_bit_anywhere_is_found(signed: bool, data: st.DataObject) -> None:
    bundle = made(signed)
    sizes = places(bundle)
    at = data.draw(st.integers(0, sum(size for _, size in sizes) - 1), label="byte of the bundle")
    bit = data.draw(st.integers(0, 7), label="bit")
    starts = [sum(size for _, size in sizes[:number]) for number in range(len(sizes))]
    number = max(number for number, start in enumerate(starts) if start <= at and sizes[number][1])
    path, at = sizes[number][0], at - starts[number]
    whole = (bundle / path).read_bytes()
    (bundle / path).write_bytes(whole[:at] + bytes([whole[at] ^ (1 << bit)]) + whole[at + 1 :])
    try:
        found = verify_bundle(bundle)
    finally:
        (bundle / path).write_bytes(whole)
    assert found.differences, f"byte {at} of {path}"


def test_every_byte_of_manifest_sums_and_signature_counts() -> None:
    bundle = made(True)
    for name in ("manifest.json", "SHA256SUMS", "SHA256SUMS.sig"):
        whole = (bundle / name).read_bytes()
        try:
            for at in range(len(whole)):
                (bundle / name).write_bytes(whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :])
                assert verify_bundle(bundle).differences, f"byte {at} of {name}"
            for other in (whole + b"\n", whole[:-1], b"\n" + whole, whole.replace(b"\n", b"\r\n")):
                (bundle / name).write_bytes(other)
                assert verify_bundle(bundle).differences, name
        finally:
            (bundle / name).write_bytes(whole)
    assert verify_bundle(bundle).differences == ()


def remove(path: str):  # type: ignore[no-untyped-def]
    return lambda bundle: (bundle / path).unlink()


def write(path: str, data: bytes = b"x"):  # type: ignore[no-untyped-def]
    return lambda bundle: (bundle / path).write_bytes(data)


def link(bundle: Path) -> None:
    target = bundle / "report/flowcheck.json"
    target.rename(bundle.parent / "elsewhere.json")
    target.symlink_to(bundle.parent / "elsewhere.json")


JSON = "report/flowcheck.json"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (remove(JSON), [f"{JSON}: missing"]),
        (remove("report/empty.csv"), ["report/empty.csv: missing"]),
        (write("report/new.json"), ["report/new.json: added"]),
        (write("added"), ["added: added"]),
        (write("report/empty.csv"), ["report/empty.csv: changed"]),
        (lambda b: (b / JSON).rename(b / "report/other.json"), [f"{JSON}: renamed to report/other.json"]),
        (lambda b: (b / "more").mkdir(), ["more/: added"]),
        (link, [f"{JSON}: not a plain file"]),
        (remove("SHA256SUMS.sig"), ["SHA256SUMS.sig: missing"]),
        (remove("manifest.json"), ["manifest.json: missing"]),
        (lambda b: (b / JSON).write_bytes((b / "report/empty.csv").read_bytes()), [f"{JSON}: changed"]),
    ],
    ids=["missing", "empty missing", "added", "added at the top", "filled", "renamed", "folder", "link", "signature",
         "manifest", "copied over"],
)  # fmt: skip
def test_what_is_missing_added_or_renamed_is_named(change: object, expected: list[str], tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(made(True), tmp_path / "bundle"))
    change(bundle)  # type: ignore[operator]
    assert list(verify_bundle(bundle).differences) == expected


def test_a_bundle_that_was_made_anew_with_other_content_needs_the_key(tmp_path: Path) -> None:
    _, public = key_pair(tmp_path)
    other, _ = key_pair(tmp_path, "other", seed=2)
    changed = (Source(path="report/flowcheck.json", what="the report", data=b"{}"), *SOURCES[1:])
    write_bundle(tmp_path / "forged", changed, FACTS, signer=read_signer(other))
    write_bundle(tmp_path / "unsigned", changed, FACTS)
    assert verify_bundle(tmp_path / "forged").differences == (), "whole in itself; only the key tells"
    (forged,) = verify_bundle(tmp_path / "forged", keys=public).differences
    assert "none of the keys given" in forged
    (unsigned,) = verify_bundle(tmp_path / "unsigned", keys=public).differences
    assert "missing, but a key was given" in unsigned
    assert verify_bundle(made(True), keys=public).trusted


def test_a_signature_of_other_sums_does_not_hold(tmp_path: Path) -> None:
    signer = read_signer(key_pair(tmp_path)[0])
    signature = signer.sign(b"one")
    assert check_signature(signature, b"one") == signer.public
    for wrong in (b"two", b""):
        with pytest.raises(NotSignedError):
            check_signature(signature, wrong)
    for broken in (b"", b"-----BEGIN SSH SIGNATURE-----\n", signature[:-40], signature.replace(b"U1NI", b"U1NJ")):
        with pytest.raises(NotSignedError):
            check_signature(broken, b"one")


def test_coreutils_and_openssh_agree(tmp_path: Path) -> None:
    for program in ("sha256sum", "ssh-keygen"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    bundle = made(True)
    sums = subprocess.run(
        ["sha256sum", "--strict", "--check", "SHA256SUMS"], cwd=bundle, capture_output=True, check=False
    )
    assert sums.returncode == 0, sums.stderr
    assert sums.stdout.count(b": OK") == len(SOURCES) + 1
    private, public = key_pair(tmp_path)
    (tmp_path / "allowed").write_text(f"audit {public.read_text()}")
    words = ["ssh-keygen", "-Y", "verify", "-n", "flowcheck", "-f", str(tmp_path / "allowed"), "-I", "audit", "-s"]
    text = (bundle / "SHA256SUMS").read_bytes()
    for message, code in ((text, 0), (text + b"x", 255)):
        done = subprocess.run([*words, str(bundle / "SHA256SUMS.sig")], input=message, capture_output=True, check=False)
        assert done.returncode == code, done.stderr
    locked = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(tmp_path / "locked")]
    assert subprocess.run(locked, capture_output=True, check=False).returncode == 0
    with pytest.raises(UsageError, match="locked"):
        read_signer(tmp_path / "locked")
    private.chmod(0o600)
    (tmp_path / "theirs").write_bytes(b"message")
    sign = ["ssh-keygen", "-Y", "sign", "-n", "flowcheck", "-f", str(private), str(tmp_path / "theirs")]
    assert subprocess.run(sign, capture_output=True, check=False).returncode == 0
    theirs = (tmp_path / "theirs.sig").read_bytes()
    assert check_signature(theirs, b"message") == read_public_keys(public)[0], "and we read what OpenSSH signed"
    assert theirs == read_signer(private).sign(b"message"), "to the byte"


def test_keys_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, OPENSSH, NO_PASSPHRASE)
    for name, data in (("other", other), ("text", b"hello"), ("long", b"x" * 70_000)):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UsageError, match=name):
            read_signer(tmp_path / name)
    with pytest.raises(UsageError, match="nowhere"):
        read_signer(tmp_path / "nowhere")
    for text in ("", "ssh-rsa AAAA", "# ssh-ed25519 AAAA", "ssh-ed25519 not-base64!"):
        (tmp_path / "pub").write_text(text)
        with pytest.raises(InputError, match="no Ed25519 public key"):
            read_public_keys(tmp_path / "pub")


def test_what_is_no_bundle_is_told(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="holds neither"):
            verify_bundle(folder)


OURS = '{"kind": "flowcheck-evidence", "schema_version": '


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"kind": "x"}', OURS + '"9"}', "[" * 100_000, OURS + '"1", "files": [1]}'],
    ids=["empty", "list", "object", "another", "later", "deep", "odd"],
)
def test_a_manifest_that_is_none_is_a_difference(text: str, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(made(False), tmp_path / "bundle"))
    (bundle / "manifest.json").write_text(text)
    assert any(each.startswith("manifest.json") for each in verify_bundle(bundle).differences)


def test_evidence_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("mine")
    with pytest.raises(UsageError, match="not a new or empty folder"):
        write_bundle(tmp_path / "full", SOURCES, FACTS)
    lost = (*SOURCES, Source(path="z", what="w", file=tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="cannot be written"):
        write_bundle(tmp_path / "half", lost, FACTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]
    (tmp_path / "empty").mkdir()
    write_bundle(tmp_path / "empty", SOURCES, FACTS)
    manifest = json.loads((tmp_path / "empty/manifest.json").read_text())
    assert [each["path"] for each in manifest["files"]] == sorted(each.path for each in SOURCES)
    assert manifest["signed_by"] is None


def test_equal_evidence_has_equal_bytes(tmp_path: Path) -> None:
    signer = read_signer(key_pair(tmp_path)[0])
    for name in ("a", "b"):
        write_bundle(tmp_path / name, reversed(SOURCES), FACTS, signer=signer)
    for path, _ in places(tmp_path / "a"):
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()
    assert base64.b64decode(b"".join((tmp_path / "a/SHA256SUMS.sig").read_bytes().split(b"\n")[1:-2]))[:6] == b"SSHSIG"


def test_half_a_character_in_a_manifest_is_a_difference(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(made(False), bundle)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"].append({"path": "a\ud800", "sha256": "\ud800"})
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    assert "a\ud800: missing" in verify_bundle(bundle).differences
