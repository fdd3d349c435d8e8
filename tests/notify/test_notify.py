"""Notifications: what they say, that nothing in them acts, and what becomes of them when something fails."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from checker.errors import ConfigError
from checker.history import Book, run_of
from checker.history.outbox import Outbox, Posted
from checker.keeping import with_history
from checker.model.record import replace
from checker.nightly.config import Target
from checker.nightly.telling import Means, send_all
from checker.notify import InDoubtError, Message, NotSentError, message_of, sns, webhook
from tests.history.made import FAIL, PASS, day, finding, report
from tests.history.test_book import Memory
from tests.nightly.conftest import Hook, hook
from tests.report.sample import HOSTILE
from tests.support.conftest import moto, moto_process
from tests.support.moto_server import Server

__all__ = ["hook", "moto", "moto_process"]

MESSAGE = Message(title="flowcheck org: 1 new failure", lines=("high FL001 x: no log",))


def no_pause(_: float) -> None:
    """Wait for nothing."""


def told(*names: str, message: str | None = None) -> Message:
    found = [finding(name, FAIL) for name in names]
    if message is not None:
        found = [replace(each, message=message) for each in found]
    made = report(day(1), *found)
    kept = Book(Memory(), "s").add(run_of(made, unread=()))
    text = message_of(with_history(made, kept), name="org", night="2026-03-01")
    assert text is not None
    return text


def test_only_what_is_new_is_told() -> None:
    book = Book(Memory(), "s")
    first = report(day(1), finding("a", FAIL))
    message = message_of(with_history(first, book.add(run_of(first, unread=()))), name="org", night="n")
    assert message is not None
    assert message.title == "flowcheck org, n: 1 new failure"
    second = report(day(2), finding("a", FAIL), finding("b", PASS))
    assert message_of(with_history(second, book.add(run_of(second, unread=()))), name="org", night="n") is None
    assert message_of(first, name="org", night="n") is None, "without a history nothing is known to be new"


def test_a_message_is_bounded_however_much_is_new() -> None:
    message = told(*(f"vpc-{number}" for number in range(5000)))
    assert message.title.endswith("5000 new failures")
    assert message.lines[-1] == "and 4980 more"
    assert len(message.text) < 10_000
    long = told("a", message="x" * 100_000)
    assert len(long.text) < 600


NASTY = [
    HOSTILE,
    "<!channel> <@U123> <https://evil.example|click>",
    "@channel @here",
    "```\n*bold* _i_ `x` [a](https://evil.example)",
    "\x1b]0;x\x07\u202e\u200b\r\nSubject: forged",
    "&lt;!channel&gt;",
    'x", "text": "y',
]


@pytest.mark.parametrize("text", NASTY)
def test_nothing_in_a_message_acts(text: str) -> None:
    message = told("a", message=text)
    assert all("\n" not in line and line.isprintable() for line in (message.title, *message.lines))
    assert "://" not in message.text
    payload = json.loads(json.dumps(webhook.payload(message)))
    shown = [payload["text"], *(block["text"]["text"] for block in payload["blocks"])]
    assert all("<" not in each and ">" not in each for each in shown), "no mention, no link"
    assert all("@" not in each for each in shown)
    assert payload["text"].count("```") == 2, "the fence holds"
    assert {block["text"]["type"] for block in payload["blocks"]} == {"plain_text"}
    assert (payload["mrkdwn"], payload["unfurl_links"]) == (False, False)
    subject = sns.subject(f"x {text}")
    assert subject.isascii()
    assert subject.isprintable()
    assert len(subject) <= 100


def test_blocks_keep_to_slacks_bounds() -> None:
    payload = webhook.payload(Message(title="t" * 500, lines=tuple("é" * 240 for _ in range(60))))
    assert len(payload["blocks"]) <= 50
    assert len(payload["blocks"][0]["text"]["text"]) <= 150
    assert all(len(block["text"]["text"]) <= 3000 for block in payload["blocks"])


def test_a_webhook_gets_the_message(hook: Hook) -> None:
    webhook.send(hook.url, MESSAGE)
    assert hook.got == [webhook.payload(MESSAGE)]
    assert hook.paths == ["/services/T0/B0/s3cr3t"]


@pytest.mark.parametrize(
    ("answers", "arrives", "asked"),
    [([503, 429], True, 3), ([500, 500, 500], False, 3), ([404], False, 1), ([403], False, 1), ([302], False, 1)],
    ids=["busy twice", "always broken", "gone", "refused", "redirect"],
)
def test_a_webhook_that_refuses(hook: Hook, answers: list[int], arrives: bool, asked: int) -> None:
    hook.answers = list(answers)
    if arrives:
        webhook.send(hook.url, MESSAGE, pause=no_pause)
    else:
        with pytest.raises(NotSentError, match=f"HTTP {answers[0]}") as caught:
            webhook.send(hook.url, MESSAGE, pause=no_pause)
        assert "s3cr3t" not in str(caught.value)
    assert (len(hook.got), len(hook.paths)) == (int(arrives), asked)


def test_a_webhook_that_is_not_there_is_tried_again_and_then_told() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    pauses: list[float] = []
    with pytest.raises(NotSentError, match="could not be reached") as caught:
        webhook.send(f"http://127.0.0.1:{port}/s3cr3t", MESSAGE, pause=pauses.append)
    assert pauses == [1.0, 4.0]
    assert "s3cr3t" not in str(caught.value)


@pytest.fixture
def silent() -> Iterator[tuple[str, list[bytes]]]:
    """A server that takes requests and closes without an answer."""
    got: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                got.append(connection.recv(65536))

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/s3cr3t", got
    listener.close()


def test_whether_a_message_arrived_that_was_not_answered_is_not_known(silent: tuple[str, list[bytes]]) -> None:
    url, got = silent
    with pytest.raises(InDoubtError, match="did not answer") as caught:
        webhook.send(url, MESSAGE, pause=no_pause)
    assert len(got) == 1, "it is not sent again"
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://hooks.slack.com/services/x", True),
        ("http://127.0.0.1:8080/x", True),
        ("http://[::1]:8080/x", True),
        ("http://localhost/x", True),
        ("http://hooks.slack.com/services/s3cr3t", False),
        ("http://127.0.0.1.evil.example/s3cr3t", False),
        ("file:///etc/s3cr3t", False),
        ("ftp://x/s3cr3t", False),
        ("s3cr3t", False),
        ("https:///s3cr3t", False),
        ("https://[s3cr3t", False),
        ("", False),
    ],
)
def test_an_address_is_https_or_this_machine(url: str, allowed: bool) -> None:
    if allowed:
        webhook.check_url(url, "chat")
        return
    with pytest.raises(ConfigError, match="chat") as caught:
        webhook.check_url(url, "chat")
    assert "s3cr3t" not in f"{caught.value} {caught.value.hint}"


def session(server: Server) -> Any:
    class Session:
        def client(self, service: str, **_: object) -> object:
            return server.client(service)

    return Session


@pytest.mark.parametrize("fifo", [False, True])
def test_sns_gets_the_message(moto: Server, fifo: bool) -> None:
    end = ".fifo" if fifo else ""
    more = {"Attributes": {"FifoTopic": "true"}} if fifo else {}
    topic = moto.client("sns").create_topic(Name=f"findings{end}", **more)["TopicArn"]
    attributes = {"Attributes": {"FifoQueue": "true"}} if fifo else {}
    queue = moto.client("sqs").create_queue(QueueName=f"q{end}", **attributes)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:123456789012:q{end}"
    moto.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.send(topic, MESSAGE, session=session(moto), key="2026-03-01-topic")
    (got,) = moto.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    body = json.loads(got["Body"])
    assert (body["Subject"], body["Message"]) == (MESSAGE.title, MESSAGE.text)


def test_a_topic_that_is_not_there_is_told(moto: Server) -> None:
    with pytest.raises(NotSentError, match="SNS answered NotFound"):
        sns.send("arn:aws:sns:us-east-1:123456789012:none", MESSAGE, session=session(moto), key="k", pause=no_pause)


def test_a_message_is_sent_once_whoever_asks() -> None:
    box = Outbox(Memory(), "s")
    assert box.put("2026-03-01", "chat", {"n": 1})
    assert not box.put("2026-03-01", "chat", {"n": 2}), "the first stands"
    sent: list[Any] = []

    def send(body: Any) -> tuple[Posted, str]:
        sent.append(body)
        inner = box.send("2026-03-01", "chat", lambda _: (Posted.SENT, ""))
        assert inner is not None
        assert inner.state is Posted.IN_DOUBT, "another one meets the claim"
        return Posted.SENT, ""

    first = box.send("2026-03-01", "chat", send)
    again = box.send("2026-03-01", "chat", send)
    assert first is not None
    assert again is not None
    assert (first.state, first.earlier, again.state, again.earlier) == (Posted.SENT, False, Posted.SENT, True)
    assert sent == [{"n": 1}]
    assert box.send("2026-03-02", "chat", send) is None


def test_a_message_whose_sender_died_is_told_and_not_sent_again() -> None:
    documents = Memory()
    box = Outbox(documents, "s")
    box.put("2026-03-01", "chat", MESSAGE.values())
    with pytest.raises(KeyboardInterrupt):
        box.send("2026-03-01", "chat", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    targets = (Target(name="chat", kind="webhook", value={"env": "NOWHERE"}),)
    means = Means(session=lambda: None, variable=lambda _: None)
    rows, gaps = send_all(box, targets, "2026-03-01", means)
    assert [row["state"] for row in rows] == ["in-doubt"]
    assert "not told again" in gaps[0].affects


def test_a_secret_that_is_not_there_is_a_gap_and_is_tried_the_next_time(hook: Hook) -> None:
    box = Outbox(Memory(), "s")
    box.put("2026-03-01", "chat", MESSAGE.values())
    targets = (Target(name="chat", kind="webhook", value={"env": "CHAT_URL"}),)
    rows, gaps = send_all(box, targets, "2026-03-01", Means(session=lambda: None, variable=lambda _: None))
    assert [row["state"] for row in rows] == ["waiting"]
    assert "CHAT_URL is not set" in gaps[0].cause
    rows, gaps = send_all(box, targets, "2026-03-02", Means(session=lambda: None, variable=lambda _: hook.url))
    assert ([row["state"] for row in rows], gaps, len(hook.got)) == (["sent"], [], 1)
    rows, gaps = send_all(box, targets, "2026-03-20", Means(session=lambda: None, variable=lambda _: hook.url))
    assert (rows, gaps) == ([], [])
