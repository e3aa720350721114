//! Measures the cost of proofs over IAM policies: the time on one core, and the peak memory of the process.
//!
//! Run it with `cargo bench -p attestry-iam`. It prints a table, and ends with an error when it misses a target.
#![allow(clippy::print_stdout, clippy::panic, clippy::unwrap_used, clippy::exit, reason = "a benchmark is a program")]

use std::fmt::Write;
use std::time::{Duration, Instant};

use attestry_iam::prove::{Area, Catalogue, Guarded, Proof, Prover, Rights, Set};
use attestry_iam::{Context, Form, Policies, Policy, Subject, parse};

const BANK: &str = "arn:aws:secretsmanager:*:647751526084:secret:bank-*";
const SERVICES: [&str; 12] =
    ["s3", "sqs", "sns", "kms", "logs", "dynamodb", "lambda", "ssm", "ec2", "events", "cloudwatch", "secretsmanager"];
const VERBS: [&str; 8] = ["Get*", "List*", "Describe*", "Put*", "Create*", "Delete*", "Tag*", "*"];

/// A random generator that always gives the same numbers.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of.get(self.roll(of.len())).unwrap()
    }

    /// Creates a typical statement: a few actions of one service on a few names of the bank.
    fn statement(&mut self) -> String {
        let service = self.one(&SERVICES);
        let list =
            |of: Vec<String>| format!("[{}]", of.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", "));
        let actions = (0..1 + self.roll(5)).map(|_| format!("{service}:{}", self.one(&VERBS))).collect();
        let resources = (0..1 + self.roll(4))
            .map(|_| {
                let team = self.one(&["pay", "core", "risk", "web", "ops"]);
                match service {
                    "secretsmanager" => format!("arn:aws:secretsmanager:*:647751526084:secret:bank-{team}-*"),
                    "s3" => format!("arn:aws:s3:::bank-{team}-*/*"),
                    _ => format!("arn:aws:{service}:*:647751526084:*{team}-{}*", self.roll(100)),
                }
            })
            .collect();
        let condition = match self.roll(5) {
            0 => r#", "Condition": {"StringEquals": {"aws:ResourceTag/team": "bank"}}"#,
            _ => "",
        };
        format!(r#"{{"Effect": "Allow", "Action": {}, "Resource": {}{condition}}}"#, list(actions), list(resources))
    }

    fn policy(&mut self, at: usize) -> String {
        let mut statements: Vec<String> = (0..3 + self.roll(5)).map(|_| self.statement()).collect();
        if at == 0 {
            statements.push(format!(r#"{{"Effect": "Deny", "Action": "secretsmanager:*", "NotResource": "{BANK}"}}"#));
        }
        document(&statements.join(", "))
    }
}

fn document(statements: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)
}

fn role(policies: Vec<Policy>) -> Rights {
    let subject = Subject::Role { arn: "arn:aws:iam::647751526084:role/bank-app".into(), session: None };
    Rights { subject, policies: Policies { identity: policies, ..Policies::default() } }
}

