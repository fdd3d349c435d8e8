"""Rules that make moto's AWS say what moto cannot express. ``where`` are fields of ``Rule``: account, region, about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.support.fault_proxy import Forward, Rule
from tests.support.moto_server import ACCOUNT
from tests.support.wire import Answer, Request, decode, encode, error, pagination, with_query

Edit = Callable[[dict[str, Any]], None]
_TOKEN = "page-"  # noqa: S105 - of a page


def answered(service: str, operation: str, result: Mapping[str, Any], **where: Any) -> Rule:
    """Return this answer, whatever moto would say; for what moto does not implement."""
    return Rule(lambda request, forward: encode(request, result), service=service, operation=operation, **where)


def edited(service: str, operation: str, edit: Edit, **where: Any) -> Rule:
    """Change moto's good answers before they go back."""

    def act(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if answer.status != 200:
            return answer
        result = decode(request, answer)
        edit(result)
        return encode(request, result)

    return Rule(act, service=service, operation=operation, **where)


def each(result_key: str, edit: Edit, **match: Any) -> Edit:
    """Return an edit of the elements of a list, of those only that have these members."""

    def change(result: dict[str, Any]) -> None:
        for one in result.get(result_key, ()):
            if all(one.get(name) == value for name, value in match.items()):
                edit(one)

    return change


def delivery_failed(flow_log: str, says: str = "Access error") -> Rule:
    """The flow log is ACTIVE and does not deliver."""
    failed = {"DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": says}
    return edited("ec2", "DescribeFlowLogs", each("FlowLogs", lambda log: log.update(failed), FlowLogId=flow_log))


def owned_by(owner: str, *vpcs: str, **where: Any) -> Sequence[Rule]:
    """VPCs, with what stands in them, belong to another account that shares them."""
    rules = []
    lists = {"DescribeVpcs": "Vpcs", "DescribeSubnets": "Subnets", "DescribeSecurityGroups": "SecurityGroups",
             "DescribeNetworkAcls": "NetworkAcls"}  # fmt: skip
    for operation, key in lists.items():

        def change(result: dict[str, Any], key: str = key) -> None:
            for one in result.get(key, ()):
                if one.get("VpcId") in vpcs:
                    one["OwnerId"] = owner

        rules.append(edited("ec2", operation, change, **where))
    return rules


def regions(**status: str) -> Rule:
    """Regions with their opt-in status, ``eu_west_1="opt-in-not-required"``; others do not exist."""
    listed = [
        {"RegionName": name.replace("_", "-"), "OptInStatus": value, "Endpoint": f"ec2.{name.replace('_', '-')}.test"}
        for name, value in status.items()
    ]

    def act(request: Request, forward: Forward) -> Answer:
        asked_for_all = str(request.parameters.get("AllRegions", "")).lower() == "true"
        found = [one for one in listed if asked_for_all or one["OptInStatus"] != "not-opted-in"]
        return encode(request, {"Regions": found})

    return Rule(act, service="ec2", operation="DescribeRegions")


def block_public_access(mode: str = "off", exclusions: Sequence[Mapping[str, Any]] = (), **where: Any) -> list[Rule]:
    """VPC block public access of a region, and what is excepted from it."""
    options = {"InternetGatewayBlockMode": mode, "State": "default-state", "ExclusionsAllowed": "allowed"}
    return [
        answered("ec2", "DescribeVpcBlockPublicAccessOptions", {"VpcBlockPublicAccessOptions": options}, **where),
        answered("ec2", "DescribeVpcBlockPublicAccessExclusions",
                 {"VpcBlockPublicAccessExclusions": list(exclusions)}, **where),
    ]  # fmt: skip


def encryption_controls(*controls: Mapping[str, Any], **where: Any) -> Rule:
    """VPC encryption controls of a region."""
    return answered("ec2", "DescribeVpcEncryptionControls", {"VpcEncryptionControls": list(controls)}, **where)


def telemetry_rules(
    *rules: Mapping[str, Any], organization: Sequence[Mapping[str, Any]] = (), **where: Any
) -> list[Rule]:
    """CloudWatch telemetry rules: of the account, and of the organisation.

    Each is the answer to GetTelemetryRule; the listing shows less of it.
    """
    service = "observabilityadmin"
    found = []
    for whose, made in (("", rules), ("ForOrganization", organization)):
        listed = [{name: rule.get(name, rule["TelemetryRule"].get(name)) for name in _LISTED_OF_RULES} for rule in made]
        found.append(answered(service, f"ListTelemetryRules{whose}", {"TelemetryRuleSummaries": listed}, **where))
        act = _one_rule({str(rule["RuleArn"]): rule for rule in made})
        found.append(Rule(act, service=service, operation=f"GetTelemetryRule{whose}", **where))
    return found


_LISTED_OF_RULES = ("RuleName", "RuleArn", "ResourceType", "TelemetryType")


def _one_rule(rules: Mapping[str, Mapping[str, Any]]) -> Callable[[Request, Forward], Answer]:
    def act(request: Request, forward: Forward) -> Answer:
        rule = rules.get(str(request.parameters["RuleIdentifier"]))
        return (
            error(request, "ResourceNotFoundException", "no such rule", 404) if rule is None else encode(request, rule)
        )

    return act


def telemetry_rule(name: str, region: str = "us-east-1", **rule: Any) -> dict[str, Any]:
    """Return a telemetry rule on VPCs as AWS tells it; ``rule``: members of its inner object."""
    return {
        "RuleName": name,
        "RuleArn": f"arn:aws:observabilityadmin:{region}:{ACCOUNT}:telemetry-rule/{name}",
        "TelemetryRule": {"ResourceType": "AWS::EC2::VPC", "TelemetryType": "Logs", **rule},
    }


def kept_by(interface: str, **members: Any) -> Rule:
    """A network interface is one that a service keeps."""
    own = {"RequesterManaged": True, "Status": "in-use", **members}
    edit = each("NetworkInterfaces", lambda one: one.update(own), NetworkInterfaceId=interface)
    return edited("ec2", "DescribeNetworkInterfaces", edit)


def paged(size: int, **where: Any) -> Rule:
    """Every answer that AWS may give in pages comes in pages of this size, with its operation's own tokens."""

    def act(request: Request, forward: Forward) -> Answer:
        table = pagination_of(request)
        if table is None:
            return forward(request)
        answer = forward(_without_token(request, table["input_token"]))
        if answer.status != 200:
            return answer
        return encode(request, _cut(decode(request, answer), table, _start(request, table["input_token"]), size))

    return Rule(act, **where)


def pagination_of(request: Request) -> Mapping[str, Any] | None:
    """Return how an operation comes in pages; None for one that does not, or not in a way that has one list."""
    try:
        found = pagination(request.service).get(request.operation)
    except Exception:  # noqa: BLE001 - botocore's UnknownServiceError and kin: the service has no pages
        return None
    simple = found and isinstance(found["input_token"], str) and isinstance(found["output_token"], str)
    key = found and (found["result_key"] if isinstance(found["result_key"], str) else found["result_key"][0])
    return {**found, "result_key": key} if simple and "." not in key and "|" not in found["output_token"] else None


def _wire_name(request: Request, token: str) -> str:
    """Return the token's name in the request's parameters; S3 writes it in the query under another one."""
    return {"ContinuationToken": "continuation-token"}.get(token, token) if request.protocol == "rest-xml" else token


def _start(request: Request, token: str) -> int:
    given = str(request.parameters.get(_wire_name(request, token), ""))
    return int(given.removeprefix(_TOKEN)) if given.startswith(_TOKEN) else 0


def _without_token(request: Request, token: str) -> Request:
    """Return the request for the whole list: moto would not know the token."""
    name = _wire_name(request, token)
    if name not in request.parameters:
        return request
    if request.protocol in ("rest-xml",):
        return replace(request, path=with_query(request.path, {name: None}))
    return request.with_parameters(lambda parameters: parameters.pop(name))


def _cut(result: dict[str, Any], table: Mapping[str, Any], start: int, size: int) -> dict[str, Any]:
    whole = result.get(table["result_key"], [])
    rest = len(whole) > start + size
    result[table["result_key"]] = whole[start : start + size]
    result.pop(table["output_token"], None)
    if rest:
        result[table["output_token"]] = f"{_TOKEN}{start + size}"
    if "more_results" in table:
        result[table["more_results"]] = rest
    return result
