//! Pipes whose other end is slow, silent or closed.

use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::source::{Given, Patience, Unread};

const SHORT: Patience = Patience { open: Duration::from_millis(200), write: Duration::from_millis(300) };

/// The text that a reader gets from a pipe, for this writer.
fn through(write: impl FnOnce(std::fs::File) + Send + 'static) -> std::io::Result<String> {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
    let to = pipe.clone();
    let writer = std::thread::spawn(move || write(std::fs::OpenOptions::new().write(true).open(to).unwrap()));
    let mut text = String::new();
    let read = Given::open(&pipe, SHORT).and_then(|mut given| given.read_to_string(&mut text));
    writer.join().unwrap();
    read.map(|_| text)
}

#[test]
fn a_pipe_is_read_as_long_as_somebody_writes() {
    let slowly = |mut pipe: std::fs::File| {
        for word in ["one ", "two ", "three"] {
            pipe.write_all(word.as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(150));
        }
    };
    assert_eq!(through(slowly).unwrap(), "one two three");
    assert_eq!(through(drop).unwrap(), "");
    let much = |mut pipe: std::fs::File| pipe.write_all(&[b'x'; 1 << 20]).unwrap();
    assert_eq!(through(much).unwrap().len(), 1 << 20);
}

#[test]
fn nobody_waits_for_ever() {
    let started = Instant::now();
    let stalls = |mut pipe: std::fs::File| {
        pipe.write_all(b"one").unwrap();
        std::thread::sleep(Duration::from_millis(900));
    };
    assert!(through(stalls).unwrap_err().to_string().contains("nobody wrote to this pipe"));
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
    assert!(Given::open(&pipe, SHORT).unwrap_err().to_string().contains("nobody writes"));
    for other in [Path::new("/dev/zero"), folder.path()] {
        assert!(Given::open(other, SHORT).unwrap_err().to_string().contains("neither a plain file nor a pipe"));
    }
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_is_held_whole_has_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, vec![b'x'; 200_000]).unwrap();
    assert_eq!(Given::read_all(&file, 200_000).unwrap().len(), 200_000);
    assert!(matches!(Given::read_all(&file, 199_999), Err(Unread::TooLarge(199_999))));
    assert!(matches!(Given::read_all(Path::new("/proc/self/maps"), 8), Err(Unread::TooLarge(8))));
}
