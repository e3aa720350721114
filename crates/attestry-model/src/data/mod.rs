//! Reads the embedded data: the table of the services, and the packed model of one service.
//!
//! `ci/reference/model.py` writes the data and describes its format. Damaged data yields an empty model and never a
//! panic. This module must not know any protocol.

use std::io::Read;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use flate2::read::ZlibDecoder;

use crate::operation::Pages;
use crate::service::{Endpoint, Protocol, Refused, Service};
use crate::shape::{Location, TimeFormat};

static TABLE: &str = include_str!("services.txt");
static PACKED: &[u8] = include_bytes!("model.bin");

/// The greatest size of one unpacked model. The data of EC2 has less than a tenth of this size.
const MOST_BYTES: u64 = 16 << 20;

/// The operations and shapes of one service.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) shapes: Vec<ShapeData>,
    pub(crate) operations: Vec<OperationData>,
    pub(crate) refused: Vec<(&'static str, Refused)>,
}

pub(crate) enum ShapeData {
    Structure(StructureData),
    List(ListData),
    Map(MapData),
    Text { sensitive: bool, words: Vec<&'static str> },
    Boolean,
    Integer,
    Float,
    Timestamp(TimeFormat),
    Blob,
    Document,
}

pub(crate) struct StructureData {
    pub(crate) sensitive: bool,
    pub(crate) union: bool,
    pub(crate) members: Vec<MemberData>,
}

pub(crate) struct ListData {
    pub(crate) item: u32,
    pub(crate) flattened: bool,
    pub(crate) wire: Option<&'static str>,
}

pub(crate) struct MapData {
    pub(crate) key: u32,
    pub(crate) value: u32,
    pub(crate) flattened: bool,
    pub(crate) wire_key: Option<&'static str>,
    pub(crate) wire_value: Option<&'static str>,
}

pub(crate) struct MemberData {
    pub(crate) name: &'static str,
    pub(crate) wire: &'static str,
    /// The name in the forms of EC2, when it does not follow from the name on the wire.
    pub(crate) form: Option<&'static str>,
    pub(crate) shape: u32,
    pub(crate) location: Location,
    pub(crate) required: bool,
    pub(crate) sensitive: bool,
    /// Whether the member is an attribute of the element in XML.
    pub(crate) attribute: bool,
    /// Whether the text is JSON that a header holds in base64.
    pub(crate) json: bool,
    /// The namespace of the element, when it has one.
    pub(crate) namespace: Option<&'static str>,
}

pub(crate) struct OperationData {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) host_prefix: &'static str,
    pub(crate) input: Option<u32>,
    pub(crate) output: Option<u32>,
    /// The root element of a request in XML and its namespace.
    pub(crate) root: Option<(&'static str, &'static str)>,
    /// The element that contains the members in a Query answer.
    pub(crate) wrapper: Option<&'static str>,
    pub(crate) errors: Vec<&'static str>,
    pub(crate) pages: Option<Pages>,
    pub(crate) tokens: Vec<&'static str>,
}

/// Returns all services in the order of their names.
pub(crate) fn services() -> &'static [Service] {
    static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| table(TABLE));
    &SERVICES
}

/// Reads the table. A line that it cannot read is left out. A test counts the lines.
fn table(text: &'static str) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        match (line.strip_prefix("  "), services.last_mut()) {
            (Some(endpoint), Some(service)) => service.endpoints.extend(read_endpoint(endpoint)),
            _ => services.extend(read_service(line)),
        }
    }
    services
}

