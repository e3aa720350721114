//! Tests the diagnostics for mistakes in descriptions.

use super::*;

fn wrong(text: &str) -> String {
    let head = "account: \"647751526084\"\nregions: [ap-southeast-2]\nas_of: 2026-11-20T22:15:00Z\n";
    match Described::read("account.yaml", &format!("{head}{text}")) {
        Ok(described) => panic!("{described:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_written_wrong_is_told_with_its_place() {
    let message = wrong("answers: { kmss: { ListKeys: { Keys: [] } } }");
    assert!(message.contains("did you mean `kms`") && message.contains("account.yaml:4:"), "{message}");
    assert!(wrong("answers: { kms: { ListKeys: { keys: [] } } }").contains("no list `Keys`"));
    assert!(wrong("answers: { kms: { ListKeys: { Keys: [], NextMarker: a } } }").contains("made by the server"));
    assert!(wrong("pages: { ListKey: 2 }\nanswers: {}").contains("did you mean `ListKeys`"));
    assert!(wrong("pages: { ListKeys: 0 }\nanswers: {}").contains("at least one"));
    assert!(wrong("answers: { kms: { DescribeKey: { page 2: { error: x } } } }").contains("not known to page"));
    assert!(wrong("answers: { kms: { DescribeKey: { error: x, mesage: y } } }").contains("did you mean `message`"));
    assert!(wrong("answers: { kms: { DescribeKey: { by KeyId: {}, KeyMetadata: {} } } }").contains("the only key"));
    let decision = |it: &str| wrong(&format!("answers: {{}}\nsimulator: [{{ principal: a, action: b, {it} }}]"));
    assert!(decision("decision: alowed").contains("did you mean `allowed`"));
    assert!(decision("decision: allowed, organization: false").contains("did you mean `organizations`"));
    assert!(decision("resource: x").contains("decision"));
    assert!(wrong("answers: { kms: { DescribeKey: { by KeyId: {}, then: {} } } }").contains("the only key"));
    assert!(
        wrong("answers: { kms: { DescribeKey: { KeyMetadata: {}, then: [] } } }").contains("`then` holds no answer")
    );
    assert!(wrong("answers: { kms: { ListKeys: { Keys: [], then: { keys: [] } } } }").contains("no list `Keys`"));
    assert!(wrong("answers: {}\nanswer: {}").contains("did you mean `answers`"));
}
