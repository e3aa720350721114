//! The replaced and the protected content of a place, with interference at any time and after the death of a run at any
//! time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;

use super::*;
use crate::evidence::{Bundle, Directory, Format, Link, Manifest, paths};

fn is_report(path: &str) -> bool {
    path == "results.json"
}

/// A place with its surroundings.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn begin(&self) -> Result<Directory, WriteError> {
        Directory::begin(&self.at("out"), is_report)
    }

    /// A sealed output of a run that is not in its place yet.
    fn sealed(&self, run: &str) -> crate::evidence::Sealed {
        let directory = self.begin().unwrap();
        for path in [paths::BASIS, paths::CIRCUMSTANCES, paths::VERDICTS, paths::FACTS, paths::CALLS, "results.json"] {
            directory.add(path, run.as_bytes()).unwrap();
        }
        directory.add("evidence/inputs/policies/p.yaml", b"id: P").unwrap();
        let told = format!(r#"{{"id":"{run}","suite":"bank","stage":"dev"}}"#);
        directory.add(paths::RUN, told.as_bytes()).unwrap();
        let of = |text: &str| text.to_owned();
        let link = Link { run: of(run), suite: of("bank"), stage: of("dev"), sequence: 1, previous: None };
        directory.seal(link).unwrap()
    }

    fn run(&self, run: &str) {
        self.sealed(run).finish().unwrap();
    }

    /// The path and content of every file. The content of a link is its target.
    fn tree(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        list(self.0.path(), "", &mut all);
        all
    }

    fn of(&self) -> String {
        fs::read_to_string(self.at("out/results.json")).unwrap()
    }
}

fn list(folder: &Path, above: &str, all: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), format!("{above}/{}", entry.file_name().display()));
        let meta = fs::symlink_metadata(&path).unwrap();
        let content = if meta.is_symlink() {
            format!("-> {}", fs::read_link(&path).unwrap().display())
        } else if meta.is_dir() {
            list(&path, &name, all);
            "folder".to_owned()
        } else {
            String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()
        };
        all.insert(name, content);
    }
}

/// Changes the manifest so that a foreign file looks like a file of a run.
fn forge(out: &Path, path: &str, bytes: &[u8]) {
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    manifest.files.retain(|entry| entry.path != path);
    let mut sum = crate::evidence::manifest::Sum::default();
    sum.add(bytes);
    manifest.files.push(sum.entry(path));
    fs::write(out.join(path), bytes).unwrap();
    fs::write(out.join("manifest.json"), manifest.write().unwrap()).unwrap();
}

type Harm = fn(&Path);

/// The changes after which an output directory does not belong to a run any more, with the words of the error.
const HARMS: &[(&str, Harm, &str)] = &[
    ("a note", |out| fs::write(out.join("notes.txt"), "mine").unwrap(), "notes.txt was not written by a run"),
    ("a note below", |out| fs::write(out.join("evidence/n"), "mine").unwrap(), "evidence/n was not written by a run"),
    ("a folder", |out| fs::create_dir(out.join("mine")).unwrap(), "mine/ was not written by a run"),
    ("an edited report", |out| fs::write(out.join("results.json"), "mine").unwrap(), "results.json was changed"),
    ("a forged name", |out| forge(out, "thesis.txt", b"mine"), "thesis.txt was not written by a run"),
    ("another run", |out| forge(out, paths::RUN, b"{\"id\":\"mine\"}"), "is not that of its evidence/run.json"),
    ("no proof", |out| fs::remove_file(out.join(paths::RUN)).unwrap(), "evidence/run.json: "),
    ("no manifest", |out| fs::remove_file(out.join("manifest.json")).unwrap(), "holds no manifest.json"),
    ("their manifest", |out| fs::write(out.join("manifest.json"), "{}").unwrap(), "is not one of Attestry"),
    ("a manifest that is a link", |out| linked(out, "manifest.json"), "manifest.json: "),
    ("a report that is a link", |out| linked(out, "results.json"), "results.json was not written by a run"),
    ("a folder that is a link", |out| linked(out, "evidence"), "evidence was not written by a run"),
    ("their signature", |out| fs::write(out.join(paths::ATTESTATIONS), "mine").unwrap(), paths::ATTESTATIONS),
    ("their time stamp", |out| fs::write(out.join(paths::ANSWER), "mine").unwrap(), paths::ANSWER),
];

