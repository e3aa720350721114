//! Fuzzes edits of sound answers of AWS, in every protocol, against the table of the contents of an answer.
//!
//! No input may cause a panic or a long run, and no byte of an answer may get into a message about it. An accepted
//! answer is complete: the validator rejects each shorter answer, and each answer with a second one behind it. The
//! fuzzer tries each truncation of the sound answers themselves.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use aws::validate::{self, Asked, Body, Head, TABLE};
use aws::wire::Protocol;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

#[path = "."]
#[allow(dead_code, unused_imports, reason = "only a part of it is needed here")]
mod aws {
    #[path = "../../../src/aws/validate/mod.rs"]
    pub mod validate;
    #[path = "."]
    pub mod wire {
        #[path = "../../../src/aws/wire/protocol.rs"]
        mod protocol;
        #[path = "../../../src/aws/wire/text.rs"]
        mod text;

        pub use protocol::Protocol;
        pub(super) use text::xml_unescape;
    }
}
mod clock;

/// A limit far above the time for the longest answer.
const LONG: Duration = Duration::from_secs(1);

/// No edit makes an answer longer than this.
const MOST: usize = 1 << 20;

/// The separator between two edits. It occurs in no text and no CBOR.
const NEXT: u8 = 0xfe;

/// Sound answers, each after the name of its operation.
const SOUND: &[(&str, &str, &[u8])] = &[
    ("secretsmanager", "ListSecrets", include_bytes!("../seeds/answers/secrets.json")),
    ("sqs", "GetQueueAttributes", include_bytes!("../seeds/answers/queue.json")),
    ("ssm", "GetParameters", include_bytes!("../seeds/answers/parameters.json")),
    ("cloudtrail", "DescribeTrails", include_bytes!("../seeds/answers/trails.json")),
    ("lambda", "ListFunctions", include_bytes!("../seeds/answers/functions.json")),
    ("tag", "GetResources", include_bytes!("../seeds/answers/tagged.json")),
    ("s3", "GetBucketPolicy", include_bytes!("../seeds/answers/policy.json")),
    ("cloudwatch", "DescribeAlarms", include_bytes!("../seeds/answers/alarms.cbor")),
    ("iam", "GetAccountAuthorizationDetails", include_bytes!("../seeds/answers/details.xml")),
    ("iam", "GetAccountSummary", include_bytes!("../seeds/answers/summary.xml")),
    ("sns", "GetTopicAttributes", include_bytes!("../seeds/answers/topic.xml")),
    ("s3", "ListBuckets", include_bytes!("../seeds/answers/buckets.xml")),
    ("s3", "ListObjectsV2", include_bytes!("../seeds/answers/objects.xml")),
    ("s3", "CompleteMultipartUpload", include_bytes!("../seeds/answers/upload.xml")),
];

static PARAMETERS: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "AttributeNames": ["All"],
        "Bucket": "b",
        "Key": "k",
        "Names": ["a", "b"],
        "Prefix": "p/",
        "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q",
        "ResourceTypeFilters": ["kms:key"],
        "TopicArn": "arn:aws:sns:eu-west-1:111122223333:t",
    })
});

/// Returns the mistake in an answer, if there is one.
fn judge(service: &str, operation: &str, body: &[u8]) -> Result<(), String> {
    let row = TABLE.row(service, operation).expect("a row");
    let protocol = if row.body == Body::Json { Protocol::RestJson } else { Protocol::of(service) };
    let asked = Asked { account: "111122223333", region: "eu-west-1", parameters: &PARAMETERS, withheld: None };
    let head = Head { status: 200, content_type: None, length: None };
    validate::body(row, protocol, head, &asked, body).map_err(|wrong| wrong.0)
}

/// Returns whether the truncated end may be missing. Blanks have no meaning, and neither have comments and instructions
/// of XML.
fn says_nothing(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    rest.is_empty() || rest.starts_with(b"<!") || rest.starts_with(b"<?")
}

/// The validator accepts the sound answers, and accepts no truncation of them.
static TRIED: LazyLock<()> = LazyLock::new(|| {
    for (service, operation, body) in SOUND {
        assert_eq!(judge(service, operation, body), Ok(()), "{operation}");
        let ends = (0..body.len()).filter(|end| !says_nothing(&body[*end..]));
        ends.for_each(|end| assert!(judge(service, operation, &body[..end]).is_err(), "{operation} to {end}"));
    }
});

/// Makes one edit. The bytes give its sort, its place and its content.
fn edit(body: &mut Vec<u8>, bytes: &[u8]) {
    let [what, high, low, with @ ..] = bytes else { return };
    let place = (usize::from(*high) << 8 | usize::from(*low)) % (body.len() + 1);
    let end = (place + with.len()).min(body.len());
    match what % 5 {
        0 => drop(body.splice(place..end, with.iter().copied())),
        1 => drop(body.splice(place..place, with.iter().copied())),
        2 => drop(body.drain(place..end)),
        3 => body.truncate(place),
        // The text at this place is repeated many times. This reveals code whose time is quadratic in the length.
        _ => {
            let length = with.first().copied().map_or(1, usize::from).min(body.len() - place);
            let times = 1 << (with.get(1).copied().unwrap_or(0) % 17);
            let part = body[place..place + length].repeat(times.min(MOST.saturating_sub(body.len()) / length.max(1)));
            body.splice(place..place, part);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    LazyLock::force(&TRIED);
    let [which, cut, rest @ ..] = bytes else { return };
    let (service, operation, sound) = SOUND[usize::from(*which) % SOUND.len()];
    let mut body = sound.to_vec();
    rest.split(|byte| *byte == NEXT).take(8).for_each(|bytes| edit(&mut body, bytes));
    let started = clock::worked();
    let told = judge(service, operation, &body);
    assert!((clock::worked() - started) < LONG, "judging takes {:?}", clock::worked() - started);
    match told {
        Ok(()) => {
            let end = body.len() * usize::from(*cut) / 256;
            for end in [end, body.len() - 1].into_iter().filter(|end| !says_nothing(&body[*end..])) {
                assert!(judge(service, operation, &body[..end]).is_err(), "a cut answer is believed");
            }
            assert!(judge(service, operation, &[&*body, &*body].concat()).is_err(), "a second answer is believed");
        }
        Err(told) => assert!(told.is_ascii() && told.len() < 200, "{told:?}"),
    }
});
