"""Deploys the described functions, tasks, jobs, parameters, documents and databases. See described.py."""

import io
import json
import zipfile


def functions(it) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "def main(event, context):\n    return None\n")
    for item in it.answers("lambda", "ListFunctions").get("Functions", []):
        wanted = ("FunctionName", "Runtime", "Architectures", "Handler", "Role", "Timeout", "MemorySize", "Environment")
        it.call("lambda", "create_function", Code={"ZipFile": code.getvalue()}, **{key: item[key] for key in wanted if key in item})
        for statement in it.answer("lambda", "GetPolicy", item["FunctionName"]).get("Policy", {}).get("Statement", []):
            account = statement.get("Condition", {}).get("StringEquals", {}).get("AWS:SourceAccount")
            it.call("lambda", "add_permission", FunctionName=item["FunctionName"], StatementId=statement["Sid"], Action=statement["Action"],
                    Principal=next(iter(statement["Principal"].values())), **({"SourceAccount": account} if account else {}))


def parameters(it) -> None:
    for item in it.answers("ssm", "DescribeParameters").get("Parameters", []):
        value = it.answers("ssm", "GetParameter").get("Parameter", {}).get("Value", "not-a-real-value")
        it.call("ssm", "put_parameter", Name=item["Name"], Type=item["Type"], Value=value, **({"KeyId": item["KeyId"]} if "KeyId" in item else {}))


