//! Stub.
use super::session::Recorder;
use crate::source::{Diagnostics, FileId};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use jiff::Timestamp;
use std::path::Path;
/// x
#[derive(Debug)]
pub struct Described {
    /** x */
    pub as_of: Timestamp,
}
impl Described {
    /// x
    pub fn read(_: FileId, _: &str, _: &mut Diagnostics) -> Option<Self> {
        None
    }
    /// x
    pub fn connector(&self) -> SharedHttpConnector {
        unreachable!()
    }
}
/// x
#[derive(Debug)]
pub struct Recording {
    /** x */
    pub as_of: Timestamp,
}
impl Recording {
    /// x
    pub fn open(_: &Path) -> Result<Self, String> {
        Err("".into())
    }
    /// x
    pub fn connector(&self) -> SharedHttpConnector {
        unreachable!()
    }
}
impl Recorder {
    /// x
    pub fn begin(_: &Path, _: Timestamp) -> Result<Self, String> {
        Err("".into())
    }
}
