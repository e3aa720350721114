//! `attestry reference`: writes the reference of policies as Markdown pages.

use std::path::PathBuf;

use crate::cli::support::output;
use crate::failure::Failure;
use crate::reference::{MARK, pages};
use attestry_core::verify::Exit;

/// Arguments of `reference`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The directory of the pages.
    #[arg(long, value_name = "DIR", default_value = "docs/reference")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let pages = pages();
    // The first page identifies a folder of the reference. In other folders no file is replaced.
    let ours = std::fs::read_to_string(args.out.join("README.md")).is_ok_and(|text| text.starts_with(MARK));
    let theirs = pages.iter().find(|(name, _)| !ours && args.out.join(name).symlink_metadata().is_ok());
    if let Some((name, _)) = theirs {
        let message =
            format!("{} was not written by this command and is not overwritten", args.out.join(name).display());
        return Err(Failure::new(Exit::Output, message));
    }
    for (name, text) in &pages {
        let path = args.out.join(name);
        let parent = path.parent().unwrap_or(&args.out);
        fs_err::create_dir_all(parent)
            .and_then(|()| fs_err::write(&path, text))
            .map_err(|error| Failure::new(Exit::Output, error.to_string()))?;
    }
    output::message(&format!("wrote {} pages into {}", pages.len(), args.out.display()));
    Ok(())
}
