//! The alarm of the small account, with its state, its message and its history.

use serde_json::{Value, json};

use super::{ACCOUNT, LONG_AGO, REGION, TOPIC, now};

/// An instant, which goes over the network as an instant of CBOR.
fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

/// The behaviour of the alarm `probe-alarm` when its state is set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Firing {
    /// Its message reaches the topic.
    #[default]
    Right,
    /// Its message reaches the topic, and the next evaluation ends the state before the cleanup.
    FallsBack,
    /// It sends no message.
    Silent,
    /// It sends a message without its name and its reason.
    Vague,
    /// The history does not have the change.
    Forgets,
    /// It is in the state ALARM already.
    Rings,
    /// It gets into the state ALARM right before the probe sets the state.
    RingsFirst,
}

#[derive(Debug)]
pub struct Alarms {
    pub firing: Firing,
    /// The state, its reason and its time, in seconds.
    state: (String, String, i64),
    history: Vec<String>,
    /// The names of other alarms, in a state that a stranger set long ago, with its reason.
    strangers: Vec<(String, String)>,
}

impl Alarms {
    pub fn new() -> Self {
        let state = ("OK".to_owned(), "Threshold not crossed".to_owned(), LONG_AGO);
        Self { firing: Firing::default(), state, history: Vec::new(), strangers: Vec::new() }
    }

    /// Adds an alarm in the state ALARM that a stranger set long ago, with this reason.
    pub fn plant(&mut self, name: &str, reason: &str) {
        self.strangers.push((name.to_owned(), reason.to_owned()));
    }

    /// What a probe could have left.
    pub fn left(&self) -> Vec<String> {
        let own = (self.state.0 == "ALARM").then_some("probe-alarm");
        own.into_iter().chain(self.strangers.iter().map(|it| &*it.0)).map(|name| format!("ALARM of {name}")).collect()
    }

    /// Answers a call of CloudWatch, with the message that it causes. Returns `None` for any other call.
    pub fn change(&mut self, operation: &str, asked: &Value) -> Option<(Value, Option<String>)> {
        let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if operation == "DescribeAlarms" && self.firing == Firing::FallsBack && !self.history.is_empty() {
            self.state = ("OK".to_owned(), "Threshold not crossed".to_owned(), now());
        }
        if self.firing == Firing::Rings {
            self.state = ("ALARM".to_owned(), "Threshold crossed".to_owned(), LONG_AGO);
        }
        let (state, reason, updated) = &self.state;
        Some(match operation {
            "DescribeAlarms" => {
                let own = ("probe-alarm".to_owned(), state.clone(), reason.clone(), *updated);
                let strangers = self
                    .strangers
                    .iter()
                    .map(|(name, reason)| (name.clone(), "ALARM".to_owned(), reason.clone(), LONG_AGO));
                let wanted = |name: &str| asked.get("AlarmNames").is_none_or(|names| names == &json!([name]));
                let alarms = std::iter::once(own).chain(strangers).filter(|(name, state, ..)| {
                    wanted(name) && (text("StateValue").is_empty() || text("StateValue") == *state)
                });
                let alarms = alarms.map(|(name, state, reason, updated)| json!({
                    "AlarmName": name, "AlarmArn": format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"),
                    "StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": instant(updated), "ActionsEnabled": true,
                    "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": [TOPIC],
                }));
                (json!({ "MetricAlarms": alarms.collect::<Vec<_>>() }), None)
            }
            "SetAlarmState" => {
                let changes = *state != text("StateValue") && self.firing != Firing::RingsFirst;
                self.state = (text("StateValue"), text("StateReason"), now());
                if changes && self.firing != Firing::Forgets {
                    let data =
                        json!({ "newState": { "stateValue": text("StateValue"), "stateReason": text("StateReason") } });
                    self.history.insert(0, data.to_string());
                }
                let told = json!({
                    "AlarmName": text("AlarmName"), "NewStateValue": text("StateValue"), "NewStateReason": text("StateReason")
                });
                let told = match self.firing {
                    Firing::Silent => None,
                    Firing::Vague => Some("something happened".to_owned()),
                    _ => Some(told.to_string()),
                };
                (json!({}), told.filter(|_| changes && text("StateValue") == "ALARM"))
            }
            "DescribeAlarmHistory" => {
                let items = self.history.iter().map(|data| {
                    json!({
                        "AlarmName": "probe-alarm", "HistoryItemType": "StateUpdate", "HistoryData": data, "Timestamp": instant(now())
                    })
                });
                (json!({ "AlarmHistoryItems": items.collect::<Vec<_>>() }), None)
            }
            _ => return None,
        })
    }
}
