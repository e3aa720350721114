//! The event that EventBridge delivers for a read of a secret by a role, as CloudTrail records it.
//!
//! Pure. Must not know the receiver.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::aws::AccountRegion;
use crate::probes::support::role::Role;

/// The id of the event of an access. It is the same for the same name, and has the form of CloudTrail.
pub(super) fn id(name: &str) -> String {
    let hex: String = Sha256::digest(name).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hex.get(range).unwrap_or_default().to_owned());
    groups.join("-")
}

/// A read of the secret by a session of the role, in this account and Region and at this time. The name identifies the probe.
pub(super) fn read(
    role: &Role<'_>,
    (session, name): (&str, &str),
    secret: &str,
    (at, now): (&AccountRegion, Timestamp),
) -> Value {
    let (id, time) = (id(name), now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    // Only IAM has the unique id of the role, so a detector should not depend on it.
    let unique = "AROAMADEBYATTESTRY000";
    json!({
        "version": "0",
        "id": id,
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.secretsmanager",
        "account": &*at.account,
        "time": time,
        "region": &*at.region,
        "resources": [],
        "detail": {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "AssumedRole",
                "principalId": format!("{unique}:{session}"),
                "arn": role.session(session),
                "accountId": role.account,
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role",
                        "principalId": unique,
                        "arn": role.arn,
                        "accountId": role.account,
                        "userName": role.name,
                    },
                    "attributes": { "creationDate": time, "mfaAuthenticated": "false" },
                },
            },
            "eventTime": time,
            "eventSource": "secretsmanager.amazonaws.com",
            "eventName": "GetSecretValue",
            "awsRegion": &*at.region,
            "sourceIPAddress": "192.0.2.1",
            "userAgent": format!("app/{name} made by a probe of Attestry; nobody read anything"),
            "requestParameters": { "secretId": secret },
            "responseElements": null,
            "requestID": id,
            "eventID": id,
            "readOnly": true,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": &*at.account,
            "eventCategory": "Management",
        },
    })
}
