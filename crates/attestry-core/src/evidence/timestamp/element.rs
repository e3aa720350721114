//! DER as elements in elements, within limits.
//!
//! Must not know what they mean.

use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag};

use super::StampError;

/// Elements that one element may hold; nothing of RFC 3161 has as many.
const MOST: usize = 64;

/// One element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: Tag,
    pub(super) value: &'a [u8],
    /// With its head.
    pub(super) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The one element of the bytes.
    pub(super) fn only(bytes: &'a [u8], what: &'static str) -> Result<Self, StampError> {
        match elements(bytes, what)?.as_slice() {
            [element] => Ok(*element),
            _ => Err(StampError::Malformed(what)),
        }
    }

    /// What is in a sequence.
    pub(super) fn sequence(self, what: &'static str) -> Result<Vec<Self>, StampError> {
        if self.tag == Tag::Sequence { elements(self.value, what) } else { Err(StampError::Malformed(what)) }
    }

    /// The bytes of an element of that tag.
    pub(super) fn of(self, tag: Tag, what: &'static str) -> Result<&'a [u8], StampError> {
        if self.tag == tag { Ok(self.value) } else { Err(StampError::Malformed(what)) }
    }

    /// Whether it is `[number]`.
    pub(super) fn is_context(self, number: u32) -> bool {
        matches!(self.tag, Tag::ContextSpecific { number: found, .. } if found.value() == number)
    }
}

/// All elements of the bytes, one behind the other.
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
