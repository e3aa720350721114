//! The notice of a run with probes: what people are told before and after it.
//!
//! Must not know any single probe.

use std::sync::Arc;

use super::stage::Opened;
use super::suite::Chosen;
use crate::aws::At;
use crate::probes::{Outcome, publish};
use attestry_core::facts::{Cause, Gap};

/// A notice that was begun.
pub(super) struct Notice {
    topic: String,
    place: Arc<At>,
    run: String,
    head: String,
}

impl Notice {
    /// Tells what will be done, before anything is.
    ///
    /// # Errors
    /// Nobody was told.
    pub(super) async fn begin(
        topic: &str,
        chosen: &Chosen,
        opened: &Opened,
        run: &str,
        effects: &str,
    ) -> Result<Self, Gap> {
        let accounts: Vec<&str> = chosen.stage.accounts.iter().map(|account| account.id.value.as_str()).collect();
        let (suite, stage) = (&chosen.suite.id.value, &chosen.stage.name.value);
        let head = format!("run {run}\nsuite {suite}, stage {stage}\naccount {}\n", accounts.join(", "));
        let place = place(topic, opened, run).ok_or_else(|| {
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

    /// Tells what was undone, and what was not.
    pub(super) async fn end(&self, outcome: &Outcome) -> Result<(), Gap> {
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

/// Where the topic is published to: its own account where the stage has it, else the first one, in its Region.
fn place(topic: &str, opened: &Opened, run: &str) -> Option<Arc<At>> {
    let mut parts = topic.split(':').skip(3);
    let (region, account) = (parts.next()?, parts.next()?);
    let owner = opened.sessions.iter().find(|session| session.identity.account == account);
    let session = owner.or_else(|| opened.sessions.first())?;
    session.acting(run).into_iter().find(|at| *at.region == *region)
}
