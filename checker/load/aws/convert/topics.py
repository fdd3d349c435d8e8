"""SNS topics and who subscribes to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.aws.convert.policies import KeyNames
from checker.load.aws.convert.row import Row, known_text, then
from checker.load.aws.convert.world import World
from checker.model.monitoring import Topic, TopicSubscription

_TYPE: Final = "aws_sns_topic"


def topics(world: World) -> Iterator[Topic]:
    """Yield the topics that alarms name.

    One that is not there is noted as absent; one that cannot be read is there with nothing known but why.
    """
    keys = KeyNames(world)
    for reply in world.replies.of("sns", "GetTopicAttributes"):
        request = reply.request
        arn = request.resource or ""
        name = arn.rpartition(":")[2]
        if world.is_gone(reply):
            world.note_gone(_TYPE, arn, reply)
            continue
        answer = world.answer(reply)
        row = answer.required_row("Attributes") if isinstance(answer, Row) else world.why(reply)
        if isinstance(row, Row):
            key = keys.key(row.text("KmsMasterKeyId"), request.account, request.region)
            yield Topic(**world.common(row, arn, _TYPE, arn=arn, tags=world.tags_untold(row)), name=name, kms_key=key)
        else:
            yield Topic(**world.unseen(reply, arn, _TYPE, row), name=name, kms_key=row)


def topic_subscriptions(world: World) -> Iterator[TopicSubscription]:
    """Yield the subscriptions of those topics, the unconfirmed ones included."""
    for reply in world.replies.of("sns", "ListSubscriptionsByTopic"):
        topic = reply.request.resource or ""
        pending: dict[str, int] = {}
        for arn, row in world.rows(reply, "Subscriptions", "SubscriptionArn"):
            confirmed = arn.startswith("arn:")
            key = arn
            if not confirmed:  # until then all have the same word for an ARN
                place = f"{topic}#{known_text(row, 'Protocol')}:{known_text(row, 'Endpoint')}"
                pending[place] = pending.get(place, 0) + 1
                key = place if pending[place] == 1 else f"{place}~{pending[place]}"
            yield TopicSubscription(
                **world.common(row, key, "aws_sns_topic_subscription", arn=arn if confirmed else None, tags={}),
                topic=topic,
                protocol=row.required("Protocol"),
                endpoint=then(row.text("Endpoint"), lambda text: text or ""),
                confirmed=confirmed,
            )
