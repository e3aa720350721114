"""Named violations. Each function breaks exactly one thing in the conforming stack and returns (service, resource, change)."""

import json
import time
import urllib.parse

from stack import (ACCESS_LOG, ACCOUNT, ALARM, ALLOWED, ANOMALY, ARCHIVE, BUCKET, CONFIG_ROLE, DENIED, DEVELOPER, EXPORTS, OMITTED, NAMESPACE_POLICY,
                   NEWER, OUTPUTS, READ_POLICY, RECORDER, ROTATION, SANCTIONS, SCHEDULED, SECRET_ARN, TAGS, TOPIC, TRAIL, Stack, arn, document,
                   exported_events, namespace_policy, pairs, read_policy, statement)

SECRET = "bank-payments/card-network/api-key"
POLICY_ARN = "arn:aws:iam::{}:policy/{}"


def secret_rotation_off(s: Stack):
    s.call("secretsmanager", "cancel_rotate_secret", SecretId=SECRET)
    return "secretsmanager", SECRET, "RotationEnabled true → false"


def secret_rotation_180_days(s):
    s.rotate(SECRET, {"AutomaticallyAfterDays": 180})
    return "secretsmanager", SECRET, "RotationRules.AutomaticallyAfterDays 90 → 180"


def secret_rotation_rate_180_days(s):
    s.rotate(SCHEDULED, {"ScheduleExpression": "rate(180 days)", "Duration": "3h"})
    return "secretsmanager", SCHEDULED, "RotationRules.ScheduleExpression rate(90 days) → rate(180 days)"


def secret_wrong_function(s):
    s.rotate(SECRET, {"AutomaticallyAfterDays": 90}, function=ANOMALY)
    return "secretsmanager", SECRET, f"RotationLambdaARN {ROTATION} → {ANOMALY}"


def secret_wrong_key(s):
    s.call("secretsmanager", "update_secret", SecretId=SANCTIONS, KmsKeyId=s.keys["operational"])
    return "secretsmanager", SANCTIONS, "KmsKeyId alias/bank/financial → alias/bank/operational"


def secret_outside_namespace(s):
    s.secret("legacy-payments/gateway-password")
    return "secretsmanager", "legacy-payments/gateway-password", "a secret tagged module_id=MOD-045 outside bank-*"


def secret_untagged(s):
    described = s.client("secretsmanager").describe_secret(SecretId=SECRET)
    s.call("secretsmanager", "untag_resource", SecretId=SECRET, TagKeys=[t["Key"] for t in described["Tags"]])
    return "secretsmanager", SECRET, "all tags removed"


def secret_wrong_tag(s):
    s.call("secretsmanager", "tag_resource", SecretId=SANCTIONS, Tags=[{"Key": "sensitivity", "Value": "low"}])
    return "secretsmanager", SANCTIONS, "tag sensitivity aml → low"


def key_rotation_off(s):
    s.call("kms", "disable_key_rotation", KeyId=s.keys["customer"])
    return "kms", "alias/bank/customer", "KeyRotationEnabled true → false"


def key_rotation_period_too_long(s):
    s.call("kms", "enable_key_rotation", KeyId=s.keys["customer"], RotationPeriodInDays=2560)
    return "kms", "alias/bank/customer", "RotationPeriodInDays 365 → 2560"


def key_pending_deletion(s):
    s.call("kms", "schedule_key_deletion", KeyId=s.keys["customer"], PendingWindowInDays=7)
    return "kms", "alias/bank/customer", "KeyState Enabled → PendingDeletion"


def key_disabled(s):
    s.call("kms", "disable_key", KeyId=s.keys["customer"])
    return "kms", "alias/bank/customer", "KeyState Enabled → Disabled"


def log_retention_365(s):
    s.call("logs", "put_retention_policy", logGroupName=ACCESS_LOG, retentionInDays=365)
    return "logs", ACCESS_LOG, "retentionInDays 3653 → 365"


def log_retention_never(s):
    s.call("logs", "delete_retention_policy", logGroupName=ACCESS_LOG)
    return "logs", ACCESS_LOG, "retentionInDays 3653 → absent (never expires)"


def log_no_key(s):
    s.call("logs", "disassociate_kms_key", logGroupName=ACCESS_LOG)
    return "logs", ACCESS_LOG, "kmsKeyId → absent"


def log_no_deletion_protection(s):
    s.call("logs", "put_log_group_deletion_protection", logGroupIdentifier=ACCESS_LOG, deletionProtectionEnabled=False)
    return "logs", ACCESS_LOG, "deletionProtectionEnabled true → false"


