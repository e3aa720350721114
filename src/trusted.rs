//! The keys and the time-stamping authorities that the user trusts, from files.
//!
//! This module must not know what is signed, or the format of a token.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::failure::Failure;
use attestry_core::evidence::PublicKey;
use attestry_core::evidence::timestamp::Authority;
use attestry_core::source::Given;
use attestry_core::verify::Exit;

/// Reads the trusted keys.
pub(crate) fn trusted_keys(paths: &[PathBuf]) -> Result<Vec<PublicKey>, Failure> {
    let read = |path: &PathBuf| {
        let text = read_key(path)?;
        PublicKey::from_pem(&text).map_err(|error| unusable(&path.display().to_string(), &error))
    };
    paths.iter().map(read).collect()
}

/// The limit of a key file, in bytes.
const LARGEST_KEY: u64 = 1 << 20;

/// Reads the text of a key file.
pub(crate) fn read_key(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let unread = |why: &dyn std::fmt::Display| unusable(&path.display().to_string(), why);
    let bytes = Given::read_all(path, LARGEST_KEY).map_err(|why| unread(&why))?;
    let text = std::str::from_utf8(&bytes).map_err(|why| unread(&why))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Returns the failure for a key that cannot be used.
pub(crate) fn unusable(key: &str, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Usage, format!("the key {key}: {why}"))
}

/// The limit of a file of certificates, in bytes.
const LARGEST_CERTIFICATES: u64 = 4 << 20;

/// Reads the certificates of trusted authorities.
pub(crate) fn trusted_authorities(paths: &[PathBuf]) -> Result<Vec<Authority>, Failure> {
    let unusable = |path: &PathBuf, why: &dyn std::fmt::Display| {
        Failure::new(Exit::Usage, format!("the certificate {}: {why}", path.display()))
    };
    let read = |path: &PathBuf| {
        let bytes = Given::read_all(path, LARGEST_CERTIFICATES).map_err(|why| unusable(path, &why))?;
        let text = std::str::from_utf8(&bytes).map_err(|why| unusable(path, &why))?;
        Authority::from_pem(text).map_err(|error| unusable(path, &error))
    };
    paths.iter().map(read).collect()
}
