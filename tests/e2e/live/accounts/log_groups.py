"""Everything that keeps a flow log from a log group, or leaves the group unprotected."""

from __future__ import annotations

from tests.e2e.live import pieces
from tests.e2e.live.pieces import WRITE, document, trust
from tests.e2e.live.world import World
from tests.support import scripts
from tests.support.moto_server import ACCOUNT


def build(world: World) -> None:
    world.words = ["--region", "us-east-1"]
    world.clear()
    _reported(world)
    _roles(world)
    _groups(world)


def _log(world: World, name: str, group: str, role: str | None, **more: object) -> None:
    pieces.flow_log(world, name, pieces.vpc(world, f"{name}.vpc"), group, role=role, **more)  # type: ignore[arg-type]


def _silent(world: World, name: str) -> None:
    """Take AWS's own word on the delivery away: the verdict then hangs on the configuration."""

    def without_status(log: dict[str, object]) -> None:
        log.pop("DeliverLogsStatus", None)

    edit = scripts.each("FlowLogs", without_status, FlowLogId=world.key(name))
    world.rules.append(scripts.edited("ec2", "DescribeFlowLogs", edit))


def _reported(world: World) -> None:
    role, group = pieces.role(world, "good"), pieces.group(world, "/good")
    _log(world, "good", group, role)
    for name, says in (("access", "Access error"), ("rate", "Rate limited"), ("other", "Unknown error")):
        _log(world, f"failed-{name}", group, role)
        world.rules.append(scripts.delivery_failed(world.key(f"failed-{name}"), says))
    _log(world, "silent", group, role)
    _silent(world, "silent")
    logs = world.client("logs")
    gone = pieces.group(world, "/gone")
    _log(world, "group-gone", gone, role)
    logs.delete_log_group(logGroupName="/gone")
    pieces.group(world, "/gone-too-late")  # its name begins like that of the one that is gone


def _roles(world: World) -> None:
    group = pieces.group(world, "/roles")
    iam = world.client("iam")

    def silent(name: str, role: str) -> None:
        _log(world, name, group, role)
        _silent(world, name)

    silent("role-gone", f"arn:aws:iam::{ACCOUNT}:role/gone")
    silent("role-wrong-trust", pieces.role(world, "trust", trusts=trust(Principal={"Service": "ec2.amazonaws.com"})))
    silent("role-trusts-anybody", pieces.role(world, "anybody", trusts=trust(Condition={})))
    other = trust(Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}})
    silent("role-trusts-other-account", pieces.role(world, "other", trusts=other))
    silent("role-without-policy", pieces.role(world, "bare", allows=""))
    narrow = document({"Action": WRITE, "Resource": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/elsewhere:*"})
    silent("role-narrow", pieces.role(world, "narrow", allows=narrow))
    fits = document({"Action": WRITE, "Resource": f"{group}:*"})
    silent("role-fits", pieces.role(world, "fits", allows=fits))
    denies = document(
        {"Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "logs:PutLogEvents", "Resource": "*"}
    )
    silent("role-denies", pieces.role(world, "denies", allows=denies))

    attached = pieces.role(world, "attached", allows="")
    text = document({"Action": "logs:*", "Resource": "*"})
    policy = iam.create_policy(PolicyName="deliver", PolicyDocument=text)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="attached", PolicyArn=policy)
    silent("role-attached", attached)

    bounded = pieces.role(world, "bounded")
    text = document({"Action": "s3:*", "Resource": "*"})
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=text)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=boundary)
    silent("role-bounded", bounded)


def _groups(world: World) -> None:
    role = pieces.role(world, "groups")
    kms = world.client("kms")

    def silent(name: str, group: str) -> None:
        _log(world, name, group, role)
        _silent(world, name)

    silent("short-retention", pieces.group(world, "/short", days=30))
    silent("year-retention", pieces.group(world, "/year", days=365))
    silent("no-retention", pieces.group(world, "/for-ever", days=None))
    silent("no-key", pieces.group(world, "/no-key", key=""))
    silent("infrequent", pieces.group(world, "/infrequent", logGroupClass="INFREQUENT_ACCESS"))

    disabled = pieces.logs_key(world)
    silent("key-disabled", pieces.group(world, "/disabled", key=disabled))
    kms.disable_key(KeyId=disabled.rpartition("/")[2])
    ending = pieces.logs_key(world)
    silent("key-pending-deletion", pieces.group(world, "/ending", key=ending))
    kms.schedule_key_deletion(KeyId=ending.rpartition("/")[2])
    other = {"Principal": {"Service": "logs.eu-west-1.amazonaws.com"}, "Action": "kms:*", "Resource": "*"}
    silent("key-of-other-region", pieces.group(world, "/region", key=pieces.logs_key(world, other)))