def log_leaks_value(s):
    value = s.client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
    s.call("logs", "put_log_events", logGroupName=f"/aws/lambda/{ROTATION}", logStreamName="1", logEvents=[
        {"timestamp": int(time.time() * 1000), "message": json.dumps({"Step": "setSecret", "given": value})}])
    return "logs", f"/aws/lambda/{ROTATION}", f"an event with the value of {SECRET}"


def log_leaks_value_in_a_big_group(s):
    """The group is so large that the binary reads the stream with GetLogEvents."""
    group, now = f"/aws/lambda/{ROTATION}", int(time.time() * 1000)
    value = s.client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
    for batch in range(5):
        filler = [{"timestamp": now + batch, "message": f"batch {batch} line {line} " + "x" * 9000} for line in range(110)]
        s.call("logs", "put_log_events", logGroupName=group, logStreamName="1", logEvents=filler)
    s.call("logs", "put_log_events", logGroupName=group, logStreamName="1", logEvents=[
        {"timestamp": now + 9, "message": json.dumps({"Step": "setSecret", "given": value})}])
    return "logs", group, f"5 MB of events, and one with the value of {SECRET}"


def log_leaks_parameter(s):
    value, group = "Jd5+Rk7/XqLmTz20Wd", f"/aws/lambda/{ROTATION}"
    s.call("ssm", "put_parameter", Name="/bank-secrets/payments/sign", Value=value, Type="SecureString", Tags=pairs(TAGS))
    s.call("logs", "put_log_events", logGroupName=group, logStreamName="1", logEvents=[
        {"timestamp": int(time.time() * 1000), "message": f"GET /settle?sign={urllib.parse.quote(value, safe='')} 403"}])
    return "logs", group, "an event with the value of a SecureString parameter"


def log_leaks_earlier_parameter(s):
    before, group = "Kq7vXm93LtTz20WdRk", f"/aws/lambda/{ROTATION}"
    for value, more in ((before, {"Tags": pairs(TAGS)}), ("Zw83Lm20TqWdRk7vXp", {"Overwrite": True})):
        s.call("ssm", "put_parameter", Name="/bank-secrets/payments/sign", Value=value, Type="SecureString", **more)
    s.call("logs", "put_log_events", logGroupName=group, logStreamName="1", logEvents=[
        {"timestamp": int(time.time() * 1000), "message": f"signed with {before}"}])
    return "logs", group, "an event with the previous value of a SecureString parameter"


def archive_leaks_value(s):
    value = s.client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
    s.export("000001.gz", exported_events(json.dumps({"Step": "setSecret", "given": value})))
    return "s3", f"s3://{ARCHIVE}/{EXPORTS}", f"an exported event with the value of {SECRET}"


def rule_enabled_writes_only(s):
    s.anomaly_rule("ENABLED")
    return "events", ANOMALY, "State ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS → ENABLED"


def rule_disabled(s):
    s.call("events", "disable_rule", Name=ANOMALY)
    return "events", ANOMALY, "State ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS → DISABLED"


def rule_without_target(s):
    s.call("events", "remove_targets", Rule=ANOMALY, Ids=["detector"])
    return "events", ANOMALY, "no target"


def rule_requires_the_root_user(s):
    s.anomaly_rule(detail={"userIdentity": {"type": ["Root"]}})
    return "events", ANOMALY, "the pattern also requires detail.userIdentity.type Root"


def ssm_shadow_securestring(s):
    s.call("ssm", "put_parameter", Name="/bank-secrets/payments/api-key", Value="not-a-real-value", Type="SecureString", Tags=pairs(TAGS))
    return "ssm", "/bank-secrets/payments/api-key", "a SecureString outside Secrets Manager"


def ssm_output_drift(s):
    name = f"{OUTPUTS}/rotation/fn-arn"
    s.call("ssm", "put_parameter", Name=name, Value=arn("lambda", "function:bank-secrets-rotation-old"), Type="String", Overwrite=True)
    return "ssm", name, "value names a function that does not exist"


def function_deprecated_runtime(s):
    s.call("lambda", "update_function_configuration", FunctionName=ROTATION, Runtime="nodejs20.x")
    s.wait_until_active((ROTATION,))
    return "lambda", ROTATION, "Runtime nodejs22.x → nodejs20.x"


def function_logs_elsewhere(s):
    s.call("lambda", "update_function_configuration", FunctionName=ROTATION, LoggingConfig={"LogGroup": "/rotation/debug"})
    s.wait_until_active((ROTATION,))
    return "lambda", ROTATION, "LoggingConfig.LogGroup → /rotation/debug"


def function_open_permission(s):
    s.call("lambda", "remove_permission", FunctionName=ROTATION, StatementId="secretsmanager")
    s.call("lambda", "add_permission", FunctionName=ROTATION, StatementId="secretsmanager", Action="lambda:InvokeFunction",
           Principal="secretsmanager.amazonaws.com")
    return "lambda", ROTATION, "permission of secretsmanager.amazonaws.com without aws:SourceAccount"


