//! Tests faults with the real SDK clients.

use super::*;
use crate::aws::client::CLOUDWATCH;

fn operation(service: &str, name: &str) -> Operation {
    Operation { service: service.into(), name: name.into() }
}

fn broken(described: &Arc<Described>, service: &str, name: &str, fault: Fault) -> SharedHttpConnector {
    Faults::new(described.connector(), operation(service, name), fault).map(Faults::connector).unwrap()
}

#[tokio::test]
async fn faults_break_one_operation() {
    let account = described(KMS);
    let call = async |fault| {
        let kms = client!(aws_sdk_kms, broken(&account, "kms", "ListKeys", fault));
        assert!(kms.describe_key().key_id("a").send().await.is_ok());
        kms.list_keys().send().await
    };
    let code = async |fault| call(fault).await.unwrap_err().code().map(str::to_owned);
    let denied = Fault::Error { code: "AccessDeniedException".into(), status: 400 };
    assert_eq!(code(denied).await.as_deref(), Some("AccessDeniedException"));
    assert_eq!(code(Fault::Throttled).await.as_deref(), Some("ThrottlingException"));
    assert_eq!(code(Fault::ServerError).await.as_deref(), Some("InternalFailure"));
    assert_eq!(code(Fault::ExpiredToken).await.as_deref(), Some("ExpiredTokenException"));
    use aws_smithy_runtime_api::client::result::SdkError;
    assert!(matches!(call(Fault::Reset).await, Err(SdkError::DispatchFailure(it)) if it.is_io()));
    assert!(matches!(call(Fault::TimeOut).await, Err(SdkError::DispatchFailure(it)) if it.is_timeout()));
    assert!(call(Fault::MalformedBody).await.unwrap_err().code().is_none());
    let cut = call(Fault::TruncatedWithoutToken).await.unwrap();
    assert!(cut.truncated() && cut.next_marker().is_none() && cut.keys().len() == 2);
    assert!(Faults::new(account.connector(), operation("kms", "DescribeKey"), Fault::RepeatedToken).is_none());
}

#[tokio::test]
async fn faults_of_pages_in_every_protocol() {
    let kms = described(KMS);
    let client = client!(aws_sdk_kms, broken(&kms, "kms", "ListKeys", Fault::EmptyPageWithToken));
    let pages: Vec<_> = client.list_keys().into_paginator().send().collect::<Result<_, _>>().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.keys().len()).collect::<Vec<_>>(), [0, 2, 2, 1]);
    let client = client!(aws_sdk_kms, broken(&kms, "kms", "ListKeys", Fault::RepeatedToken));
    let pages: Vec<_> = client.list_keys().into_paginator().send().collect::<Result<_, _>>().await.unwrap();
    // The SDK stops without an error. Only the token on the last page shows that the list has more pages.
    assert_eq!(pages.iter().map(|page| page.keys().len()).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(pages[1].next_marker(), pages[0].next_marker());
    assert!(pages[1].truncated() && pages[1].next_marker().is_some());

    let query = described(QUERY);
    let client = client!(aws_sdk_iam, broken(&query, "iam", "ListRoles", Fault::EmptyPageWithToken));
    let pages: Vec<_> = client.list_roles().into_paginator().send().collect::<Result<_, _>>().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.roles().len()).collect::<Vec<_>>(), [0, 1, 1, 1]);
    let client = client!(aws_sdk_sns, broken(&query, "sns", "ListTopics", Fault::SecondPageFails));
    let mut pages = client.list_topics().into_paginator().send();
    assert_eq!(pages.next().await.unwrap().unwrap().topics().len(), 1);
    assert_eq!(pages.next().await.unwrap().unwrap_err().code(), Some("ServiceUnavailable"));
    let client = client!(aws_sdk_iam, broken(&query, "iam", "ListRoles", Fault::TruncatedWithoutToken));
    let cut = client.list_roles().send().await.unwrap();
    assert!(cut.is_truncated() && cut.marker().is_none() && cut.roles().len() == 1);

    let cbor = described("answers: { cloudwatch: { DescribeAlarms: { MetricAlarms: [{ AlarmName: a }] } } }");
    let alarms = async |token: Value| {
        let connector = broken(&cbor, "cloudwatch", "DescribeAlarms", Fault::SecondPageFails);
        call(connector, &CLOUDWATCH.api("DescribeAlarms"), json!({ "NextToken": token })).await
    };
    let page = alarms(Value::Null).await.unwrap();
    assert_eq!(page["MetricAlarms"].as_array().map(Vec::len), Some(1));
    assert_eq!(alarms(page["NextToken"].clone()).await.unwrap_err().code, "ServiceUnavailable");
}
