//! Packs and lists the kind files, so that a new kind is one file and no line elsewhere, and lists the calls that several of
//! them make. The program unpacks and reads a file when a policy names its kind.

use std::io::Write;
use std::path::Path;
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::ZlibEncoder;

const FOLDER: &str = "src/kinds/files";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join(FOLDER);
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let out = Path::new(&out);
    let (mut lines, mut calls) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if let (Some(name), Some("yaml")) =
            (path.file_stem().and_then(|it| it.to_str()), path.extension().and_then(|it| it.to_str()))
        {
            let text = fs::read_to_string(&path)?;
            let packed = out.join(format!("{name}.z"));
            let mut encoder = ZlibEncoder::new(fs::File::create(&packed)?, Compression::best());
            encoder.write_all(text.as_bytes())?;
            encoder.finish()?;
            // Without the folder in it, the list is the same in each copy of the target folder.
            let packed = format!("include_bytes!(concat!(env!(\"OUT_DIR\"), {:?})) as &[u8]", format!("/{name}.z"));
            lines.push(format!("    ({name:?}, {packed}),\n"));
            calls.extend(text.lines().filter_map(|line| Some(line.trim().strip_prefix("- call: ")?.to_owned())));
        }
    }
    // The program searches the lists by name.
    lines.sort();
    fs::write(out.join("kind_files.rs"), format!("&[\n{}]\n", lines.concat()))?;
    calls.sort();
    let shared: Vec<String> = calls
        .windows(2)
        .filter(|pair| pair.first() == pair.last())
        .filter_map(|pair| pair.first().map(|call| format!("    {call:?},\n")))
        .collect();
    fs::write(out.join("shared_calls.rs"), format!("&[\n{}]\n", shared.concat()))
}