def topic_without_key(s):
    s.call("sns", "set_topic_attributes", TopicArn=arn("sns", TOPIC), AttributeName="KmsMasterKeyId", AttributeValue="")
    return "sns", TOPIC, "KmsMasterKeyId → empty"


def topic_under_another_key(s):
    key = s.keys["customer"]
    s.call("sns", "set_topic_attributes", TopicArn=arn("sns", TOPIC), AttributeName="KmsMasterKeyId", AttributeValue=key)
    return "sns", TOPIC, "KmsMasterKeyId → the key of customer data"


def topic_allows_another_account(s):
    other = statement("Partner", "Allow", ["sns:Publish", "sns:Subscribe"], arn("sns", TOPIC), Principal={"AWS": "arn:aws:iam::999988887777:root"})
    s.call("sns", "set_topic_attributes", TopicArn=arn("sns", TOPIC), AttributeName="Policy", AttributeValue=json.dumps(document(other)))
    return "sns", TOPIC, "its policy allows another account to publish and subscribe"


def topic_without_subscription(s):
    for subscription in s.client("sns").list_subscriptions_by_topic(TopicArn=arn("sns", TOPIC))["Subscriptions"]:
        s.call("sns", "unsubscribe", SubscriptionArn=subscription["SubscriptionArn"])
    return "sns", TOPIC, "no subscription"


def namespace_policy_omits_delete(s):
    rest = tuple(name for name in DENIED + OMITTED + NEWER if name != "DeleteSecret")
    new_version(s, NAMESPACE_POLICY, namespace_policy(rest))
    return "iam", NAMESPACE_POLICY, "secretsmanager:DeleteSecret is no longer denied outside bank-*"


def namespace_policy_omits_rotate(s):
    twice = tuple("PutSecretValue" if name == "RotateSecret" else name for name in ALLOWED)
    new_version(s, NAMESPACE_POLICY, namespace_policy(allowed=twice))
    return "iam", NAMESPACE_POLICY, "secretsmanager:RotateSecret is no longer allowed inside bank-*, and another action is listed twice"


def namespace_policy_omits_newer_actions(s):
    new_version(s, NAMESPACE_POLICY, namespace_policy(DENIED + OMITTED))
    return "iam", NAMESPACE_POLICY, "the actions that AWS added later are no longer denied outside bank-*"


def namespace_policy_detached(s):
    s.call("iam", "detach_role_policy", RoleName=ROTATION, PolicyArn=POLICY_ARN.format(ACCOUNT, NAMESPACE_POLICY))
    return "iam", ROTATION, f"{NAMESPACE_POLICY} is no longer attached"


def read_policy_grants_mutation(s):
    new_version(s, READ_POLICY, read_policy("PutSecretValue"))
    return "iam", READ_POLICY, "secretsmanager:PutSecretValue is allowed"


def read_policy_puts_in_odd_case(s):
    doc = read_policy()
    doc["Statement"][0]["Action"].append("SecretsManager:put*")
    new_version(s, READ_POLICY, doc)
    return "iam", READ_POLICY, "SecretsManager:put* is allowed"


def developer_reads_secrets(s):
    doc = document(statement("Read", "Allow", "secretsmanager:GetSecretValue", "*"))
    s.call("iam", "put_role_policy", RoleName=DEVELOPER, PolicyName=DEVELOPER, PolicyDocument=json.dumps(doc))
    return "iam", DEVELOPER, "secretsmanager:GetSecretValue denied → allowed"


def developer_allowed_by_secret_policy(s):
    role = {"AWS": arn("iam", f"role/{DEVELOPER}", "")}
    doc = document(statement("Debug", "Allow", "secretsmanager:GetSecretValue", "*", Principal=role))
    s.call("secretsmanager", "put_resource_policy", SecretId=SECRET, ResourcePolicy=json.dumps(doc))
    return "secretsmanager", SECRET, "its policy allows the developer role to read"


def developer_allowed_by_grant(s):
    s.call("kms", "create_grant", KeyId=s.keys["customer"], GranteePrincipal=arn("iam", f"role/{DEVELOPER}", ""), Operations=["Decrypt"])
    return "kms", "alias/bank/customer", "a grant allows the developer role to decrypt"


def role_reads_by_wildcard(s):
    inline(s, CONFIG_ROLE, statement("Look", "Allow", "secretsmanager:?etSecretV????", "*"))
    return "iam", CONFIG_ROLE, "secretsmanager:?etSecretV???? on * is allowed"


def rotation_is_denied(s):
    inline(s, ROTATION, statement("Freeze", "Deny", "secretsmanager:PutSecretValue", "*"))
    return "iam", ROTATION, "secretsmanager:PutSecretValue is denied"


