//! The ways in which a mutant breaks a fact, and one broken value.
//!
//! This module must not know cases or verdicts.

use crate::facts::Value;
use crate::facts::words::words;

/// The way in which a mutant breaks a fact. Reports and lists of accepted survivors contain the word of each way.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Change {
    /// True became false, or false became true.
    Flipped,
    /// A number, a length of time or an instant crossed the operand of a case.
    Across,
    /// A number became 0.
    Zero,
    /// A text became another text.
    Changed,
    /// An ARN became the ARN of another account.
    OtherAccount,
    /// A value disappeared.
    Absent,
    /// A value appeared where there was none.
    Set,
    /// A list lost one item.
    ItemRemoved,
    /// A list has one item twice.
    ItemDoubled,
    /// A list lost one item, and has another item twice instead.
    ItemRepeated,
    /// A list has one more item.
    ItemAdded,
    /// A list or a map lost its whole content.
    Emptied,
    /// A map lost one key.
    KeyRemoved,
    /// A map has one more key.
    KeyAdded,
    /// A policy document has one more statement, which allows everything.
    AllowAdded,
    /// A policy document has one more statement, which denies everything.
    DenyAdded,
    /// A policy document lost a statement with the effect Allow.
    AllowRemoved,
    /// A policy document lost a statement with the effect Deny.
    DenyRemoved,
    /// An Allow lost a condition.
    ConditionRemoved,
    /// A condition has the opposite meaning.
    ConditionNegated,
    /// A Deny has one more condition.
    ConditionAdded,
    /// A statement names one action fewer.
    ActionRemoved,
    /// A statement names one action twice instead of another action.
    ActionRepeated,
    /// An Allow covers all actions of a service.
    ActionsWidened,
    /// An Allow covers all resources.
    ResourcesWidened,
    /// A Deny covers a part of the resources that it covered.
    ResourcesNarrowed,
    /// An Allow has everybody among its principals.
    EveryoneAdded,
    /// An Allow has another account among its principals.
    StrangerAdded,
    /// The resource does not exist.
    Removed,
    /// The resource has another name, in its id and its ARN too.
    Renamed,
    /// No resource of the population exists.
    AllRemoved,
}

words!(Change);

/// One step from a value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// The value of a key.
    Key(String),
    /// The item at an index.
    Item(usize),
}

/// A value that a mutant broke.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Broken {
    /// The path from the value to the broken part, in reverse order.
    pub(super) path: Vec<Step>,
    pub(super) change: Change,
    /// The part that changed, before and after. `None` is no value.
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    /// The whole value with the change. `None` is no value.
    pub(super) whole: Option<Value>,
}

impl Broken {
    /// Creates the broken form of a value that is replaced as a whole.
    pub(super) fn whole(change: Change, before: Option<&Value>, after: Option<Value>) -> Self {
        Self { path: Vec::new(), change, before: before.cloned(), after: after.clone(), whole: after }
    }

    /// Creates the broken form of a list or a map in which only a part is changed.
    pub(super) fn part(change: Change, before: Option<&Value>, after: Option<Value>, whole: Value) -> Self {
        Self { path: Vec::new(), change, before: before.cloned(), after, whole: Some(whole) }
    }

    /// Returns the same change, as a change of the larger value that contains the value. `whole` puts the changed value
    /// into the larger one.
    pub(super) fn below(mut self, step: Step, whole: impl FnOnce(Option<Value>) -> Value) -> Self {
        self.path.push(step);
        self.whole = Some(whole(self.whole.take()));
        self
    }
}

/// The name of everything that a mutant invents. No account uses this name.
pub(super) const STRANGER: &str = "attestry-mutant";

/// An account that no stage is about.
const OTHER: &str = "999999999999";

/// The other account for a stage that is about [`OTHER`] itself.
const ANOTHER: &str = "888888888888";

/// Returns an account that is not `own`.
pub(super) fn other_account(own: &str) -> &'static str {
    if own == OTHER { ANOTHER } else { OTHER }
}
