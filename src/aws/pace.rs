//! Paces the requests of a run. No account gets requests faster than a share of its quotas. When AWS throttles, the
//! pace slows down.
//!
//! The pacing is below the retries of the SDK, so a retry is paced like any other request. This module must not know
//! the content of a request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::quota::{self, Quota};
use super::{GLOBAL, Operation, Operations};

/// The largest number of requests of one quota group that are open at the same time.
const OPEN: usize = 64;

/// The share of a published quota that a run uses. The rest is for the other work of the account.
const SHARE: f64 = 0.95;

/// The length of the burst that a quota allows, in seconds of its rate. It is long enough to balance late timers. It is
/// short enough that the requests of each second stay below the quota.
const BURST_SECONDS: f64 = 0.05;

/// Paces all requests of a run.
#[derive(Clone, Debug)]
pub struct Pace {
    inner: Option<Arc<Inner>>,
}

#[derive(Debug)]
struct Inner {
    operations: Operations,
    queues: Mutex<HashMap<QuotaGroup, Queue>>,
    /// The share of the quotas for reading events that a sweep of logs uses.
    sweeps: f64,
}

/// Account, Region and quota group.
type QuotaGroup = (Arc<str>, Arc<str>, String);

/// The requests of one quota group.
#[derive(Debug)]
struct Queue {
    bucket: Bucket,
    /// The semaphore for open requests. A request first gets a permit and then its time in the queue. With the opposite
    /// order, requests that wait for slow answers would all become due at the same time.
    open: Arc<Semaphore>,
}

/// The right to send one request. The request counts as open until this value is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _open: Option<OwnedSemaphorePermit>,
}

impl Pace {
    /// Creates a pace by the published quotas.
    #[must_use]
    pub fn by_quota(operations: &Operations) -> Self {
        Self::with_sweeps(operations.clone(), SHARE)
    }

    /// Returns a pace that leaves this percentage of the quotas for reading log events unused. Call this function
    /// before the first request.
    #[must_use]
    pub fn leaving(self, percent: u8) -> Self {
        let share = (1.0 - f64::from(percent) / 100.0).min(SHARE);
        match self.inner {
            Some(inner) => Self::with_sweeps(inner.operations.clone(), share),
            None => self,
        }
    }

    fn with_sweeps(operations: Operations, sweeps: f64) -> Self {
        Self { inner: Some(Arc::new(Inner { operations, queues: Mutex::default(), sweeps })) }
    }

    /// Creates a pace without limits, because a backend inside the process has no quota.
    #[must_use]
    pub fn none() -> Self {
        Self { inner: None }
    }

    /// Waits until the request may be sent.
    pub(super) async fn turn(&self, account: &Arc<str>, region: &Arc<str>, operation: &Operation) -> Turn {
        let Some(inner) = &self.inner else { return Turn { _open: None } };
        let open = inner.with_queue(account, region, operation, |queue| Arc::clone(&queue.open));
        let open = open.acquire_owned().await.ok();
        let at = inner.with_queue(account, region, operation, |queue| queue.bucket.reserve(Instant::now()));
        tokio::time::sleep_until(at).await;
        Turn { _open: open }
    }

    /// Adapts the rate to an answer.
    pub(super) fn answered(&self, account: &Arc<str>, region: &Arc<str>, operation: &Operation, throttled: bool) {
        if let Some(inner) = &self.inner {
            inner.with_queue(account, region, operation, |queue| queue.bucket.learn(throttled, Instant::now()));
        }
    }
}

impl Inner {
    fn with_queue<T>(
        &self,
        account: &Arc<str>,
        region: &Arc<str>,
        operation: &Operation,
        act: impl FnOnce(&mut Queue) -> T,
    ) -> T {
        let quota = quota::of(&self.operations, operation, region);
        let share = if quota::OF_SWEEPS.contains(&quota.group.as_str()) { self.sweeps } else { SHARE };
        let group = quota.group.clone();
        let region = if operation.service == "iam" { Arc::from(GLOBAL) } else { Arc::clone(region) };
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Queue { bucket: Bucket::new(&quota, share, Instant::now()), open: Arc::new(Semaphore::new(OPEN)) };
        act(queues.entry((Arc::clone(account), region, group)).or_insert_with(new))
    }
}

/// A virtual queue. Each request moves the earliest time of the next request by one interval.
#[derive(Debug)]
struct Bucket {
    rate: f64,
    most: f64,
    next: Instant,
    slowed: Instant,
}

impl Bucket {
    fn new(quota: &Quota, share: f64, now: Instant) -> Self {
        let rate = quota.rate * if quota.published { share } else { 1.0 };
        let most = if quota.published { rate } else { quota::UNPUBLISHED_MOST };
        Self { rate, most, next: now, slowed: now }
    }

    /// Books the next place in the queue.
    fn reserve(&mut self, now: Instant) -> Instant {
        let burst = Duration::from_secs_f64(BURST_SECONDS);
        let earliest = now.checked_sub(burst).unwrap_or(now);
        let at = self.next.max(earliest);
        self.next = at + Duration::from_secs_f64(1.0 / self.rate);
        at
    }

