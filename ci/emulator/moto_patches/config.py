"""Patches of Config."""

import json
import time

from moto.config.responses import ConfigResponse
from moto.core.exceptions import JsonRESTError

DAY = 86_400


def config_compliance():
    """DescribeComplianceByConfigRule, DescribeConfigRuleEvaluationStatus and GetComplianceDetailsByConfigRule answer.
    Every rule is COMPLIANT until /_emulator/compliance sets another verdict."""

    def compliance(self, rule):
        return getattr(self.config_backend, "rule_compliance", {}).get(rule, "COMPLIANT")

    def rules(self):
        names, known = self._get_param("ConfigRuleNames") or [], self.config_backend.config_rules
        if missing := [name for name in names if name not in known]:
            raise JsonRESTError("NoSuchConfigRuleException", f"The ConfigRule '{missing[0]}' does not exist.")
        return names or sorted(known)

    def describe_compliance_by_config_rule(self):
        types = self._get_param("ComplianceTypes")
        found = [{"ConfigRuleName": r, "Compliance": {"ComplianceType": compliance(self, r)}} for r in rules(self)]
        return json.dumps({"ComplianceByConfigRules": [
            f for f in found if not types or f["Compliance"]["ComplianceType"] in types]})

    def describe_config_rule_evaluation_status(self):
        now = time.time()
        return json.dumps({"ConfigRulesEvaluationStatus": [{
            "ConfigRuleName": r, "ConfigRuleArn": self.config_backend.config_rules[r].config_rule_arn,
            "LastSuccessfulInvocationTime": now, "LastSuccessfulEvaluationTime": now,
            "FirstActivatedTime": now - DAY, "FirstEvaluationStarted": True} for r in rules(self)]})

    def get_compliance_details_by_config_rule(self):
        rule = self._get_param("ConfigRuleName")
        if rule not in self.config_backend.config_rules:
            raise JsonRESTError("NoSuchConfigRuleException", f"The ConfigRule '{rule}' does not exist.")
        return json.dumps({"EvaluationResults": []})

    ConfigResponse.describe_compliance_by_config_rule = describe_compliance_by_config_rule
    ConfigResponse.describe_config_rule_evaluation_status = describe_config_rule_evaluation_status
    ConfigResponse.get_compliance_details_by_config_rule = get_compliance_details_by_config_rule


def config_channel_status():
    """DescribeDeliveryChannelStatus answers one entry for each channel, with its last delivery."""

    def describe_delivery_channel_status(self):
        good = {"lastStatus": "SUCCESS", "lastAttemptTime": time.time(), "lastSuccessfulTime": time.time()}
        return json.dumps({"DeliveryChannelsStatus": [
            {"name": name, "configSnapshotDeliveryInfo": good, "configHistoryDeliveryInfo": good}
            for name in self.config_backend.delivery_channels]})

    ConfigResponse.describe_delivery_channel_status = describe_delivery_channel_status