fn read_service(line: &'static str) -> Option<Service> {
    let mut words = line.split(' ');
    let mut word = || words.next().filter(|word| !word.is_empty());
    let (name, prefix, botocore, host, signing_name) = (word()?, word()?, word()?, word()?, word()?);
    let protocol = protocol(word()?)?;
    let (json_version, version, target) = (word()?, word()?, word()?);
    let query_compatible = word()? == "query-compatible";
    let start: usize = word()?.parse().ok()?;
    let length: usize = word()?.parse().ok()?;
    let or_none = |text: &'static str| if text == "-" { "" } else { text };
    Some(Service {
        name,
        prefix,
        botocore,
        host,
        signing_name,
        protocol,
        json_version: or_none(json_version),
        target: or_none(target),
        version,
        query_compatible,
        endpoints: Vec::new(),
        range: start..start.checked_add(length)?,
        model: OnceLock::new(),
    })
}

fn read_endpoint(line: &'static str) -> Option<(&'static str, Endpoint<&'static str>)> {
    let mut words = line.split(' ');
    let (partition, host, region) = (words.next()?, words.next()?, words.next()?);
    Some((partition, Endpoint { host, region }))
}

fn protocol(word: &str) -> Option<Protocol> {
    Some(match word {
        "json" => Protocol::Json,
        "rest-json" => Protocol::RestJson,
        "query" => Protocol::Query,
        "ec2" => Protocol::Ec2,
        "rest-xml" => Protocol::RestXml,
        "cbor" => Protocol::Cbor,
        _ => return None,
    })
}

/// Unpacks the model at a range of the packed data.
pub(crate) fn model(range: Range<usize>) -> Option<Model> {
    unpack(PACKED.get(range)?)
}

fn unpack(packed: &[u8]) -> Option<Model> {
    let mut unpacked = Vec::new();
    ZlibDecoder::new(packed).take(MOST_BYTES).read_to_end(&mut unpacked).ok()?;
    // The model of a service is unpacked once and lives as long as the program, so its texts may, too.
    let bytes: &'static [u8] = Vec::leak(unpacked);
    Cursor { bytes, texts: Vec::new(), next_text: 0, next_shape: 0 }.model()
}

/// Reads the data: numbers, texts and shapes. The data refers to texts and shapes by numbers.
struct Cursor {
    bytes: &'static [u8],
    texts: Vec<&'static str>,
    next_text: usize,
    next_shape: u32,
}

impl Cursor {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    /// Reads a number. Each byte has seven bits of the number, the lowest bits first. The eighth bit marks that another
    /// byte follows.
    fn number(&mut self) -> Option<u32> {
        let mut value = 0u32;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// Reads a text that may be missing.
    fn optional_text(&mut self) -> Option<Option<&'static str>> {
        let at = match self.number()? {
            0 => return Some(None),
            1 => {
                self.next_text += 1;
                self.next_text - 1
            }
            named => named as usize - 2,
        };
        self.texts.get(at).map(|text| Some(*text))
    }

