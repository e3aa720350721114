//! Files that are read, and paths that are refused.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::source::{Unread, folder_below, list_below, read_below, read_plain};

/// A root with files, links and other entries, beside a folder outside of the root.
fn root() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let (root, outside) = (directory.path().join("root"), directory.path().join("outside"));
    std::fs::create_dir_all(root.join("folder")).unwrap();
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(root.join("folder/plain"), "12345678").unwrap();
    std::fs::write(outside.join("plain"), "secret").unwrap();
    symlink("folder/plain", root.join("inside")).unwrap();
    symlink("../root/folder", root.join("there-and-back")).unwrap();
    symlink("../outside/plain", root.join("file-out")).unwrap();
    symlink(&outside, root.join("folder-out")).unwrap();
    symlink("/dev/zero", root.join("zero")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    symlink("round", root.join("round")).unwrap();
    mknodat(CWD, root.join("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    (directory, root)
}

/// The result in one word.
fn word<T>(read: Result<T, Unread>) -> &'static str {
    match read {
        Ok(_) => "read",
        Err(Unread::NotPlain) => "not-plain",
        Err(Unread::Outside) => "outside",
        Err(Unread::TooLarge(_)) => "too-large",
        Err(Unread::TooMany(_)) => "too-many",
        Err(Unread::Io(_)) => "refused",
    }
}

#[test]
fn only_plain_files_below_the_root_are_read_and_nothing_is_waited_for() {
    let (_directory, root) = root();
    let started = Instant::now();
    for (path, below) in [
        ("folder/plain", "read"),
        ("inside", "read"),
        ("there-and-back/plain", "read"),
        ("./folder/plain", "read"),
        ("file-out", "outside"),
        ("folder-out/plain", "outside"),
        ("../outside/plain", "outside"),
        ("folder/../../outside/plain", "outside"),
        ("/etc/passwd", "outside"),
        ("zero", "outside"),
        ("folder", "not-plain"),
        ("pipe", "not-plain"),
        ("socket", "refused"),
        ("dangling", "refused"),
        ("round", "refused"),
        ("missing", "refused"),
    ] {
        assert_eq!(word(read_below(&root, Path::new(path), 8)), below, "{path}");
    }
    // A path of the command line can be in any place, but it must be no pipe and no device.
    for (path, plain) in [("file-out", "read"), ("zero", "not-plain"), ("pipe", "not-plain"), ("folder", "not-plain")] {
        assert_eq!(word(read_plain(&root.join(path), 8)), plain, "{path}");
    }
    assert!(started.elapsed().as_secs() < 5, "something was waited for");
    assert!(read_below(&root, Path::new("missing"), 8).unwrap_err().is_missing());
}

#[test]
fn the_limit_holds_while_reading() {
    let (_directory, root) = root();
    for (most, found) in [(8, "read"), (7, "too-large"), (0, "too-large")] {
        assert_eq!(word(read_below(&root, Path::new("inside"), most)), found, "{most}");
        assert_eq!(word(read_plain(&root.join("inside"), most)), found, "{most}");
    }
    // A file of /proc has the size 0, but it is not empty.
    assert_eq!(word(read_plain(Path::new("/proc/self/maps"), 8)), "too-large");
    assert_eq!(Unread::TooLarge(1 << 20).to_string(), "larger than 1 MiB");
}

#[test]
fn folders_are_listed_and_entered_below_the_root_alone() {
    let (_directory, root) = root();
    for (folder, most, found) in [
        ("", 99, "read"),
        ("", 3, "too-many"),
        ("there-and-back", 9, "read"),
        ("folder-out", 9, "outside"),
        ("..", 9, "outside"),
    ] {
        assert_eq!(word(list_below(&root, Path::new(folder), most)), found, "{folder} {most}");
    }
    assert_eq!(word(folder_below(&root, Path::new("folder-out"))), "outside");
    assert_eq!(folder_below(&root, Path::new("there-and-back")).unwrap(), root.canonicalize().unwrap().join("folder"));
    let listed = list_below(&root, Path::new(""), 99).unwrap();
    let folders: Vec<_> = listed.iter().filter(|it| it.is_folder).map(|it| it.name.to_string_lossy()).collect();
    assert_eq!(folders, ["folder"], "a link to a folder is none");
}
