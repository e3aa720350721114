//! Calls `BatchImportFindings` of AWS Security Hub CSPM. This module must not know the content of the findings.

use serde::Deserialize;
use serde_json::{Value, json};

use super::AccountRegion;
use super::client::{Api, Client, SECURITY_HUB};
use attestry_core::facts::Gap;

const IMPORT: Api = SECURITY_HUB.post("BatchImportFindings", "/findings/import");

/// The largest number of findings in one request.
pub const MOST_FINDINGS: usize = 100;
/// The largest size of one finding, in bytes.
pub const MOST_BYTES: usize = 240 << 10;
/// The largest size of one request in bytes. The limit leaves room for the JSON around the findings.
pub const MOST_BATCH: usize = (6 << 20) - 1024;

/// The answer of Security Hub to one request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportResult {
    /// The number of findings that Security Hub accepted.
    pub success_count: usize,
    /// The findings that Security Hub did not accept.
    #[serde(default)]
    pub failed_findings: Vec<Failed>,
}

/// A finding that Security Hub did not accept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Failed {
    /// The id of the finding.
    pub id: String,
    /// The error code.
    pub error_code: String,
    /// The error message.
    #[serde(default)]
    pub error_message: String,
}

/// Imports findings in ASFF, at most [`MOST_FINDINGS`] of them.
///
/// # Errors
/// AWS returned an error, or its answer is unreadable.
pub async fn import(at: &AccountRegion, findings: &[Value]) -> Result<ImportResult, Gap> {
    at.client(Client::new).call(&IMPORT, json!({ "Findings": findings })).await
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::aws::client::tests::{Answers, Recorded};
    use attestry_core::facts::Cause;

    async fn told(answers: &[Recorded]) -> (Result<ImportResult, Gap>, Answers) {
        let answers = Answers::new(answers);
        let at = answers.at("cn-north-1").await;
        let findings = [json!({ "Id": "a" }), json!({ "Id": "b" })];
        (import(&at, &findings).await, answers)
    }

    #[tokio::test]
    async fn findings_are_sent_to_the_path_of_the_import() {
        let (answer, answers) = told(&[(200, "", r#"{ "SuccessCount": 2, "FailedCount": 0 }"#)]).await;
        assert_eq!(answer.unwrap().success_count, 2);
        let asked = answers.asked();
        let request = asked.first().unwrap();
        assert_eq!(
            (request.method.as_str(), request.uri.as_str()),
            ("POST", "https://securityhub.cn-north-1.amazonaws.com.cn/findings/import")
        );
        assert_eq!(request.body, r#"{"Findings":[{"Id":"a"},{"Id":"b"}]}"#);
        let calls = answers.link.calls.all();
        let call = calls.first().unwrap();
        assert_eq!((call.service.as_str(), call.operation.as_str()), ("securityhub", "BatchImportFindings"));
    }

    #[tokio::test]
    async fn what_is_not_taken_is_named() {
        let body = r#"{ "SuccessCount": 1, "FailedCount": 1,
            "FailedFindings": [{ "Id": "b", "ErrorCode": "InvalidInput", "ErrorMessage": "no" }] }"#;
        let answer = told(&[(200, "", body)]).await.0.unwrap();
        let failed = Failed { id: "b".into(), error_code: "InvalidInput".into(), error_message: "no".into() };
        assert_eq!((answer.success_count, answer.failed_findings), (1, vec![failed]));
        let (answer, _) = told(&[(401, "InvalidAccessException", r#"{"Message":"no"}"#)]).await;
        let gap = answer.unwrap_err();
        assert_eq!((gap.cause, gap.operation.as_str()), (Cause::ServiceOff, "BatchImportFindings"));
    }
}
