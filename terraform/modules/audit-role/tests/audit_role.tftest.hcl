mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
}

variables {
  trusted_arns = ["arn:aws:iam::111122223333:role/nightly"]
}

run "one_account" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal.AWS == ["arn:aws:iam::111122223333:role/nightly"] && !can(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition)
    error_message = "Only who is named gets in."
  }

  assert {
    condition = alltrue([for action in jsondecode(aws_iam_role_policy.read.policy).Statement[0].Action :
      can(regex("^[a-z0-9]+:(Describe|Get|List)", action))
    ])
    error_message = "The role reads."
  }

  assert {
    condition     = length(aws_iam_role_policy.hub) == 0 && length(aws_iam_role_policy.security_hub) == 0
    error_message = "It enters no other account, and writes nothing."
  }
}

run "the_hub_of_an_organisation" {
  command = plan

  variables {
    hub             = true
    organization_id = "o-a1b2c3d4e5"
    external_id     = "known to both"
    scope           = "all"
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals == { "sts:ExternalId" = "known to both", "aws:PrincipalOrgID" = "o-a1b2c3d4e5" }
    error_message = "Both conditions hold."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.hub[0].policy).Statement[1].Resource == "arn:aws:iam::*:role/flowcheck-audit" && jsondecode(aws_iam_role_policy.hub[0].policy).Statement[1].Condition.StringEquals["aws:ResourceOrgID"] == "o-a1b2c3d4e5"
    error_message = "It enters roles of its own name within the organisation."
  }

  assert {
    condition     = contains(jsondecode(aws_iam_role_policy.read.policy).Statement[0].Action, "cloudwatch:DescribeAlarmsForMetric")
    error_message = "It reads what all rules ask for."
  }
}

run "findings_go_to_security_hub" {
  command = plan

  variables {
    security_hub = true
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.security_hub[0].policy).Statement[0].Resource == "arn:aws:securityhub:*:111122223333:product/111122223333/default"
    error_message = "Only as the account's own product."
  }
}

run "mistakes_are_refused" {
  command = plan

  variables {
    name            = "a/b"
    trusted_arns    = ["*"]
    organization_id = "acme"
    scope           = "everything"
  }

  expect_failures = [var.name, var.trusted_arns, var.organization_id, var.scope]
}
