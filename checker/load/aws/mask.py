"""Hides what names an account, in a snapshot that leaves the house.

Replaced, the same way wherever they stand: account ids, ids of resources, keys and principals; names of buckets and
folders, log groups, streams, roles, policies, keys, filters, metrics, alarms, topics, rules, databases, tables,
workgroups, security groups, also inside ARNs, policies and error texts; values of tags, descriptions, endpoints,
host names, sessions, mail addresses, tokens; the public addresses of interfaces.

Kept, because verdicts hang on them: private addresses, prefixes (public ones in rules and prefix lists too), ports,
regions, times, formats of logs, names of columns, keys of tags, what policies allow to whom under which condition,
names that AWS gives (``default``, ``AWSLogs``, managed policies, service roles), the first words by which a service
says that an interface is its own. Rules of a policy that name an account, a destination or a tag's value in clear
text find nothing in a masked snapshot.

What is masked cannot be undone: the key is made anew for each snapshot and kept nowhere.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from checker.load.aws.call import Failure, Reply, Request, resource_of, values_of
from checker.load.aws.calls import call_of
from checker.load.aws.convert.interfaces import managed_by
from checker.load.aws.convert.row import Row
from checker.load.aws.mask_words import Words
from checker.model.record import dataclass, replace

_NAMES: Final = frozenset(
    """
    AlarmName Bucket DatabaseName DeliveryStreamName DestinationPattern GroupName InstanceProfileName LogGroupName
    LogGroupNames LogStreamName MetricName Namespace Path PolicyName PolicyNames PrefixListName RoleName RuleName
    TableName TopicName WorkGroup filterName logGroupName logGroupNamePrefix logStreamName metricName
    metricNamespace policyName
    """.split()  # noqa: SIM905 - a table is easier to read
)
_NAMED: Final = frozenset(
    ("Accounts", "Buckets", "Contents", "DatabaseList", "InsightRules", "TableList", "WorkGroup", "WorkGroups")
)
"""Members whose objects have a ``Name`` that somebody chose; elsewhere it is a state or a column."""

_FOLDERS: Final = frozenset(("Prefix", "ErrorOutputPrefix"))
_KEYS: Final = frozenset(
    ("AliasName", "KMSMasterKeyID", "KeyId", "KmsKey", "KmsMasterKeyId", "TargetKeyId", "kmsKeyId")
)
_TEXTS: Final = frozenset(
    """
    AccessKey AlarmDescription ClientToken ClusterJDBCURL Comment Description DisplayName DnsName Email Endpoint
    HECEndpoint HECToken ID KeyName Label MacAddress Password PrivateDnsName PublicDnsName SelectionCriteria Sid
    StateReason StateReasonData TagValue Url UserData Username ViewExpandedText ViewOriginalText
    """.split()  # noqa: SIM905 - a table is easier to read
)
_ADDRESSES: Final = frozenset(("CarrierIp", "CustomerOwnedIp", "PublicIp", "PublicIpAddress"))
_TAGS: Final = frozenset(("TagSet", "Tags", "tags"))
_PLAIN: Final = frozenset(("true", "false", ""))
"""Values of tags that name nobody, and that AWS itself sets."""

_PLACE: Final = re.compile(r"(arn:|s3[an]?://)[^\s\"'<>,;()]*")
_SESSION: Final = re.compile(r"(A(?:ROA|IDA)[A-Z0-9]{12,}):([\w+=,.@-]+)")
_FIELDS: Final = 6
_UNTYPED: Final = frozenset(("*", "s3", "sns", "sqs"))
"""Services whose ARNs have no type before the name."""

_OF_AWS: Final = ("alias/aws/", "aws-service-role/", "com.amazonaws.", "service-role/", "/aws-service-role/")
"""Starts of names that AWS gives."""

_LOGS: Final = re.compile(r"(?<![^/])AWSLogs(?![^/])")
"""The folder from which on AWS names everything. Source: VPC User Guide, "Flow log files"."""

_INSIDE: Final = "(document)"
"""Stands where the member above would, for what a text of JSON holds."""

_SHORT: Final = 3
"""Shorter names are left in error texts: they would be found in other words."""


@dataclass(frozen=True, slots=True)
class Mask:
    """One snapshot's mask."""

    words: Words

    @classmethod
    def new(cls) -> Mask:
        """Return a mask that nobody can repeat."""
        return cls(Words(secrets.token_bytes(32)))

    def reply(self, reply: Reply) -> Reply:
        """Return a reply with everything masked, its request included."""
        response = reply.response
        if response is not None:
            response = self.value(response)
            if reply.request.operation == "DescribeNetworkInterfaces":
                response = self._described(reply, response)
        return replace(
            reply,
            request=self._request(reply.request),
            response=response,
            failure=None if reply.failure is None else self._failure(reply.failure, reply.request),
        )

    def value(self, value: Any, name: str = "", parent: str = "") -> Any:
        """Return JSON with every text in it masked; ``name`` is the member that holds it, ``parent`` the one above."""
        if isinstance(value, Mapping):
            if name in _TAGS:
                return {key: self._tag(item) if isinstance(item, str) else item for key, item in value.items()}
            return self._object(value, name)
        if isinstance(value, list | tuple):
            return [
                self._object(item, name) if isinstance(item, Mapping) else self.value(item, name, parent)
                for item in value
            ]
        return self._member(value, name, parent) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        """Return a text with account ids, resource ids, ARNs, paths of S3 and sessions masked."""
        if text.startswith("arn:"):
            return self._arn(text)  # the whole of it: names of alarms have spaces
        if ":" not in text:
            return self.words.ids(text)
        text = _SESSION.sub(lambda found: f"{found[1]}:{self.words.name(found[2])}", text)
        parts, at = [], 0
        for found in _PLACE.finditer(text):
            masked = self._arn(found[0]) if found[1] == "arn:" else self._path(found[0])
            parts += [self.words.ids(text[at : found.start()]), masked]
            at = found.end()
        return "".join((*parts, self.words.ids(text[at:])))

    def _object(self, value: Mapping[Any, Any], name: str) -> dict[str, Any]:
        found = {self.text(str(key)): self.value(item, str(key), name) for key, item in value.items()}
        if "Statement" in found and isinstance(found.get("Id"), str):
            found["Id"] = self.words.hidden(value["Id"])
        return found

    def _member(self, text: str, name: str, parent: str) -> str:
        kind = _BY_PLACE.get((parent, name)) or _BY_MEMBER.get(name)
        if kind is not None:
            masked: str = getattr(self, kind)(text)
            return masked
        return self._document(text) if text[:1] in ("{", "[", "%") else self.text(text)

    def _document(self, text: str) -> str:
        """Return a text that may be JSON, percent-encoded or not: policies and definitions of rules are."""
        try:
            found = json.loads(text if text[0] != "%" else unquote(text))
            return json.dumps(self.value(found, _INSIDE), ensure_ascii=False)
        except (ValueError, RecursionError):
            return self.text(text)

    def _name(self, text: str) -> str:
        if text.startswith("arn:"):
            return self._arn(text)
        return self.words.ids(text) if text.startswith(_OF_AWS) else self.words.name(text)

    def _folder(self, text: str) -> str:
        """Return a key of S3, or the start of one."""
        found = _LOGS.search(text)
        at = len(text) if found is None else found.start()
        return self.words.name(text[:at]) + self.words.ids(text[at:])

    def _path(self, text: str) -> str:
        scheme, _, rest = text.partition("://")
        bucket, slash, folder = rest.partition("/")
        return f"{scheme}://{self.words.name(bucket)}{slash}{self._folder(folder)}"

    def _key(self, text: str) -> str:
        """Return what names a key: ARN, alias or id."""
        return self._name(text) if text.startswith(("arn:", "alias/")) else self.words.ids(text)

    def _free(self, text: str) -> str:
        return self._arn(text) if text.startswith("arn:") else self.words.hidden(text)

    def _tag(self, text: str) -> str:
        return text if text in _PLAIN else self.words.hidden(text)

    def _owner(self, text: str) -> str:
        masked = self.text(text)
        return self.words.hidden(text) if masked == text else masked

    def _address(self, text: str) -> str:
        return self.words.address(text)

    def _arn(self, text: str) -> str:
        fields = text.split(":", _FIELDS - 1)
        if len(fields) < _FIELDS:
            return self.words.ids(text)
        start, service, resource = ":".join(fields[:-1]), fields[2], fields[-1]
        return text if fields[4] == "aws" else f"{self.words.ids(start)}:{self._resource(service, resource)}"

    def _resource(self, service: str, resource: str) -> str:
        if service == "ec2":
            return self.words.ids(resource)
        if service == "s3":
            bucket, slash, folder = resource.partition("/")
            return f"{self.words.name(bucket)}{slash}{self._folder(folder)}"
        typed = None if service in _UNTYPED else re.match(r"[^/:*?]*[/:]", resource)
        if typed is None:
            return self._name(resource)
        name = resource[typed.end() :]
        if typed[0] == "key/" or name.startswith(_OF_AWS) or resource.startswith(_OF_AWS):
            return typed[0] + self.words.ids(name)
        return typed[0] + self.words.name(name)

    def _request(self, request: Request) -> Request:
        per = call_of(request.service, request.operation).per
        values = values_of(request.resource, len(per))
        masked = [self._member(value, name, "") for name, value in zip(per, values, strict=False)]
        return replace(
            request, account=self.words.ids(request.account), resource=resource_of(*masked) if masked else None
        )

    def _failure(self, failure: Failure, request: Request) -> Failure:
        """Return a failure whose text names nothing of what was asked for."""
        per = call_of(request.service, request.operation).per
        asked = dict(zip(values_of(request.resource, len(per)), per, strict=False))
        names = sorted((name for name in asked if len(name) >= _SHORT), key=len, reverse=True)
        if not names:
            return replace(failure, message=self.text(failure.message))
        pattern = "|".join(re.escape(name) for name in names)
        parts = re.split(rf"(?<![0-9A-Za-z])({pattern})(?![0-9A-Za-z])", failure.message)
        masked = [self._member(part, asked[part], "") if part in asked else self.text(part) for part in parts]
        return replace(failure, message="".join(masked))

    def _described(self, reply: Reply, response: dict[str, Any]) -> dict[str, Any]:
        """Return interfaces whose descriptions still say which service keeps them."""
        before = (reply.response or {}).get("NetworkInterfaces")
        after = response.get("NetworkInterfaces")
        if not isinstance(before, list) or not isinstance(after, list):
            return response
        for old, new in zip(before, after, strict=True):
            text = old.get("Description") if isinstance(old, Mapping) else None
            if isinstance(text, str) and (start := _start(text, reply)):
                rest = text[len(start) :]
                new["Description"] = f"{start}{self._free(rest)}"
        return response


def _start(text: str, reply: Reply) -> str:
    """Return the first words of a description that tell which service keeps an interface; empty where none does."""

    def keeper(part: str) -> str | None:
        return managed_by(Row({"Description": part}, reply))

    told = keeper(text)
    ends = [found.end() for found in re.finditer(r"\S+\s*", text)] if told is not None else []
    return next((text[:end] for end in ends if keeper(text[:end]) == told), "")


_BY_MEMBER: Final = {
    **dict.fromkeys(_NAMES, "_name"),
    **dict.fromkeys(_FOLDERS, "_folder"),
    **dict.fromkeys(_KEYS, "_key"),
    **dict.fromkeys(_ADDRESSES, "_address"),
    **dict.fromkeys(_TEXTS, "_free"),
    "Owner": "_owner",
}
_BY_PLACE: Final = {
    **{(parent, "Name"): "_name" for parent in _NAMED},
    **{(parent, "Value"): "_tag" for parent in (*_TAGS, "Tag")},
    ("Contents", "Key"): "_folder",
    ("", "Name"): "_name",
}
"""How the text of a member is masked: by the member above and its own name, or by its own name alone."""
