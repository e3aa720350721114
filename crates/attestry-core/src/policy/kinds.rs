//! The kinds that policies may use: the kinds of the program, in Rust and in files, and the kinds of the suite.
//!
//! A shipped file is read when a policy names its kind. This module must not know policies.

use crate::facts::Kind;
use crate::kind_files::{KindFile, KindSet};

/// The kinds by name.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    known: Vec<&'static Kind>,
    shipped: Option<&'static KindSet>,
    own: Vec<&'static KindFile>,
}

impl Kinds {
    /// Creates a set of these kinds.
    #[must_use]
    pub fn new(known: impl IntoIterator<Item = &'static Kind>) -> Self {
        Self { known: known.into_iter().collect(), shipped: None, own: Vec::new() }
    }

    /// Adds the kinds of the shipped files.
    #[must_use]
    pub fn with_files(self, shipped: &'static KindSet) -> Self {
        Self { shipped: Some(shipped), ..self }
    }

    /// Adds a kind of the suite.
    pub fn add(&mut self, file: &'static KindFile) {
        self.own.push(file);
    }

    /// Removes the kinds of the suite.
    pub fn forget_own(&mut self) {
        self.own.clear();
    }

    /// Returns the kinds of the suite.
    #[must_use]
    pub fn own(&self) -> &[&'static KindFile] {
        &self.own
    }

    /// Returns the kind with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'static Kind> {
        self.known.iter().copied().find(|kind| kind.name == name).or_else(|| self.file(name).map(|file| file.kind))
    }

    /// Returns the file that describes the kind with this name, if there is one.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&'static KindFile> {
        let own = self.own.iter().copied().find(|file| file.kind.name == name);
        own.or_else(|| self.shipped.and_then(|shipped| shipped.find(name)))
    }

    /// Returns the names of all kinds, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let own = self.own.iter().map(|file| file.kind.name);
        let shipped = self.shipped.into_iter().flat_map(KindSet::names);
        let mut names: Vec<&str> = self.known.iter().map(|kind| kind.name).chain(shipped).chain(own).collect();
        names.sort_unstable();
        names
    }

    /// Returns the names of the kinds with a window. A kind from a file has no window.
    #[must_use]
    pub fn windowed(&self) -> Vec<&'static str> {
        self.known.iter().filter(|kind| kind.window().is_some()).map(|kind| kind.name).collect()
    }

    /// Returns all kinds, in the order of their names. The function reads every shipped file.
    #[must_use]
    pub fn all(&self) -> Vec<&'static Kind> {
        self.names().into_iter().filter_map(|name| self.find(name)).collect()
    }
}
