//! DER as nested elements, within limits.
//!
//! This module must not know the meaning of the elements.

use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag};

use super::StampError;

/// The limit of elements in one element. No element of RFC 3161 has so many.
const MOST: usize = 64;

/// One element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: Tag,
    pub(super) value: &'a [u8],
    /// The bytes of the element, with its tag and length.
    pub(super) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// Returns the only element in the bytes.
    pub(super) fn only(bytes: &'a [u8], what: &'static str) -> Result<Self, StampError> {
        match elements(bytes, what)?.as_slice() {
            [element] => Ok(*element),
            _ => Err(StampError::Malformed(what)),
        }
    }

    /// Returns the elements in a sequence.
    pub(super) fn sequence(self, what: &'static str) -> Result<Vec<Self>, StampError> {
        if self.tag == Tag::Sequence { elements(self.value, what) } else { Err(StampError::Malformed(what)) }
    }

    /// Returns the bytes of an element with this tag.
    pub(super) fn of(self, tag: Tag, what: &'static str) -> Result<&'a [u8], StampError> {
        if self.tag == tag { Ok(self.value) } else { Err(StampError::Malformed(what)) }
    }

    /// Whether the tag is `[number]`.
    pub(super) fn is_context(self, number: u32) -> bool {
        matches!(self.tag, Tag::ContextSpecific { number: found, .. } if found.value() == number)
    }
}

/// Returns all elements in the bytes, one after the other.
pub(super) fn elements<'a>(bytes: &'a [u8], what: &'static str) -> Result<Vec<Element<'a>>, StampError> {
    let wrong = |_: der::Error| StampError::Malformed(what);
    let mut reader = SliceReader::new(bytes).map_err(wrong)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        if found.len() == MOST {
            return Err(StampError::Malformed(what));
        }
        let whole = reader.tlv_bytes().map_err(wrong)?;
        let any = AnyRef::from_der(whole).map_err(wrong)?;
        found.push(Element { tag: der::Tagged::tag(&any), value: any.value(), whole });
    }
    Ok(found)
}
