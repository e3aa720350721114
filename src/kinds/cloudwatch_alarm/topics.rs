//! The SNS topics that an alarm calls, and the number of confirmed subscriptions of each topic.
//!
//! This module must not know what is expected of an alarm.

use crate::aws::AccountRegion;
use crate::kinds::sns_topic;
use crate::kinds::support::convert::{malformed, told};
use attestry_core::facts::{Cause, Fact, Gap, Resource, Value};

/// Reads the topics of an alarm.
pub(super) async fn read(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let arns: Vec<String> = match resource.get("alarm_actions") {
        Some(Fact::Known(Value::List(actions))) => actions.iter().filter_map(topic).collect(),
        _ => return Err(malformed("the alarm has no list of actions")),
    };
    let mut topics = Vec::new();
    for arn in arns {
        let mut parts = arn.split(':').skip(3);
        let here = (Some(&*at.region), Some(&*at.account));
        if (parts.next(), parts.next()) != here {
            return Err(Gap::new(Cause::NotAsked).with_message(format!(
                "{arn} is of another account or Region, and only there it is told who listens"
            )));
        }
        let confirmed = match sns_topic::attributes(at, &arn).await {
            Ok(attributes) => {
                let number = attributes.get("SubscriptionsConfirmed").map(|it| it.parse::<i64>());
                told(number.and_then(Result::ok), "number of confirmed subscriptions")?
            }
            // The topic was deleted, so it has no subscribers.
            Err(gap) if gap.cause == Cause::Gone => 0,
            Err(gap) => return Err(gap),
        };
        let name = arn.rsplit(':').next().map(Value::from);
        topics.push(Value::record([
            ("arn", Some(arn.as_str().into())),
            ("name", name),
            ("confirmed", Some(confirmed.into())),
        ]));
    }
    resource.set("topics", Value::List(topics));
    Ok(())
}

fn topic(action: &Value) -> Option<String> {
    let Value::Text(arn) = action else { return None };
    (arn.split(':').nth(2) == Some("sns")).then(|| arn.clone())
}
