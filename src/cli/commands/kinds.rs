//! `attestry kinds`: shows the kinds, their attributes and the matchers, and imports kinds.

mod import;

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::cli::support::output;
use crate::failure::Failure;
use crate::matchers;
use crate::run::selection;
use crate::vocabulary::find_kind;
use attestry_core::facts::{Kind, Scope};
use attestry_core::source::hint;
use attestry_core::verify::Exit;

/// Arguments of `kinds`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    /// A kind. The command shows it with all its attributes and calls.
    kind: Option<String>,

    /// Show the matchers instead of the kinds.
    #[arg(long)]
    matchers: bool,

    /// Show the kinds that this suite defines, too.
    #[arg(long)]
    suite: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Create a kind file for a type of the CloudFormation registry. Attestry then reads its resources through AWS Cloud
    /// Control.
    Import(import::Args),
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(Command::Import(args)) = &args.command {
        return import::run(args);
    }
    let mut text = String::new();
    if args.matchers {
        for matcher in matchers::ALL {
            let _ = writeln!(text, "{:<12} {}", matcher.keyword(), matcher.doc());
        }
    } else if let Some(name) = &args.kind {
        let words = selection::words_of(args.suite.as_deref())?;
        let Some(kind) = words.kinds.find(name).or_else(|| find_kind(name)) else {
            let help = hint(name, words.kinds.names());
            return Err(Failure::new(Exit::Usage, format!("unknown kind `{name}`{help}")));
        };
        describe(&mut text, kind);
    } else {
        for kind in selection::words_of(args.suite.as_deref())?.kinds.all() {
            let _ = writeln!(text, "{:<24} {}", kind.name, kind.doc);
        }
    }
    output::print(&text);
    Ok(())
}

fn describe(text: &mut String, kind: &Kind) {
    let scope = if kind.scope == Scope::Global { "one population per account" } else { "one population per Region" };
    let _ = writeln!(text, "{}: {}\n{scope}", kind.name, kind.doc);
    if let Some(parent) = kind.parent {
        let _ = writeln!(text, "listed for each resource of {parent}");
    }
    if !kind.qualified.is_empty() {
        let _ = writeln!(text, "qualified: {}", kind.qualified);
    }
    if let Some(window) = kind.window() {
        let _ = writeln!(text, "{}", window.describe(kind));
    }
    text.push('\n');
    for attribute in kind.attributes {
        let _ = writeln!(text, "  {:<30} {}", attribute.name, attribute.of.describe());
        let _ = writeln!(text, "  {:<30} {}", "", attribute.doc);
        let _ = writeln!(text, "  {:<30} from {} {}", "", attribute.call, attribute.field);
        if let Some(target) = attribute.refers {
            let _ =
                writeln!(text, "  {:<30} names a resource of {target}: `{}.ATTRIBUTE` follows it", "", attribute.name);
        }
    }
    text.push('\n');
    for call in kind.calls {
        let needs = if call.permission.is_empty() { "no permission" } else { call.permission };
        let _ = writeln!(text, "  {:<44} {needs}", format!("{}:{}", call.service, call.operation));
    }
}
