//! `attestry evidence keygen`: creates an Ed25519 key pair for signatures.

use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::cli::support::output;
use crate::failure::Failure;
use attestry_core::evidence::SecretKey;
use attestry_core::verify::Exit;

/// Arguments of `evidence keygen`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file of the private key. The command does not overwrite a file.
    file: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let file = &args.file;
    let failed = |why: &dyn std::fmt::Display| Failure::new(Exit::Output, format!("{}: {why}", file.display()));
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|error| failed(&error))?;
    let key = SecretKey::from_seed(&seed).map_err(|error| failed(&error))?;
    let mut public = file.as_os_str().to_owned();
    public.push(".pub");
    let public = PathBuf::from(public);
    // Both files are complete before they get their names. The public key comes first, so that a private key always has
    // one.
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let secret = aside(folder, key.pem().as_bytes(), 0o600).map_err(|error| failed(&error))?;
    let open = aside(folder, key.public().pem().as_bytes(), 0o644).map_err(|error| failed(&error))?;
    if file.symlink_metadata().is_ok() {
        return Err(failed(&"the file exists and is not overwritten"));
    }
    let at = |error: tempfile::PersistError| error.error;
    open.persist_noclobber(&public)
        .map_err(|error| Failure::new(Exit::Output, format!("{}: {}", public.display(), at(error))))?;
    secret.persist_noclobber(file).map_err(|error| {
        let _ = std::fs::remove_file(&public);
        failed(&at(error))
    })?;
    output::print(&format!("{}\n", key.public().id()));
    output::message(&format!("wrote {} (keep it secret) and {}", file.display(), public.display()));
    Ok(())
}

/// Returns a temporary file with complete contents. The file is removed unless it gets a name. Its permissions are
/// never wider than `mode`.
fn aside(folder: &Path, bytes: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(".attestry-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(PermissionsExt::from_mode(mode))?;
    file.as_file().sync_all()?;
    Ok(file)
}