    fn text(&mut self) -> Option<&'static str> {
        Some(self.optional_text()?.unwrap_or_default())
    }

    /// Reads the number of a shape. The shape itself may follow later.
    fn shape(&mut self) -> Option<u32> {
        Some(match self.number()? {
            0 => {
                self.next_shape += 1;
                self.next_shape - 1
            }
            named => named - 1,
        })
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        (0..count).map(|_| item(self)).collect()
    }

    fn model(mut self) -> Option<Model> {
        let length = self.number()? as usize;
        let (texts, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        self.texts = std::str::from_utf8(texts).ok()?.split('\n').collect();
        let count = self.number()?;
        let operations = self.list(Self::operation)?;
        let shapes = (0..count).map(|_| self.shape_data()).collect::<Option<_>>()?;
        let refused = self.list(|it| {
            let reason = it.reason()?;
            Some((it.text()?, reason))
        })?;
        let model = Model { shapes, operations, refused };
        (self.bytes.is_empty() && model.is_whole()).then_some(model)
    }

    fn reason(&mut self) -> Option<Refused> {
        Some(match self.byte()? {
            0 => Refused::Writes,
            1 => Refused::Secret,
            2 => Refused::Stream,
            _ => return None,
        })
    }

    fn shape_data(&mut self) -> Option<ShapeData> {
        Some(match self.byte()? {
            0 => {
                let flags = self.byte()?;
                let members = self.list(Self::member)?;
                ShapeData::Structure(StructureData { sensitive: flags & 1 != 0, union: flags & 2 != 0, members })
            }
            1 => {
                let flattened = self.byte()? != 0;
                ShapeData::List(ListData { flattened, item: self.shape()?, wire: self.optional_text()? })
            }
            2 => ShapeData::Map(MapData {
                flattened: self.byte()? != 0,
                key: self.shape()?,
                value: self.shape()?,
                wire_key: self.optional_text()?,
                wire_value: self.optional_text()?,
            }),
            3 => ShapeData::Text { sensitive: self.byte()? != 0, words: self.list(Self::text)? },
            4 => ShapeData::Boolean,
            5 => ShapeData::Integer,
            6 => ShapeData::Float,
            7 => ShapeData::Timestamp(match self.byte()? {
                0 => TimeFormat::Usual,
                1 => TimeFormat::Iso8601,
                2 => TimeFormat::Rfc822,
                3 => TimeFormat::UnixSeconds,
                _ => return None,
            }),
            8 => ShapeData::Blob,
            9 => ShapeData::Document,
            _ => return None,
        })
    }

    fn member(&mut self) -> Option<MemberData> {
        let location = match self.byte()? {
            0 => Location::Body,
            1 => Location::Payload,
            2 => Location::Header,
            3 => Location::Headers,
            4 => Location::Path,
            5 => Location::Query,
            6 => Location::Status,
            _ => return None,
        };
        let flags = self.byte()?;
        let name = self.text()?;
        let shape = self.shape()?;
        let wire = if flags & 16 != 0 { self.text()? } else { name };
        let form = if flags & 32 != 0 { Some(self.text()?) } else { None };
        let namespace = if flags & 64 != 0 { Some(self.text()?) } else { None };
        Some(MemberData {
            name,
            wire,
            form,
            shape,
            location,
            required: flags & 1 != 0,
            sensitive: flags & 2 != 0,
            attribute: flags & 4 != 0,
            json: flags & 8 != 0,
            namespace,
        })
    }

    fn operation(&mut self) -> Option<OperationData> {
        let (name, method, path, host_prefix) = (self.text()?, self.text()?, self.text()?, self.text()?);
        let flags = self.byte()?;
        let input = if flags & 1 != 0 { Some(self.shape()?) } else { None };
        let output = if flags & 2 != 0 { Some(self.shape()?) } else { None };
        let (root, namespace) = (self.optional_text()?, self.text()?);
        let wrapper = self.optional_text()?;
        let errors = self.list(Self::text)?;
        let tokens = self.list(Self::text)?;
        let pages = if flags & 4 == 0 {
            None
        } else {
            Some(Pages {
                send: self.list(Self::text)?,
                next: self.list(Self::text)?,
                more: self.optional_text()?,
                limit: self.optional_text()?,
                items: self.list(Self::text)?,
            })
        };
        let root = root.map(|root| (root, namespace));
        Some(OperationData { name, method, path, host_prefix, input, output, root, wrapper, errors, pages, tokens })
    }
}

impl Model {
    /// Returns whether each number of a shape refers to an existing shape.
    fn is_whole(&self) -> bool {
        let is_known = |at: u32| (at as usize) < self.shapes.len();
        let of_shapes = self.shapes.iter().all(|shape| match shape {
            ShapeData::Structure(it) => it.members.iter().all(|member| is_known(member.shape)),
            ShapeData::List(it) => is_known(it.item),
            ShapeData::Map(it) => is_known(it.key) && is_known(it.value),
            _ => true,
        });
        of_shapes && self.operations.iter().all(|it| it.input.into_iter().chain(it.output).all(is_known))
    }
}

#[cfg(test)]
mod tests;
