resource "aws_iam_role" "schedule" {
  name                 = "${var.name}-schedule"
  description          = "EventBridge Scheduler starts flowcheck"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ThisSchedule"
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:scheduler:${local.here}:schedule-group/default" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  name = "start"
  role = aws_iam_role.schedule.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Start"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = "arn:${local.partition}:ecs:${local.here}:task-definition/${var.name}:*"
        Condition = { ArnEquals = { "ecs:cluster" = local.cluster_arn } }
      },
      {
        Sid       = "HandOverItsRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [aws_iam_role.execution.arn, aws_iam_role.task.arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Sid      = "KeepFailedStarts"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.failed.arn
      },
    ]
  })
}

locals {
  tasks_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TasksOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${local.here}:*" }
      }
    }]
  })
}

# What ECS itself needs before flowcheck runs.
resource "aws_iam_role" "execution" {
  name                 = "${var.name}-execution"
  description          = "ECS fetches flowcheck's image and writes its log"
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = local.tasks_trust
  tags                 = var.tags
}

resource "aws_iam_role_policy" "execution" {
  name = "prepare"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Login"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid      = "Fetch"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:${local.partition}:ecr:*:*:repository/*"
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${local.partition}:logs:${local.here}:log-group:${local.group}:*"
      },
    ]
  })
}

# What flowcheck may: enter the audit roles, keep its results, tell people.
resource "aws_iam_role" "task" {
  name                 = "${var.name}-task"
  description          = "flowcheck enters the audit roles, keeps results and tells people"
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = local.tasks_trust
  tags                 = var.tags
}

resource "aws_iam_role_policy" "task" {
  name = "audit"
  role = aws_iam_role.task.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "EnterAuditRole"
          Effect   = "Allow"
          Action   = "sts:AssumeRole"
          Resource = var.audit_role_arn
        },
        {
          Sid      = "KeepResults"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
          Resource = "${local.results_arn}/*"
        },
        {
          Sid      = "ListResults"
          Effect   = "Allow"
          Action   = ["s3:ListBucket", "s3:GetBucketLocation"]
          Resource = local.results_arn
        },
        {
          Sid      = "EncryptResults"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = aws_kms_key.this.arn
        },
        {
          Sid      = "Tell"
          Effect   = "Allow"
          Action   = "sns:Publish"
          Resource = aws_sns_topic.this.arn
        },
        {
          Sid       = "Heartbeat"
          Effect    = "Allow"
          Action    = "cloudwatch:PutMetricData"
          Resource  = "*"
          Condition = { StringEquals = { "cloudwatch:namespace" = local.namespace } }
        },
      ],
      [for buckets in [var.flow_log_bucket_arns] : {
        Sid      = "ReadFlowLogs"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"]
        Resource = flatten([for bucket in buckets : [bucket, "${bucket}/*"]])
      } if length(buckets) > 0],
      [for keys in [var.flow_log_key_arns] : {
        Sid      = "DecryptFlowLogs"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = keys
      } if length(keys) > 0],
    )
  })
}
