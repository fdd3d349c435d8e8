"""Signatures as ``ssh-keygen -Y sign`` makes them, with an Ed25519 key in OpenSSH's format.

The key and the mathematics are ``cryptography``'s; here is only the frame around them. Source: OpenSSH,
PROTOCOL.sshsig. A signature has one spelling only: whatever is not byte for byte what we would write is refused.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from checker.errors import InputError, ToolError, UsageError
from checker.model.record import dataclass

NAMESPACE: Final = b"flowcheck"
_MAGIC: Final = b"SSHSIG"
_HASH: Final = b"sha512"
_KIND: Final = b"ssh-ed25519"
_BEGIN: Final = b"-----BEGIN SSH SIGNATURE-----\n"
_END: Final = b"-----END SSH SIGNATURE-----\n"
_WIDTH: Final = 70
_MOST: Final = 64 * 1024
"""Most bytes of a key file."""


class NotSignedError(ValueError):
    """A signature that does not hold; the text says why."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key that was read."""

    key: Any
    public: bytes
    """The public key as OpenSSH writes it, before base64."""

    @property
    def fingerprint(self) -> str:
        """Return ``SHA256:...`` as ``ssh-keygen -l`` shows it."""
        return fingerprint_of(self.public)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, armoured."""
        return _armoured(self.public, self.key.sign(_signed_data(message)))


def fingerprint_of(public: bytes) -> str:
    """Return ``SHA256:...`` of a public key."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public).digest()).decode().rstrip("=")


def read_signer(path: Path) -> Signer:
    """Read an Ed25519 private key without a passphrase.

    Raises UsageError where the file is none, ToolError where ``cryptography`` is not installed.
    """
    serialization, ed25519 = _library()
    try:
        key = serialization.load_ssh_private_key(_content(path), password=None)
    except (ValueError, TypeError, _unsupported()) as error:
        hint = "ssh-keygen -t ed25519 -N '' -f KEY makes one; keys with a passphrase cannot be used."
        raise UsageError(f"{path}: no private key that can be read", hint=hint) from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise UsageError(f"{path}: not an Ed25519 key", hint="ssh-keygen -t ed25519 -N '' -f KEY makes one.")
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return Signer(key, _string(_KIND) + _string(raw))


def read_public_keys(path: Path) -> tuple[bytes, ...]:
    """Return the Ed25519 public keys of a file (``ssh-ed25519 AAAA...`` on each line, or allowed signers).

    Raises InputError where there is none.
    """
    found = []
    for line in _content(path).decode("utf-8", "replace").splitlines():
        words = line.split()
        for kind, text in pairwise(words):
            if kind == _KIND.decode() and not line.startswith("#"):
                try:
                    found.append(base64.b64decode(text, validate=True))
                except ValueError:
                    continue
    if not found:
        hint = "Give the .pub file of the key that signed (ssh-ed25519 AAAA...)."
        raise InputError(f"{path}: holds no Ed25519 public key", hint=hint)
    return tuple(found)


def check_signature(armoured: bytes, message: bytes) -> bytes:
    """Return the public key by which a signature of a message holds.

    Raises NotSignedError where it does not hold, ToolError where ``cryptography`` is not installed.
    """
    public, signature = _parsed(armoured)
    if armoured != _armoured(public, signature):
        raise NotSignedError("the signature is not spelled as one of flowcheck's")
    _, ed25519 = _library()
    from cryptography.exceptions import InvalidSignature

    try:
        key = ed25519.Ed25519PublicKey.from_public_bytes(_raw_key(public))
        key.verify(signature, _signed_data(message))
    except (InvalidSignature, ValueError) as error:
        raise NotSignedError("the signature does not belong to SHA256SUMS") from error
    return public


def _library() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise ToolError(
            "signatures need the package cryptography, which is not installed", hint="pip install 'flowcheck[sign]'"
        ) from error
    return serialization, ed25519


def _unsupported() -> type[Exception]:
    from cryptography.exceptions import UnsupportedAlgorithm

    return UnsupportedAlgorithm


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        raise UsageError(f"{path}: the key cannot be read ({error.strerror})", hint="Check the path.") from error
    if len(data) > _MOST:
        raise UsageError(f"{path}: too long for a key")
    return data


def _signed_data(message: bytes) -> bytes:
    hashed = hashlib.sha512(message).digest()
    return _MAGIC + _string(NAMESPACE) + _string(b"") + _string(_HASH) + _string(hashed)


def _armoured(public: bytes, signature: bytes) -> bytes:
    inner = _string(_KIND) + _string(signature)
    blob = _MAGIC + struct.pack(">I", 1) + b"".join(map(_string, (public, NAMESPACE, b"", _HASH, inner)))
    text = base64.b64encode(blob)
    lines = [text[at : at + _WIDTH] + b"\n" for at in range(0, len(text), _WIDTH)]
    return _BEGIN + b"".join(lines) + _END


def _parsed(armoured: bytes) -> tuple[bytes, bytes]:
    """Return public key and signature; what else stands there is compared by writing it again."""
    if not (armoured.startswith(_BEGIN) and armoured.endswith(_END)):
        raise NotSignedError("this is no signature as OpenSSH writes them")
    try:
        blob = base64.b64decode(armoured[len(_BEGIN) : -len(_END)])
        if not blob.startswith(_MAGIC):
            raise NotSignedError("this is no signature as OpenSSH writes them")
        public, rest = _taken(blob[len(_MAGIC) + 4 :])
        for _ in range(3):
            _, rest = _taken(rest)
        inner, _ = _taken(rest)
        _, rest = _taken(inner)
        signature, _ = _taken(rest)
    except (ValueError, struct.error) as error:
        raise NotSignedError("the signature is damaged") from error
    return public, signature


def _raw_key(public: bytes) -> bytes:
    kind, rest = _taken(public)
    raw, end = _taken(rest)
    if kind != _KIND or end:
        raise ValueError("not an Ed25519 key")
    return raw


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _taken(data: bytes) -> tuple[bytes, bytes]:
    """Return a string with its length before it, and the rest; raises struct.error or ValueError."""
    (length,) = struct.unpack(">I", data[:4])
    if len(data) < 4 + length:
        raise ValueError("too short")
    return data[4 : 4 + length], data[4 + length :]
