//! Reads the members that are in headers, and the status. This module must not know any body.

use serde_json::{Map, Value};

use super::{of_text, wrong};
use crate::shape::{Location, Member, Shape, Structure};
use crate::wire::place::Place;
use crate::wire::{Unreadable, Wanted, scalar};

pub(super) fn read(
    output: Structure,
    status: u16,
    headers: &[(&str, &str)],
    wanted: &Wanted,
) -> Result<Map<String, Value>, Unreadable> {
    let mut found = Map::new();
    for member in output.members().filter(|member| wanted.inside(member.name()).is_some()) {
        let value = match member.location() {
            Location::Status => Some(Value::from(status)),
            Location::Header => {
                let header = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(member.wire_name()));
                header.map(|(_, text)| one(member, text)).transpose()?
            }
            Location::Headers => {
                let begin = member.wire_name();
                let named = headers.iter().filter_map(|(name, text)| {
                    let (start, rest) = name.split_at_checked(begin.len())?;
                    start.eq_ignore_ascii_case(begin).then(|| (rest.to_owned(), Value::from(*text)))
                });
                Some(Value::Object(named.collect()))
            }
            Location::Body | Location::Payload | Location::Path | Location::Query => None,
        };
        found.extend(value.map(|value| (member.name().to_owned(), value)));
    }
    Ok(found)
}

fn one(member: Member, text: &str) -> Result<Value, Unreadable> {
    let root = Place::Root;
    let place = root.member(member.name());
    let value = match member.shape() {
        Shape::List(list) => {
            // In a header, an instant itself contains a comma.
            let items: Option<Vec<Value>> = match list.item() {
                item @ Shape::Timestamp(_) => dates(text).map(|text| of_text(item, text)).collect(),
                item => text.split(',').map(|text| of_text(item, text.trim().trim_matches('"'))).collect(),
            };
            items.map(Value::Array)
        }
        Shape::Text(_) if member.data().json => {
            scalar::of_base64(text).and_then(|bytes| String::from_utf8(bytes).ok()).map(Value::from)
        }
        shape => of_text(shape, text),
    };
    value.ok_or_else(|| wrong(member.shape(), &place))
}

/// Splits a text at every second comma.
fn dates(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.match_indices(',').nth(1).map(|(at, _)| at);
        let (first, after) = match end {
            Some(at) => (text.get(..at)?, text.get(at + 1..)),
            None => (text, None),
        };
        rest = after;
        Some(first)
    })
}
