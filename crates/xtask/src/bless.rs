//! Renews everything that is derived from the code: schemas, reference pages, snapshots, expected outputs and samples.
//!
//! This module must not know the content of these files. The tests that compare them also write them when an
//! environment variable is set.

use std::path::Path;
use std::process::Command;

/// A command, and the variables that make its tests write files.
type Renewal = (&'static [&'static str], &'static [(&'static str, &'static str)]);

/// The commands that write derived files.
const COMMANDS: &[Renewal] = &[
    (&["cargo", "test", "--package", "attestry-iam", "--lib", "reference::packed"], &[("ATTESTRY_BLESS", "1")]),
    (&["cargo", "test", "--workspace", "--lib"], &[("INSTA_UPDATE", "always"), ("ATTESTRY_BLESS", "1")]),
    (
        &["cargo", "test", "--test", "it", "--", "schemas", "reference", "embedded", "operations", "controls"],
        &[("INSTA_UPDATE", "always"), ("ATTESTRY_BLESS", "1")],
    ),
    (&["cargo", "build", "--release"], &[]),
    (&["ci/formats/samples", "target/release/attestry"], &[]),
];

/// Runs all commands in the checkout.
///
/// # Errors
/// Fails if a command cannot be started, or if a command fails.
pub(crate) fn bless(root: &Path) -> Result<Vec<String>, String> {
    for (command, variables) in COMMANDS {
        let [program, arguments @ ..] = *command else { continue };
        println!("{}", command.join(" "));
        let status = Command::new(program)
            .args(arguments)
            .envs(variables.iter().copied())
            .current_dir(root)
            .status()
            .map_err(|error| format!("{program}: {error}"))?;
        if !status.success() {
            return Err(format!("`{}` failed", command.join(" ")));
        }
    }
    Ok(vec!["everything that is derived is renewed; look at the change with `git diff`".to_owned()])
}
