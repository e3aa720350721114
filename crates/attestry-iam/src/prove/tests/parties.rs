//! Tests the parties that conditions in the policy of a resource mean, key by key. Also tests exceptions and the trust
//! in tokens.

use crate::prove::{Catalogue, Doubt, Exception, Guarded, Proof, Prover};
use crate::{Form, parse};

const OWNER: &str = "647751526084";
const QUEUE: &str = "arn:aws:sqs:eu-central-1:647751526084:jobs";
const ROLE: &str = "arn:aws:iam::647751526084:role/deploy";

fn guarded(arn: &str, statements: &str) -> Guarded {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let form = if arn == ROLE { Form::Trust } else { Form::Resource };
    let policy = Some(parse("policy", &text, form).unwrap());
    Guarded { arn: arn.into(), owner: OWNER.into(), policy, grants: Vec::new() }
}

fn statement(effect: &str, principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect": "{effect}", "Principal": {principal}, "Action": "sqs:SendMessage", "Resource": "*", "Condition": {{{condition}}}}}"#
    )
}

/// Returns `met`, `violated by` with the principal, or the open question.
fn word(proof: &Proof) -> String {
    match proof {
        Proof::Proved => "met".into(),
        Proof::Refuted(found) => format!("violated by {}", found[0].principal),
        Proof::Undecided(Doubt::Conditions { keys, .. }) => format!("open: {}", keys.join(", ")),
        Proof::Undecided(Doubt::UnknownAccount { principal, .. }) => format!("open: whose is {principal}"),
        Proof::Undecided(Doubt::Beyond { what, .. }) => format!("open: {what}"),
        Proof::Undecided(doubt) => format!("{doubt:?}"),
    }
}

fn public(arn: &str, statements: &str) -> String {
    word(&Prover::new(Catalogue::aws()).no_public_principal(&guarded(arn, statements)))
}

fn others(arn: &str, statements: &str, except: &[&str]) -> String {
    let except = Exception::new(except.iter().map(|it| (*it).to_owned()));
    word(&Prover::new(Catalogue::aws()).no_cross_account_except(&guarded(arn, statements), &except))
}

