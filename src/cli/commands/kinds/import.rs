//! `attestry kinds import`: writes a kind file for a type of the CloudFormation registry.

use std::fmt::Display;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::cli::support::output;
use crate::failure::Failure;
use crate::kinds::{self, Import, Imported, MOST_BYTES, Parent};
use attestry_core::facts::Kind;
use attestry_core::kind_files::{self, KindFile};
use attestry_core::source::{Diagnostics, Files, hint, printable, read_plain};
use attestry_core::verify::Exit;

/// Arguments of `kinds import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The name of the type, such as `AWS::Athena::WorkGroup`.
    #[arg(value_name = "TYPE")]
    type_name: String,

    /// The schema of the type: a schema file as AWS publishes it, the answer of `aws cloudformation describe-type`, or
    /// the folder of the unpacked `CloudformationSchema.zip`.
    #[arg(long, value_name = "FILE")]
    schema: PathBuf,

    /// The name of the kind. Without it, the command derives the name from the type, such as `athena.work_group`.
    #[arg(long, value_name = "KIND")]
    name: Option<String>,

    /// The parent kind: a kind of the program, or a kind file. The command lists the type once for each resource of this
    /// kind. `:ATTRIBUTE` names the attribute of the parent that the list needs.
    #[arg(long, value_name = "KIND[:ATTRIBUTE]")]
    parent: Option<String>,

    /// A value that the list needs, such as `Scope=REGIONAL`. Commas separate several values.
    #[arg(long, value_name = "PROPERTY=VALUE")]
    with: Vec<String>,

    /// The file to write. Without it, or with `-`, the command writes to standard output. It does not overwrite a file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let path = schema_file(args);
    let bytes = read_plain(&path, MOST_BYTES as u64).map_err(|why| usage(&path.display(), &why))?;
    let given: Vec<(String, String)> = args.with.iter().map(|pair| value(pair)).collect::<Result<_, _>>()?;
    let (parent, own) = match &args.parent {
        None => (None, None),
        Some(named) => {
            let (parent, file) = find_parent(named)?;
            (Some(parent), file)
        }
    };
    let imported = kinds::import(
        &bytes,
        Import {
            type_name: &args.type_name,
            name: args.name.as_deref(),
            parent: parent.as_ref(),
            given: &given,
            own: own.as_slice(),
        },
    )
    .map_err(|refusal| Failure::new(Exit::Usage, format!("{}: {refusal}", printable(&args.type_name, 120))))?;
    for left_out in &imported.left_out {
        output::message(&format!("left out: {left_out}"));
    }
    match &args.out {
        Some(out) if out != Path::new("-") => write(&imported, out),
        _ => {
            output::print(&imported.text);
            Ok(())
        }
    }
}

fn usage(what: &dyn Display, why: &dyn Display) -> Failure {
    Failure::new(Exit::Usage, format!("{what}: {why}"))
}

/// Returns the file with the schema. In a folder, it is the file that the registry names after the type.
fn schema_file(args: &Args) -> PathBuf {
    if !args.schema.is_dir() {
        return args.schema.clone();
    }
    args.schema.join(format!("{}.json", args.type_name.replace("::", "-").to_lowercase()))
}

/// Reads `PROPERTY=VALUE`.
fn value(pair: &str) -> Result<(String, String), Failure> {
    let parts = pair.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty());
    let (name, value) = parts.ok_or_else(|| usage(&printable(pair, 120), &"expected PROPERTY=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Finds a kind of the program, or reads a kind file.
fn find_parent(named: &str) -> Result<(Parent, Option<&'static KindFile>), Failure> {
    let plain = |text: &str| {
        !text.is_empty() && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || "._".contains(it))
    };
    let (name, attribute) = match named.rsplit_once(':') {
        Some((name, attribute)) if plain(attribute) => (name, Some(attribute.to_owned())),
        _ => (named, None),
    };
    let (kind, file): (&'static Kind, _) = match kinds::find(name) {
        Some(kind) => (kind, None),
        None if Path::new(name).is_file() => {
            let file = read_kind(Path::new(name))?;
            (file.kind, Some(file))
        }
        None => {
            let help = hint(name, kinds::schemas().map(|kind| kind.name));
            let why = format!("the program has no such kind, and there is no such file{help}");
            return Err(usage(&printable(name, 120), &why));
        }
    };
    if let Some(attribute) = &attribute
        && kind.attribute(attribute).is_none()
    {
        let help = hint(attribute, kind.attributes.iter().map(|it| it.name));
        return Err(usage(&kind.name, &format!("there is no attribute `{attribute}`{help}")));
    }
    Ok((Parent { kind, attribute }, file))
}

fn read_kind(path: &Path) -> Result<&'static KindFile, Failure> {
    let bytes = read_plain(path, MOST_BYTES as u64).map_err(|why| usage(&path.display(), &why))?;
    let text = String::from_utf8(bytes).map_err(|_| usage(&path.display(), &"the file is no UTF-8 text"))?;
    let (mut files, mut sink) = (Files::new(), Diagnostics::new());
    let id = files.add(path.display().to_string(), text.clone());
    kind_files::read(id, &text, &mut sink).ok_or_else(|| Failure::of_diagnostics(&files, &sink))
}

/// Writes the kind file. The file gets its name only when it is complete.
fn write(imported: &Imported, out: &Path) -> Result<(), Failure> {
    let failed = |why: &dyn Display| Failure::new(Exit::Output, format!("{}: {why}", out.display()));
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|why| failed(&why))?;
    let mut file = tempfile::Builder::new().prefix(".attestry-").tempfile_in(folder).map_err(|why| failed(&why))?;
    file.write_all(imported.text.as_bytes()).map_err(|why| failed(&why))?;
    // Only the owner may read a temporary file. A kind file needs no such protection.
    file.as_file().set_permissions(PermissionsExt::from_mode(0o644)).map_err(|why| failed(&why))?;
    if out.symlink_metadata().is_ok() {
        return Err(failed(&"the file exists and is not overwritten"));
    }
    file.persist_noclobber(out).map_err(|why| failed(&why.error))?;
    let (name, attributes) = (&imported.name, imported.attributes);
    output::message(&format!("wrote {}: the kind `{name}` with {attributes} attributes", out.display()));
    Ok(())
}
