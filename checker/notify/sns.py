"""Amazon SNS. Source: SNS API reference, ``Publish`` (256 KiB; a subject of at most 100 ASCII characters)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from checker.model.arn import parse_arn
from checker.notify.message import Message
from checker.notify.sending import InDoubtError, NotSentError, tried

_SUBJECT: Final = 100
_BUSY: Final = ("Throttling", "ThrottledException", "InternalError", "InternalFailure", "ServiceUnavailable")


def send(
    topic: str,
    message: Message,
    *,
    session: Callable[[], Any],
    key: str,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Publish a message; ``key`` tells it from others for a FIFO topic. Raises NotSentError or InDoubtError."""
    arguments: dict[str, Any] = {"TopicArn": topic, "Subject": subject(message.title), "Message": message.text}
    if topic.endswith(".fifo"):
        arguments |= {"MessageGroupId": "flowcheck", "MessageDeduplicationId": key[:128]}
    tried(lambda: _publish(topic, arguments, session), pause)


def subject(title: str) -> str:
    """Return a title as SNS takes it: printable ASCII on one line that begins with a letter."""
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in title)[:_SUBJECT]


def _publish(topic: str, arguments: dict[str, Any], session: Callable[[], Any]) -> None:
    from botocore import exceptions as known
    from botocore.config import Config

    config = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=20)
    try:
        arn = parse_arn(topic)
        client = session().client("sns", region_name=arn.region if arn else None, config=config)
        client.publish(**arguments)
    except known.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        raise NotSentError(f"SNS answered {code}", again=code in _BUSY) from error
    except (known.ReadTimeoutError, known.ConnectionClosedError, known.ResponseStreamingError) as error:
        raise InDoubtError(f"SNS did not answer ({type(error).__name__})") from error
    except (known.EndpointConnectionError, known.ConnectTimeoutError) as error:
        raise NotSentError(f"SNS could not be reached ({type(error).__name__})", again=True) from error
    except known.BotoCoreError as error:
        raise NotSentError(f"SNS could not be asked ({type(error).__name__})") from error
