//! The shipped suites as Rust tests; see `attestry::trials`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    attestry::trials(&[Path::new("suites/mod-045.yaml"), Path::new("suites/cis-aws.yaml")])
}
