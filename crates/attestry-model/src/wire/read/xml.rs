//! Reads XML by shape, and the XML of errors. Elements that are not wanted are skipped. The shape determines the type
//! of numbers, booleans and instants. This module must not know headers.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

use super::{DEPTH, deeper, insert, of_text, wrong};
use crate::operation::Operation;
use crate::service::Protocol;
use crate::shape::{Location, Member, Shape, Structure};
use crate::wire::place::Place;
use crate::wire::{AwsError, Unreadable, Wanted};

const NO_XML: Unreadable = Unreadable::Protocol("XML");

impl From<quick_xml::Error> for Unreadable {
    fn from(_: quick_xml::Error) -> Self {
        NO_XML
    }
}

/// Returns the value of a document. In the answers of Query, the value is the content of an element below the root.
pub(super) fn read(
    operation: Operation,
    shape: Shape,
    body: &[u8],
    wanted: &Wanted,
    place: &Place<'_>,
) -> Result<Option<Value>, Unreadable> {
    let mut document = Document::new(body)?;
    let root = document.root()?;
    // Some services report an error with a success status. If the answer has no value, only its root shows that it is
    // no error.
    if !is_root(operation, root.local_name().as_ref()) {
        return Err(Unreadable::Protocol("answer of this operation"));
    }
    let value = match operation.wrapper() {
        None => document.element(&root, shape, wanted, place, DEPTH)?,
        Some(wrapper) => {
            let mut value = None;
            while let Some(child) = document.child(shape, place)? {
                if child.local_name().as_ref() == wrapper.as_bytes() && value.is_none() {
                    value = document.element(&child, shape, wanted, place, DEPTH)?;
                } else {
                    document.skip(&child)?;
                }
            }
            value
        }
    };
    document.end()?;
    Ok(value)
}

/// Returns whether an element of this name is the root of an answer to the operation.
fn is_root(operation: Operation, name: &[u8]) -> bool {
    let name = std::str::from_utf8(name).unwrap_or_default();
    let payload = operation.output().and_then(Structure::payload);
    match (operation.service().protocol(), payload) {
        (Protocol::RestXml, Some(payload)) => name == payload.wire_name(),
        // The roots of S3 have names of their own, such as `ListAllMyBucketsResult`.
        (Protocol::RestXml, None) if operation.service().name() == "s3" => name != "Error",
        (Protocol::RestXml, None) => name.starts_with(operation.name()),
        _ => name.strip_suffix("Response") == Some(operation.name()),
    }
}

/// Returns the code and the message of an error: the elements `Code` and `Message` of the first element that has a code.
pub(super) fn error(body: &[u8]) -> Option<AwsError> {
    let mut document = Document::new(body).ok()?;
    document.root().ok()?;
    document.error(8).ok().flatten()
}

/// A part of an element.
enum Next<'a> {
    Child(BytesStart<'a>),
    Text,
    End,
}

struct Document<'a> {
    reader: Reader<&'a [u8]>,
}

