"""Deploys the described keys, identities, secrets and authorities, and the services that watch. See described.py."""

import json
import re
import time


def keys(it) -> None:
    described = {key: value["KeyMetadata"] for key, value in it.answers("kms", "DescribeKey").items() if "KeyMetadata" in value}
    tags = {item["ResourceARN"]: item["Tags"] for item in it.answers("tag", "GetResources").get("ResourceTagMappingList", [])}
    aliases = it.answers("kms", "ListAliases").get("Aliases", [])
    made = {}
    # The oldest key first, because a case can compare the ages of keys.
    for old, key in sorted(described.items(), key=lambda item: str(item[1]["CreationDate"])):
        if key["KeyManager"] != "CUSTOMER":
            continue
        if key.get("MultiRegionConfiguration", {}).get("MultiRegionKeyType") == "REPLICA":
            made[old] = old  # settings_of_key has created it
            continue
        pairs = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags.get(key["Arn"], [])]
        answer = it.call("kms", "create_key", KeySpec=key["KeySpec"], KeyUsage=key["KeyUsage"], Description=key["Description"], Tags=pairs,
                         MultiRegion=key["MultiRegion"])
        if answer:
            made[old] = answer["KeyMetadata"]["KeyId"]
    for alias in aliases:
        if alias.get("TargetKeyId") in made:
            it.call("kms", "create_alias", AliasName=alias["AliasName"], TargetKeyId=made[alias["TargetKeyId"]])
    for old, new in made.items():
        it.replace(old, new)
    for old, new in made.items():
        settings_of_key(it, new, described[old])


