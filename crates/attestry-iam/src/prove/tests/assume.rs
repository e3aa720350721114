//! Tests who can come to which role, also against an evaluation of every pair.

use std::collections::BTreeSet;

use super::world::Dice;
use crate::decide::{Decision, Policies, Request, Subject, decide};
use crate::prove::{Assumable, Catalogue, Member, Prover, Rights};
use crate::{Form, Policy, parse};

const OWN: &str = "111122223333";

fn policy(name: &str, statements: &str, form: Form) -> Policy {
    parse(name, &format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#), form).unwrap()
}

fn member(name: &str, may: &str, trust: Option<&str>) -> Member {
    let subject = match trust {
        Some(_) => Subject::Role { arn: format!("arn:aws:iam::{OWN}:role/{name}"), session: None },
        None => Subject::User { arn: format!("arn:aws:iam::{OWN}:user/{name}") },
    };
    let identity = if may.is_empty() { Vec::new() } else { vec![policy("p", may, Form::Identity)] };
    let rights = Rights { subject, policies: Policies { identity, ..Policies::default() } };
    let id = trust.map_or_else(|| format!("AIDA{name}"), |_| format!("AROA{name}"));
    Member { rights, id: Some(id), is_known: true, trust: trust.map(|it| policy("trust", it, Form::Trust)) }
}

fn allow(resource: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": "sts:Assume*", "Resource": "{resource}"}}"#)
}

fn trust(principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "sts:AssumeRole", "Condition": {{{condition}}}}}"#
    )
}

