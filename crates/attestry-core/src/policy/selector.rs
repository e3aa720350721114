//! Selects cases by name: `DT-002/every-90-days`, `DT-002/*`, `DT-002`.

use crate::matchers::Glob;

/// A pattern over case ids. A pattern without `/` covers a whole policy.
#[derive(Clone, Debug)]
pub struct Selector {
    glob: Glob,
    whole_policy: bool,
}

impl Selector {
    /// Creates the selector of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { glob: Glob::new(text), whole_policy: !text.contains('/') }
    }

    /// Whether the selector covers the case with that id.
    #[must_use]
    pub fn covers(&self, case_id: &str) -> bool {
        let policy = case_id.split('/').next().unwrap_or(case_id);
        if self.whole_policy {
            return self.glob.is_match(policy);
        }
        // The name of a case with a table covers the cases of all its rows: `POLICY/case` covers `POLICY/case[row]`.
        let whole = case_id.split_once('[').map_or(case_id, |(whole, _)| whole);
        self.glob.is_match(case_id) || self.glob.is_match(whole)
    }

    /// Returns the text of the selector.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.glob.as_str()
    }
}
