//! The view of a statement in a proof: its actions, the resources that it surely covers, the resources that it may
//! cover, and whether its conditions hold.
//!
//! This module must not know claims.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::context::Context;
use crate::decide::{Layer, StatementPlace, Truth, holds, undecided_keys};
use crate::language::Pattern;
use crate::pattern::{is_always_there, resolved};
use crate::policy::{Effect, Policy, Statement, Which};

/// A bound for statements that depend on unknown facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// True for some values of the unknown facts.
    May,
    /// True for all values of the unknown facts.
    Sure,
}

impl Bound {
    pub(super) fn other(self) -> Self {
        match self {
            Self::May => Self::Sure,
            Self::Sure => Self::May,
        }
    }
}

/// A set of texts: the texts that match at least one pattern of a list, or that match no pattern of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matching {
    In(Vec<Pattern>),
    NotIn(Vec<Pattern>),
}

impl Matching {
    pub(super) fn has(&self, text: &str) -> bool {
        match self {
            Self::In(list) => list.iter().any(|it| it.matches(text)),
            Self::NotIn(list) => !list.iter().any(|it| it.matches(text)),
        }
    }

    pub(super) fn patterns(&self) -> &[Pattern] {
        match self {
            Self::In(list) | Self::NotIn(list) => list,
        }
    }
}

/// A statement, as a proof uses it.
#[derive(Debug)]
pub(super) struct Term<'a> {
    pub(super) layer: Layer,
    pub(super) policy: &'a Policy,
    pub(super) index: usize,
    pub(super) statement: &'a Statement,
    /// Whether the conditions of the statement hold, and, if the caller is relevant, whether it applies to the caller.
    pub(super) truth: Truth,
    /// The actions in lower case.
    pub(super) actions: Rc<Matching>,
    /// The resources that the statement covers at most and at least. They are computed on first use, because most
    /// statements never need them.
    resources: Rc<OnceCell<[Matching; 2]>>,
}

