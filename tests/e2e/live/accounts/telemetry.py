"""CloudWatch telemetry rules, which moto lacks: on all VPCs, copied to a region, on some VPCs, of the organisation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.live import pieces
from tests.e2e.live.world import World
from tests.support.scripts import telemetry_rule, telemetry_rules

REGIONS = ("us-east-1", "eu-west-1", "eu-central-1", "eu-north-1", "ap-southeast-2", "sa-east-1")


def build(world: World) -> None:
    policy = str(Path(__file__).with_suffix(".policy.yaml"))
    world.words = ["--policy", policy, *(word for region in REGIONS for word in ("--region", region))]
    bucket = pieces.bucket(world, "telemetry-logs")
    for region in REGIONS:
        world.clear(region)
        pieces.flow_log(world, f"{region}.log", pieces.vpc(world, region, region=region), bucket, region=region)

    def rules(region: str, *made: dict[str, Any], organization: tuple[dict[str, Any], ...] = ()) -> None:
        world.rules.extend(telemetry_rules(*made, organization=organization, region=region))

    copies = [{"Region": "eu-west-1", "Status": "ACTIVE"}, {"Region": "ap-southeast-2", "Status": "FAILED"}]
    here = telemetry_rule("all", Regions=["eu-west-1", "ap-southeast-2"])
    clusters = telemetry_rule("clusters", ResourceType="AWS::EKS::Cluster", AllRegions=True)
    rules("us-east-1", {**here, "RegionStatuses": copies}, clusters)
    some = telemetry_rule("some", "eu-central-1", SelectionCriteria="resourceTags.env = 'prod'")
    rules("eu-central-1", some)
    rules("eu-north-1", organization=(telemetry_rule("wide", "eu-north-1"),))
    rules("sa-east-1", telemetry_rule("metrics", "sa-east-1", TelemetryType="Metrics"))
