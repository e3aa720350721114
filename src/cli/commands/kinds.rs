//! `attestry kinds`: shows the kinds, their attributes and the matchers.

use std::fmt::Write as _;

use crate::cli::support::output;
use crate::failure::Failure;
use crate::vocabulary::find_kind;
use crate::{kinds, matchers};
use attestry_core::facts::{Kind, Scope};
use attestry_core::policy::ATTESTATION;
use attestry_core::source::closest;
use attestry_core::verify::Exit;

/// Arguments of `kinds`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A kind to show with all its attributes and calls.
    kind: Option<String>,

    /// Show the matchers instead of the kinds.
    #[arg(long)]
    matchers: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut text = String::new();
    if args.matchers {
        for matcher in matchers::ALL {
            let _ = writeln!(text, "{:<12} {}", matcher.keyword(), matcher.doc());
        }
    } else if let Some(name) = &args.kind {
        let Some(kind) = find_kind(name) else {
            let near = closest(name, kinds::schemas().map(|kind| kind.name));
            let help = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(Failure::new(Exit::Usage, format!("unknown kind `{name}`{help}")));
        };
        describe(&mut text, kind);
    } else {
        for kind in kinds::schemas().chain([&ATTESTATION]) {
            let _ = writeln!(text, "{:<24} {}", kind.name, kind.doc);
        }
    }
    output::print(&text);
    Ok(())
}

fn describe(text: &mut String, kind: &Kind) {
    let scope = if kind.scope == Scope::Global { "one population per account" } else { "one population per Region" };
    let _ = writeln!(text, "{}: {}\n{scope}\n", kind.name, kind.doc);
    for attribute in kind.attributes {
        let _ = writeln!(text, "  {:<30} {}", attribute.name, attribute.of.describe());
        let _ = writeln!(text, "  {:<30} {}", "", attribute.doc);
        let _ = writeln!(text, "  {:<30} from {} {}", "", attribute.call, attribute.field);
    }
    text.push('\n');
    for call in kind.calls {
        let needs = if call.permission.is_empty() { "no permission" } else { call.permission };
        let _ = writeln!(text, "  {:<44} {needs}", format!("{}:{}", call.service, call.operation));
    }
}
