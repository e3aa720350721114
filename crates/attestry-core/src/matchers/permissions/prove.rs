//! The common part of the matchers that prove a claim.
//!
//! This module must not know any single claim.

use std::fmt::Debug;

use super::claim::Claim;
use super::unjudged::Unjudged;
use super::words::{doubtful, witness};
use crate::facts::{Question, Type, Value};
use crate::matchers::{Example, MatchContext, MatchResult, Matcher, Objection, Operand, Takes};
use attestry_iam::Proof;

/// A matcher that proves a claim. Every type with this trait also implements `Matcher`.
pub(in crate::matchers) trait Proves: Sync + Debug {
    /// See [`Matcher::keyword`].
    fn keyword(&self) -> &'static str;

    /// See [`Matcher::doc`].
    fn doc(&self) -> &'static str;

    /// See [`Matcher::example`].
    fn example(&self) -> Example;

    /// See [`Matcher::takes`].
    fn takes(&self, of: Type) -> Result<Takes, &'static str>;

    /// See [`Matcher::validate_operand`].
    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let _ = operand;
        Vec::new()
    }

    /// See [`Matcher::expected`].
    fn expected(&self, operand: &Operand) -> String {
        format!("{} {operand}", Proves::keyword(self).replace('_', " "))
    }

    /// Returns the claim in a form that can be turned into questions for AWS, or `None` when there is no such form.
    fn claim(&self, operand: &Operand) -> Option<Claim> {
        let _ = operand;
        None
    }

    /// See [`Matcher::follows`].
    fn follows(&self) -> &'static [&'static str] {
        &[]
    }

    /// See [`Matcher::beside`].
    fn beside(&self) -> &'static [&'static str] {
        &[]
    }

    /// See [`Matcher::oracle_attributes`].
    fn oracle_attributes(&self, of: Type, operand: &Operand) -> Vec<&'static str> {
        self.claim(operand).map(|claim| claim.oracle_attributes(of)).unwrap_or_default()
    }

    /// Describes how AWS's own answers contradict the proof, if they do.
    fn against(&self, proof: &Proof, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Option<String> {
        self.claim(operand)?.against(proof, actual, setting)
    }

    /// Returns the answer when there is no document. By default the claim holds, because nothing is allowed and no
    /// party has access.
    fn without(&self) -> MatchResult {
        MatchResult::Holds
    }

    /// Proves or refutes the claim.
    ///
    /// # Errors
    /// Fails when the value cannot be read as policies.
    fn proof(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged>;
}

impl<P: Proves> Matcher for P {
    fn is_claim(&self) -> bool {
        true
    }

    fn keyword(&self) -> &'static str {
        Proves::keyword(self)
    }

    fn doc(&self) -> &'static str {
        Proves::doc(self)
    }

    fn example(&self) -> Example {
        Proves::example(self)
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        Proves::takes(self, of)
    }

    fn follows(&self) -> &'static [&'static str] {
        Proves::follows(self)
    }

    fn beside(&self) -> &'static [&'static str] {
        Proves::beside(self)
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let mut all = Proves::validate_operand(self, operand);
        // An unknown action can be newer than our copy of the reference. Then `all` has a warning, and the claim can be
        // about a request although no known action fits.
        if all.is_empty() && self.claim(operand).is_some_and(|claim| claim.is_about_nothing()) {
            let message = "the claim is about no request at all, so every document meets it";
            all.push(Objection::error("", message));
        }
        all
    }

    fn expected(&self, operand: &Operand) -> String {
        Proves::expected(self, operand)
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, setting: &MatchContext<'_>) -> MatchResult {
        let Some(actual) = actual else { return self.without() };
        let proof = match self.proof(actual, operand, setting) {
            Ok(proof) => proof,
            Err(why) => return MatchResult::Undecided(format!("the policies cannot be judged: {why}")),
        };
        if let Some(why) = self.against(&proof, actual, operand, setting) {
            return MatchResult::Undecided(why);
        }
        match proof {
            Proof::Proved => MatchResult::Holds,
            Proof::Refuted(examples) => MatchResult::Fails(Some(Box::new(witness(actual, &examples)))),
            Proof::Undecided(doubt) => MatchResult::Undecided(doubtful(&doubt)),
        }
    }

    fn oracle_attributes(&self, of: Type, operand: &Operand) -> Vec<&'static str> {
        Proves::oracle_attributes(self, of, operand)
    }

    fn questions(&self, actual: Option<&Value>, operand: &Operand, setting: &MatchContext<'_>) -> Vec<Question> {
        let (Some(actual), Some(claim)) = (actual, self.claim(operand)) else { return Vec::new() };
        match self.proof(actual, operand, setting) {
            Ok(proof) => claim.questions(&proof, actual, setting),
            Err(_) => Vec::new(),
        }
    }
}