fn linked(out: &Path, name: &str) {
    let elsewhere = out.with_file_name("elsewhere");
    fs::rename(out.join(name), &elsewhere).unwrap();
    symlink(elsewhere, out.join(name)).unwrap();
}

#[test]
fn what_no_run_is_known_to_have_left_is_refused_and_untouched() {
    for (name, harm, words) in HARMS {
        let desk = Desk::new();
        desk.run("R1");
        harm(&desk.at("out"));
        let before = desk.tree();
        let told = desk.begin().expect_err(name).to_string();
        assert!(told.contains(words) && told.ends_with("it is left alone"), "{name}: {told}");
        assert_eq!(desk.tree(), before, "{name}");
    }
    let place: [(&str, Harm, &str); 5] = [
        ("a link", |out| symlink("elsewhere", out).unwrap(), "it is a link"),
        ("a file", |out| fs::write(out, "mine").unwrap(), "it is no folder"),
        ("a desk of theirs", |out| fs::write(out.with_file_name(".attestry-out"), "x").unwrap(), "no folder of a run"),
        (
            "a file on the desk",
            |out| {
                fs::create_dir(out.with_file_name(".attestry-out")).unwrap();
                fs::write(out.with_file_name(".attestry-out").join("thesis.txt"), "mine").unwrap();
            },
            "thesis.txt was not written by a run",
        ),
        (
            "a file where a run writes",
            |out| {
                fs::create_dir_all(out.with_file_name(".attestry-out").join(WRITING)).unwrap();
                fs::write(out.with_file_name(".attestry-out").join(WRITING).join("thesis.txt"), "mine").unwrap();
            },
            "thesis.txt was not written by a run",
        ),
    ];
    for (name, harm, words) in place {
        let desk = Desk::new();
        harm(&desk.at("out"));
        let before = desk.tree();
        let told = desk.begin().expect_err(name).to_string();
        assert!(told.contains(words), "{name}: {told}");
        assert_eq!(desk.tree(), before, "{name}");
    }
}

#[test]
fn what_a_run_left_is_replaced_and_nothing_remains_beside_it() {
    let unharmed: [(&str, Harm); 4] = [
        ("nothing", |out| fs::remove_dir_all(out).unwrap()),
        ("an empty folder", |out| {
            fs::remove_dir_all(out).unwrap();
            fs::create_dir(out).unwrap();
        }),
        ("all of it", |_| {}),
        ("what a pipeline left of it", |out| fs::remove_file(out.join("results.json")).unwrap()),
    ];
    for (name, harm) in unharmed {
        let desk = Desk::new();
        desk.run("R1");
        harm(&desk.at("out"));
        desk.run("R2");
        assert_eq!(desk.of(), "R2", "{name}");
        assert!(desk.tree().keys().all(|path| path.starts_with("/out")), "{name}: {:?}", desk.tree());
    }
}