    /// Halves the rate when AWS throttles, at most once a second. Otherwise each answer raises the rate by a twentieth.
    fn learn(&mut self, throttled: bool, now: Instant) {
        if throttled {
            if now.duration_since(self.slowed) >= Duration::from_secs(1) || self.rate >= self.most {
                self.rate = (self.rate / 2.0).max(0.5);
                self.slowed = now;
                self.next = self.next.max(now + Duration::from_secs_f64(1.0 / self.rate));
            }
        } else if self.rate < self.most {
            self.rate = (self.rate + self.rate * 0.05 / self.rate.max(1.0)).min(self.most);
        }
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;
    use attestry_core::facts::{Call, Frequency};

    static CALLS: [Call; 4] = [
        call("ssm", "DescribeParameters", 3.0),
        call("logs", "FilterLogEvents", 25.0),
        call("logs", "GetLogEvents", 25.0),
        call("logs", "DescribeLogStreams", 25.0),
    ];

    const fn call(service: &'static str, operation: &'static str, rate: f64) -> Call {
        Call::new(service, operation, "", Frequency::Resource).pace(attestry_core::facts::Pace::per_second(rate))
    }

    fn operations() -> Operations {
        Operations::new(&CALLS)
    }

    fn bucket(rate: f64) -> (Bucket, Instant) {
        let now = Instant::now();
        (Bucket::new(&Quota { group: "test".to_owned(), rate, published: true }, SHARE, now), now)
    }

    #[test]
    fn no_second_sees_more_than_its_quota() {
        for rate in [3.0, 10.0, 50.0, 1000.0, 2000.0] {
            let (mut bucket, start) = bucket(rate);
            let times: Vec<f64> =
                (0..5000).map(|_| bucket.reserve(start).duration_since(start).as_secs_f64()).collect();
            for (first, at) in times.iter().enumerate() {
                let within = times.iter().skip(first).take_while(|later| **later < at + 1.0).count();
                assert!(within as f64 <= rate.max(1.0), "{within} requests in a second at {rate}");
            }
            let took = times.last().copied().unwrap_or_default();
            assert!(took <= 5000.0 / (rate * SHARE) * 1.01, "{rate}: {took} s is slower than the share allows");
        }
    }

    #[test]
    fn a_late_caller_catches_up_but_not_by_more_than_the_burst() {
        let (mut bucket, start) = bucket(100.0);
        let late = start + Duration::from_secs(10);
        let times: Vec<Instant> = (0..20).map(|_| bucket.reserve(late)).collect();
        let at_once = times.iter().filter(|at| **at <= late).count();
        assert!((2..=6).contains(&at_once), "{at_once} at once");
    }

    #[test]
    fn an_objection_halves_the_rate_and_answers_restore_it() {
        let (mut bucket, start) = bucket(100.0);
        let whole = bucket.rate;
        bucket.learn(true, start + Duration::from_secs(1));
        bucket.learn(true, start + Duration::from_millis(1100));
        assert!((bucket.rate - whole / 2.0).abs() < 1e-9, "several objections at once count as one");
        for _ in 0..10_000 {
            bucket.learn(false, start + Duration::from_secs(2));
        }
        assert!((bucket.rate - whole).abs() < 1e-9);
    }

    #[tokio::test]
    async fn waiting_is_by_account_region_and_group() {
        let pace = Pace::by_quota(&operations());
        let operation = Operation { service: "ssm".into(), name: "DescribeParameters".into() };
        let (account, here, there): (Arc<str>, Arc<str>, Arc<str>) = ("1".into(), "a".into(), "b".into());
        let start = Instant::now();
        for _ in 0..4 {
            pace.turn(&account, &here, &operation).await;
        }
        assert!(start.elapsed() >= Duration::from_millis(900), "{:?}", start.elapsed());
        // The first request in another Region may go at once, because nothing was booked there.
        let inner = pace.inner.as_ref().expect("it paces");
        let at = inner.with_queue(&account, &there, &operation, |queue| queue.bucket.reserve(Instant::now()));
        assert!(at <= Instant::now(), "another Region has its own quota");
    }

    #[tokio::test]
    async fn a_sweep_leaves_the_account_its_share() {
        let pace = Pace::by_quota(&operations()).leaving(40);
        let inner = pace.inner.as_ref().expect("it paces");
        let (account, region): (Arc<str>, Arc<str>) = ("1".into(), "us-east-1".into());
        let rate = |service: &str, name: &str| {
            inner.with_queue(&account, &region, &Operation::new(service, name), |queue| queue.bucket.rate)
        };
        assert!((rate("logs", "FilterLogEvents") - 15.0).abs() < 1e-9);
        assert!((rate("logs", "GetLogEvents") - 15.0).abs() < 1e-9);
        assert!((rate("logs", "DescribeLogStreams") - 25.0 * SHARE).abs() < 1e-9);
        assert!(Pace::none().leaving(40).inner.is_none());
    }
}