fn aws(principal: &str) -> String {
    trust(&format!(r#"{{"AWS": "{principal}"}}"#), "")
}

/// Returns the possible and the certain roles of the first member, by name.
fn ways(members: &[Member]) -> Option<(String, String)> {
    let found = Prover::new(Catalogue::aws()).assumable(members).swap_remove(0)?;
    let names = |of: &BTreeSet<usize>| {
        let name = |at: &usize| match &members[*at].rights.subject {
            Subject::Role { arn, .. } | Subject::User { arn } => arn.rsplit('/').next().unwrap().to_owned(),
            _ => unreachable!(),
        };
        of.iter().map(name).collect::<Vec<_>>().join(" ")
    };
    Some((names(&found.possible), names(&found.certain)))
}

#[test]
fn a_step_needs_both_sides_or_a_trust_that_names_the_caller() {
    const MFA: &str = r#""Bool": {"aws:MultiFactorAuthPresent": "true"}"#;
    let root = || aws(&format!("arn:aws:iam::{OWN}:root"));
    let lambda = trust(r#"{"Service": "lambda.amazonaws.com"}"#, "");
    let deny = r#", {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}"#;
    for (may, trusted, possible, certain) in [
        (allow("*"), root(), "r", "r"),
        (allow("*"), aws(OWN), "r", "r"),
        (allow(&format!("arn:aws:iam::{OWN}:role/r")), root(), "r", "r"),
        (allow(&format!("arn:aws:iam::{OWN}:role/other")), root(), "", ""),
        (r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#.to_owned(), root(), "r", "r"),
        (r#"{"Effect": "Allow", "NotAction": "sts:*", "Resource": "*"}"#.to_owned(), root(), "", ""),
        (String::new(), root(), "", ""),
        (format!("{}{deny}", allow("*")), root(), "", ""),
        // The trust policy names the user, and the policies of the user need not allow it.
        (String::new(), aws(&format!("arn:aws:iam::{OWN}:user/u")), "r", "r"),
        (String::new(), aws(&format!("arn:aws:iam::{OWN}:user/v")), "", ""),
        (deny[2..].to_owned(), aws(&format!("arn:aws:iam::{OWN}:user/u")), "", ""),
        (String::new(), trust(r#""*""#, ""), "r", "r"),
        // The user with this id, and a user that was deleted.
        (String::new(), aws("AIDAu"), "r", "r"),
        (String::new(), aws("AIDAGONE"), "", ""),
        (allow("*"), lambda.clone(), "", ""),
        (allow("*"), aws("arn:aws:iam::444455556666:root"), "r", ""),
        (allow(&format!("arn:aws:iam::{OWN}:role/*")), aws("arn:aws:iam::444455556666:root"), "", ""),
        (allow("arn:aws:iam::444455556666:role/x"), aws("arn:aws:iam::444455556666:role/y"), "r", ""),
        // A key of the request decides.
        (allow("*"), trust(&format!(r#"{{"AWS": "{OWN}"}}"#), MFA), "r", ""),
        (allow("*"), trust(r#"{"AWS": "*"}"#, r#""StringEquals": {"aws:PrincipalOrgID": "o-1"}"#), "r", ""),
        (allow("*").replace('}', &format!(r#", "Condition": {{{MFA}}}}}"#)), root(), "r", ""),
        // A condition on the name of the caller holds or does not hold.
        (
            allow("*"),
            trust(&format!(r#"{{"AWS": "{OWN}"}}"#), r#""StringLike": {"aws:PrincipalArn": "*/u"}"#),
            "r",
            "r",
        ),
        (allow("*"), trust(&format!(r#"{{"AWS": "{OWN}"}}"#), r#""StringLike": {"aws:PrincipalArn": "*/v"}"#), "", ""),
    ] {
        let members = [member("u", &may, None), member("r", "", Some(&trusted))];
        assert_eq!(ways(&members), Some((possible.to_owned(), certain.to_owned())), "{may} {trusted}");
    }
    let mut bounded = member("u", &allow("*"), None);
    bounded.rights.policies.boundary = Some(Vec::new());
    assert_eq!(ways(&[bounded, member("r", "", Some(&root()))]), Some((String::new(), String::new())));
}

#[test]
fn steps_lead_on_from_role_to_role() {
    let root = || aws(&format!("arn:aws:iam::{OWN}:root"));
    let by = |name: &str| aws(&format!("arn:aws:iam::{OWN}:role/{name}"));
    let mfa = trust(&format!(r#"{{"AWS": "{OWN}"}}"#), r#""Bool": {"aws:MultiFactorAuthPresent": "true"}"#);
    let to = |name: &str| allow(&format!("arn:aws:iam::{OWN}:role/{name}"));
    let members = |first: Member, second: &str, third: &str| {
        vec![first, member("a", "", Some(second)), member("b", &to("c"), Some(third)), member("c", "", Some(&root()))]
    };
    let both = |possible: &str, certain: &str| Some((possible.to_owned(), certain.to_owned()));
    // The user comes to a, a comes to b, and b comes to c.
    assert_eq!(ways(&members(member("u", &to("a"), None), &root(), &by("a"))), both("a b c", "a b c"));
    assert_eq!(ways(&members(member("u", &to("a"), None), &root(), &by("x"))), both("a", "a"));
    assert_eq!(ways(&members(member("u", &to("a"), None), &mfa, &by("a"))), both("a b c", ""));
    assert_eq!(ways(&members(member("u", "", None), &root(), &by("a"))), both("", ""));
    // A circle ends, and no role is among its own.
    let circle = [member("a", "", Some(&by("b"))), member("b", "", Some(&by("a")))];
    assert_eq!(ways(&circle), both("b", "b"));
    // Over another account and back.
    let mut around = members(member("u", &to("a"), None), &root(), &by("x"));
    around.push(member("vendor", "", Some(&aws("arn:aws:iam::444455556666:root"))));
    assert_eq!(ways(&around), both("a", "a"));
    around[1].rights.policies.identity = vec![policy("p", &allow("*"), Form::Identity)];
    assert_eq!(ways(&around), both("a c vendor", "a c"));
    // What a member on the way may do must be known.
    around[1].is_known = false;
    assert_eq!(ways(&around), None);
    let mut aside = members(member("u", &to("a"), None), &root(), &by("x"));
    aside[2].is_known = false;
    assert_eq!(ways(&aside), both("a", "a"));
}

#[test]
fn the_quick_answers_about_trust_policies_are_right() {
    let arns =
        ["user/m0", "user/m1", "role/m2", "role/m3", "role/m4", "root"].map(|it| format!("arn:aws:iam::{OWN}:{it}"));
    let others = ["*", OWN, "AIDAm0", "AROAm3", "AROAGONE", "arn:aws:sts::111122223333:assumed-role/m2/s"];
    let principals: Vec<&str> = arns.iter().map(String::as_str).chain(others).collect();
    let mut dice = Dice(5);
    for _ in 0..400 {
        let statement = |dice: &mut Dice, principal: Option<&str>| {
            let effect = if dice.roll(4) == 0 { "Deny" } else { "Allow" };
            let action = dice.one(&["sts:AssumeRole", "sts:*", "*", "sts:TagSession", "STS:assume?ole"]).to_owned();
            let of = match principal {
                Some(principal) => format!(r#""Principal": {{"AWS": "{principal}"}}"#),
                None => format!(r#""Resource": "arn:aws:iam::{OWN}:role/{}""#, dice.one(&["*", "m3", "m?"])),
            };
            format!(r#"{{"Effect": "{effect}", "Action": "{action}", {of}}}"#)
        };
        let members: Vec<Member> = (0..5)
            .map(|at| {
                let may = if dice.roll(2) == 0 { String::new() } else { statement(&mut dice, None) };
                let of = principals[dice.roll(principals.len())];
                let trust = (at > 1).then(|| statement(&mut dice, Some(of)));
                member(&format!("m{at}"), &may, trust.as_deref())
            })
            .collect();
        for (from, found) in Prover::new(Catalogue::aws()).assumable(&members).into_iter().enumerate() {
            assert_eq!(found, Some(every_pair(&members, from)), "{from} {members:#?}");
        }
    }
}

/// Decides every pair of members. No member can leave the account here.
fn every_pair(members: &[Member], from: usize) -> Assumable {
    let step = |from: usize, to: usize| {
        let (one, other) = (&members[from], &members[to]);
        let Subject::Role { arn, .. } = &other.rights.subject else { return (false, false) };
        let known = one.rights.known();
        let id = one.id.clone().unwrap();
        let request = Request {
            principal: one.rights.subject.clone(),
            action: "sts:AssumeRole".to_owned(),
            resource: arn.clone(),
            resource_account: OWN.to_owned(),
            context: if from > 1 {
                known.like("aws:userid", &format!("{id}:*"))
            } else {
                known.with("aws:userid", [id])
            },
        };
        let policies =
            Policies { resource: other.trust.clone(), resource_must_allow: true, ..one.rights.policies.clone() };
        match decide(&request, &policies) {
            Decision::Allowed { .. } => (true, true),
            Decision::Undecided { .. } => (true, false),
            _ => (false, false),
        }
    };
    let mut found = Assumable::default();
    let mut seen = BTreeSet::from([from]);
    loop {
        let is_next = |to: &usize| !seen.contains(to) && seen.iter().any(|at| step(*at, *to).0);
        let more: Vec<usize> = (0..members.len()).filter(is_next).collect();
        if more.is_empty() {
            break;
        }
        seen.extend(more);
    }
    found.possible = seen.iter().copied().filter(|it| *it != from).collect();
    let mut seen = BTreeSet::from([from]);
    while let Some(more) = (0..members.len()).find(|to| !seen.contains(to) && seen.iter().any(|at| step(*at, *to).1)) {
        seen.insert(more);
    }
    found.certain = seen.into_iter().filter(|it| *it != from).collect();
    found
}
