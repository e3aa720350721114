//! A pipe from a body that comes in pieces to a blocking reader. Only a few pieces wait in it, however large the body
//! is.
//!
//! This module must not know the content of the body.

use std::io::{self, Read};

use crate::aws::Flow;
use attestry_core::facts::Gap;
use aws_sdk_s3::primitives::ByteStream;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The largest number of waiting pieces.
const WAITING: usize = 4;

/// The reading end. It blocks.
#[derive(Debug)]
pub(super) struct Pipe<B> {
    pieces: Receiver<io::Result<B>>,
    piece: Option<B>,
    at: usize,
    /// The number of bytes that were read.
    pub(super) read: u64,
}

/// Returns a pipe and its sending end.
pub(super) fn pipe<B>() -> (Sender<io::Result<B>>, Pipe<B>) {
    let (sender, pieces) = channel(WAITING);
    (sender, Pipe { pieces, piece: None, at: 0, read: 0 })
}

/// Sends a body into the pipe, until the body ends, breaks or is too slow, or until the reader is gone. Returns the
/// reason if the body did not reach its end.
pub(super) async fn pour(mut body: ByteStream, into: Sender<io::Result<Vec<u8>>>) -> Option<Gap> {
    let mut flow = Flow::default();
    loop {
        match flow.next(body.try_next()).await {
            Ok(Some(piece)) if into.send(Ok(piece.to_vec())).await.is_ok() => {}
            Ok(_) => return None,
            Err(gap) => {
                let _ = into.send(Err(io::Error::other(gap.message.clone()))).await;
                return Some(gap);
            }
        }
    }
}

impl<B: AsRef<[u8]>> Read for Pipe<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.piece.as_ref().and_then(|piece| piece.as_ref().get(self.at..)).unwrap_or_default();
            if !left.is_empty() {
                let length = left.len().min(buffer.len());
                for (to, from) in buffer.iter_mut().zip(left) {
                    *to = *from;
                }
                self.at += length;
                self.read += length as u64;
                return Ok(length);
            }
            match self.pieces.blocking_recv() {
                None => return Ok(0),
                Some(piece) => (self.piece, self.at) = (Some(piece?), 0),
            }
        }
    }
}
