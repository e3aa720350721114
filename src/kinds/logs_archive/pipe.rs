//! From a body that comes in pieces to somebody who reads: few pieces wait, however large the body is.
//!
//! Must not know what is in it.

use std::io::{self, Read};

use crate::aws::Flow;
use attestry_core::facts::Gap;
use aws_sdk_s3::primitives::ByteStream;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pieces that wait.
const WAITING: usize = 4;

/// The reading end; it blocks.
#[derive(Debug)]
pub(super) struct Pipe<B> {
    pieces: Receiver<io::Result<B>>,
    piece: Option<B>,
    at: usize,
    /// Bytes that were read.
    pub(super) read: u64,
}

/// A pipe and its other end.
pub(super) fn pipe<B>() -> (Sender<io::Result<B>>, Pipe<B>) {
    let (sender, pieces) = channel(WAITING);
    (sender, Pipe { pieces, piece: None, at: 0, read: 0 })
}

/// Sends a body until it ends, breaks, drips, or nobody reads any more. It says why the body does not end.
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
