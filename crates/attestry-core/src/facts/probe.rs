//! Descriptors of probes: the arguments that a case gives, and the kind whose attributes tell what was observed.
//!
//! Pure data, like the kinds. Must not know how a probe acts.

use std::collections::BTreeMap;

use super::{Call, Frequency, Kind, Type, Value};

/// A probe as policies and plans know it.
#[derive(Debug)]
pub struct ProbeSpec {
    /// Name, as policies and stages write it.
    pub name: &'static str,
    /// What it observes; one resource for each case and account. Every such kind has the attribute `case`.
    pub kind: &'static Kind,
    /// The argument that names what is acted on: probes with the same target never overlap.
    pub target: &'static str,
    /// What a case may give in `with`.
    pub arguments: &'static [Argument],
    /// The calls of the stage's own caller that these arguments lead to: among those of the kind.
    pub calls: fn(&Arguments) -> Vec<&'static Call>,
}

/// The call that tells people of a run with probes, where a stage names a topic for that.
pub static NOTICE: Call = Call::new("sns", "Publish", "sns:Publish", Frequency::Resource);

/// One argument of a probe.
#[derive(Debug)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub of: Type,
    /// Whether a case must give it.
    pub required: bool,
    /// The words that it may be; any value without them.
    pub words: &'static [&'static str],
    /// What it means.
    pub doc: &'static str,
}

impl Argument {
    /// An argument that a case must give.
    #[must_use]
    pub const fn required(name: &'static str, of: Type, doc: &'static str) -> Self {
        Self { name, of, required: true, words: &[], doc }
    }

    /// An argument that a case may leave out.
    #[must_use]
    pub const fn optional(name: &'static str, of: Type, doc: &'static str) -> Self {
        Self { name, of, required: false, words: &[], doc }
    }

    /// The same, only with one of these words.
    #[must_use]
    pub const fn one_of(self, words: &'static [&'static str]) -> Self {
        Self { words, ..self }
    }
}

/// The arguments of one case, type-checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments(BTreeMap<&'static str, Value>);

impl Arguments {
    /// Sets an argument.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.0.insert(name, value.into());
    }

    /// A text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A whole number.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.0.get(name) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// A duration in seconds.
    #[must_use]
    pub fn seconds(&self, name: &str) -> Option<u64> {
        match self.0.get(name) {
            Some(Value::Duration(seconds)) => u64::try_from(*seconds).ok(),
            _ => None,
        }
    }

    /// All of them, by name.
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
    /// Its arguments.
    pub arguments: Arguments,
}
