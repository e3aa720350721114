"""Patches of moto 5.2.5 for behaviour that our checks read. Where moto differs from the documentation of AWS, the documentation wins.

There is one file for each group of services and one function for each behaviour. The docstring of the function has the documented
behaviour. `server.py --without NAME` leaves out a patch. `test_emulator.py --prove` uses it to show that each patch has a test
which fails without the patch.
"""

import functools

from . import config, kms, logs, others, secretsmanager

ALL = [
    kms.kms_rotation_period, kms.kms_rotation_unsupported, kms.kms_aliases, kms.kms_paging,
    kms.kms_key_metadata, kms.kms_deletion, kms.kms_replicas, kms.kms_arns, secretsmanager.secrets_lookup, secretsmanager.secrets_rotation,
    secretsmanager.secrets_version_ids, logs.ssm_describe_paging, logs.logs_deletion_protection, logs.logs_kms_key, logs.logs_group_fields,
    logs.logs_retention_values, logs.alarms_paging, config.config_compliance, config.config_channel_status,
    others.iam_authorization_details_paging, others.iam_policy_encoding, others.cloudtrail_lookup, others.lambda_permission_principal,
    others.lambda_logging_config,
    others.sns_pending_confirmation, others.s3_default_encryption, others.s3_policy_conditions, others.s3_answers,
    others.s3_object_retention, others.s3_object_lock_change, others.rds_option_groups, others.ec2_region_filters,
]
NAMES = [patch.__name__.replace("_", "-") for patch in ALL]


def apply(without: tuple[str, ...] = ()):
    for name, patch in zip(NAMES, ALL):
        if name not in without:
            patch()
    # The rest is for speed only: moto inspects the whole response class again for every request, and it generates
    # an RSA key (50 ms) for every symmetric KMS key, which needs none.
    import moto.core.responses as responses
    import moto.kms.models as kms
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)
    generate = kms.generate_private_key
    kms.generate_private_key = lambda spec: None if spec == "SYMMETRIC_DEFAULT" else generate(spec)
