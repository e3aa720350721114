//! `attestry evidence list`: lists the runs of a store, and their results.

use std::collections::BTreeMap;

use serde::Serialize;

use super::store::{StoreArgs, WORDS, conclude, print_json, second, show_notes};
use crate::cli::support::{output, terminal_text};
use crate::failure::Failure;
use attestry_core::evidence::Summary;
use attestry_core::evidence::search::{Note, ReadError, summary_of};

/// Arguments of `evidence list`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    store: StoreArgs,
}

/// One run of the list.
#[derive(Serialize)]
struct Row<'a> {
    evidence: &'a str,
    #[serde(flatten)]
    summary: &'a Summary,
}

pub(super) async fn run(args: &Args) -> Result<(), Failure> {
    let (store, found) = args.store.open().await?;
    let mut damaged = show_notes(&found.notes);
    let mut all = Vec::new();
    for bundle in found.series.into_values().flatten() {
        match summary_of(&store, &bundle, WORDS).await {
            Ok(summary) => all.push((bundle.name, summary)),
            Err(ReadError::Damaged(damage)) => {
                damaged += show_notes(&[Note::Damaged { evidence: bundle.name, damage }])
            }
            Err(ReadError::Store(failure)) => return Err(failure),
        }
    }
    if args.store.json {
        let all: Vec<_> = all.iter().map(|(name, summary)| Row { evidence: name, summary }).collect();
        print_json(&all)?;
    } else {
        output::print(&all.iter().map(|(name, summary)| row(name, summary)).collect::<String>());
    }
    conclude(damaged, all.is_empty().then(|| format!("there is no evidence in {}", args.store.from)))
}

fn row(name: &str, summary: &Summary) -> String {
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    summary.cases.iter().for_each(|case| *verdicts.entry(&case.verdict).or_default() += 1);
    let verdicts: Vec<String> = verdicts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    format!(
        "{}  {} {}  {}  {}  {}\n  {}\n",
        second(summary.started),
        terminal_text(&summary.suite),
        terminal_text(&summary.stage),
        terminal_text(&summary.accounts.join(" ")),
        terminal_text(&summary.backend),
        terminal_text(&verdicts.join(", ")),
        terminal_text(name)
    )
}
