//! The event that EventBridge hands over for a read of a secret that CloudTrail recorded, made for one role.
//!
//! Pure. Must not know who receives it.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::role::Role;
use crate::aws::At;

/// The id of the event of an access: the same for the same name, and shaped as CloudTrail's.
pub(super) fn id(name: &str) -> String {
    let hex: String = Sha256::digest(name).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hex.get(range).unwrap_or_default().to_owned());
    groups.join("-")
}

/// The read of a secret by a session of the role, at a place and a time. The name tells which probe made the event.
pub(super) fn read(role: &Role<'_>, (session, name): (&str, &str), secret: &str, (at, now): (&At, Timestamp)) -> Value {
    let (id, time) = (id(name), now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    // Nobody knows the role's unique id without asking IAM, and no detector should go by it.
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