impl<'a> Term<'a> {
    /// Returns the statements of a policy that `wanted` selects and that may apply.
    pub(super) fn read(
        layer: Layer,
        policy: &'a Policy,
        context: &'a Context,
        wanted: impl Fn(&Statement) -> bool + 'a,
    ) -> impl Iterator<Item = Self> + 'a {
        let statements = policy.statements.iter().enumerate().filter(move |(_, statement)| wanted(statement));
        statements.filter_map(move |(index, statement)| {
            let truth = Truth::all(statement.conditions.iter().map(|it| holds(it, policy.variables, context)));
            Self::new(layer, policy, index, statement, truth, context)
        })
    }

    /// Creates a term. Returns `None` when the statement surely does not apply.
    pub(super) fn new(
        layer: Layer,
        policy: &'a Policy,
        index: usize,
        statement: &'a Statement,
        truth: Truth,
        context: &Context,
    ) -> Option<Self> {
        if truth == Truth::No {
            return None;
        }
        let actions = Rc::new(actions(statement));
        let term = Self { layer, policy, index, statement, truth, actions, resources: Rc::default() };
        Some(if term.varies() { term.at_resources(context) } else { term })
    }

    /// Returns the same statement, with the resources that follow from the context.
    fn at_resources(self, context: &Context) -> Self {
        let resources = resources(self.statement, self.policy.variables, context);
        Self { resources: Rc::new(OnceCell::from(resources)), ..self }
    }

    /// Returns whether the resources contain variables.
    fn varies(&self) -> bool {
        self.policy.variables && self.lists().iter().any(|it| it.contains("${"))
    }

    /// Returns the same statement of an identity after more keys became known. Returns `None` when it surely does not
    /// apply then.
    pub(super) fn again(&self, context: &Context) -> Option<Self> {
        let Self { layer, policy, index, statement, .. } = *self;
        let holds = |it| holds(it, policy.variables, context);
        let truth = Truth::all(statement.conditions.iter().map(holds));
        if truth == Truth::No {
            return None;
        }
        let (actions, resources) = (Rc::clone(&self.actions), Rc::clone(&self.resources));
        let term = Self { layer, policy, index, statement, truth, actions, resources };
        Some(if self.varies() { term.at_resources(context) } else { term })
    }

    fn lists(&self) -> &'a [String] {
        match &self.statement.resources {
            Some(Which::In(list) | Which::NotIn(list)) => list,
            None => &[],
        }
    }

    /// Returns the keys of the variables in its resources that are unknown or absent.
    pub(super) fn variables(&self, context: &Context) -> impl Iterator<Item = String> {
        let variables = self.lists().iter().map(|it| resolved(it, self.policy.variables, true, context));
        variables.flat_map(|it| it.unknown.into_iter().chain(it.absent)).collect::<Vec<_>>().into_iter()
    }

    pub(super) fn allows(&self) -> bool {
        self.statement.effect == Effect::Allow
    }

    /// Returns the resources that the statement covers, for one bound. Returns `None` for `Sure` when the statement
    /// does not surely apply.
    pub(super) fn reach(&self, bound: Bound) -> Option<&Matching> {
        // For a statement with variables, the resources are already computed.
        let all = || resources(self.statement, self.policy.variables, &Context::unknown());
        let [may, sure] = self.resources.get_or_init(all);
        match bound {
            Bound::May => Some(may),
            Bound::Sure => (self.truth == Truth::Yes).then_some(sure),
        }
    }

    /// Returns the keys that decide whether the statement applies, and to which resources.
    pub(super) fn keys(&self, context: &Context) -> Vec<String> {
        let mut keys = undecided_keys(&self.statement.conditions, self.policy.variables, context);
        keys.extend(self.variables(context));
        keys
    }

    pub(super) fn at(&self) -> StatementPlace {
        StatementPlace {
            layer: self.layer,
            policy: self.policy.name.clone(),
            sid: self.statement.sid.clone(),
            statement: self.index,
        }
    }
}

/// Returns the pattern of an action. The comparison uses lower case.
pub(super) fn action(text: &str) -> Pattern {
    Pattern::glob(&text.to_ascii_lowercase())
}

fn actions(statement: &Statement) -> Matching {
    match &statement.actions {
        Which::In(list) => Matching::In(list.iter().map(|it| action(it)).collect()),
        Which::NotIn(list) => Matching::NotIn(list.iter().map(|it| action(it)).collect()),
    }
}

/// Returns the resources that a statement covers at most and at least. An unknown variable covers every text at most,
/// and no text at least. In `NotResource`, such a variable may leave out nothing. Whether the statement is then valid
/// is not certain, unless every request has the key.
fn resources(statement: &Statement, variables: bool, context: &Context) -> [Matching; 2] {
    let (list, negated) = match &statement.resources {
        None => return [const { Matching::NotIn(Vec::new()) }; 2],
        Some(Which::In(list)) => (list, false),
        Some(Which::NotIn(list)) => (list, true),
    };
    let (mut plain, mut wide, mut absent) = (Vec::new(), Vec::new(), false);
    for text in list {
        let found = resolved(text, variables, true, context);
        match (found.absent, found.unknown.as_slice()) {
            (Some(_), _) => absent = true,
            (None, []) => plain.push(Pattern::written(&found.pattern)),
            (None, keys) => {
                wide.push(Pattern::written(&found.pattern));
                absent |= negated && !keys.iter().all(|key| is_always_there(key));
            }
        }
    }
    let sure = match (negated, absent) {
        (false, _) => Matching::In(plain.clone()),
        (true, false) => Matching::NotIn([plain.clone(), wide.clone()].concat()),
        (true, true) => Matching::In(Vec::new()),
    };
    let may = if negated { Matching::NotIn(plain) } else { Matching::In([plain, wide].concat()) };
    [may, sure]
}
