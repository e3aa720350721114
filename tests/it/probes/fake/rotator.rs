//! The rotation function of the small account when a rotation is repeated, and the consumer of its secret.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{CANARY, Fake, Secret, State, now};

/// The behaviour of the rotation function when its steps are repeated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Replay {
    /// It changes nothing.
    Right,
    /// A second request with the same token is refused.
    Refused,
    /// A second request stages a new version.
    RotatesAgain,
    /// A repeated createSecret stages a new version.
    Creates,
    /// createSecret stages a new version when another one is pending.
    CreatesBesidePending,
    /// A repeated finishSecret puts AWSCURRENT back on the version before.
    MovesBack,
    /// A repeated setSecret fails with an error.
    Fails,
    /// createSecret fails for a version that is pending, with an error that contains the value.
    FailsOnPending,
}

/// The behaviour of the consumer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Consumer {
    /// It uses the current version after this number of calls.
    Follows(usize),
    /// It uses the first version for ever.
    Stays,
    /// It answers without a version.
    Mute,
    /// It fails.
    Fails,
}

type Refusal = (&'static str, &'static str);

fn stage(secret: &mut Secret, id: &str) {
    secret.versions.values_mut().for_each(|it| {
        it.0.remove("AWSPENDING");
    });
    secret.created.insert(id.to_owned(), now() + 1);
    let labels = BTreeSet::from(["AWSPENDING".to_owned()]);
    secret.versions.insert(id.to_owned(), (labels, format!("{CANARY}-{id}")));
}

impl Fake {
    /// Answers a request for a rotation whose version exists.
    pub(super) fn rotate_again(&self, secret: &mut Secret, name: &str) -> Result<Value, Refusal> {
        match self.replay {
            Replay::Refused => return Err(("InvalidRequestException", "the version exists")),
            Replay::RotatesAgain => stage(secret, "again"),
            _ => {}
        }
        Ok(json!({ "Name": name }))
    }

    /// Runs one step of the rotation function.
    pub(super) fn run_step(&self, state: &mut State, asked: &Value) -> Value {
        let text = |name: &str| asked[name].as_str().unwrap().to_owned();
        let (step, token) = (text("Step"), text("ClientRequestToken"));
        let name = text("SecretId").rsplit_once("secret:").unwrap().1.strip_suffix("-AbCdEf").unwrap().to_owned();
        let secret = state.secrets.get_mut(&name).unwrap();
        let labels = &secret.versions.get(&token).expect("the step is for a version of the secret").0;
        let is_pending = labels.contains("AWSPENDING") && !labels.contains("AWSCURRENT");
        match self.replay {
            Replay::Creates if step == "createSecret" && !is_pending => stage(secret, "created"),
            Replay::CreatesBesidePending if step == "createSecret" && is_pending => stage(secret, "created"),
            Replay::MovesBack if step == "finishSecret" => {
                for (labels, _) in secret.versions.values_mut() {
                    if labels.remove("AWSPREVIOUS") {
                        labels.insert("AWSCURRENT".to_owned());
                    } else if labels.remove("AWSCURRENT") {
                        labels.remove("AWSPENDING");
                        labels.insert("AWSPREVIOUS".to_owned());
                    }
                }
            }
            Replay::Fails if step == "setSecret" => {
                return json!({ "failed": true, "errorType": "KeyError", "errorMessage": "'new_value'" });
            }
            Replay::FailsOnPending if is_pending => {
                let message = format!("bad {CANARY}-{token}");
                return json!({ "failed": true, "errorType": "ValueError", "errorMessage": message });
            }
            _ => {}
        }
        Value::Null
    }

    /// Answers as the consumer of the secret.
    pub(super) fn consume(&self, state: &mut State, asked: &Value) -> Result<Value, Refusal> {
        assert!(asked["SecretId"].as_str().unwrap().contains(":secret:probe/secret-"), "{asked}");
        let calls = state.log.iter().filter(|call| *call == "Invoke").count();
        let current = state.secrets["probe/secret"].versions.iter().find(|it| it.1.0.contains("AWSCURRENT"));
        let current = current.unwrap().0;
        Ok(match self.consumer {
            Consumer::Follows(after) if calls > after => json!({ "VersionId": current }),
            Consumer::Follows(_) | Consumer::Stays => json!({ "VersionId": "v1" }),
            Consumer::Mute => json!({ "version": current }),
            Consumer::Fails => json!({ "failed": true, "errorType": "KeyError", "errorMessage": "x" }),
        })
    }
}
