//! Tasks of a developer: `cargo xtask new PART NAME` writes a skeleton, `cargo xtask bless` renews all derived files.
//!
//! This crate must not depend on any other crate of the workspace, because it must run when they do not compile.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints")]

mod bless;
mod part;
mod skeleton;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask new kind SERVICE.NOUN     a resource kind:  src/kinds/SERVICE_NOUN/
       cargo xtask new probe NAME            a probe:          src/probes/NAME/
       cargo xtask new matcher NAME          a matcher:        crates/attestry-core/src/matchers/NAME.rs
       cargo xtask new report NAME           a report:         crates/attestry-core/src/report/NAME.rs
       cargo xtask bless                     renews schemas, reference pages, snapshots and samples
       --root DIR                            works on the checkout in DIR in place of this one";

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = match take_root(&mut arguments) {
        Ok(root) => root,
        Err(message) => return usage(&message),
    };
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["new", part, name] => match part::Part::of(part) {
            Some(part) => skeleton::write(&root, part, name),
            None => return usage(&format!("there is no part `{part}`")),
        },
        ["bless"] => bless::bless(&root),
        _ => return usage("a task is missing"),
    };
    match done {
        Ok(lines) => {
            for line in lines {
                println!("{line}");
            }
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the checkout to work on: the directory of `--root`, or the checkout that contains this crate.
fn take_root(arguments: &mut Vec<String>) -> Result<PathBuf, String> {
    if let Some(index) = arguments.iter().position(|it| it == "--root") {
        let mut taken = arguments.drain(index..).collect::<Vec<_>>().into_iter().skip(1);
        let root = taken.next().ok_or("--root needs a directory")?;
        arguments.extend(taken);
        return Ok(PathBuf::from(root));
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map(Path::to_path_buf).ok_or_else(|| "this crate lies in no checkout".to_owned())
}

fn usage(message: &str) -> ExitCode {
    eprintln!("error: {message}\n{USAGE}");
    ExitCode::from(2)
}