/// Another program changes the place while a run lives. Its files stay, and the result of the run is kept.
#[test]
fn the_place_is_looked_at_again_when_it_is_exchanged() {
    for (name, harm, words) in HARMS {
        // The change comes before the exchange, or during it, after the last check.
        for late in [false, true] {
            let desk = Desk::new();
            desk.run("R1");
            let sealed = desk.sealed("R2");
            let out = desk.at("out");
            let exchanged = std::cell::Cell::new(false);
            let exchange = |one: &Path, other: &Path| {
                exchanged.set(true);
                if late && !desk.at("late").exists() {
                    fs::write(desk.at("late"), "").unwrap();
                    harm(&out);
                }
                system::exchange(one, other)
            };
            if !late {
                harm(&out);
            }
            let mut harmed = BTreeMap::new();
            let told = sealed.claim.publish_by(&exchange, Some("R2")).expect_err(name).to_string();
            list(&out, "", &mut harmed);
            // A place that was changed before the exchange is not moved at all.
            assert_eq!(exchanged.get(), late, "{name}");
            assert!(told.contains(words) && told.contains("what this run found is in "), "{name}, {late}: {told}");
            assert_ne!(harmed.get("/results.json").map(String::as_str), Some("R2"), "{name}, {late}");
            assert_eq!(fs::read_to_string(desk.at("out-R2/results.json")).unwrap(), "R2", "{name}, {late}");
            assert!(!desk.at(".attestry-out").exists(), "{name}, {late}");
            let mine = desk.tree().values().any(|content| content.contains("mine"));
            let taken = ["a folder", "no proof", "no manifest", "their manifest"];
            assert!(mine || taken.contains(name) || name.contains("link"), "{name}, {late}: {:?}", desk.tree());
        }
    }
}

/// A run that ends without evidence removes its own unfinished files, and no other file.
#[test]
fn a_run_that_gives_up_removes_what_it_wrote_alone() {
    for (stranger, left) in [(false, 0), (true, 1)] {
        let desk = Desk::new();
        let sealed = desk.sealed("R1");
        let writing = sealed.claim.writing();
        if stranger {
            fs::write(writing.join("thesis.txt"), "mine").unwrap();
        }
        drop(sealed);
        assert_eq!(desk.tree().values().filter(|content| *content == "mine").count(), left, "{:?}", desk.tree());
        assert_eq!(desk.at(".attestry-out").exists(), stranger);
    }
}

#[test]
fn one_run_at_a_time_has_a_place() {
    let desk = Desk::new();
    symlink(desk.0.path(), desk.at("link")).unwrap();
    let first = desk.begin().unwrap();
    for path in ["out", "link/out", "link/../out"] {
        let second = Directory::begin(&desk.at(path), is_report);
        let other = path.contains("..") && matches!(&second, Err(WriteError::Io { .. }) | Ok(_));
        assert!(matches!(second, Err(WriteError::Busy(_))) || other, "{path}");
    }
    assert!(Directory::begin(&desk.at("out2"), is_report).is_ok());
    drop(first);
    assert!(desk.begin().is_ok());
    assert!(desk.tree().keys().all(|path| path.starts_with("/link")), "{:?}", desk.tree());
}

/// The desk after the death of a run at each moment, and the content that the next run finds in the place.
#[test]
fn wherever_a_run_dies_the_next_one_finds_the_old_or_the_new() {
    // The position of each run: in the place, and on the desk as `new`, `old` and `writing`.
    for (at, found) in [
        (["R1", "", "", "R2"], "R1"),
        (["R1", "R2", "", ""], "R1"),
        (["R2", "R1", "", ""], "R2"),
        (["", "R2", "R1", ""], "R2"),
        (["R2", "", "R1", ""], "R2"),
        (["", "", "R1", ""], "R1"),
    ] {
        let desk = Desk::new();
        let beside = desk.at(".attestry-out");
        fs::create_dir(desk.at("kept")).unwrap();
        for (run, place) in at.iter().zip(["out", NEW, OLD, WRITING]).filter(|(run, _)| !run.is_empty()) {
            desk.run(run);
            fs::rename(desk.at("out"), desk.at("kept").join(place)).unwrap();
        }
        fs::create_dir(&beside).unwrap();
        fs::write(beside.join(LOCK), "").unwrap();
        for entry in fs::read_dir(desk.at("kept")).unwrap().flatten() {
            let to = if entry.file_name() == "out" { desk.at("out") } else { beside.join(entry.file_name()) };
            fs::rename(entry.path(), to).unwrap();
        }
        if !at[3].is_empty() {
            // The dead run did not complete its directory.
            fs::remove_file(beside.join(WRITING).join("manifest.json")).unwrap();
        }
        fs::remove_dir(desk.at("kept")).unwrap();
        drop(desk.begin().unwrap_or_else(|error| panic!("{at:?}: {error}")));
        assert_eq!(desk.of(), found, "{at:?}");
        assert!(desk.tree().keys().all(|path| path.starts_with("/out")), "{at:?}: {:?}", desk.tree());
    }
}

