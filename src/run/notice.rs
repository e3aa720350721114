//! The notice of a run with probes: one message before the probes and one after them.
//!
//! This module must not know any single probe.

use std::sync::Arc;

use super::selection::Selection;
use super::stage::Sessions;
use crate::aws::AccountRegion;
use crate::probes::{Outcome, publish};
use attestry_core::facts::{Cause, Gap};

/// A notice whose first message is published.
pub(crate) struct Notice {
    topic: String,
    place: Arc<AccountRegion>,
    run: String,
    head: String,
}

impl Notice {
    /// Publishes the planned effects, before any probe starts.
    ///
    /// # Errors
    /// The message was not published.
    pub(crate) async fn begin(
        topic: &str,
        selection: &Selection,
        sessions: &Sessions,
        run: &str,
        effects: &str,
    ) -> Result<Self, Gap> {
        let accounts: Vec<&str> = selection.stage.accounts.iter().map(|account| account.id.value.as_str()).collect();
        let (suite, stage) = (&selection.suite.id.value, &selection.stage.name.value);
        let head = format!("run {run}\nsuite {suite}, stage {stage}\naccount {}\n", accounts.join(", "));
        let place = place(topic, sessions, run).ok_or_else(|| {
            let message = format!("no account of the stage has the Region of {topic}");
            Gap::new(Cause::Unexpected).with_message(message)
        })?;
        let notice = Self { topic: topic.to_owned(), place, run: run.to_owned(), head };
        let text = format!(
            "{}\nAttestry is about to act. Its requests carry attestry-{run} in the user agent.\n\n{effects}",
            notice.head
        );
        publish(&notice.place, topic, &format!("Attestry begins: {run}"), &text).await?;
        Ok(notice)
    }

    /// Publishes the removed artifacts and the artifacts that are left.
    pub(crate) async fn end(&self, outcome: &Outcome) -> Result<(), Gap> {
        let mut text = format!("{}\nAttestry has ended.\n", self.head);
        for (what, names) in [("undone", &outcome.cleaned), ("LEFT BEHIND", &outcome.residue)] {
            names.iter().for_each(|name| text.push_str(&format!("{what}: {name}\n")));
        }
        if outcome.residue.is_empty() {
            text.push_str("Nothing is left.\n");
        }
        publish(&self.place, &self.topic, &format!("Attestry ended: {}", self.run), &text).await
    }
}

/// Returns the account and Region for the topic: the account of the topic if the stage has it, otherwise the first
/// account.
fn place(topic: &str, sessions: &Sessions, run: &str) -> Option<Arc<AccountRegion>> {
    let mut parts = topic.split(':').skip(3);
    let (region, account) = (parts.next()?, parts.next()?);
    let owner = sessions.sessions.iter().find(|session| session.identity.account == account);
    let session = owner.or_else(|| sessions.sessions.first())?;
    session.acting(run).into_iter().find(|at| *at.region == *region)
}
