//! The search targets of a sweep: the shipped rules, and the values that the stage allows the sweep to read.
//!
//! This module must not know log groups. A value goes into the index of the engine and is then wiped. Only keyed
//! digests stay.

use std::sync::{Arc, OnceLock};

use zeroize::Zeroizing;

use super::GET_SECRETS;
use super::values::{Read, read};
use crate::aws::AccountRegion;
use crate::kinds::support::convert::unknown;
use attestry_core::facts::{Cause, Fact, Gap, Resource};
use attestry_logs::{Engine, Key, RuleError, Rules, Unsearchable, Values};

/// The shipped rules, compiled once. They are the same everywhere, and the compilation takes a while.
static RULES: OnceLock<Result<Arc<Rules>, (usize, RuleError)>> = OnceLock::new();

/// The search targets of one account and Region.
#[derive(Debug)]
pub(in crate::kinds) struct SearchTargets {
    pub(in crate::kinds) key: Key,
    pub(in crate::kinds) engine: Engine,
    /// The number of SecureString parameters among the values.
    pub(super) parameters: usize,
    /// The number of earlier values of these parameters.
    pub(super) earlier: usize,
    /// The first of the reasons why the sweep does not search for some value.
    pub(super) blind: Option<Gap>,
}

/// Returns search targets with the rules only.
pub(in crate::kinds) async fn patterns(at: &AccountRegion) -> Result<Arc<SearchTargets>, Gap> {
    at.once("logs.sweep patterns", async { SearchTargets::new(Read::default()) }).await
}

/// Returns search targets with the rules and the values in scope.
pub(in crate::kinds) async fn values(at: &AccountRegion) -> Result<Arc<SearchTargets>, Gap> {
    at.once("logs.sweep values", async { SearchTargets::new(read(at).await) }).await
}

impl SearchTargets {
    pub(super) fn new(read: Read) -> Result<Self, Gap> {
        let defect = |message: String| Gap::new(Cause::Unexpected).with_message(message);
        let mut random = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *random).map_err(|error| defect(error.to_string()))?;
        let key = Key::new(&random).ok_or_else(|| defect("no key for digests".to_owned()))?;
        let rules = RULES.get_or_init(|| Rules::shipped().map(Arc::new)).as_ref();
        let rules = rules.map_err(|(line, error)| defect(format!("rule in line {line}: {error}")))?;
        let engine = Engine { rules: Arc::clone(rules), values: Arc::new(Values::new(&key, read.values)) };
        Ok(Self { key, engine, parameters: read.parameters, earlier: read.earlier, blind: read.blind })
    }

    /// Returns the reason why the sweep does not search for every value: AWS did not return a value, or the value
    /// cannot be distinguished from other text.
    pub(in crate::kinds) fn unseen(&self, resource: &Resource) -> Option<Fact> {
        let unsearchable =
            || self.unsearchable().map(|gap| unknown(resource, "secretsmanager", GET_SECRETS.operation, gap));
        self.not_given(resource).or_else(unsearchable)
    }

    /// Returns the reason why AWS did not return some value.
    pub(super) fn not_given(&self, resource: &Resource) -> Option<Fact> {
        let gap = self.blind.clone()?;
        let (service, operation) = (gap.service.clone(), gap.operation.clone());
        Some(unknown(resource, &service, &operation, gap))
    }

    fn unsearchable(&self) -> Option<Gap> {
        let all = self.engine.values.unsearchable();
        let (part, why) = all.first()?;
        let (secret, version, path) = (&part.secret, &part.version, &part.path);
        let more = if all.len() > 1 { format!(", and {} more", all.len() - 1) } else { String::new() };
        let message = format!("{secret} {version} {path} cannot be looked for: {}{more}", word(*why));
        Some(Gap::new(Cause::Undecided).with_message(message))
    }
}

/// Returns the reason why the sweep cannot search for a value.
pub(super) fn word(why: Unsearchable) -> &'static str {
    match why {
        Unsearchable::TooShort => "too short",
        Unsearchable::TooCommon => "too common",
    }
}
