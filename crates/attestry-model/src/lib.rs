#![doc = include_str!("../README.md")]
//!
//! This crate must not know connections, credentials, the kinds and policies of Attestry, or verdicts.

#![cfg_attr(not(feature = "wire"), allow(dead_code, reason = "the protocols use the names on the wire"))]

mod data;
mod operation;
mod service;
mod shape;
#[cfg(feature = "wire")]
pub mod wire;

pub use operation::{Operation, Pages};
pub use service::{Endpoint, Protocol, Refused, Service, service, services};
pub use shape::{List, Location, Map, Member, Shape, Structure, Text, TimeFormat};
