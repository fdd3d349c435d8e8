"""Make the plan of the embedded example again: ``python -m tests.e2e.make_demo_plan``.

Applies ``checker/demo/before`` to a moto server, then plans ``checker/demo/example`` on that state with real Terraform.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from checker.demo import EXAMPLE
from tests.e2e.terraform import find_terraform
from tests.support.moto_server import serve

BEFORE = EXAMPLE.parent / "before"


def main() -> int:
    """Write ``plan.json`` beside the example's source."""
    with tempfile.TemporaryDirectory() as folder, serve() as endpoint:
        terraform = find_terraform(Path(folder) / "template")
        environment = {**endpoint.environment, "AWS_S3_USE_PATH_STYLE": "true"}
        work = Path(folder) / "work"
        shutil.copytree(BEFORE, work)
        override = 'provider "aws" {\n  s3_use_path_style           = true\n  skip_metadata_api_check     = true\n}\n'
        (work / "moto_override.tf").write_text(override, encoding="utf-8")
        terraform.prepare(work)
        terraform.run(work, environment, "apply", "-no-color", "-auto-approve")
        shutil.copytree(EXAMPLE, work, dirs_exist_ok=True)
        terraform.prepare(work)
        terraform.run(work, environment, "plan", "-no-color", "-out=tf.plan")
        plan = terraform.show(work, environment, "tf.plan")
    (EXAMPLE / "plan.json").write_text(json.dumps(plan, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