def documents(it) -> None:
    for item in it.answers("ssm", "ListDocuments").get("DocumentIdentifiers", []):
        step = {"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}
        content = {"schemaVersion": item["SchemaVersion"], "description": item["Name"], "mainSteps": [step]}
        it.call("ssm", "create_document", Name=item["Name"], DocumentType=item["DocumentType"], DocumentFormat="JSON", Content=json.dumps(content))


def schedules(it) -> None:
    for item in it.answers("scheduler", "ListSchedules").get("Schedules", []):
        schedule = it.answer("scheduler", "GetSchedule", item["Name"])
        wanted = ("Name", "GroupName", "State", "ScheduleExpression", "ScheduleExpressionTimezone", "Target")
        it.call("scheduler", "create_schedule", FlexibleTimeWindow={"Mode": "OFF"}, **{key: schedule[key] for key in wanted})


def databases(it) -> None:
    for group in it.answers("rds", "DescribeOptionGroups").get("OptionGroupsList", []):
        name = group["OptionGroupName"]
        if name.startswith("default:"):
            continue
        version = {"16.00": "15.00"}.get(group["MajorEngineVersion"], group["MajorEngineVersion"])  # moto does not have the newest SQL Server
        it.call("rds", "create_option_group", OptionGroupName=name, EngineName=group["EngineName"], MajorEngineVersion=version, OptionGroupDescription=name)
        options = [{"OptionName": option["OptionName"]} for option in group["Options"]]
        it.call("rds", "modify_option_group", OptionGroupName=name, OptionsToInclude=options, ApplyImmediately=True)
    for item in it.answers("rds", "DescribeDBInstances").get("DBInstances", []):
        managed = {"ManageMasterUserPassword": True} if "MasterUserSecret" in item else {"MasterUserPassword": "only-for-the-emulator"}
        group = item["OptionGroupMemberships"][0]["OptionGroupName"]
        optional = {} if group.startswith("default:") else {"OptionGroupName": group}
        optional |= {"KmsKeyId": item["KmsKeyId"]} if "KmsKeyId" in item else {}
        made = it.call("rds", "create_db_instance", DBInstanceIdentifier=item["DBInstanceIdentifier"], Engine=item["Engine"], DBInstanceClass=item["DBInstanceClass"],
                AllocatedStorage=20, MasterUsername=item["MasterUsername"], StorageEncrypted=item["StorageEncrypted"], **optional, **managed)
        if made and "MasterUserSecret" in made["DBInstance"]:
            rotate_managed(it, item["MasterUserSecret"]["SecretArn"], made["DBInstance"]["MasterUserSecret"]["SecretArn"])
    for item in it.answers("rds", "DescribeDBSnapshots").get("DBSnapshots", []):
        name = item["DBInstanceIdentifier"]
        it.call("rds", "create_db_instance", DBInstanceIdentifier=name, Engine=item["Engine"], DBInstanceClass="db.m7g.large", AllocatedStorage=20,
                MasterUsername="owner", MasterUserPassword="only-for-the-emulator", StorageEncrypted=item["Encrypted"], KmsKeyId=item["KmsKeyId"])
        it.call("rds", "create_db_snapshot", DBInstanceIdentifier=name, DBSnapshotIdentifier=item["DBSnapshotIdentifier"])


def rotate_managed(it, described: str, made: str) -> None:
    """Rotates the secret of a database. AWS does it without a function, and moto does not. So a described function stands for AWS."""
    for secret in it.answers("secretsmanager", "ListSecrets").get("SecretList", []):
        if secret["ARN"] == described and secret["RotationEnabled"]:
            function = it.answers("lambda", "ListFunctions")["Functions"][0]["FunctionArn"]
            it.call("secretsmanager", "rotate_secret", SecretId=made, RotationLambdaARN=function, RotationRules=secret["RotationRules"])


def tasks(it) -> None:
    clusters = it.answers("ecs", "ListClusters").get("clusterArns", [])
    for arn in clusters:
        it.call("ecs", "create_cluster", clusterName=arn.split("/")[-1])
    for arn in it.answers("ecs", "ListTaskDefinitions").get("taskDefinitionArns", []):
        task = it.answer("ecs", "DescribeTaskDefinition", arn)["taskDefinition"]
        wanted = ("family", "networkMode", "requiresCompatibilities", "containerDefinitions", "volumes")
        made = it.call("ecs", "register_task_definition", cpu="256", memory="512", **{key: task[key] for key in wanted})
        if made:
            it.replace(arn, made["taskDefinition"]["taskDefinitionArn"])
    for answer in services(it) if clusters else []:
        for service in answer["services"]:
            it.call("ecs", "create_service", cluster=service["clusterArn"].split("/")[-1], serviceName=service["serviceName"], taskDefinition=service["taskDefinition"],
                    desiredCount=service["desiredCount"], launchType=service["launchType"])


def services(it) -> list[dict]:
    answers = it.answers("ecs", "DescribeServices")
    return [answers] if "services" in answers else list(answers.values())


def jobs(it) -> None:
    for job in it.answers("glue", "GetJobs").get("Jobs", []):
        wanted = ("Name", "Role", "Command", "DefaultArguments", "Timeout", "GlueVersion")
        it.call("glue", "create_job", **{key: job[key] for key in wanted})
        if any(run["JobName"] == job["Name"] for run in it.answers("glue", "GetJobRuns").get("JobRuns", [])):
            it.call("glue", "start_job_run", JobName=job["Name"])


def api_keys(it) -> None:
    for item in it.answers("apigateway", "GetApiKeys").get("items", []):
        it.call("apigateway", "create_api_key", name=item["name"], enabled=item["enabled"])


def target_groups(it) -> None:
    for group in it.answers("elbv2", "DescribeTargetGroups").get("TargetGroups", []):
        name, network = group["TargetGroupName"], it.call("ec2", "create_vpc", CidrBlock="10.11.0.0/16")["Vpc"]["VpcId"]
        made = it.call("elbv2", "create_target_group", Name=name, Protocol=group["Protocol"], Port=group["Port"], VpcId=network, TargetType="ip")
        targets = [{"Id": item["Target"]["Id"], "Port": item["Target"]["Port"]} for item in
                   it.answer("elbv2", "DescribeTargetHealth", group["TargetGroupArn"])["TargetHealthDescriptions"]]
        arn = made["TargetGroups"][0]["TargetGroupArn"]
        it.call("elbv2", "register_targets", TargetGroupArn=arn, Targets=targets)
        # A target group belongs to a load balancer once a listener forwards to it.
        subnets = [it.call("ec2", "create_subnet", VpcId=network, CidrBlock=f"10.11.{part}.0/24", AvailabilityZone=it.region + zone)["Subnet"]["SubnetId"]
                   for part, zone in enumerate("ab")]
        balancer = it.call("elbv2", "create_load_balancer", Name=name, Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        it.call("elbv2", "create_listener", LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}])


def vaults(it) -> None:
    for vault in it.answers("backup", "ListBackupVaults").get("BackupVaultList", []):
        it.call("backup", "create_backup_vault", BackupVaultName=vault["BackupVaultName"], EncryptionKeyArn=vault["EncryptionKeyArn"])
