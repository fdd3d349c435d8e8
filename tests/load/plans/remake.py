"""Makes the plans in this folder again, with real Terraform and the real AWS provider; some after an apply.

    python tests/load/plans/remake.py [CASE ...]

A case is a folder with a configuration; its plan lies beside the configuration as plan.json. The folder ``modes`` has
one applied network and many plans of it. What AWS would answer comes from a moto server on this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
PORT = 5817


class Work:
    """A copy of a configuration in a scratch folder, with Terraform at hand."""

    def __init__(self, case: str, folder: Path, environment: dict[str, str]) -> None:
        self.case = case
        self.folder = folder
        self.environment = environment
        shutil.copytree(HERE / case, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.json"))
        self.terraform("init")

    def terraform(self, *words: str) -> bytes:
        command = ["terraform", f"-chdir={self.folder}", words[0], "-no-color", *words[1:]]
        done = subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True)
        if done.returncode:
            raise SystemExit(f"{self.case}: {' '.join(words)}: {done.stderr.decode()}")
        return done.stdout

    def show(self, target: str, *plan: str) -> None:
        document = json.loads(self.terraform("show", "-json", *plan))
        text = json.dumps(document, separators=(",", ":"))
        (HERE / self.case / target).write_text(text + "\n", encoding="utf-8")

    def plan(self, target: str, *words: str) -> None:
        self.terraform("plan", "-out=tf.plan", *words)
        self.show(target, "tf.plan")

    def text(self) -> str:
        return (self.folder / "main.tf").read_text(encoding="utf-8")

    def write(self, text: str) -> None:
        (self.folder / "main.tf").write_text(text, encoding="utf-8")


@contextmanager
def moto() -> Iterator[dict[str, str]]:
    """A fresh moto server; yields the environment that sends Terraform there."""
    server = subprocess.Popen(
        [str(Path(sys.executable).with_name("moto_server")), "-p", str(PORT)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(4)
    try:
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{PORT}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    finally:
        server.terminate()
        server.wait()


def plain(work: Work) -> None:
    work.plan("plan.json")


def known_ids(work: Work) -> None:
    make_bucket()
    work.terraform("apply", "-auto-approve")
    work.plan("plan.json")


def log_destroyed(work: Work) -> None:
    make_bucket()
    log = (HERE / "p01_direct" / "main.tf").read_text(encoding="utf-8").partition('resource "aws_flow_log"')
    now = work.text()
    work.write(now + "".join(log[1:]))
    work.terraform("apply", "-auto-approve")
    work.write(now)
    work.plan("plan.json")


def client(service: str):  # type: ignore[no-untyped-def]
    import boto3

    return boto3.client(
        service,
        region_name="eu-central-1",
        endpoint_url=f"http://127.0.0.1:{PORT}",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - moto takes any
    )


def make_bucket() -> None:
    client("s3").create_bucket(Bucket="acme-logs", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})


def modes(work: Work) -> None:
    """Plans of one applied network, each of another kind."""
    whole = work.text()
    rest, resource, log_b = whole.rpartition('resource "aws_flow_log" "b"')
    log_b = resource + log_b
    work.terraform("apply", "-auto-approve")
    work.show("state.json")
    work.plan("no_changes.json")
    work.plan("targeted.json", "-target=aws_flow_log.a")
    work.plan("refresh_only.json", "-refresh-only")
    work.plan("destroy.json", "-destroy")
    work.plan("targeted_destroy.json", "-destroy", "-target=aws_flow_log.a")
    work.plan("replaced.json", "-replace=aws_flow_log.a")
    work.write(rest)
    work.plan("deleted.json")
    work.write(rest + "removed {\n  from = aws_flow_log.b\n  lifecycle {\n    destroy = false\n  }\n}\n")
    work.plan("forgotten.json")
    moved = "moved {\n  from = aws_flow_log.b\n  to   = aws_flow_log.moved\n}\n"
    log_moved = log_b.replace('"b"', '"moved"')
    work.write(rest + moved + log_moved)
    work.plan("moved.json")
    first = log_moved.replace('"ALL"', '"REJECT"').replace(
        "  log_destination ", "  lifecycle {\n    create_before_destroy = true\n  }\n  log_destination "
    )
    work.write(rest + moved + first)
    work.plan("moved_and_replaced_create_first.json")
    work.write(whole)
    drift(work)
    work.plan("drifted.json")
    work.plan("drifted_refresh_only.json", "-refresh-only")
    depose(work)
    work.plan("deposed.json")
    work.show("state_deposed.json")


def rules_changed(work: Work) -> None:
    work.terraform("apply", "-auto-approve")
    work.show("state.json")
    work.plan("plan.json", "-var=stage=after")


def drift(work: Work) -> None:
    """Delete flow log a and tag VPC a behind Terraform's back."""
    ids = {
        f"{resource['type']}.{resource['name']}": resource["instances"][0]["attributes"]["id"]
        for resource in json.loads((work.folder / "terraform.tfstate").read_text())["resources"]
    }
    client("ec2").delete_flow_logs(FlowLogIds=[ids["aws_flow_log.a"]])
    client("ec2").create_tags(Resources=[ids["aws_vpc.a"]], Tags=[{"Key": "drift", "Value": "1"}])


def depose(work: Work) -> None:
    """Add what a failed create_before_destroy leaves: a deposed object."""
    path = work.folder / "terraform.tfstate"
    state = json.loads(path.read_text())
    for resource in state["resources"]:
        if (resource["type"], resource["name"]) == ("aws_flow_log", "b"):
            resource["instances"].append({**resource["instances"][0], "deposed": "deadbeef"})
    state["serial"] += 1
    path.write_text(json.dumps(state))


SPECIAL: dict[str, Callable[[Work], None]] = {
    "p05_known_ids": known_ids,
    "p06_log_destroyed": log_destroyed,
    "modes": modes,
    "rules_changed": rules_changed,
}
"""Cases that need an apply; the others are planned from nothing."""


def main(cases: list[str]) -> None:
    for case in cases or sorted(path.parent.name for path in HERE.glob("*/main.tf")):
        with tempfile.TemporaryDirectory() as folder:
            if case in SPECIAL:
                with moto() as environment:
                    SPECIAL[case](Work(case, Path(folder), environment))
            else:
                plain(Work(case, Path(folder), {}))
        print(case)


if __name__ == "__main__":
    main(sys.argv[1:])
