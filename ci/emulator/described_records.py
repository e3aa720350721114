"""Deploys the described buckets, log groups, topics, trails, alarms and rules. See described.py."""

import json

from server import ACCOUNT


def buckets(it) -> None:
    for bucket in it.answers("s3", "ListBuckets").get("Buckets", []):
        name = bucket["Name"]
        lock = it.answer("s3", "GetObjectLockConfiguration", name).get("ObjectLockConfiguration")
        place = {} if it.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": it.region}}
        it.call("s3", "create_bucket", Bucket=name, ObjectLockEnabledForBucket=bool(lock), **place)
        it.call("s3", "put_bucket_versioning", Bucket=name, VersioningConfiguration={"Status": it.answer("s3", "GetBucketVersioning", name)["Status"]})
        for operation, setter, member in (
            ("GetBucketEncryption", "put_bucket_encryption", "ServerSideEncryptionConfiguration"),
            ("GetObjectLockConfiguration", "put_object_lock_configuration", "ObjectLockConfiguration"),
            ("GetPublicAccessBlock", "put_public_access_block", "PublicAccessBlockConfiguration"),
        ):
            value = it.answer("s3", operation, name).get(member)
            if value:
                it.call("s3", setter, Bucket=name, **{member: value})
        policy = it.answer("s3", "GetBucketPolicy", name).get("Policy")
        if policy and name in json.dumps(policy):
            it.call("s3", "put_bucket_policy", Bucket=name, Policy=json.dumps(policy))


def objects(it) -> None:
    retentions = it.answers("s3", "GetObjectRetention")
    for bucket, listed in it.answers("s3", "ListObjectsV2").items():
        for item in listed["Contents"]:
            key, head = item["Key"], it.answer("s3", "HeadObject", item["Key"])
            wanted = {name: head[name] for name in ("ServerSideEncryption", "SSEKMSKeyId", "Metadata") if name in head}
            if wanted.get("ServerSideEncryption") == "aws:kms:dsse":
                wanted["ServerSideEncryption"] = "aws:kms"  # moto returns no key for the other algorithm
            it.call("s3", "put_object", Bucket=bucket, Key=key, Body=b"x" * item["Size"], **wanted)
            if key in retentions:
                # The time that was left at the time of the description is left at the deployment too.
                until = retentions[key]["Retention"]["RetainUntilDate"] + it.age
                it.call("s3", "put_object_retention", Bucket=bucket, Key=key, Retention=retentions[key]["Retention"] | {"RetainUntilDate": until})


def groups(it) -> None:
    for group in it.answers("logs", "DescribeLogGroups").get("logGroups", []):
        name = group["logGroupName"]
        optional = {key: group[key] for key in ("kmsKeyId", "deletionProtectionEnabled") if key in group}
        it.call("logs", "create_log_group", logGroupName=name, **optional)
        if "retentionInDays" in group:
            it.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=group["retentionInDays"])
    wanted = ("logGroupName", "filterName", "filterPattern", "metricTransformations")
    for item in it.answers("logs", "DescribeMetricFilters").get("metricFilters", []):
        it.call("logs", "put_metric_filter", **{key: item[key] for key in wanted})


def topics(it) -> None:
    for topic in it.answers("sns", "ListTopics").get("Topics", []):
        name = topic["TopicArn"].split(":")[-1]
        of = it.answer("sns", "GetTopicAttributes", topic["TopicArn"])["Attributes"]
        it.call("sns", "create_topic", Name=name, Attributes={"KmsMasterKeyId": of["KmsMasterKeyId"], "Policy": json.dumps(of["Policy"])})
        # An emulator confirms neither mail nor HTTPS, so a queue subscribes to each topic.
        it.call("sqs", "create_queue", QueueName=name)
        it.call("sns", "subscribe", TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=f"arn:aws:sqs:{it.region}:{ACCOUNT}:{name}")


def trails(it) -> None:
    for trail in it.answers("cloudtrail", "DescribeTrails").get("trailList", []):
        wanted = ("Name", "S3BucketName", "KmsKeyId", "IsMultiRegionTrail", "IncludeGlobalServiceEvents", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")
        it.call("cloudtrail", "create_trail", EnableLogFileValidation=trail["LogFileValidationEnabled"], **{key: trail[key] for key in wanted if key in trail})
        it.call("cloudtrail", "put_event_selectors", TrailName=trail["Name"], EventSelectors=it.answers("cloudtrail", "GetEventSelectors")["EventSelectors"])
        it.call("cloudtrail", "start_logging", Name=trail["Name"])


def alarms(it) -> None:
    for alarm in it.answers("cloudwatch", "DescribeAlarms").get("MetricAlarms", []):
        left_out = ("AlarmArn", "AlarmConfigurationUpdatedTimestamp", "StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
        it.call("cloudwatch", "put_metric_alarm", **{key: value for key, value in alarm.items() if key not in left_out})
    for entry in it.answers("cloudwatch", "ListDashboards").get("DashboardEntries", []):
        it.call("cloudwatch", "put_dashboard", DashboardName=entry["DashboardName"], DashboardBody=it.answers("cloudwatch", "GetDashboard")["DashboardBody"])


def rules(it) -> None:
    for rule in it.answers("events", "ListRules").get("Rules", []):
        it.call("events", "put_rule", Name=rule["Name"], State=rule["State"], EventPattern=json.dumps(rule["EventPattern"]))
        it.call("events", "put_targets", Rule=rule["Name"], Targets=it.answer("events", "ListTargetsByRule", rule["Name"])["Targets"])
