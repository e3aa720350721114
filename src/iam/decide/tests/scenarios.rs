//! Decisions, each named after the documented rule that it shows.

use crate::iam::decide::{Decision, Layer, Policies, Request, Subject, decide};
use crate::iam::{Context, Form, Policy, parse};

const US: &str = "111122223333";
const ACCOUNT: &str = "arn:aws:iam::111122223333:root";
const ANNA: &str = "arn:aws:iam::111122223333:user/anna";
const OTTO: &str = "arn:aws:iam::111122223333:user/otto";
const ROLE: &str = "arn:aws:iam::111122223333:role/app/reader";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/reader/one";
const LINKED: &str = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
const FEDERATED: &str = "arn:aws:sts::111122223333:federated-user/anna";
const THEM: &str = "444455556666";
const EVE: &str = "arn:aws:iam::444455556666:user/eve";
const EVES_ACCOUNT: &str = "arn:aws:iam::444455556666:root";

fn user(arn: &str) -> Subject {
    Subject::User { arn: arn.to_owned() }
}

fn role() -> Subject {
    Subject::Role { arn: ROLE.to_owned(), session: Some(SESSION.to_owned()) }
}

fn some_session() -> Subject {
    Subject::Role { arn: ROLE.to_owned(), session: None }
}

fn federated() -> Subject {
    Subject::FederatedUser { arn: FEDERATED.to_owned(), user: ANNA.to_owned() }
}

fn root(account: &str) -> Subject {
    Subject::Root { account: account.to_owned() }
}

fn service(name: &str) -> Subject {
    Subject::Service { name: name.to_owned() }
}

/// A policy of one statement for `s3:GetObject` on `arn:aws:s3:::b/k`, other elements as given.
fn policy(effect: &str, form: Form, rest: &str) -> Policy {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"S","Effect":"{effect}","Action":"s3:Get*","Resource":"*"{rest}}}]}}"#
    );
    parse("p", &text, form).unwrap()
}

fn may() -> Vec<Policy> {
    vec![policy("Allow", Form::Identity, "")]
}

fn deny() -> Vec<Policy> {
    vec![policy("Deny", Form::Identity, "")]
}

/// Allows, but something else.
fn other() -> Vec<Policy> {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}"#;
    vec![parse("p", text, Form::Identity).unwrap()]
}

/// Depends on the key `k`.
const IF: &str = r#","Condition":{"StringEquals":{"k":"v"}}"#;

fn may_if() -> Vec<Policy> {
    vec![policy("Allow", Form::Identity, IF)]
}

fn deny_if() -> Vec<Policy> {
    vec![policy("Deny", Form::Identity, IF)]
}

