//! The objects below the prefixes of the cases.
//!
//! Must not know what is expected of an object.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Object, ObjectStorageClass};
use jiff::Timestamp;

use crate::aws::{AccountRegion, gap_of};
use crate::kinds::s3_bucket::{client, elsewhere};
use crate::kinds::support::convert::{malformed, maybe_word, named, time, told, truncated};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::{Archive, Gap, TimeSpan};

/// The largest number of objects below a prefix.
const MOST: usize = 100_000;

/// The largest number of objects in a population. Each of them can need two more calls.
const MOST_RESOURCES: usize = 10_000;

/// An object of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) last_modified: Timestamp,
    pub(super) size: i64,
    pub(super) etag: String,
    pub(super) storage_class: Option<String>,
    /// The prefixes of the cases that the object is below.
    pub(super) prefixes: Vec<String>,
}

/// The objects by bucket and key.
pub(super) type Objects = BTreeMap<(String, String), Listed>;

/// The clients for the Regions of the buckets. S3 answers for a bucket only in its Region.
#[derive(Clone, Debug, Default)]
struct Homes(Arc<Mutex<HashMap<String, Client>>>);

/// The client for a bucket whose list was read.
pub(super) fn home(at: &AccountRegion, bucket: &str) -> Client {
    let homes = at.client(|_| Homes::default());
    let homes = homes.0.lock().unwrap_or_else(PoisonError::into_inner);
    homes.get(bucket).cloned().unwrap_or_else(|| client(at, None))
}

/// Adds the objects of a span below a prefix.
pub(super) async fn list(at: &AccountRegion, prefix: &str, span: &TimeSpan, into: &mut Objects) -> Result<(), Gap> {
    let place = Archive::read(prefix)
        .ok_or_else(|| malformed(format!("{prefix} is no place of objects: write s3://bucket/prefix")))?;
    let (mut client, mut moved) = (client(at, None), false);
    let (mut token, mut pages, mut all) = (None, Pages::default(), 0);
    loop {
        let request = client.list_objects_v2().bucket(&place.bucket).prefix(&place.prefix);
        let page = match request.set_continuation_token(token.clone()).send().await {
            Ok(page) => page,
            Err(error) => match elsewhere(at, &error).filter(|_| !moved) {
                Some(there) => {
                    (client, moved) = (there, true);
                    continue;
                }
                None => return Err(gap_of(error)),
            },
        };
        for object in page.contents() {
            all += 1;
            let key = named(object.key(), "key of an object")?;
            let listed = read(object, key)?;
            if span.has(listed.last_modified) {
                add((place.bucket.clone(), key.to_owned()), listed, prefix, into);
            }
        }
        if all > MOST || into.len() > MOST_RESOURCES {
            return Err(truncated("there are too many objects: name a longer prefix or a shorter time"));
        }
        let next = page.next_continuation_token();
        pages.turn(next, page.is_truncated() == Some(true))?;
        match next.filter(|token| !token.is_empty()) {
            Some(next) => token = Some(next.to_owned()),
            None => break,
        }
    }
    let homes = at.client(|_| Homes::default());
    homes.0.lock().unwrap_or_else(PoisonError::into_inner).insert(place.bucket, client);
    Ok(())
}

fn read(object: &Object, key: &str) -> Result<Listed, Gap> {
    let of = |what: &str| format!("{what} of {key}");
    Ok(Listed {
        last_modified: told(time(object.last_modified())?, &of("time"))?,
        size: told(object.size(), &of("size"))?,
        etag: named(object.e_tag(), &of("ETag"))?.trim_matches('"').to_owned(),
        storage_class: maybe_word(object.storage_class().map(|it| it.as_str()), ObjectStorageClass::values())?
            .map(str::to_owned),
        prefixes: Vec::new(),
    })
}

/// Adds an object. Two lists of one bucket can have it. When it was replaced between them, the newer one counts.
fn add(place: (String, String), mut object: Listed, prefix: &str, into: &mut Objects) {
    if let Some(before) = into.remove(&place) {
        let prefixes = before.prefixes.clone();
        if before.last_modified > object.last_modified {
            object = before;
        }
        object.prefixes = prefixes;
    }
    if !object.prefixes.iter().any(|it| it == prefix) {
        object.prefixes.push(prefix.to_owned());
    }
    into.insert(place, object);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use aws_smithy_types::DateTime;

    #[test]
    fn an_object_below_two_prefixes_is_one_object() {
        let object = |second: i64, etag: &str| {
            let object = Object::builder().key("a/b/c").size(1).e_tag(format!("\"{etag}\""));
            read(&object.last_modified(DateTime::from_secs(second)).build(), "a/b/c").unwrap()
        };
        let place = || ("bucket".to_owned(), "a/b/c".to_owned());
        let mut all = Objects::new();
        add(place(), object(2, "new"), "s3://bucket/a/", &mut all);
        add(place(), object(1, "old"), "s3://bucket/a/b/", &mut all);
        add(place(), object(2, "new"), "s3://bucket/a/", &mut all);
        let one = all.get(&place()).unwrap();
        assert_eq!((all.len(), one.etag.as_str()), (1, "new"));
        assert_eq!(one.prefixes, ["s3://bucket/a/", "s3://bucket/a/b/"]);
    }

    #[test]
    fn an_object_without_a_member_is_not_understood() {
        let whole = || Object::builder().size(1).e_tag("a").last_modified(DateTime::from_secs(1));
        assert!(read(&whole().build(), "k").is_ok());
        assert!(read(&whole().set_size(None).build(), "k").is_err());
        assert!(read(&whole().set_e_tag(None).build(), "k").is_err());
        assert!(read(&whole().set_last_modified(None).build(), "k").is_err());
    }
}
