//! Tests identity and resource policies, boundaries, session policies, organizations and accounts.

use super::*;

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
