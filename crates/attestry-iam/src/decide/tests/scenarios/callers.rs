//! Tests resources whose policy must allow, callers other than users and roles, and `NotPrincipal`.

use super::*;

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