def settings_of_key(it, key: str, described: dict) -> None:
    for replica in described.get("MultiRegionConfiguration", {}).get("ReplicaKeys", []):
        if replica["Region"] != it.region:
            it.call("kms", "replicate_key", KeyId=key, ReplicaRegion=replica["Region"])
    for grant in it.answer("kms", "ListGrants", key).get("Grants", []):
        it.call("kms", "create_grant", KeyId=key, GranteePrincipal=grant["GranteePrincipal"], Operations=grant["Operations"])
    policy = it.answer("kms", "GetKeyPolicy", key).get("Policy")
    if policy:
        it.call("kms", "put_key_policy", KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    rotation = it.answer("kms", "GetKeyRotationStatus", key)
    if rotation.get("KeyRotationEnabled"):
        it.call("kms", "enable_key_rotation", KeyId=key, RotationPeriodInDays=rotation["RotationPeriodInDays"])
    if described["KeyState"] == "PendingDeletion":
        it.call("kms", "schedule_key_deletion", KeyId=key, PendingWindowInDays=30)
    elif described["KeyState"] == "Disabled":
        it.call("kms", "disable_key", KeyId=key)


def identities(it) -> None:
    details = it.answers("iam", "GetAccountAuthorizationDetails")
    sessions = {role["RoleName"]: role["MaxSessionDuration"] for role in it.answers("iam", "ListRoles").get("Roles", [])}
    for policy in details.get("Policies", []):
        document = next(version["Document"] for version in policy["PolicyVersionList"] if version["IsDefaultVersion"])
        it.call("iam", "create_policy", PolicyName=policy["PolicyName"], Path=policy["Path"], PolicyDocument=json.dumps(document))
    for user in details.get("UserDetailList", []):
        it.call("iam", "create_user", UserName=user["UserName"], Path=user["Path"])
        for policy in user.get("UserPolicyList", []):
            it.call("iam", "put_user_policy", UserName=user["UserName"], PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"]))
    for role in details.get("RoleDetailList", []):
        name = role["RoleName"]
        if role["Path"].startswith("/aws-service-role/"):
            it.call("iam", "create_service_linked_role", AWSServiceName=role["Path"].split("/")[2])
            continue
        it.call("iam", "create_role", RoleName=name, Path=role["Path"], MaxSessionDuration=sessions.get(name, 3600),
                AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]))
        for policy in role["AttachedManagedPolicies"]:
            it.call("iam", "attach_role_policy", RoleName=name, PolicyArn=policy["PolicyArn"])
        for policy in role["RolePolicyList"]:
            it.call("iam", "put_role_policy", RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"]))
    if it.answers("iam", "ListOpenIDConnectProviders"):
        provider = it.answers("iam", "GetOpenIDConnectProvider")
        it.call("iam", "create_open_id_connect_provider", Url=f"https://{provider['Url']}", ClientIDList=provider["ClientIDList"], ThumbprintList=["0" * 40])


def secrets(it) -> None:
    for secret in it.answers("secretsmanager", "ListSecrets").get("SecretList", []):
        if "OwningService" in secret:
            continue
        name = secret["Name"]
        # A day in a tag becomes today, because the emulator makes the value today.
        tags = [{"Key": tag["Key"], "Value": re.sub(r"^20\d{6}$", time.strftime("%Y%m%d", time.gmtime()), tag["Value"])} for tag in secret.get("Tags", [])]
        made = it.call("secretsmanager", "create_secret", Name=name, KmsKeyId=secret["KmsKeyId"], SecretString="first", Tags=tags)
        if made:
            it.replace(secret["ARN"], made["ARN"])
        if "AWSPREVIOUS" in json.dumps(secret["SecretVersionsToStages"]):
            it.call("secretsmanager", "put_secret_value", SecretId=name, SecretString="second")
        if secret["RotationEnabled"]:
            it.call("secretsmanager", "rotate_secret", SecretId=name, RotationLambdaARN=secret["RotationLambdaARN"],
                    RotationRules=secret["RotationRules"])


def config(it) -> None:
    for recorder in it.answers("config", "DescribeConfigurationRecorders").get("ConfigurationRecorders", []):
        group = {key: recorder["recordingGroup"][key] for key in ("allSupported", "includeGlobalResourceTypes")}
        it.call("config", "put_configuration_recorder", ConfigurationRecorder={
            "name": recorder["name"], "roleARN": recorder["roleARN"], "recordingGroup": group})
        bucket = it.first_bucket()
        it.call("config", "put_delivery_channel", DeliveryChannel={"name": "default", "s3BucketName": bucket})
        it.call("config", "start_configuration_recorder", ConfigurationRecorderName=recorder["name"])
    for rule in it.answers("config", "DescribeConfigRules").get("ConfigRules", []):
        it.call("config", "put_config_rule", ConfigRule={"ConfigRuleName": rule["ConfigRuleName"], "Source": rule["Source"]})


def watchers(it) -> None:
    if it.answers("securityhub", "DescribeHub"):
        it.call("securityhub", "enable_security_hub", EnableDefaultStandards=True)
    if it.answers("guardduty", "ListDetectors"):
        it.call("guardduty", "create_detector", Enable=True, FindingPublishingFrequency="FIFTEEN_MINUTES")
    if it.answers("macie2", "GetMacieSession"):
        it.call("macie2", "enable_macie", status="ENABLED", findingPublishingFrequency="FIFTEEN_MINUTES")


def authorities(it) -> None:
    """Creates the authorities. Each one signs its own certificate, because only an authority with a certificate is active."""
    for item in it.answers("acm-pca", "ListCertificateAuthorities").get("CertificateAuthorities", []):
        wanted = item["CertificateAuthorityConfiguration"]
        made = it.call("acm-pca", "create_certificate_authority", CertificateAuthorityType="ROOT", CertificateAuthorityConfiguration=wanted,
                       RevocationConfiguration=item["RevocationConfiguration"])
        if not made:
            continue
        arn = made["CertificateAuthorityArn"]
        it.replace(item["Arn"], arn)
        request = it.call("acm-pca", "get_certificate_authority_csr", CertificateAuthorityArn=arn)["Csr"]
        issued = it.call("acm-pca", "issue_certificate", CertificateAuthorityArn=arn, Csr=request.encode(), SigningAlgorithm=wanted["SigningAlgorithm"],
                         TemplateArn="arn:aws:acm-pca:::template/RootCACertificate/V1", Validity={"Value": 5, "Type": "YEARS"})
        certificate = issued and it.call("acm-pca", "get_certificate", CertificateAuthorityArn=arn, CertificateArn=issued["CertificateArn"])
        if certificate:
            it.call("acm-pca", "import_certificate_authority_certificate", CertificateAuthorityArn=arn, Certificate=certificate["Certificate"].encode())