fn read(name: &str, text: &str) -> Policy {
    parse(name, text, Form::Identity).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn area(actions: &[&str], outside: &str) -> Area {
    Area { actions: Set::of(actions.iter().copied()), resources: Set::outside([outside]) }
}

/// Returns the peak memory of the process in MiB, if the system reports it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}

#[derive(Default)]
struct Table {
    missed: bool,
}

impl Table {
    fn row(&mut self, what: &str, target: Duration, run: impl FnOnce() -> String) {
        let from = Instant::now();
        let answer = run();
        let took = from.elapsed();
        self.missed |= took > target;
        let verdict = if took > target { "missed" } else { "met" };
        println!(
            "| {what:<58} | {:>7} ms | {:>9.2} ms | {verdict:<6} | {answer}",
            target.as_millis(),
            took.as_secs_f64() * 1e3
        );
    }
}

fn word(proof: &Proof) -> String {
    match proof {
        Proof::Proved => "proved".into(),
        Proof::Refuted(found) => {
            found.first().map(|it| format!("refuted: {} on {:.60}", it.action, it.resource)).unwrap_or_default()
        }
        Proof::Undecided(doubt) => format!("undecided: {:.40}", format!("{doubt:?}")),
    }
}

fn main() {
    let mut table = Table::default();
    let (second, tenth) = (Duration::from_secs(1), Duration::from_millis(100));
    table.row("the reference is read, once", second, || format!("of {}", Catalogue::aws().as_of()));
    let prover = Prover::new(Catalogue::aws());
    let context = Context::unknown();

    let mut dice = Dice(1);
    let documents: Vec<Vec<String>> = (0..1_000).map(|_| (0..10).map(|at| dice.policy(at)).collect()).collect();
    let bytes: usize = documents.iter().flatten().map(String::len).sum();
    let rights: Vec<Rights> = documents
        .iter()
        .map(|policies| role(policies.iter().enumerate().map(|(at, text)| read(&format!("p{at}"), text)).collect()))
        .collect();
    let open: Vec<Rights> = rights
        .iter()
        .map(|rights| {
            let mut rights = rights.clone();
            rights
                .policies
                .identity
                .iter_mut()
                .for_each(|it| it.statements.retain(|it| it.effect == attestry_iam::Effect::Allow));
            rights
        })
        .collect();
    drop(documents);
    let mut claim = |what: &str, rights: &[Rights], area: &Area| {
        table.row(&format!("1,000 roles × 10 policies: {what}"), 2 * second, || {
            let mut count = [0; 3];
            for rights in rights {
                let at = match prover.never(rights, area, &context) {
                    Proof::Proved => 0,
                    Proof::Refuted(_) => 1,
                    Proof::Undecided(_) => 2,
                };
                count.iter_mut().skip(at).take(1).for_each(|it| *it += 1);
            }
            format!("proved, refuted, undecided: {count:?}; {} KiB of policies", bytes / 1024)
        });
    };
    claim("no secret outside, guarded by a Deny", &rights, &area(&["secretsmanager:*"], BANK));
    claim("no secret outside, names alone", &open, &area(&["secretsmanager:*"], BANK));
    claim(
        "no secret of the core team",
        &open,
        &Area { actions: Set::of(["secretsmanager:Delete*"]), resources: Set::of(["*:secret:bank-core-*"]) },
    );
    claim(
        "no action on users",
        &open,
        &Area { actions: Set::everything(), resources: Set::of(["arn:aws:iam::*:user/*"]) },
    );
    let roles = peak();

    for (what, size) in [("6,144 characters", 6_144_usize), ("10,240 characters", 10_240), ("32 KiB", 32_768)] {
        let mut resources = String::new();
        for at in 0.. {
            let filler = "x".repeat((size / 100).saturating_sub(60));
            let more = format!("\"arn:aws:secretsmanager:*:*:secret:bank-{at}*{filler}?*a\"");
            if at >= 33 && resources.len() + more.len() + 260 > size || at >= 100 {
                break;
            }
            write!(resources, "{}{more}", if at > 0 { ", " } else { "" }).unwrap();
        }
        let allow = format!(r#"{{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": [{resources}]}}"#);
        let deny = r#"{"Effect": "Deny", "Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:bank-9*"}"#;
        let text = document(&format!("{allow}, {deny}"));
        let rights = role(vec![read("large", &text)]);
        for (claim, outside) in [
            ("outside of bank-*", "arn:aws:secretsmanager:*:*:secret:bank-*"),
            ("that ends in aa", "*aa"),
            ("without ?a", "*?a*"),
        ] {
            table.row(&format!("a policy of {what}, 100 wildcards: {claim}"), tenth, || {
                word(&prover.never(&rights, &area(&["secretsmanager:*"], outside), &context))
                    + &format!(" ({} B)", text.len())
            });
        }
    }

    let stars = "*a".repeat(2_500);
    let chain = format!("*a{}", "?".repeat(80));
    let many = |of: usize, one: &dyn Fn(usize) -> String| {
        (0..of).map(|at| format!("\"{}\"", one(at))).collect::<Vec<_>>().join(", ")
    };
    let negatives = many(400, &|at| format!("*{}*{at}*", char::from(b'a' + u8::try_from(at % 26).unwrap_or(0))));
    let chains =
        many(60, &|at| format!("*{}{}", char::from(b'a' + u8::try_from(at % 26).unwrap_or(0)), "?".repeat(at + 20)));
    let letters = |at: usize| char::from(b'a' + u8::try_from(at % 26).unwrap_or(0));
    let denies: Vec<String> = (0..40)
        .map(|at| format!(r#"{{"Effect": "Deny", "Action": "*", "NotResource": ["*{}*", "*{}*"]}}"#, letters(at), at))
        .collect();
    let allow = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    let excepts: Vec<String> = (0..60)
        .map(|at| format!(r#"{{"Effect": "Allow", "Action": "*", "NotResource": ["*{}*", "*x{at}"]}}"#, letters(at)))
        .collect();
    let actions = many(200, &|at| format!("*{}*{}*", letters(at), letters(at * 7 + 3)));
    for (what, statements) in [
        ("*a*a*a*… of 5,000 characters", format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "{stars}"}}"#)),
        ("*a and 80 ?", format!(r#"{allow}, {{"Effect": "Deny", "Action": "*", "Resource": "{chain}"}}"#)),
        (
            "60 chains of ? after *",
            format!(r#"{allow}, {{"Effect": "Deny", "Action": "*", "NotResource": [{chains}]}}"#),
        ),
        (
            "400 overlapping negatives",
            format!(r#"{allow}, {{"Effect": "Deny", "Action": "*", "Resource": [{negatives}]}}"#),
        ),
        ("40 Denies that each leave out something else", format!("{allow}, {}", denies.join(", "))),
        ("60 Allows by NotResource", excepts.join(", ")),
        (
            "200 overlapping patterns of actions",
            format!(r#"{{"Effect": "Allow", "Action": [{actions}], "Resource": "*a"}}"#),
        ),
    ] {
        let mut rights = role(vec![read("hostile", &document(&statements))]);
        rights.policies.boundary = Some(rights.policies.identity.clone());
        rights.policies.scps = vec![rights.policies.identity.clone(); 3];
        table.row(&format!("hostile: {what}"), 5 * tenth, || {
            word(&prover.never(&rights, &area(&["secretsmanager:*"], "*bank*"), &context))
        });
    }
    let key = |statements: &str| Guarded {
        arn: "arn:aws:kms:eu-central-1:647751526084:key/1".into(),
        owner: "647751526084".into(),
        policy: parse("key policy", &document(statements), Form::Resource).ok(),
        grants: Vec::new(),
    };
    let statements = many(150, &|_| String::new()).replace("\"\"", r#"{"Effect": "Allow", "Principal": "*", "Action": ["kms:De*", "kms:*Encrypt*"], "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "647751526084"}}}"#);
    table.row("a key policy of 32 KiB: no public principal", tenth, || {
        word(&prover.no_public_principal(&key(&statements)))
    });

    let [roles, all] = [roles, peak()].map(|it| it.map_or_else(|| "not told".to_owned(), |it| format!("{it} MiB")));
    println!("most memory: {roles} after the roles (target 128 MiB), {all} in all");
    if table.missed {
        std::process::exit(1);
    }
}