def detector_may_not_publish(s):
    inline(s, ANOMALY, statement("Quiet", "Deny", "sns:*", "*"))
    return "iam", ANOMALY, "sns:* is denied"


def detector_may_not_write(s):
    inline(s, ANOMALY, statement("Freeze", "Deny", "logs:Put*", "*"))
    return "iam", ANOMALY, "logs:Put* is denied"


def role_deletes_secrets(s):
    inline(s, CONFIG_ROLE, statement("Remove", "Allow", "secretsmanager:DeleteSecret", SECRET_ARN))
    return "iam", CONFIG_ROLE, "secretsmanager:DeleteSecret is allowed with any wait"


def user_has_both_duties(s):
    doc = document(statement("Both", "Allow", ["kms:PutKeyPolicy", "kms:CreateGrant", "kms:Decrypt"], "*"))
    s.call("iam", "create_user", UserName="both")
    s.call("iam", "put_user_policy", UserName="both", PolicyName="both", PolicyDocument=json.dumps(doc))
    return "iam", "both", "a user may administer keys and decrypt with them"


def role_does_all_but_iam(s):
    inline(s, CONFIG_ROLE, {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"})
    return "iam", CONFIG_ROLE, "everything but iam:* is allowed"


def trail_no_validation(s):
    s.call("cloudtrail", "update_trail", Name=TRAIL, EnableLogFileValidation=False)
    return "cloudtrail", TRAIL, "LogFileValidationEnabled true → false"


def trail_stopped(s):
    s.call("cloudtrail", "stop_logging", Name=TRAIL)
    return "cloudtrail", TRAIL, "IsLogging true → false"


def bucket_governance(s):
    s.object_lock("GOVERNANCE")
    return "s3", BUCKET, "DefaultRetention.Mode COMPLIANCE → GOVERNANCE"


def archive_public(s):
    s.public_access_block(False, ARCHIVE)
    return "s3", ARCHIVE, "public access block off"


def bucket_tls_for_a_prefix(s):
    s.bucket_policy(denied="open/*")
    return "s3", BUCKET, "requests without TLS are denied for one prefix only"


def bucket_public(s):
    s.public_access_block(False)
    s.bucket_policy(statement("World", "Allow", "s3:GetObject", f"arn:aws:s3:::{BUCKET}/*", Principal="*"))
    return "s3", BUCKET, "public access block off, and a policy that allows everyone to read"


def alarm_no_action(s):
    s.put_alarm(())
    return "cloudwatch", ALARM, "AlarmActions → empty"


def config_recorder_off(s):
    s.call("config", "stop_configuration_recorder", ConfigurationRecorderName=RECORDER)
    return "config", RECORDER, "recording true → false"


def inline(s: Stack, role: str, *statements: dict):
    s.call("iam", "put_role_policy", RoleName=role, PolicyName="extra", PolicyDocument=json.dumps(document(*statements)))


def new_version(s: Stack, policy: str, doc: dict):
    s.call("iam", "create_policy_version", PolicyArn=POLICY_ARN.format(ACCOUNT, policy), PolicyDocument=json.dumps(doc), SetAsDefault=True)


ALL = {function.__name__.replace("_", "-"): function for function in (
    secret_rotation_off, secret_rotation_180_days, secret_rotation_rate_180_days, secret_wrong_function, secret_wrong_key,
    secret_outside_namespace, secret_untagged, secret_wrong_tag,
    key_rotation_off, key_rotation_period_too_long, key_pending_deletion, key_disabled,
    log_retention_365, log_retention_never, log_no_key, log_no_deletion_protection, log_leaks_value,
    log_leaks_value_in_a_big_group, log_leaks_parameter, log_leaks_earlier_parameter, archive_leaks_value,
    rule_enabled_writes_only, rule_disabled, rule_without_target, rule_requires_the_root_user, ssm_shadow_securestring, ssm_output_drift,
    function_deprecated_runtime, function_logs_elsewhere, function_open_permission, topic_without_key, topic_under_another_key,
    topic_allows_another_account, topic_without_subscription, namespace_policy_omits_delete, namespace_policy_omits_rotate,
    namespace_policy_omits_newer_actions, namespace_policy_detached,
    read_policy_grants_mutation, read_policy_puts_in_odd_case,
    developer_reads_secrets, developer_allowed_by_secret_policy, developer_allowed_by_grant, role_reads_by_wildcard, rotation_is_denied,
    detector_may_not_publish, detector_may_not_write, role_deletes_secrets, user_has_both_duties, role_does_all_but_iam,
    trail_no_validation, trail_stopped, bucket_governance, archive_public, bucket_tls_for_a_prefix,
    bucket_public, alarm_no_action, config_recorder_off,
)}
