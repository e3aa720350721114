"""Patches of CloudWatch Logs, its alarms, and SSM parameters."""

import json

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse
from moto.ssm.responses import SimpleSystemManagerResponse

from .paging import checked_size, page


def ssm_describe_paging():
    """DescribeParameters honours MaxResults (1..50, default 50); moto always answers ten parameters."""

    def describe_parameters(self):
        size = checked_size(self._get_param("MaxResults"), 50, 50, "MaxResults")
        found = self.ssm_backend.describe_parameters(self._get_param("Filters"), self._get_param("ParameterFilters"))
        items, token = page(list(found), (self._get_param("NextToken") or "").strip(), size)
        answer = {"Parameters": [p.describe_response_object(False) for p in items]}
        return ActionResult(answer | ({"NextToken": token} if token else {}))

    SimpleSystemManagerResponse.describe_parameters = describe_parameters


RETENTION = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}


def logs_deletion_protection():
    """CreateLogGroup and PutLogGroupDeletionProtection store deletionProtectionEnabled, DescribeLogGroups returns it,
    and DeleteLogGroup is refused while it is on."""
    create, delete, describe = LogsResponse.create_log_group, LogsBackend.delete_log_group, LogGroup.to_describe_dict

    def create_log_group(self):
        answer = create(self)
        group = self.logs_backend.groups[self._get_param("logGroupName")]
        group.protected = bool(self._get_param("deletionProtectionEnabled"))
        return answer

    def put_log_group_deletion_protection(self):
        name = self._get_param("logGroupIdentifier").rpartition("log-group:")[2].removesuffix(":*")
        if name not in self.logs_backend.groups:
            raise JsonRESTError("ResourceNotFoundException", "The specified log group does not exist.")
        self.logs_backend.groups[name].protected = bool(self._get_param("deletionProtectionEnabled"))
        return "{}"

    def delete_log_group(self, log_group_name):
        if getattr(self.groups.get(log_group_name), "protected", False):
            raise JsonRESTError("ValidationException", f"Deletion protection is enabled for {log_group_name}.")
        delete(self, log_group_name)

    LogsResponse.create_log_group = create_log_group
    LogsResponse.put_log_group_deletion_protection = put_log_group_deletion_protection
    LogsBackend.delete_log_group = delete_log_group
    LogGroup.to_describe_dict = lambda self: describe(self) | {
        "deletionProtectionEnabled": getattr(self, "protected", False)}


def logs_kms_key():
    """AssociateKmsKey and DisassociateKmsKey set and remove the key of an existing log group."""

    def group_of(self):
        name = self._get_param("logGroupName") or self._get_param("resourceIdentifier").rpartition("log-group:")[2].removesuffix(":*")
        if name not in self.logs_backend.groups:
            raise JsonRESTError("ResourceNotFoundException", "The specified log group does not exist.")
        return self.logs_backend.groups[name]

    def associate_kms_key(self):
        group_of(self).kms_key_id = self._get_param("kmsKeyId")
        return "{}"

    def disassociate_kms_key(self):
        group_of(self).kms_key_id = None
        return "{}"

    LogsResponse.associate_kms_key = associate_kms_key
    LogsResponse.disassociate_kms_key = disassociate_kms_key


def logs_group_fields():
    """DescribeLogGroups: logGroupClass (STANDARD by default), and metricFilterCount counts; with logGroupNamePattern
    an entry has only arn, creationTime and logGroupName."""

    def describe_log_groups(self):
        pattern = self._get_param("logGroupNamePattern")
        if not pattern:
            answer, filters = json.loads(inner(self)), self.logs_backend.filters.metric_filters
            for group in answer["logGroups"]:
                group["logGroupClass"] = "STANDARD"
                group["metricFilterCount"] = sum(f["logGroupName"] == group["logGroupName"] for f in filters)
            return json.dumps(answer)
        if self._get_param("logGroupNamePrefix"):
            raise JsonRESTError("InvalidParameterException", "logGroupNamePattern and logGroupNamePrefix exclude each other")
        found = [g.to_describe_dict() for name, g in sorted(self.logs_backend.groups.items()) if pattern in name]
        items, token = page(found, self._get_param("nextToken"), self._get_param("limit", 50))
        short = [{k: g[k] for k in ("arn", "creationTime", "logGroupName")} for g in items]
        return json.dumps({"logGroups": short, "nextToken": token})

    inner = LogsResponse.describe_log_groups
    LogsResponse.describe_log_groups = describe_log_groups


def logs_retention_values():
    """PutRetentionPolicy accepts only the documented numbers of days."""
    inner = LogsResponse.put_retention_policy

    def put_retention_policy(self):
        if self._get_param("retentionInDays") not in RETENTION:
            raise JsonRESTError("InvalidParameterException", f"retentionInDays must be one of {sorted(RETENTION)}")
        return inner(self)

    LogsResponse.put_retention_policy = put_retention_policy


def alarms_paging():
    """DescribeAlarms honours MaxRecords (1..100, default 50) and NextToken."""
    inner = CloudWatchResponse.describe_alarms

    def describe_alarms(self):
        result = inner(self).result
        size = checked_size(self._get_param("MaxRecords"), 50, 100, "MaxRecords")
        both = [("CompositeAlarms", a) for a in result["CompositeAlarms"]]
        both += [("MetricAlarms", a) for a in result["MetricAlarms"]]
        items, token = page(both, self._get_param("NextToken"), size)
        answer = {kind: [a for k, a in items if k == kind] for kind in ("CompositeAlarms", "MetricAlarms")}
        return ActionResult(answer | ({"NextToken": token} if token else {}))

    CloudWatchResponse.describe_alarms = describe_alarms
