"""WHO IS TOLD: new failures, to a topic of SNS or a webhook in Slack's form. May import ``model`` and ``report``."""

from checker.notify.message import Message, message_of
from checker.notify.sending import InDoubtError, NotSentError

__all__ = ["InDoubtError", "Message", "NotSentError", "message_of"]