fn names(effect: &str, element: &str, rest: &str) -> Option<Policy> {
    Some(policy(effect, Form::Resource, &format!(r#",{element}{rest}"#)))
}

fn to(principal: &str) -> Option<Policy> {
    names("Allow", &format!(r#""Principal":{{"AWS":"{principal}"}}"#), "")
}

fn not_to(principal: &str) -> Option<Policy> {
    names("Deny", &format!(r#""Principal":{{"AWS":"{principal}"}}"#), "")
}

fn denies_all_but(principals: &[&str]) -> Option<Policy> {
    names("Deny", &format!(r#""NotPrincipal":{{"AWS":{}}}"#, serde_json::to_string(principals).unwrap()), "")
}

fn none() -> Policies {
    Policies::default()
}

fn told(decision: &Decision) -> String {
    match decision {
        Decision::Allowed { by: Some(by) } => format!("allowed {:?}", by.layer),
        Decision::Allowed { by: None } => "allowed".to_owned(),
        Decision::ExplicitDeny { by } => format!("denied {:?}", by.layer),
        Decision::ImplicitDeny { layer } => format!("lacks {layer:?}"),
        Decision::Undecided { keys, by } => {
            let layers: Vec<_> = by.iter().map(|it| format!("{:?}", it.layer)).collect();
            format!("undecided {} [{}]", layers.join(" "), keys.join(" "))
        }
    }
}

fn asked(principal: Subject, context: Context) -> Request {
    Request {
        principal,
        action: "s3:GetObject".to_owned(),
        resource: "arn:aws:s3:::b/k".to_owned(),
        resource_account: US.to_owned(),
        context,
    }
}

fn check(rows: Vec<(&str, Subject, Policies, &str)>) {
    let mut wrong = Vec::new();
    for (rule, subject, policies, expected) in rows {
        let found = told(&decide(&asked(subject, Context::unknown()), &policies));
        if found != expected {
            wrong.push(format!("{rule}: {found}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn within_one_account() {
    check(vec![
        ("all requests are implicitly denied", user(ANNA), none(), "lacks Identity"),
        ("an identity policy allows", user(ANNA), Policies { identity: may(), ..none() }, "allowed Identity"),
        (
            "an identity policy that allows something else",
            user(ANNA),
            Policies { identity: other(), ..none() },
            "lacks Identity",
        ),
        (
            "one of several identity policies allows",
            role(),
            Policies { identity: [other(), may()].concat(), ..none() },
            "allowed Identity",
        ),
        (
            "an explicit deny overrides an allow",
            user(ANNA),
            Policies { identity: [may(), deny()].concat(), ..none() },
            "denied Identity",
        ),
        (
            "a resource policy suffices for a user",
            user(ANNA),
            Policies { resource: to(ANNA), ..none() },
            "allowed Resource",
        ),
        (
            "a resource policy for somebody else",
            user(ANNA),
            Policies { resource: to(OTTO), ..none() },
            "lacks Identity",
        ),
        (
            "a resource policy for somebody else does not hinder",
            user(ANNA),
            Policies { resource: to(OTTO), identity: may(), ..none() },
            "allowed Identity",
        ),
        (
            "a resource policy denies what an identity policy allows",
            user(ANNA),
            Policies { resource: not_to(ANNA), identity: may(), ..none() },
            "denied Resource",
        ),
        (
            "an identity policy denies what a resource policy allows",
            user(ANNA),
            Policies { resource: to(ANNA), identity: deny(), ..none() },
            "denied Identity",
        ),
        (
            "a resource policy denies the account",
            user(ANNA),
            Policies { resource: not_to(US), identity: may(), ..none() },
            "denied Resource",
        ),
        (
            "a resource policy denies everyone",
            role(),
            Policies { resource: not_to("*"), identity: may(), ..none() },
            "denied Resource",
        ),
        (
            "a resource policy denies the role of a session",
            role(),
            Policies { resource: not_to(ROLE), identity: may(), ..none() },
            "denied Resource",
        ),
        (
            "a resource policy denies the session only",
            role(),
            Policies { resource: not_to(SESSION), identity: may(), ..none() },
            "denied Resource",
        ),
        (
            "the account leaves it to identity policies",
            user(ANNA),
            Policies { resource: to(ACCOUNT), ..none() },
            "lacks Identity",
        ),
        ("the account id is the account's root", user(ANNA), Policies { resource: to(US), ..none() }, "lacks Identity"),
        (
            "the account leaves it to identity policies, which allow",
            user(ANNA),
            Policies { resource: to(US), identity: may(), ..none() },
            "allowed Identity",
        ),
        (
            "a resource policy suffices for a role",
            role(),
            Policies { resource: to(ROLE), ..none() },
            "allowed Resource",
        ),
        (
            "a resource policy suffices for a session",
            role(),
            Policies { resource: to(SESSION), ..none() },
            "allowed Resource",
        ),
        (
            "a resource policy for everyone suffices",
            role(),
            Policies { resource: to("*"), ..none() },
            "allowed Resource",
        ),
        (
            "another session of the role",
            role(),
            Policies { resource: to(&SESSION.replace("one", "two")), ..none() },
            "lacks Identity",
        ),
        (
            "a session that nobody knows",
            some_session(),
            Policies { resource: to(SESSION), ..none() },
            "undecided Resource [aws:userid]",
        ),
        (
            "a session of a role of the same name elsewhere",
            some_session(),
            Policies { resource: to(&SESSION.replace(US, THEM)), ..none() },
            "lacks Identity",
        ),
    ]);
}

#[test]
fn boundaries_and_session_policies() {
    let boundary = |list| Policies { boundary: Some(list), ..none() };
    let session = |list| Policies { session: Some(list), ..none() };
    check(vec![
        ("a boundary allows nothing by itself", user(ANNA), boundary(may()), "lacks Identity"),
        (
            "identity and boundary both allow",
            user(ANNA),
            Policies { identity: may(), ..boundary(may()) },
            "allowed Identity",
        ),
        (
            "a boundary that allows something else",
            user(ANNA),
            Policies { identity: may(), ..boundary(other()) },
            "lacks Boundary",
        ),
        ("an empty boundary", user(ANNA), Policies { identity: may(), ..boundary(vec![]) }, "lacks Boundary"),
        (
            "a boundary denies",
            user(ANNA),
            Policies { resource: to(ANNA), identity: may(), ..boundary(deny()) },
            "denied Boundary",
        ),
        (
            "a boundary does not limit a resource policy that names the user",
            user(ANNA),
            Policies { resource: to(ANNA), ..boundary(other()) },
            "allowed Resource",
        ),
        (
            "a boundary limits a resource policy that names the role",
            role(),
            Policies { resource: to(ROLE), ..boundary(other()) },
            "lacks Identity",
        ),
        (
            "a boundary that allows leaves the resource policy for the role",
            role(),
            Policies { resource: to(ROLE), ..boundary(may()) },
            "allowed Resource",
        ),
        (
            "a boundary does not limit a resource policy that names the session",
            role(),
            Policies { resource: to(SESSION), ..boundary(other()) },
            "allowed Resource",
        ),
        (
            "a boundary does not limit a resource policy for everyone",
            role(),
            Policies { resource: to("*"), ..boundary(other()) },
            "allowed Resource",
        ),
        ("a session policy allows nothing by itself", role(), session(may()), "lacks Identity"),
        (
            "identity and session policy both allow",
            role(),
            Policies { identity: may(), ..session(may()) },
            "allowed Identity",
        ),
        (
            "a session policy that allows something else",
            role(),
            Policies { identity: may(), ..session(other()) },
            "lacks Session",
        ),
        ("a session policy denies", role(), Policies { resource: to(SESSION), ..session(deny()) }, "denied Session"),
        (
            "a session policy limits a resource policy that names the role",
            role(),
            Policies { resource: to(ROLE), identity: may(), ..session(other()) },
            "lacks Session",
        ),
        (
            "a session policy does not limit a resource policy that names the session",
            role(),
            Policies { resource: to(SESSION), ..session(other()) },
            "allowed Resource",
        ),
        (
            "a session policy does not limit a resource policy that names the federated user",
            federated(),
            Policies { resource: to(FEDERATED), ..session(other()) },
            "allowed Resource",
        ),
        (
            "a session policy limits a resource policy that names who federated",
            federated(),
            Policies { resource: to(ANNA), ..session(other()) },
            "lacks Identity",
        ),
        (
            "a resource policy that names who federated",
            federated(),
            Policies { resource: to(ANNA), ..session(may()) },
            "allowed Resource",
        ),
        (
            "the boundary is looked at before the session policy",
            role(),
            Policies { identity: may(), boundary: Some(other()), session: Some(other()), ..none() },
            "lacks Boundary",
        ),
    ]);
}

#[test]
fn organizations() {
    let scps = |levels: Vec<Vec<Policy>>| Policies { scps: levels, identity: may(), ..none() };
    let rcp = |effect| names(effect, r#""Principal":"*""#, "").into_iter().collect::<Vec<_>>();
    let rcps = |levels: Vec<Vec<Policy>>| Policies { rcps: levels, identity: may(), ..none() };
    check(vec![
        ("every level allows", user(ANNA), scps(vec![may(), may()]), "allowed Identity"),
        ("one level does not allow", user(ANNA), scps(vec![may(), other(), may()]), "lacks ServiceControl"),
        ("one policy of a level suffices", user(ANNA), scps(vec![[other(), may()].concat()]), "allowed Identity"),
        ("a level without policies", user(ANNA), scps(vec![vec![]]), "lacks ServiceControl"),
        ("a level denies", user(ANNA), scps(vec![[may(), deny()].concat()]), "denied ServiceControl"),
        (
            "a control policy allows nothing by itself",
            user(ANNA),
            Policies { identity: vec![], ..scps(vec![may()]) },
            "lacks Identity",
        ),
        (
            "a control policy limits a resource policy that names the user",
            user(ANNA),
            Policies { resource: to(ANNA), ..scps(vec![other()]) },
            "lacks ServiceControl",
        ),
        ("a control policy binds the root user", root(US), scps(vec![other()]), "lacks ServiceControl"),
        ("a control policy denies the root user", root(US), scps(vec![deny()]), "denied ServiceControl"),
        (
            "a control policy does not bind service-linked roles",
            Subject::Role { arn: LINKED.to_owned(), session: None },
            scps(vec![deny()]),
            "allowed Identity",
        ),
        (
            "a control policy does not bind services",
            service("x.amazonaws.com"),
            Policies {
                resource: names("Allow", r#""Principal":{"Service":"x.amazonaws.com"}"#, ""),
                ..scps(vec![deny()])
            },
            "allowed Resource",
        ),
        ("resource control policies allow", user(ANNA), rcps(vec![rcp("Allow")]), "allowed Identity"),
        ("a resource control policy denies", user(ANNA), rcps(vec![rcp("Deny")]), "denied ResourceControl"),
        (
            "a resource control policy denies those of other accounts",
            user(EVE),
            Policies { resource: to(EVE), ..rcps(vec![rcp("Deny")]) },
            "denied ResourceControl",
        ),
        (
            "a level of resource control policies does not allow",
            user(ANNA),
            rcps(vec![rcp("Allow"), vec![]]),
            "lacks ResourceControl",
        ),
        (
            "resource control policies do not bind service-linked roles",
            Subject::Role { arn: LINKED.to_owned(), session: None },
            rcps(vec![rcp("Deny")]),
            "allowed Identity",
        ),
    ]);
}

#[test]
fn across_accounts() {
    check(vec![
        ("the identity policy alone", user(EVE), Policies { identity: may(), ..none() }, "lacks Resource"),
        ("the resource policy alone", user(EVE), Policies { resource: to(EVE), ..none() }, "lacks Identity"),
        ("both allow", user(EVE), Policies { resource: to(EVE), identity: may(), ..none() }, "allowed Identity"),
        (
            "the resource policy names the account",
            user(EVE),
            Policies { resource: to(EVES_ACCOUNT), identity: may(), ..none() },
            "allowed Identity",
        ),
        (
            "the resource policy names everyone",
            user(EVE),
            Policies { resource: to("*"), identity: may(), ..none() },
            "allowed Identity",
        ),
        (
            "the resource policy names everyone, the identity policy nothing",
            user(EVE),
            Policies { resource: to("*"), ..none() },
            "lacks Identity",
        ),
        (
            "the boundary limits though the user is named",
            user(EVE),
            Policies { resource: to(EVE), identity: may(), boundary: Some(other()), ..none() },
            "lacks Boundary",
        ),
        (
            "the resource policy names another account",
            user(EVE),
            Policies { resource: to(US), identity: may(), ..none() },
            "lacks Resource",
        ),
        (
            "the resource policy denies",
            user(EVE),
            Policies { resource: not_to(THEM), identity: may(), ..none() },
            "denied Resource",
        ),
        ("root of another account needs the resource policy", root(THEM), none(), "lacks Resource"),
        (
            "root of another account that is named",
            root(THEM),
            Policies { resource: to(THEM), ..none() },
            "allowed Resource",
        ),
        (
            "a canonical id is some account",
            user(EVE),
            Policies {
                resource: names("Allow", r#""Principal":{"CanonicalUser":"79a5"}"#, ""),
                identity: may(),
                ..none()
            },
            "undecided Resource []",
        ),
    ]);
}

#[test]
fn keys_and_trust_policies_must_allow() {
    let key = |resource| Policies { resource, identity: may(), resource_must_allow: true, ..none() };
    let alone = |resource| Policies { identity: vec![], ..key(resource) };
    check(vec![
        ("identity policies do not suffice", user(ANNA), key(None), "lacks Resource"),
        ("a key policy for somebody else", user(ANNA), key(to(OTTO)), "lacks Resource"),
        ("the key policy leaves it to identity policies", user(ANNA), key(to(ACCOUNT)), "allowed Identity"),
        (
            "the key policy leaves it to identity policies, which allow nothing",
            user(ANNA),
            alone(to(ACCOUNT)),
            "lacks Identity",
        ),
        ("the key policy names the user", user(ANNA), alone(to(ANNA)), "allowed Resource"),
        ("the key policy names the role", role(), alone(to(ROLE)), "allowed Resource"),
        (
            "the key policy names the role, the boundary does not allow",
            role(),
            Policies { boundary: Some(other()), ..key(to(ROLE)) },
            "lacks Resource",
        ),
        ("the root user needs the key policy", root(US), key(None), "lacks Resource"),
        ("the root user is named by its account", root(US), key(to(US)), "allowed Resource"),
        ("the key policy denies", user(ANNA), key(not_to(ANNA)), "denied Resource"),
        ("across accounts both must allow", user(EVE), alone(to(THEM)), "lacks Identity"),
        ("across accounts both allow", user(EVE), key(to(THEM)), "allowed Identity"),
    ]);
}

#[test]
fn other_callers() {
    let federated = |provider: &str| Subject::Federated { provider: provider.to_owned() };
    let resource = |element: &str| Policies { resource: names("Allow", element, ""), ..none() };
    let id = |id: &str| resource(&format!(r#""Principal":{{"AWS":"{id}"}}"#));
    check(vec![
        ("the root user has full access", root(US), none(), "allowed"),
        (
            "the root user is denied by the resource policy",
            root(US),
            Policies { resource: not_to(US), ..none() },
            "denied Resource",
        ),
        ("identity policies do not bind the root user", root(US), Policies { identity: deny(), ..none() }, "allowed"),
        (
            "a service that is named",
            service("x.amazonaws.com"),
            resource(r#""Principal":{"Service":"x.amazonaws.com"}"#),
            "allowed Resource",
        ),
        (
            "a service that is not named",
            service("y.amazonaws.com"),
            resource(r#""Principal":{"Service":"x.amazonaws.com"}"#),
            "lacks Resource",
        ),
        ("everyone is also services", service("x.amazonaws.com"), resource(r#""Principal":"*""#), "allowed Resource"),
        (
            "a provider that is named",
            federated("accounts.google.com"),
            resource(r#""Principal":{"Federated":"accounts.google.com"}"#),
            "allowed Resource",
        ),
        (
            "a provider that is not named",
            federated("accounts.google.co"),
            resource(r#""Principal":{"Federated":"accounts.google.com"}"#),
            "lacks Resource",
        ),
        ("an anonymous caller", Subject::Anonymous, resource(r#""Principal":"*""#), "allowed Resource"),
        (
            "an anonymous caller is nobody in particular",
            Subject::Anonymous,
            Policies { identity: may(), ..id(US) },
            "lacks Resource",
        ),
        ("an id of a deleted user may be this one's", user(ANNA), id("AIDAEXAMPLE"), "undecided Resource [aws:userid]"),
        ("an id of a deleted role may be this one's", role(), id("AROAEXAMPLE"), "undecided Resource [aws:userid]"),
        ("an id is no service", service("x.amazonaws.com"), id("AROAEXAMPLE"), "lacks Resource"),
    ]);
}

#[test]
fn unique_ids() {
    let by = |id: &str| Policies { resource: to(id), boundary: Some(other()), ..none() };
    let known = |subject, userid: &str, policies| {
        told(&decide(&asked(subject, Context::unknown().with("aws:userid", [userid])), &policies))
    };
    assert_eq!(known(user(ANNA), "AIDAEXAMPLE", by("AIDAEXAMPLE")), "allowed Resource");
    assert_eq!(known(user(ANNA), "AIDAOTHER", by("AIDAEXAMPLE")), "lacks Identity");
    assert_eq!(known(role(), "AROAEXAMPLE:one", by("AROAEXAMPLE")), "lacks Identity");
    assert_eq!(known(role(), "AROAEXAMPLE:one", Policies { boundary: None, ..by("AROAEXAMPLE") }), "allowed Resource");
    assert_eq!(known(role(), "AROAEXAMPLE:one", by("AROAEXAMPLE:one")), "allowed Resource");
}

#[test]
fn not_principal() {
    let all_but = |list: &[&str]| Policies { resource: denies_all_but(list), identity: may(), ..none() };
    let allowed_but = |principal: &str| Policies {
        resource: names("Allow", &format!(r#""NotPrincipal":{{"AWS":"{principal}"}}"#), ""),
        ..none()
    };
    check(vec![
        ("who is not left out is denied", user(OTTO), all_but(&[EVE]), "denied Resource"),
        ("user and account are left out", user(ANNA), all_but(&[ANNA, ACCOUNT]), "allowed Identity"),
        ("the user without the account might be denied", user(ANNA), all_but(&[ANNA]), "undecided Resource []"),
        (
            "the account without the user might be denied",
            user(OTTO),
            all_but(&[ANNA, ACCOUNT]),
            "undecided Resource []",
        ),
        ("role and account are left out", role(), all_but(&[ROLE, ACCOUNT]), "allowed Identity"),
        (
            "a boundary undoes the exception",
            user(ANNA),
            Policies { boundary: Some(may()), ..all_but(&[ANNA, ACCOUNT]) },
            "denied Resource",
        ),
        ("the root user is left out by its account", root(US), all_but(&[US]), "allowed"),
        ("the root user is denied", root(US), all_but(&[ANNA]), "denied Resource"),
        ("a service is denied", service("x.amazonaws.com"), all_but(&[ANNA]), "denied Resource"),
        ("an allow for all but one", user(ANNA), allowed_but(OTTO), "allowed Resource"),
        ("an allow for all but everyone", user(ANNA), allowed_but("*"), "lacks Identity"),
        (
            "an allow for all but one is for anonymous callers too",
            Subject::Anonymous,
            allowed_but(OTTO),
            "allowed Resource",
        ),
    ]);
}

#[test]
fn what_is_unknown() {
    let to_if = |principal: &str| names("Allow", &format!(r#""Principal":{{"AWS":"{principal}"}}"#), IF);
    check(vec![
        ("a conditional allow", user(ANNA), Policies { identity: may_if(), ..none() }, "undecided Identity [k]"),
        (
            "a conditional allow beside a certain one",
            user(ANNA),
            Policies { identity: [may_if(), may()].concat(), ..none() },
            "allowed Identity",
        ),
        (
            "a conditional deny",
            user(ANNA),
            Policies { identity: [deny_if(), may()].concat(), ..none() },
            "undecided Identity [k]",
        ),
        (
            "a conditional deny of what nothing allows",
            user(ANNA),
            Policies { identity: deny_if(), ..none() },
            "lacks Identity",
        ),
        (
            "a conditional deny beside a certain one",
            user(ANNA),
            Policies { identity: [deny_if(), deny(), may()].concat(), ..none() },
            "denied Identity",
        ),
        (
            "a conditional allow of what the boundary lacks",
            user(ANNA),
            Policies { identity: may_if(), boundary: Some(other()), ..none() },
            "lacks Boundary",
        ),
        (
            "a conditional boundary",
            user(ANNA),
            Policies { identity: may(), boundary: Some(may_if()), ..none() },
            "undecided Boundary [k]",
        ),
        (
            "a conditional control policy",
            user(ANNA),
            Policies { identity: may(), scps: vec![may_if()], ..none() },
            "undecided ServiceControl [k]",
        ),
        (
            "a conditional resource policy",
            user(ANNA),
            Policies { resource: to_if(ANNA), ..none() },
            "undecided Resource [k]",
        ),
        (
            "a conditional resource policy beside an identity policy",
            user(ANNA),
            Policies { resource: to_if(ANNA), identity: may(), ..none() },
            "allowed Identity",
        ),
        (
            "conditions on both sides",
            user(EVE),
            Policies { resource: to_if(EVE), identity: may_if(), ..none() },
            "undecided Identity Resource [k]",
        ),
        (
            "a condition here, and nothing there",
            user(EVE),
            Policies { resource: to_if(EVE), ..none() },
            "lacks Identity",
        ),
    ]);
}

fn one_statement(version: &str, elements: &str, resource: &str, context: Context) -> String {
    let text = format!(r#"{{"Version":"{version}","Statement":{{"Effect":"Allow",{elements}}}}}"#);
    let policies = Policies { identity: vec![parse("p", &text, Form::Identity).unwrap()], ..none() };
    told(&decide(&Request { resource: resource.to_owned(), ..asked(user(ANNA), context) }, &policies))
}

#[test]
fn actions_and_resources() {
    let known = || Context::unknown().with("aws:username", ["anna"]).without("gone");
    for (rule, version, elements, resource, expected) in [
        ("actions in any case", "2012-10-17", r#""Action":"S3:gETo*","Resource":"*""#, "r", "allowed Identity"),
        ("an action of another service", "2012-10-17", r#""Action":"s4:*","Resource":"*""#, "r", "lacks Identity"),
        ("not this action", "2012-10-17", r#""NotAction":["s3:Put*"],"Resource":"*""#, "r", "allowed Identity"),
        ("all but this action", "2012-10-17", r#""NotAction":["s3:Get*"],"Resource":"*""#, "r", "lacks Identity"),
        ("no action", "2012-10-17", r#""Action":[],"Resource":"*""#, "r", "lacks Identity"),
        (
            "a resource across colons",
            "2012-10-17",
            r#""Action":"*","Resource":"arn:*:x""#,
            "arn:a:b:c:d:x",
            "allowed Identity",
        ),
        ("resources keep their case", "2012-10-17", r#""Action":"*","Resource":"A""#, "a", "lacks Identity"),
        ("not this resource", "2012-10-17", r#""Action":"*","NotResource":"a*""#, "b", "allowed Identity"),
        ("all but this resource", "2012-10-17", r#""Action":"*","NotResource":["b","a*"]"#, "ab", "lacks Identity"),
        (
            "a variable",
            "2012-10-17",
            r#""Action":"*","Resource":"h/${aws:username}/*""#,
            "h/anna/x",
            "allowed Identity",
        ),
        (
            "a variable of 2008",
            "2008-10-17",
            r#""Action":"*","Resource":"h/${aws:username}/*""#,
            "h/anna/x",
            "lacks Identity",
        ),
        (
            "an unknown variable",
            "2012-10-17",
            r#""Action":"*","Resource":"h/${x}/*""#,
            "h/anna/x",
            "undecided Identity [x]",
        ),
        (
            "an unknown variable that cannot matter",
            "2012-10-17",
            r#""Action":"*","Resource":"h/${x}/*""#,
            "i/anna/x",
            "lacks Identity",
        ),
        (
            "an unknown variable beside what matches",
            "2012-10-17",
            r#""Action":"*","Resource":["h/${x}/*","h/*"]"#,
            "h/anna/x",
            "allowed Identity",
        ),
        (
            "a variable that cannot be filled",
            "2012-10-17",
            r#""Action":"*","Resource":"h/${gone}/*""#,
            "h//x",
            "lacks Identity",
        ),
        (
            "a variable that cannot be filled, negated",
            "2012-10-17",
            r#""Action":"*","NotResource":"h/${gone}""#,
            "r",
            "undecided Identity [gone]",
        ),
        ("a default", "2012-10-17", r#""Action":"*","Resource":"h/${gone, 'all'}/*""#, "h/all/x", "allowed Identity"),
    ] {
        assert_eq!(one_statement(version, elements, resource, known()), expected, "{rule}");
    }
}

#[test]
fn the_statement_is_named() {
    let two = r#"{"Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"},
        {"Sid":"Read","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let policies = Policies { identity: vec![parse("reader", two, Form::Identity).unwrap()], ..none() };
    let Decision::Allowed { by: Some(by) } = decide(&asked(user(ANNA), Context::complete()), &policies) else {
        panic!()
    };
    assert_eq!((by.layer, &*by.policy, by.sid.as_deref(), by.statement), (Layer::Identity, "reader", Some("Read"), 1));
}
