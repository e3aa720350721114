//! Reads a path of the command line: a plain file or a pipe, such as `/dev/fd/63`.
//!
//! A pipe is read, because a user names it on purpose. The wait for the writer of the pipe has a limit. This module
//! must not know the content.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_setfl};
use zeroize::Zeroizing;

use super::plain::Unread;

/// The time limits for the writer of a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The longest wait until the writer opens the pipe.
    pub open: Duration,
    /// The longest wait for the next byte.
    pub write: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { open: Duration::from_secs(5), write: Duration::from_secs(60) }
    }
}

/// An open plain file or pipe.
#[derive(Debug)]
pub struct Given {
    file: File,
    /// The longest wait for a byte, or `None` for a plain file.
    patience: Option<Duration>,
}

impl Given {
    /// Opens a path. Links are followed.
    ///
    /// # Errors
    /// The path does not exist, it is neither a file nor a pipe, or no program opens the other end of the pipe in time.
    pub fn open(path: &Path, patience: Patience) -> Result<Self> {
        let kind = std::fs::metadata(path)?.file_type();
        if kind.is_fifo() {
            // The call `open` waits for a writer, possibly for ever.
            let (sender, opened) = channel();
            let path = path.to_path_buf();
            std::thread::spawn(move || sender.send(File::open(path)));
            let opened = opened.recv_timeout(patience.open);
            let file = opened.unwrap_or_else(|_| Err(Error::other("nobody writes to this pipe")))?;
            fcntl_setfl(&file, OFlags::NONBLOCK)?;
            return Ok(Self { file, patience: Some(patience.write) });
        }
        if !kind.is_file() {
            return Err(Error::other("this is neither a plain file nor a pipe"));
        }
        Ok(Self { file: File::open(path)?, patience: None })
    }

    /// Reads the complete content, up to a limit. The memory is wiped after use.
    ///
    /// # Errors
    /// See [`Unread`].
    pub fn read_all(path: &Path, most: u64) -> std::result::Result<Zeroizing<Vec<u8>>, Unread> {
        let mut given = Self::open(path, Patience::default())?;
        // A vector that grows leaves copies in memory. To avoid this, the pieces are joined only after all lengths are
        // known.
        let (mut pieces, mut length) = (Vec::new(), 0_u64);
        loop {
            let mut piece = Zeroizing::new(vec![0; PIECE]);
            let read = given.read(&mut piece)?;
            if read == 0 {
                break;
            }
            length += u64::try_from(read).unwrap_or(u64::MAX);
            if length > most {
                return Err(Unread::TooLarge(most));
            }
            piece.truncate(read);
            pieces.push(piece);
        }
        let mut whole = Zeroizing::new(Vec::with_capacity(pieces.iter().map(|piece| piece.len()).sum()));
        pieces.iter().for_each(|piece| whole.extend_from_slice(piece));
        Ok(whole)
    }
}

/// The number of bytes that are read in one step.
const PIECE: usize = 64 * 1024;

/// The first pause after a read without data, and the longest pause. Each pause is twice as long as the one before.
const PAUSES: (Duration, Duration) = (Duration::from_micros(50), Duration::from_millis(20));

impl Read for Given {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let Some(patience) = self.patience else { return self.file.read(into) };
        let (mut since, mut pause) = (None, PAUSES.0);
        loop {
            match self.file.read(into) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            if since.get_or_insert_with(Instant::now).elapsed() >= patience {
                return Err(Error::other(format!("nobody wrote to this pipe for {} seconds", patience.as_secs())));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}

impl Seek for Given {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.file.seek(to)
    }
}
