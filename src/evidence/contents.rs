//! Reading evidence, a directory or a bundle, into memory: within limits, and nothing but plain files.
//!
//! Nothing is written, and what was read once is what is judged. Must not know what the files hold.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::Damage;
use super::archive::{Contents, Limits, unpack};
use super::path::is_below;

/// All files of a directory, or of a bundle in one file.
///
/// # Errors
/// All that is no plain file, or why nothing was read.
pub fn read(path: &Path) -> Result<Contents, Vec<Damage>> {
    let limits = Limits::default();
    let unreadable = |error: std::io::Error| vec![Damage::Unreadable(format!("{}: {error}", path.display()))];
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if meta.is_dir() {
        return Walk::all(path, &limits);
    }
    if !meta.is_file() {
        return Err(vec![Damage::Special(path.display().to_string())]);
    }
    unpacked(&read_file(path, limits.archive).map_err(unreadable)?)
}

/// All files of a bundle.
///
/// # Errors
/// Why it is refused.
pub fn unpacked(bundle: &[u8]) -> Result<Contents, Vec<Damage>> {
    unpack(bundle, &Limits::default()).map_err(|refused| vec![Damage::Archive(refused)])
}

/// The file, and one byte more than allowed where it is larger.
fn read_file(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Walk<'a> {
    root: &'a Path,
    left: u64,
    files: usize,
    contents: Contents,
    damage: Vec<Damage>,
}

impl<'a> Walk<'a> {
    fn all(root: &'a Path, limits: &Limits) -> Result<Contents, Vec<Damage>> {
        let (contents, damage) = (Contents::new(), Vec::new());
        let mut walk = Self { root, left: limits.total, files: limits.files, contents, damage };
        if let Err(end) = walk.below(&PathBuf::new()) {
            walk.damage.push(end);
        }
        if walk.damage.is_empty() { Ok(walk.contents) } else { Err(walk.damage) }
    }

    /// Reads what lies in a folder. An error ends the walk; what is merely wrong is kept and told with the rest.
    fn below(&mut self, folder: &Path) -> Result<(), Damage> {
        let unreadable =
            |path: &Path, error: std::io::Error| Damage::Unreadable(format!("{}: {error}", path.display()));
        let entries = std::fs::read_dir(self.root.join(folder)).map_err(|error| unreadable(folder, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(folder, error))?;
            let path = folder.join(entry.file_name());
            let name = path.to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(|error| unreadable(&path, error))?;
            if kind.is_dir() && is_below(&name) {
                self.below(&path)?;
            } else if !kind.is_file() {
                self.damage.push(Damage::Special(name));
            } else if self.contents.len() >= self.files {
                return Err(Damage::TooLarge(format!("more than {} files", self.files)));
            } else {
                let bytes = read_file(&entry.path(), self.left).map_err(|error| unreadable(&path, error))?;
                let left = self.left.checked_sub(bytes.len() as u64);
                self.left = left.ok_or_else(|| Damage::TooLarge(name.clone()))?;
                self.contents.insert(name, bytes);
            }
        }
        Ok(())
    }
}
