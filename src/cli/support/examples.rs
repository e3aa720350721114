//! The examples at the end of each help text. A test parses each of them like a command line.
//!
//! This module must not know what the commands do.

/// The name of each command, with its examples.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "run",
        &[
            "attestry run suites/mod-045.yaml --stage embedded",
            "attestry run suites/mod-045.yaml --stage dev 'DT-*' severity:high --bundle run.tar.zst --sign key.pem",
        ],
    ),
    ("check", &["attestry check", "attestry check suites/mod-045.yaml"]),
    ("plan", &["attestry plan suites/mod-045.yaml --stage dev"]),
    ("permissions", &["attestry permissions suites/mod-045.yaml --stage dev --format terraform > role.tf"]),
    ("list", &["attestry list suites/mod-045.yaml --stage embedded --ids"]),
    (
        "controls",
        &[
            "attestry controls suites/mod-045.yaml",
            "attestry controls suites/cis-aws.yaml --framework cis-aws-5.0 --missing",
        ],
    ),
    (
        "mutate",
        &[
            "attestry mutate suites/mod-045.yaml --stage embedded",
            "attestry mutate suites/mod-045.yaml --stage dev --bundle run.tar.zst --accept harmless.yaml --gate 0",
        ],
    ),
    ("cleanup", &["attestry cleanup suites/mod-045-probes.yaml --stage dev"]),
    ("logs", &["attestry logs exported/ --values /dev/fd/3 --output report.json 3< values.jsonl"]),
    ("verify", &["attestry verify run.tar.zst --key key.pem.pub", "attestry verify monday.zip tuesday.zip"]),
    ("reperform", &["attestry reperform run.tar.zst --policies checkout/"]),
    ("evidence", &["attestry evidence list evidence/"]),
    ("evidence pack", &["attestry evidence pack target/attestry/mod-045-dev run.zip --sign key.pem"]),
    ("evidence push", &["attestry evidence push run.tar.zst s3://bank-evidence/attestry --key key.pem.pub"]),
    ("evidence list", &["attestry evidence list s3://bank-evidence/attestry"]),
    ("evidence find", &["attestry evidence find evidence/ --control nist-800-53-r5:SC-12 --on 2026-11-20"]),
    ("evidence keygen", &["attestry evidence keygen key.pem"]),
    ("push", &["attestry push securityhub run.tar.zst"]),
    ("push securityhub", &["attestry push securityhub run.tar.zst --after yesterday.tar.zst"]),
    ("explain", &["attestry explain target/attestry/mod-045-dev DT-001/developers-cannot-read"]),
    ("diff", &["attestry diff yesterday/results.json target/attestry/mod-045-dev"]),
    ("kinds", &["attestry kinds secretsmanager.secret", "attestry kinds --matchers"]),
    (
        "kinds import",
        &["attestry kinds import AWS::Athena::WorkGroup --schema workgroup.json > kinds/athena.work_group.yaml"],
    ),
    ("reference", &["attestry reference --out docs/reference"]),
    ("schema", &["attestry schema policy > policy.schema.json"]),
    ("completions", &["attestry completions bash > attestry.bash"]),
];

/// Adds the examples to a command and all commands below it.
pub(crate) fn add(command: clap::Command) -> clap::Command {
    below(command, "")
}

fn below(command: clap::Command, path: &str) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        let path = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command.mut_subcommand(name, |it| {
            let it = below(it, &path);
            match EXAMPLES.iter().find(|(of, _)| *of == path) {
                Some((_, [one])) => it.after_help(format!("Example:\n  {one}")),
                Some((_, all)) => it.after_help(format!("Examples:\n  {}", all.join("\n  "))),
                None => it,
            }
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

    use std::collections::BTreeSet;

    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::program::Cli;

    fn paths(command: &clap::Command, above: &str, found: &mut BTreeSet<String>) {
        for it in command.get_subcommands() {
            let path = format!("{above} {}", it.get_name()).trim().to_owned();
            paths(it, &path, found);
            found.insert(path);
        }
    }

    #[test]
    fn every_command_has_examples_that_it_can_read() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut commands = BTreeSet::new();
        paths(&Cli::command(), "", &mut commands);
        assert_eq!(commands, EXAMPLES.iter().map(|(path, _)| (*path).to_owned()).collect());
        for (path, examples) in EXAMPLES {
            for example in *examples {
                assert!(example.starts_with(&format!("attestry {path}")), "{example}");
                let suites = example.split_whitespace().filter(|word| word.starts_with("suites/"));
                let missing: Vec<_> = suites.filter(|suite| !root.join(suite).is_file()).collect();
                assert!(missing.is_empty(), "{example}: no such suite {missing:?}");
                // The shell removes redirections and quotes.
                let line = example.split([" > ", " 3< "].iter().find(|it| example.contains(**it)).unwrap_or(&"\n"));
                let words = line.take(1).flat_map(str::split_whitespace).map(|word| word.trim_matches('\''));
                Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{example}: {error}"));
            }
            let mut command = add(Cli::command());
            let mut at = &mut command;
            for name in path.split(' ') {
                at = at.find_subcommand_mut(name).unwrap();
            }
            assert!(at.render_help().to_string().contains("Example"), "{path}");
        }
    }
}