#[test]
fn a_run_that_dies_amid_a_removal_is_finished_by_the_next() {
    let desk = Desk::new();
    desk.run("R1");
    let claim = desk.sealed("R2").claim;
    let (new, writing) = (claim.desk.join(NEW), claim.writing());
    // A folder of a stranger at the place of unfinished work stops the removal, and the old content stays unharmed.
    let told = claim.publish_by(
        &|one, other| {
            system::exchange(one, other)?;
            fs::create_dir(&writing)?;
            fs::write(writing.join("results.json"), "R0")
        },
        None,
    );
    assert!(told.is_err() && desk.of() == "R2");
    assert_eq!(fs::read_to_string(new.join("results.json")).unwrap(), "R1");
    // A half-done removal is completed.
    desk.run("R3");
    fs::create_dir_all(writing.join("evidence")).unwrap();
    fs::write(writing.join(paths::FACTS), "R1").unwrap();
    desk.run("R4");
    assert_eq!(desk.of(), "R4");
    assert!(!desk.at(".attestry-out").exists());
}

#[test]
fn where_names_cannot_be_exchanged_two_are_given() {
    let unable = |_: &Path, _: &Path| Err(io::Error::from_raw_os_error(rustix::io::Errno::INVAL.raw_os_error()));
    let desk = Desk::new();
    desk.run("R1");
    desk.sealed("R2").claim.publish_by(&unable, Some("R2")).unwrap();
    assert_eq!(desk.of(), "R2");
    assert!(desk.tree().keys().all(|path| path.starts_with("/out")), "{:?}", desk.tree());
    let sealed = desk.sealed("R3");
    fs::write(desk.at("out/notes.txt"), "mine").unwrap();
    assert!(sealed.claim.publish_by(&unable, Some("R3")).is_err());
    assert_eq!((desk.of().as_str(), desk.at("out-R3").is_dir()), ("R2", true));
}

#[test]
fn a_bundle_replaces_bundles_only() {
    let desk = Desk::new();
    let pack = |name: &str| {
        let sealed = desk.sealed("R1");
        let bundle = Bundle::begin(&desk.at(name), Format::Zip, is_report)?;
        sealed.pack(&bundle)?;
        bundle.finish()
    };
    pack("b.zip").unwrap();
    pack("b.zip").unwrap();
    fs::write(desk.at("empty.zip"), "").unwrap();
    pack("empty.zip").unwrap();
    fs::write(desk.at("thesis.zip"), "PK mine").unwrap();
    fs::create_dir(desk.at("folder.zip")).unwrap();
    symlink("b.zip", desk.at("link.zip")).unwrap();
    let mut other = crate::evidence::Contents::new();
    other.insert("thesis.txt".to_owned(), b"mine".to_vec());
    let limits = crate::evidence::Limits::default();
    fs::write(desk.at("packed.zip"), crate::evidence::pack(&other, Format::Zip, &limits).unwrap()).unwrap();
    let before = desk.tree();
    for (name, words) in [
        ("thesis.zip", "it is no bundle of Attestry"),
        ("folder.zip", "it is no plain file"),
        ("link.zip", "it is a link"),
        ("packed.zip", "is not one of Attestry"),
    ] {
        let told = pack(name).unwrap_err().to_string();
        assert!(told.contains(words), "{name}: {told}");
    }
    assert_eq!(desk.tree(), before);
}
