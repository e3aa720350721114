//! `attestry list`: the cases of a suite, for people and scripts.

use super::suite::Selection;
use super::{Ended, output};

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,

    /// Ids only, one a line.
    #[arg(long)]
    ids: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Ended> {
    let chosen = args.selection.choose()?;
    let mut text = String::new();
    for case in &chosen.cases {
        if args.ids {
            text.push_str(&format!("{}\n", case.id));
        } else {
            let controls: Vec<String> =
                case.controls.iter().map(|control| format!("{}:{}", control.framework, control.id)).collect();
            text.push_str(&format!(
                "{:<44} {:<9} {:<22} {}\n",
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
