//! Reads a body piece by piece while it arrives. When the body arrives too slowly, the read ends with a gap.
//!
//! This module must not know the content. Only the time of waiting for the body is limited. The reader may use each
//! piece for as long as it needs.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use attestry_core::facts::{Cause, Gap};

/// The time in which at least [`LEAST`] bytes must arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The smallest number of bytes that must arrive in that time, unless the body ends. AWS normally sends thousands of
/// times as many.
const LEAST: usize = 64 << 10;

/// The progress of one body.
#[derive(Debug)]
pub struct Flow {
    patience: Duration,
    waited: Duration,
    came: usize,
}

impl Default for Flow {
    fn default() -> Self {
        Self { patience: PATIENCE, waited: Duration::ZERO, came: 0 }
    }
}

impl Flow {
    /// Returns the next piece of the body, or its end.
    ///
    /// # Errors
    /// The body broke off, or it arrives too slowly.
    pub async fn next<P: AsRef<[u8]>, E: Display>(
        &mut self,
        piece: impl Future<Output = Result<Option<P>, E>>,
    ) -> Result<Option<P>, Gap> {
        let gap = |cause, message: String| Gap::new(cause).with_message(message);
        let clock = Instant::now();
        let piece = timeout(self.patience.saturating_sub(self.waited), piece).await;
        let piece = piece.map_err(|_| gap(Cause::TimedOut, "the answer came too slowly".to_owned()))?;
        let piece = piece.map_err(|error| gap(Cause::Unreachable, format!("the answer broke off: {error}")))?;
        self.waited += clock.elapsed();
        self.came += piece.as_ref().map_or(0, |piece| piece.as_ref().len());
        if self.came >= LEAST {
            (self.waited, self.came) = (Duration::ZERO, 0);
        }
        Ok(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how a body ends. Each of its pieces has `bytes` bytes and arrives after `milliseconds`, and the reader
    /// needs `reading` milliseconds for it.
    async fn end(bytes: usize, milliseconds: u64, reading: u64) -> Option<Cause> {
        let mut flow = Flow { patience: Duration::from_millis(300), ..Flow::default() };
        for _ in 0..8 {
            let piece = async {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                Ok::<_, String>(Some(vec![0; bytes]))
            };
            match flow.next(piece).await {
                Ok(piece) => assert_eq!(piece.map(|piece| piece.len()), Some(bytes)),
                Err(gap) => return Some(gap.cause),
            }
            tokio::time::sleep(Duration::from_millis(reading)).await;
        }
        None
    }

    #[tokio::test]
    async fn a_body_that_drips_is_given_up() {
        assert_eq!(end(1, 60, 0).await, Some(Cause::TimedOut));
        assert_eq!(end(LEAST, 60, 0).await, None);
        assert_eq!(end(LEAST, 2000, 0).await, Some(Cause::TimedOut));
        assert_eq!(end(1, 0, 60).await, None, "the reader was slow");
        let broken = Flow::default().next(async { Err::<Option<Vec<u8>>, _>("reset") }).await;
        assert_eq!(broken.map_err(|gap| (gap.cause, gap.message.contains("reset"))), Err((Cause::Unreachable, true)));
    }
}
