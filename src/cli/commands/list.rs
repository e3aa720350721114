//! `attestry list`: lists the cases of a suite.

use crate::cli::support::args::SelectionArgs;
use crate::cli::support::output;
use crate::failure::Failure;
use attestry_core::facts::format_duration;

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: SelectionArgs,

    /// Print only the ids, one on each line.
    #[arg(long)]
    ids: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let selection = args.selection.select()?;
    let mut text = String::new();
    for case in &selection.cases {
        if args.ids {
            text.push_str(&format!("{}\n", case.id));
        } else {
            let controls: Vec<String> =
                case.controls.iter().map(|control| format!("{}:{}", control.framework, control.id)).collect();
            let over = case.over.map(|over| format!("over {} ", format_duration(over))).unwrap_or_default();
            text.push_str(&format!(
                "{:<44} {:<9} {:<22} {over}{}\n",
                case.id,
                case.origin.severity,
                case.kind.name,
                controls.join(" ")
            ));
        }
    }
    output::print(&text);
    Ok(())
}