#[test]
fn a_star_without_like_is_a_star() {
    for condition in [
        r#""StringEquals": {"aws:PrincipalAccount": "*"}"#,
        r#""StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "o-*"]}"#,
        r#""StringEquals": {"aws:SourceArn": "arn:aws:sns:*:*:*"}"#,
        r#""StringEqualsIgnoreCase": {"aws:SourceVpce": "vpce-*"}"#,
        r#""ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "*"}"#,
        r#""StringEquals": {"aws:userid": "*"}"#,
    ] {
        assert_eq!(public(QUEUE, &statement("Allow", r#""*""#, condition)), "met", "{condition}");
    }
    // A value that the caller chooses may be a star.
    let own = statement("Allow", r#""*""#, r#""StringEquals": {"sts:RoleSessionName": "*"}"#);
    assert_eq!(public(QUEUE, &own), "violated by *");
}

#[test]
fn whom_each_key_names() {
    let vpc = "arn:aws:ec2:eu-central-1:647751526084:vpc/vpc-0a1b2c3d";
    for (condition, to_public, to_others) in [
        (r#""ArnEquals": {"aws:SourceVpcArn": "VPC"}"#, "met", "open: whose is VPC"),
        (r#""ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:*:vpc/*"}"#, "violated by *", "violated by *"),
        // The id identifies the VPC, for any account.
        (
            r#""ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:*:vpc/vpc-0a1b2c3d"}"#,
            "met",
            "open: whose is arn:aws:ec2:*:*:vpc/vpc-0a1b2c3d",
        ),
        (r#""StringEquals": {"aws:VpceOrgID": "o-a1b2c3d4e5"}"#, "met", "open: whose is o-a1b2c3d4e5"),
        (r#""StringEquals": {"aws:VpceAccount": "647751526084"}"#, "met", "open: whose is 647751526084"),
        (r#""StringEquals": {"s3:DataAccessPointAccount": "647751526084"}"#, "met", "open: whose is 647751526084"),
        (r#""StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}"#, "met", "open: whose is o-a1b2c3d4e5"),
        (r#""StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}"#, "met", "met"),
        (r#""StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}"#, "met", "met"),
        (
            r#""StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}"#,
            "met",
            "open: whose is ${aws:ResourceOrgID}",
        ),
        (r#""StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalTag/home}"}"#, "violated by *", "violated by *"),
        (r#""ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:uploads"}"#, "met", "open: whose is arn:aws:s3:*:*:uploads"),
        (
            r#""ArnLike": {"aws:SourceArn": "arn:aws:s3:::up*"}"#,
            "violated by sns.amazonaws.com",
            "violated by sns.amazonaws.com",
        ),
        (r#""StringLike": {"aws:SourceArn": "arn:aws:sns:*:647751526084:*"}"#, "met", "met"),
        (r#""StringLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:647751526084:trail/*"}"#, "met", "met"),
        (
            r#""StringLike": {"aws:SourceArn": "arn:aws:lambda:*:647751526084:*"}"#,
            "open: aws:SourceArn",
            "open: aws:SourceArn",
        ),
        (r#""StringLike": {"aws:PrincipalArn": "arn:*:iam::647751526084:role/*"}"#, "met", "met"),
        (
            r#""StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}"#,
            "met",
            "violated by sns.amazonaws.com",
        ),
        (
            r#""StringEquals": {"aws:ResourceTag/open": "yes"}"#,
            "open: aws:ResourceTag/open",
            "open: aws:ResourceTag/open",
        ),
    ] {
        let (condition, to_others) = (condition.replace("VPC\"", &format!("{vpc}\"")), to_others.replace("VPC", vpc));
        let open = statement("Allow", r#""*""#, &condition);
        let found = public(QUEUE, &open);
        let is_same = |found: &str, wanted: &str| {
            if wanted.starts_with("violated") { found.starts_with("violated") } else { found == wanted }
        };
        assert!(is_same(&found, to_public), "{condition}: {found}");
        let found = others(QUEUE, &open, &[]);
        assert!(is_same(&found, &to_others), "{condition}: {found}");
    }
}

#[test]
fn a_service_is_somebodys_unless_the_source_is_pinned() {
    let service = r#"{"Service": "s3.amazonaws.com"}"#;
    for (condition, expected) in [
        ("", "violated by s3.amazonaws.com"),
        (r#""StringEquals": {"aws:SourceAccount": "647751526084"}"#, "met"),
        (r#""StringEqualsIfExists": {"aws:SourceAccount": "647751526084"}"#, "violated by s3.amazonaws.com"),
        (r#""StringEquals": {"aws:SourceAccount": "111122223333"}"#, "violated by s3.amazonaws.com"),
        (r#""ArnEquals": {"aws:SourceArn": "arn:aws:s3:::uploads"}"#, "open: whose is arn:aws:s3:::uploads"),
        (
            r#""ArnEquals": {"aws:SourceArn": "arn:aws:s3:::uploads"}, "StringEquals": {"aws:SourceAccount": "647751526084"}"#,
            "met",
        ),
        (r#""StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}"#, "open: whose is o-a1b2c3d4e5"),
        (r#""Bool": {"aws:SecureTransport": "true"}"#, "violated by s3.amazonaws.com"),
    ] {
        let allow = statement("Allow", service, condition);
        assert_eq!(public(QUEUE, &allow), "met", "{condition}");
        assert_eq!(others(QUEUE, &allow, &[]), expected, "{condition}");
        assert_eq!(others(QUEUE, &allow, &["s3.amazonaws.com"]), "met", "{condition}");
    }
    // A service sets the encryption context to the ARN of the encrypted resource. Other callers can choose any value.
    let key = "arn:aws:kms:eu-central-1:647751526084:key/1";
    let of_logs = |principal: &str| {
        format!(
            r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "kms:Decrypt", "Resource": "*",
            "Condition": {{"ArnLike": {{"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-central-1:647751526084:*"}}}}}}"#
        )
    };
    assert_eq!(others(key, &of_logs(r#"{"Service": "logs.eu-central-1.amazonaws.com"}"#), &[]), "met");
    assert_eq!(public(key, &of_logs(r#""*""#)), "violated by *");
    // The owner of the access point does not identify the party for which a service acts.
    let by_point = statement("Allow", service, r#""StringEquals": {"s3:DataAccessPointAccount": "647751526084"}"#);
    assert_eq!(others(QUEUE, &by_point, &[]), "open: whose is 647751526084");
    // A role is given to a service in its own account.
    let trust = r#"{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}"#;
    assert_eq!(others(ROLE, trust, &[]), "open: on whose behalf lambda.amazonaws.com takes on the role is");
}

#[test]
fn who_is_an_exception() {
    for (condition, except) in [
        (r#""StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}"#, "o-a1b2c3d4e5"),
        (r#""ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*"}"#, "o-a1b2c3d4e5"),
        (
            r#""ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}"#,
            "ou-ab12-11111111",
        ),
        (r#""StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}"#, "vpce-0a1b2c3d"),
        (r#""StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}"#, "vpc-0a1b2c3d"),
        (
            r#""ArnEquals": {"aws:SourceVpcArn": "arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-0a1b2c3d"}"#,
            "vpc-0a1b2c3d",
        ),
        (r#""ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:*:vpc/vpc-0a1b2c3d"}"#, "vpc-0a1b2c3d"),
        (r#""ArnEquals": {"aws:SourceArn": "arn:aws:s3:::uploads"}"#, "arn:aws:s3:::uploads"),
    ] {
        let allow = statement("Allow", r#""*""#, condition);
        assert!(others(QUEUE, &allow, &[]).starts_with("open"), "{condition}");
        assert_eq!(others(QUEUE, &allow, &[except]), "met", "{condition}");
        assert!(others(QUEUE, &allow, &["o-other", "vpc-9"]).starts_with("open"), "{condition}");
        // A Deny for all other callers also closes the resource.
        let denied = condition.replace("ForAnyValue:StringLike", "ForAllValues:StringNotLike");
        let denied = denied
            .replace(r#""StringEquals"#, r#""StringNotEquals"#)
            .replace("ArnEquals", "ArnNotEquals")
            .replace("ArnLike", "ArnNotLike");
        let all = format!("{}, {}", statement("Allow", r#""*""#, ""), statement("Deny", r#""*""#, &denied));
        assert_eq!(others(QUEUE, &all, &[except]), "met", "{denied}");
    }
    let role = statement("Allow", r#"{"AWS": "arn:aws:iam::111122223333:role/x"}"#, "");
    assert_eq!(others(QUEUE, &role, &["arn:aws:iam::111122223333:role/x"]), "met");
    assert_eq!(
        others(QUEUE, &role, &["arn:aws:iam::111122223333:role/y"]),
        "violated by arn:aws:iam::111122223333:role/x"
    );
}

#[test]
fn who_was_deleted_is_nobody() {
    let gone = statement("Allow", r#"{"AWS": ["AROAEXAMPLEEXAMPLE12", "AIDAEXAMPLEEXAMPLE12"]}"#, "");
    assert_eq!(others(QUEUE, &gone, &[]), "met");
    let proof = Prover::new(Catalogue::aws()).shuts_out(&guarded(QUEUE, &gone), ROLE);
    assert_eq!(word(&proof), "met");
    // The id in a condition may belong to an existing user or role.
    let id = statement("Allow", r#""*""#, r#""StringLike": {"aws:userid": "AROAEXAMPLEEXAMPLE12:*"}"#);
    assert_eq!(others(QUEUE, &id, &[]), "open: whose is AROAEXAMPLEEXAMPLE12:*");
    let proof = Prover::new(Catalogue::aws()).shuts_out(&guarded(QUEUE, &id), ROLE);
    assert_eq!(word(&proof), "open: aws:userid");
}

#[test]
fn denies_are_avoided_by_what_a_caller_can_choose() {
    let open = statement("Allow", r#""*""#, "");
    for (condition, expected) in [
        (r#""NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#, "met"),
        (
            r#""NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "BoolIfExists": {"aws:ViaAWSService": "false"}"#,
            "violated by *",
        ),
        (r#""Bool": {"aws:SecureTransport": "false"}"#, "violated by *"),
        (r#""StringNotEquals": {"sqs:x-amz-header": "aws:kms"}"#, "violated by *"),
        (r#""ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/audit"}"#, "violated by *"),
        (r#""ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::647751526084:role/audit"}"#, "met"),
        (
            r#""StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}"#,
            "violated by s3.amazonaws.com",
        ),
        (r#""StringNotEquals": {"aws:PrincipalType": "User"}"#, "violated by *"),
        (r#""StringEquals": {"aws:ResourceTag/open": "no"}"#, "open: aws:ResourceTag/open"),
    ] {
        let all = format!("{open}, {}", statement("Deny", r#""*""#, condition));
        assert_eq!(public(QUEUE, &all), expected, "{condition}");
    }
}

#[test]
fn a_role_is_let_in_by_each_of_its_sessions() {
    let claim = |statements: &str| word(&Prover::new(Catalogue::aws()).shuts_out(&guarded(QUEUE, statements), ROLE));
    let session = |arn: &str| statement("Allow", &format!(r#"{{"AWS": "{arn}"}}"#), "");
    assert_eq!(claim(&session("arn:aws:sts::647751526084:assumed-role/deploy/anna")), format!("violated by {ROLE}"));
    assert_eq!(claim(&session("arn:aws:sts::647751526084:assumed-role/other/anna")), "met");
    assert_eq!(claim(&session("arn:aws:sts::111122223333:assumed-role/deploy/anna")), "met");
    // A key that every caller chooses does not keep the role out. A key that is set for the caller may keep it out.
    let itself = |condition: &str| claim(&statement("Allow", &format!(r#"{{"AWS": "{ROLE}"}}"#), condition));
    assert_eq!(itself(r#""Bool": {"aws:SecureTransport": "true"}"#), format!("violated by {ROLE}"));
    assert_eq!(itself(r#""IpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#), "open: aws:SourceIp");
    assert_eq!(itself(r#""StringEquals": {"aws:SourceAccount": "647751526084"}"#), "met");
    // AWS does not document which callers a Deny leaves out when it names the account alone.
    let but_account =
        r#"{"Effect": "Deny", "NotPrincipal": {"AWS": "647751526084"}, "Action": "sqs:*", "Resource": "*"}"#;
    let allow = statement("Allow", &format!(r#"{{"AWS": "{ROLE}"}}"#), "");
    assert!(claim(&format!("{allow}, {but_account}")).starts_with("open"));
}

#[test]
fn a_token_that_everybody_can_have_is_public() {
    let own = |host: &str| format!("arn:aws:iam::647751526084:oidc-provider/{host}");
    let trust = |provider: &str, condition: &str| {
        let statement = format!(
            r#"{{"Effect": "Allow", "Principal": {{"Federated": "{provider}"}}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {{{condition}}}}}"#
        );
        (public(ROLE, &statement), others(ROLE, &statement, &[]))
    };
    let code = "token.actions.githubusercontent.com";
    let violated = |provider: &str| format!("violated by {provider}");
    for (host, condition, is_open) in [
        (code, "", true),
        (code, r#""StringEquals": {"HOST:aud": "sts.amazonaws.com"}"#, true),
        (code, r#""StringLike": {"HOST:sub": "repo:*"}"#, true),
        (code, r#""StringLike": {"HOST:sub": "repo:our-bank*"}"#, true),
        (code, r#""StringLike": {"HOST:sub": "*"}"#, true),
        (code, r#""StringLike": {"HOST:sub": ["repo:our-bank/app:*", "repo:*/app:*"]}"#, true),
        (code, r#""StringLike": {"HOST:sub": "repo:our-bank/*"}"#, false),
        (code, r#""ForAnyValue:StringLike": {"HOST:sub": "repo:our-bank/app:*"}"#, false),
        (code, r#""StringEquals": {"HOST:sub": "repo:*"}"#, false),
        (code, r#""StringEquals": {"HOST:repository": "our-bank/app"}"#, false),
        (code, r#""IpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#, false),
        ("gitlab.com", r#""StringLike": {"HOST:sub": "project_path:*"}"#, true),
        ("gitlab.com", r#""StringLike": {"HOST:sub": "project_path:our-bank/*"}"#, false),
        ("app.terraform.io", r#""StringLike": {"HOST:sub": "organization:*:project:p:*"}"#, true),
        ("app.terraform.io", r#""StringLike": {"HOST:sub": "organization:our-bank:*"}"#, false),
        ("agent.buildkite.com", "", true),
    ] {
        let condition = condition.replace("HOST", host);
        let (to_public, to_others) = trust(&own(host), &condition);
        let expected = if is_open { violated(&own(host)) } else { "met".to_owned() };
        assert_eq!(to_public, expected, "{host} {condition}");
        assert_eq!(to_others.starts_with("violated"), is_open, "{host} {condition}: {to_others}");
    }
    for (host, condition, expected) in [
        ("accounts.google.com", "", "violated by accounts.google.com"),
        ("accounts.google.com", r#""StringEquals": {"accounts.google.com:aud": "6677"}"#, "met"),
        ("www.amazon.com", "", "violated by www.amazon.com"),
        ("www.amazon.com", r#""StringEquals": {"www.amazon.com:app_id": "amzn1.x"}"#, "met"),
        ("graph.facebook.com", r#""StringLike": {"graph.facebook.com:app_id": "*"}"#, "violated by graph.facebook.com"),
    ] {
        assert_eq!(trust(host, condition).0, expected, "{host} {condition}");
    }
    // For other providers, the owners of tokens are unknown.
    let bank = "id.example.com";
    assert_eq!(trust(&own(bank), "").0, "open: who can have a token of id.example.com is");
    assert_eq!(trust(&own(bank), r#""StringEquals": {"id.example.com:sub": "ci"}"#).0, "met");
    assert_eq!(trust(&own(bank), r#""StringEquals": {"id.example.com:aud": "aws"}"#), ("met".into(), "met".into()));
    assert!(trust(&own(bank), r#""StringEquals": {"id.example.com:role": "ci"}"#).0.starts_with("open"));
    let foreign = own(bank).replace(OWNER, "111122223333");
    assert!(trust(&foreign, r#""StringEquals": {"id.example.com:sub": "ci"}"#).1.starts_with("violated"));
}

#[test]
fn a_pool_of_identities_lets_in_whom_it_likes() {
    let pools = "cognito-identity.amazonaws.com";
    let trust = |condition: &str| {
        let condition = condition.replace("POOLS", pools);
        format!(
            r#"{{"Effect": "Allow", "Principal": {{"Federated": "{pools}"}}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {{{condition}}}}}"#
        )
    };
    let aud = r#""StringEquals": {"POOLS:aud": "eu-west-1:0a1b2c3d-0000-4000-8000-000000000001"}"#;
    let amr = |who: &str| format!(r#"{aud}, "ForAnyValue:StringLike": {{"POOLS:amr": "{who}"}}"#);
    assert_eq!(public(ROLE, &trust("")), format!("violated by {pools}"));
    assert_eq!(
        public(ROLE, &trust(r#""ForAnyValue:StringLike": {"POOLS:amr": "unauthenticated"}"#)),
        format!("violated by {pools}")
    );
    assert_eq!(
        public(ROLE, &trust(r#""ForAnyValue:StringLike": {"POOLS:amr": "authenticated"}"#)),
        format!("violated by {pools}")
    );
    assert_eq!(public(ROLE, &trust(&amr("unauthenticated"))), format!("violated by {pools}"));
    assert_eq!(public(ROLE, &trust(aud)), "open: whether the pool of identities lets in guests is");
    assert_eq!(public(ROLE, &trust(&amr("authenticated"))), "met");
    // The pool belongs to some account. Its id does not contain the account.
    let id = "eu-west-1:0a1b2c3d-0000-4000-8000-000000000001";
    assert_eq!(others(ROLE, &trust(&amr("authenticated")), &[]), format!("open: whose is {id}"));
    assert_eq!(others(ROLE, &trust(&amr("authenticated")), &[id]), "met");
}
