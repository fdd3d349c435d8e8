"""A webhook in Slack's form. Its address is a secret: no message, error or log of ours names it.

Source: Slack, "Sending messages using incoming webhooks" and "Formatting text for app surfaces".
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from checker.errors import ConfigError
from checker.notify.message import Message
from checker.notify.sending import InDoubtError, NotSentError, tried

SECONDS: Final = 10.0
_BLOCK: Final = 2900
"""Characters of one block; Slack takes 3,000."""
_BUSY: Final = 429
_SERVER: Final = 500


def check_url(url: str, name: str) -> None:
    """Raise ConfigError for an address that is not HTTPS; plain HTTP is for this machine only."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise ConfigError(f"{name}: its address is no URL") from error
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise ConfigError(f"{name}: its address is not https://...", hint="Plain HTTP would show the secret to others.")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def send(url: str, message: Message, *, pause: Callable[[float], None] = time.sleep) -> None:
    """Post a message. Raises NotSentError or InDoubtError."""
    body = json.dumps(payload(message), ensure_ascii=True).encode()
    tried(lambda: request(url, "POST", body, "application/json"), pause)


def payload(message: Message) -> dict[str, Any]:
    """Return the message as Slack takes it: blocks of plain text, and a text for programs that know no blocks."""
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain_text(message.title[:150])}]
    piece = ""
    for line in (*message.lines, None):
        if line is None or len(piece) + len(line) >= _BLOCK:
            blocks += [{"type": "section", "text": _plain_text(piece)}] if piece else []
            piece = ""
        piece += f"{line}\n" if line is not None else ""
    fallback = "```\n" + _escaped(message.text) + "\n```"
    return {"text": fallback, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False, "blocks": blocks}


def _plain_text(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": _escaped(text), "emoji": False}


def _escaped(text: str) -> str:
    """Return a text with the three characters escaped that start Slack's control sequences."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A secret address is not shown to whoever answers with a redirect."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none."""
        return


def request(url: str, method: str, body: bytes | None, content_type: str) -> None:
    """Make one request. Raises NotSentError where it is known not to have been taken, else InDoubtError."""
    asked = urllib.request.Request(url, data=body, method=method)  # noqa: S310 - check_url allows https and loopback
    asked.add_header("User-Agent", "flowcheck")
    if body is not None:
        asked.add_header("Content-Type", content_type)
    handlers: list[Any] = [NoRedirect()]
    if is_loopback(urlsplit(url).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    try:
        with urllib.request.build_opener(*handlers).open(asked, timeout=SECONDS) as answer:
            answer.read(1024)
    except urllib.error.HTTPError as error:
        again = error.code == _BUSY or error.code >= _SERVER
        raise NotSentError(f"it answered HTTP {error.code}", again=again) from None
    except urllib.error.URLError as error:
        kind = type(error.reason).__name__ if isinstance(error.reason, Exception) else "no connection"
        raise NotSentError(f"it could not be reached ({kind})", again=True) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise InDoubtError(f"it did not answer ({type(error).__name__})") from None
