//! Packs all catalogues into one file. A new catalogue needs no change in the code. The program unpacks the catalogues
//! when it reads a suite.

#![allow(clippy::disallowed_methods, reason = "cargo passes the folders of a build script in the environment")]

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::ZlibEncoder;

const FOLDER: &str = "../../policies/catalogues";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join(FOLDER);
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let paths: io::Result<Vec<PathBuf>> = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.retain(|path| path.extension().is_some_and(|it| it == "yaml"));
    paths.sort();
    let named = |path: &PathBuf| {
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        Ok((name, fs::read_to_string(path)?))
    };
    let texts: Vec<(String, String)> = paths.iter().map(named).collect::<io::Result<_>>()?;
    let packed = fs::File::create(Path::new(&out).join("catalogues.z"))?;
    let mut encoder = ZlibEncoder::new(packed, Compression::best());
    serde_json::to_writer(&mut encoder, &texts)?;
    encoder.finish().map(drop)
}
