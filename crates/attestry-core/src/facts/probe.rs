//! The descriptors of probes: the arguments that a case passes, and the kind whose attributes contain the observations.
//!
//! This module is pure data, like the descriptors of kinds. It must not know how a probe acts.

use std::collections::BTreeMap;

use super::{Call, Frequency, Kind, Type, Value};

/// The specification of a probe, for policies and plans.
#[derive(Debug)]
pub struct ProbeSpec {
    /// The name in policies and stages.
    pub name: &'static str,
    /// The kind of its observations, with one resource for each case and account. Every such kind has the attribute
    /// `case`.
    pub kind: &'static Kind,
    /// The argument that names the target of the probe. Probes with the same target never overlap.
    pub target: &'static str,
    /// The arguments that a case may pass in `with`.
    pub arguments: &'static [Argument],
    /// The calls that a probe with these arguments makes with the credentials of the stage. Each one is also a call of
    /// the kind.
    pub calls: fn(&Arguments) -> Vec<&'static Call>,
}

/// The call that sends people a notice about the probes of a run. It is made if the stage names a topic.
pub static NOTICE: Call = Call::new("sns", "Publish", "sns:Publish", Frequency::Resource);

/// One argument of a probe.
#[derive(Debug)]
pub struct Argument {
    /// The name.
    pub name: &'static str,
    /// The type of the value.
    pub of: Type,
    /// Whether a case must pass the argument.
    pub required: bool,
    /// The permitted words. Without words, every value is permitted.
    pub words: &'static [&'static str],
    /// The meaning of the argument.
    pub doc: &'static str,
}

impl Argument {
    /// Creates an argument that a case must pass.
    #[must_use]
    pub const fn required(name: &'static str, of: Type, doc: &'static str) -> Self {
        Self { name, of, required: true, words: &[], doc }
    }

    /// Creates an argument that a case may leave out.
    #[must_use]
    pub const fn optional(name: &'static str, of: Type, doc: &'static str) -> Self {
        Self { name, of, required: false, words: &[], doc }
    }

    /// Sets the permitted words.
    #[must_use]
    pub const fn one_of(self, words: &'static [&'static str]) -> Self {
        Self { words, ..self }
    }
}

/// The arguments of one case, with checked types.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments(BTreeMap<&'static str, Value>);

impl Arguments {
    /// Sets an argument.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.0.insert(name, value.into());
    }

    /// Returns the value of a text argument.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The texts of a list, in their order. Without the argument there are none.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let Some(Value::List(items)) = self.0.get(name) else { return Vec::new() };
        let texts = items.iter().filter_map(|item| match item {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// Returns the value of a whole-number argument.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.0.get(name) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// Returns the value of a duration argument, in seconds.
    #[must_use]
    pub fn seconds(&self, name: &str) -> Option<u64> {
        match self.0.get(name) {
            Some(Value::Duration(seconds)) => u64::try_from(*seconds).ok(),
            _ => None,
        }
    }

    /// Returns all arguments, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// Whether a flag is set.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Value::Bool(true)))
    }
}

/// A probe with the arguments of one case.
#[derive(Clone, Debug)]
pub struct ProbeCall {
    /// The probe.
    pub spec: &'static ProbeSpec,
    /// The arguments.
    pub arguments: Arguments,
}
