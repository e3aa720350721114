//! Measures the cost of the SDK alone: the processor time of DescribeKey for each key of an endpoint, again and again,
//! with no other work.
//!
//! Run it with `cargo bench --bench floor -- http://127.0.0.1:5000`. `ci/bench/bench.py --floor` runs it beside the
//! other benchmarks. A call in a run of Attestry cannot cost less than this.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark is a program")]

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_kms::Client;
use aws_sdk_kms::config::{BehaviorVersion, Region};
use tokio::task::JoinSet;

const ROUNDS: usize = 4;
const AT_ONCE: usize = 64;

fn main() {
    // `cargo test` runs benches too. Without an endpoint, there is nothing to measure.
    let Some(url) = std::env::args().nth(1).filter(|url| url.starts_with("http")) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let calls = runtime.block_on(describe_all(&url));
    let milliseconds = cpu().as_secs_f64() * 1000.0 / f64::from(u32::try_from(calls).unwrap());
    println!("{calls} calls, {milliseconds:.3} ms of CPU a call");
}

async fn describe_all(url: &str) -> usize {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-southeast-2"))
        .credentials_provider(Credentials::new("123456789012", "emulator", None, None, "bench"))
        .endpoint_url(url)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = Client::from_conf(config);
    let keys = client.list_keys().limit(1000).send().await.unwrap();
    let ids: Vec<String> = keys.keys().iter().filter_map(|key| key.key_id()).map(str::to_owned).collect();
    let mut open = JoinSet::new();
    for id in ids.iter().cycle().take(ids.len() * ROUNDS) {
        if open.len() >= AT_ONCE {
            open.join_next().await;
        }
        let (client, id) = (client.clone(), id.clone());
        open.spawn(async move { client.describe_key().key_id(id).send().await.unwrap() });
    }
    while open.join_next().await.is_some() {}
    ids.len() * ROUNDS
}

/// Returns the user and system time of this process. Linux reports the time in hundredths of a second.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}