impl<'a> Document<'a> {
    fn new(body: &'a [u8]) -> Result<Self, Unreadable> {
        let text = std::str::from_utf8(body).map_err(|_| NO_XML)?;
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self { reader })
    }

    /// Returns the start of the root element.
    fn root(&mut self) -> Result<BytesStart<'a>, Unreadable> {
        loop {
            match self.reader.read_event()? {
                Event::Start(start) => return Ok(start),
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                Event::Text(text) if text.iter().all(u8::is_ascii_whitespace) => {}
                // A document type can define entities, and AWS sends none.
                _ => return Err(NO_XML),
            }
        }
    }

    /// Requires that nothing follows the root element.
    fn end(&mut self) -> Result<(), Unreadable> {
        loop {
            match self.reader.read_event()? {
                Event::Eof => return Ok(()),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Text(text) if text.iter().all(u8::is_ascii_whitespace) => {}
                _ => return Err(NO_XML),
            }
        }
    }

    /// Returns the next part of an element that has children.
    fn next(&mut self) -> Result<Next<'a>, Unreadable> {
        loop {
            return match self.reader.read_event()? {
                Event::Start(start) => Ok(Next::Child(start)),
                Event::End(_) => Ok(Next::End),
                Event::Text(text) if text.iter().all(u8::is_ascii_whitespace) => continue,
                Event::Comment(_) | Event::PI(_) => continue,
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => Ok(Next::Text),
                _ => Err(NO_XML),
            };
        }
    }

    /// Returns the start of the next child, or `None` after the end of the element. Text between child elements is an error.
    fn child(&mut self, shape: Shape, place: &Place<'_>) -> Result<Option<BytesStart<'a>>, Unreadable> {
        match self.next()? {
            Next::Child(start) => Ok(Some(start)),
            Next::End => Ok(None),
            Next::Text => Err(wrong(shape, place)),
        }
    }

    fn skip(&mut self, start: &BytesStart<'_>) -> Result<(), Unreadable> {
        self.reader.read_to_end(start.name())?;
        Ok(())
    }

    /// Returns the text of an element, up to its end.
    fn text(&mut self) -> Result<Option<String>, Unreadable> {
        let mut text = String::new();
        loop {
            match self.reader.read_event()? {
                Event::Text(part) => text.push_str(&part.xml10_content().map_err(|_| NO_XML)?),
                Event::CData(part) => text.push_str(&part.xml10_content().map_err(|_| NO_XML)?),
                Event::GeneralRef(reference) => match reference.resolve_char_ref()? {
                    Some(character) => text.push(character),
                    None => text.push(named(&reference).ok_or(NO_XML)?),
                },
                Event::Comment(_) | Event::PI(_) => {}
                Event::End(_) => return Ok(Some(text)),
                // A single value has no elements inside.
                Event::Start(_) => return Ok(None),
                _ => return Err(NO_XML),
            }
        }
    }

    /// Reads an element up to its end.
    fn element(
        &mut self,
        start: &BytesStart<'_>,
        shape: Shape,
        wanted: &Wanted,
        place: &Place<'_>,
        depth: usize,
    ) -> Result<Option<Value>, Unreadable> {
        match shape {
            Shape::Structure(structure) => {
                self.structure(start, structure, wanted, place, deeper(depth, place)?).map(Some)
            }
            Shape::List(list) => {
                let depth = deeper(depth, place)?;
                let mut items = Vec::new();
                while let Some(child) = self.child(shape, place)? {
                    let item = self.element(&child, list.item(), wanted, &place.item(items.len()), depth)?;
                    items.extend(item);
                }
                Ok(Some(Value::Array(items)))
            }
            Shape::Map(_) => {
                let depth = deeper(depth, place)?;
                let mut entries = Map::new();
                while self.child(shape, place)?.is_some() {
                    self.entry(shape, wanted, place, depth, &mut entries)?;
                }
                Ok(Some(Value::Object(entries)))
            }
            _ => {
                let value = self.text()?.and_then(|text| of_text(shape, &text));
                value.map(Some).ok_or_else(|| wrong(shape, place))
            }
        }
    }

    fn structure(
        &mut self,
        start: &BytesStart<'_>,
        structure: Structure,
        wanted: &Wanted,
        place: &Place<'_>,
        depth: usize,
    ) -> Result<Value, Unreadable> {
        let whole = matches!(place, Place::Root);
        let mut found = Map::new();
        for member in structure.members().filter(|it| it.data().attribute && wanted.inside(it.name()).is_some()) {
            let attribute = start.try_get_attribute(member.wire_name()).map_err(|_| NO_XML)?;
            if let Some(attribute) = attribute {
                let text = attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0).map_err(|_| NO_XML)?;
                let value = of_text(member.shape(), &text)
                    .ok_or_else(|| wrong(member.shape(), &place.member(member.name())))?;
                found.insert(member.name().to_owned(), value);
            }
        }
        if let Some(member) = self.only_text(start, structure, whole) {
            let value = self.element(start, member.shape(), wanted, &place.member(member.name()), depth)?;
            let value = value.filter(|it| wanted.inside(member.name()).is_some() && it.as_str() != Some(""));
            found.extend(value.map(|value| (member.name().to_owned(), value)));
            return Ok(Value::Object(found));
        }
        let shape = Shape::Structure(structure);
        while let Some(child) = self.child(shape, place)? {
            let name = child.local_name();
            let mut members = structure.members();
            let member = members.find(|it| is_named(*it, name.as_ref()) && (!whole || it.location() == Location::Body));
            let inside = member.and_then(|member| Some((member, wanted.inside(member.name())?)));
            let Some((member, wanted)) = inside else {
                self.skip(&child)?;
                continue;
            };
            let place = place.member(member.name());
            match member.shape() {
                Shape::List(list) if list.flattened() => {
                    let slot = found.entry(member.name()).or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(items) = slot {
                        let item = self.element(&child, list.item(), wanted, &place.item(items.len()), depth)?;
                        items.extend(item);
                    }
                }
                Shape::Map(map) if map.flattened() => {
                    let slot = found.entry(member.name()).or_insert_with(|| Value::Object(Map::new()));
                    if let Value::Object(entries) = slot {
                        self.entry(member.shape(), wanted, &place, depth, entries)?;
                    }
                }
                shape => {
                    if let Some(value) = self.element(&child, shape, wanted, &place, depth)? {
                        insert(&mut found, member.name(), value, shape, &place)?;
                    }
                }
            }
        }
        Ok(Value::Object(found))
    }

    /// Returns the only member of an answer whose root element is the member itself, such as the location of a bucket.
    fn only_text(&self, start: &BytesStart<'_>, structure: Structure, whole: bool) -> Option<Member> {
        let mut members = structure.members().filter(|it| it.location() == Location::Body);
        let (member, other) = (members.next()?, members.next());
        let is_text = matches!(member.shape(), Shape::Text(_));
        (whole && other.is_none() && is_text && is_named(member, start.local_name().as_ref())).then_some(member)
    }

    /// Reads one entry of a map, up to its end.
    fn entry(
        &mut self,
        shape: Shape,
        wanted: &Wanted,
        place: &Place<'_>,
        depth: usize,
        entries: &mut Map<String, Value>,
    ) -> Result<(), Unreadable> {
        let Shape::Map(map) = shape else { return Err(wrong(shape, place)) };
        let (key_name, value_name) = map.wire_names();
        let place = place.any_key();
        let (mut key, mut value) = (None, None);
        while let Some(child) = self.child(shape, &place)? {
            let name = child.local_name();
            if name.as_ref() == key_name.as_bytes() {
                key = Some(self.text()?.ok_or_else(|| wrong(map.key(), &place))?);
            } else if name.as_ref() == value_name.as_bytes() {
                // AWS sends the key first. A value before its key is read completely.
                let inside = key.as_deref().map_or(Some(&Wanted::Everything), |key| wanted.inside(key));
                match inside {
                    Some(inside) => value = self.element(&child, map.value(), inside, &place, depth)?,
                    None => self.skip(&child)?,
                }
            } else {
                self.skip(&child)?;
            }
        }
        let key = key.ok_or_else(|| wrong(map.key(), &place))?;
        if let Some(value) = value.filter(|_| wanted.inside(&key).is_some()) {
            insert(entries, &key, value, map.value(), &place)?;
        }
        Ok(())
    }

    /// Searches an element for an error, up to its end.
    fn error(&mut self, depth: usize) -> Result<Option<AwsError>, Unreadable> {
        let Some(depth) = depth.checked_sub(1) else { return Err(NO_XML) };
        let (mut code, mut message, mut inner) = (None, None, None);
        loop {
            let child = match self.next()? {
                Next::Child(child) => child,
                Next::Text => continue,
                Next::End => break,
            };
            match child.local_name().as_ref() {
                b"Code" => code = self.text()?,
                b"Message" | b"message" => message = self.text()?,
                b"Error" | b"Errors" if inner.is_none() => inner = self.error(depth)?,
                _ => self.skip(&child)?,
            }
        }
        let own = code.map(|code| AwsError { code, message: message.unwrap_or_default() });
        Ok(own.or(inner))
    }
}

/// Returns whether an element is the member. A flattened list has no element of its own, so the function compares the
/// name of its items.
fn is_named(member: Member, name: &[u8]) -> bool {
    if member.data().attribute {
        return false;
    }
    let wire = match member.shape() {
        Shape::List(list) if list.flattened() => list.wire_item().unwrap_or(member.wire_name()),
        _ => member.wire_name(),
    };
    wire.as_bytes() == name
}

/// Returns the character of an entity that every XML document has.
fn named(name: &[u8]) -> Option<char> {
    Some(match name {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        _ => return None,
    })
}
