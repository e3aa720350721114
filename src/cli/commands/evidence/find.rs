//! `attestry evidence find`: finds the evidence that covers a control on a day.

use std::path::PathBuf;

use jiff::civil::Date;
use serde::Serialize;

use super::store::{StoreArgs, WORDS, conclude, print_json, second, show_notes};
use crate::cli::support::{output, terminal_text};
use crate::failure::Failure;
use crate::trusted::trusted_keys;
use attestry_core::evidence::search::{Search, SeriesAnswer};
use attestry_core::evidence::{self, Counts, Covered, Wanted};
use attestry_core::source::{closest, did_you_mean};
use attestry_core::verify::Exit;

/// Arguments of `evidence find`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    store: StoreArgs,

    /// The control: `SC-12`, or `nist-800-53-r5:SC-12` when several frameworks have it.
    #[arg(long, value_name = "CONTROL")]
    control: String,

    /// The day, in UTC: `2026-03-31`.
    #[arg(long, value_name = "DAY")]
    on: Date,

    /// A public key that you trust, as a PEM file. The evidence must have a signature by one of these keys.
    #[arg(long, value_name = "PUBLIC")]
    key: Vec<PathBuf>,
}

/// The answer as JSON.
#[derive(Serialize)]
struct Sample<'a> {
    control: String,
    on: String,
    answers: &'a [SeriesAnswer],
}

pub(super) async fn run(args: &Args) -> Result<(), Failure> {
    let keys = trusted_keys(&args.key)?;
    let wanted = Wanted::read(&args.control);
    let no_day = || Failure::new(Exit::Usage, format!("--on {}: there is no day after it", args.on));
    let end = evidence::end_of(args.on).ok_or_else(no_day)?;
    let (store, found) = args.store.open().await?;
    let damaged = show_notes(&found.notes);
    let mut search = Search::new(&store, &wanted, &keys, WORDS);
    let answers = search.answers(found.series, end).await?;
    let damaged = damaged + show_notes(&search.notes);
    if args.store.json {
        print_json(&Sample { control: wanted.to_string(), on: args.on.to_string(), answers: &answers })?;
    } else {
        output::print(&answers.iter().map(|answer| show(answer, args.on)).collect::<String>());
    }
    let nothing = || {
        let known = search.controls.iter().map(String::as_str);
        let near = closest(&args.control, known.flat_map(|it| [it, id_of(it)]));
        let help = near.map(|near| format!("\n  help: {}", did_you_mean(near))).unwrap_or_default();
        format!("no evidence in {} covers the control {wanted}{help}", args.store.from)
    };
    conclude(damaged, answers.is_empty().then(nothing))
}

/// Returns the id of a control without its framework.
fn id_of(control: &str) -> &str {
    control.split_once(':').map_or(control, |(_, id)| id)
}

fn show(answer: &SeriesAnswer, on: Date) -> String {
    let SeriesAnswer { accounts, suite, stage, .. } = answer;
    let mut text = format!("{} {} in {}\n", terminal_text(suite), terminal_text(stage), terminal_text(accounts));
    for (title, witness, none) in [
        (format!("last at or before {on}"), &answer.last, "no run that covers it"),
        (format!("first after {on}"), &answer.next, "none yet"),
    ] {
        match witness {
            None => text.push_str(&format!("  {title}: {none}\n")),
            Some(witness) => {
                let (at, run) = (second(witness.started), terminal_text(&witness.run));
                text.push_str(&format!("  {title}: {at}, run {run}, from {}\n", terminal_text(&witness.backend)));
                text.push_str(&format!(
                    "    {}\n    {}\n",
                    terminal_text(&witness.evidence),
                    terminal_text(&witness.signature)
                ));
                witness.cases.iter().for_each(|case| text.push_str(&format!("    {}\n", line(case))));
            }
        }
    }
    text
}

fn line(case: &Covered) -> String {
    let Counts { expected, examined, not_evaluated, not_applicable, violated, waived, enumerated, .. } =
        &case.population;
    let mut counts = vec![format!("{examined} of {expected} examined")];
    for (count, what) in [
        (violated, "violated"),
        (waived, "waived"),
        (not_evaluated, "not evaluated"),
        (not_applicable, "not applicable"),
    ] {
        if *count > 0 {
            counts.push(format!("{count} {what}"));
        }
    }
    if !enumerated {
        counts.push("list incomplete".to_owned());
    }
    format!("{:<14} {}  {} {}", case.verdict, terminal_text(&case.id), terminal_text(&case.kind), counts.join(", "))
}
