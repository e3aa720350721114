//! The states and tags of the keys of the small account: the operations of AWS KMS that change them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ACCOUNT, LONG_AGO, REGION, Stranger, now};

/// The behaviour of the keys when their state changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Life {
    /// A change is shown after this number of looks.
    Right(usize),
    /// A disabled key can still be used.
    WorksDisabled,
    /// A key that is pending deletion can still be used.
    WorksPending,
    /// The first request to enable the key changes nothing.
    StaysDisabled,
    /// The same, but only after a canceled deletion.
    StaysUnrecovered,
    /// Only the second request to cancel the deletion changes something.
    StaysPending,
    /// An enabled key has lost the bytes from before.
    Forgets,
}

const DAY: i64 = 86_400;

#[derive(Clone, Debug)]
pub struct State {
    /// The state, and the state that is shown.
    pub now: &'static str,
    pub shown: &'static str,
    looks: usize,
    /// The time of the deletion, in seconds.
    deletion: Option<i64>,
    pub tags: BTreeMap<String, String>,
}

impl State {
    fn new(now: &'static str, tags: &[(&str, &str)]) -> Self {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self { now, shown: now, looks: 0, deletion: None, tags }
    }

    fn to(&mut self, state: &'static str) {
        if self.now != state {
            (self.now, self.looks) = (state, 0);
        }
    }
}

#[derive(Debug)]
pub struct Lives {
    pub life: Life,
    /// The grants on each key.
    pub grants: usize,
    /// By the id of the key.
    pub keys: BTreeMap<String, State>,
    canceled: bool,
    /// The numbers of requests to enable, and to cancel.
    enabling: usize,
    canceling: usize,
}

/// The tag of the owner, and that of the run.
pub const CONSENT: &str = "attestry:probe";
pub const RUN_TAG: &str = "attestry:run";

pub fn arn(id: &str) -> String {
    format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{id}")
}

impl Lives {
    pub fn new() -> Self {
        let consents = [("k1", "key-lifecycle"), ("k2", "rollback"), ("k3", "key-lifecycle rollback"), ("k4", "")];
        let keys = consents.map(|(id, probes)| (id.to_owned(), State::new("Enabled", &[(CONSENT, probes)]))).into();
        Self { life: Life::Right(0), grants: 0, keys, canceled: false, enabling: 0, canceling: 0 }
    }

    /// Adds a key of a stranger that a forged ledger or a tag would give to a run.
    pub fn plant(&mut self, mark: &str, stranger: Stranger) {
        let mut key = match stranger {
            Stranger::Named => State::new("Disabled", &[(RUN_TAG, mark)]),
            _ => State::new("PendingDeletion", &[(CONSENT, "key-lifecycle"), (RUN_TAG, mark)]),
        };
        // The deletion was scheduled long before the run, or with another window.
        key.deletion = match stranger {
            Stranger::Named => None,
            Stranger::Old => Some(LONG_AGO + 7 * DAY),
            Stranger::Used => Some(now() + 30 * DAY),
        };
        self.keys.insert(format!("theirs-{mark}"), key);
    }

    pub fn listing(&self) -> impl Iterator<Item = String> {
        self.keys.iter().map(|(id, key)| format!("key {id} {} {:?}", key.now, key.tags.get(RUN_TAG)))
    }

    /// Whether AWS refuses the use of the key, and whether the bytes from before its first change are lost.
    pub fn refuses(&mut self, id: &str) -> Option<(&'static str, &'static str)> {
        let life = self.life;
        self.look(id);
        match self.keys.get(id)?.shown {
            "Disabled" if life != Life::WorksDisabled => Some(("DisabledException", "the key is disabled")),
            "PendingDeletion" if life != Life::WorksPending => {
                Some(("KMSInvalidStateException", "the key is pending deletion"))
            }
            _ => None,
        }
    }

    pub fn has_lost(&self) -> bool {
        self.life == Life::Forgets && self.enabling > 0
    }

    fn look(&mut self, id: &str) {
        let needed = if let Life::Right(looks) = self.life { looks } else { 0 };
        let Some(key) = self.keys.get_mut(id) else { return };
        key.looks += 1;
        if key.looks > needed {
            key.shown = key.now;
        }
    }

    /// Returns the members of the description that depend on the state.
    pub fn described(&mut self, id: &str) -> Option<Value> {
        self.look(id);
        let key = self.keys.get(id)?;
        let deletion = key.deletion.filter(|_| key.shown == "PendingDeletion");
        Some(json!({ "KeyState": key.shown, "Enabled": key.shown == "Enabled", "DeletionDate": deletion }))
    }

    /// Answers a call about states and tags. Returns `None` for any other call.
    pub fn change(&mut self, operation: &str, asked: &Value) -> Option<Result<Value, (&'static str, &'static str)>> {
        if operation == "GetResources" {
            let has = |key: &&State| asked["TagFilters"][0]["Key"].as_str().is_some_and(|it| key.tags.contains_key(it));
            let found = self.keys.iter().filter(|it| has(&it.1)).map(|(id, key)| {
                let tags = key.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
                json!({ "ResourceARN": arn(id), "Tags": tags.collect::<Vec<_>>() })
            });
            return Some(Ok(json!({ "ResourceTagMappingList": found.collect::<Vec<_>>(), "PaginationToken": "" })));
        }
        let id = asked.get("KeyId").and_then(Value::as_str)?.rsplit('/').next()?.to_owned();
        let (life, grants) = (self.life, self.grants);
        let canceled = self.canceled;
        let key = self.keys.get_mut(&id)?;
        let wrong = Some(Err(("KMSInvalidStateException", "not in this state")));
        match operation {
            "DisableKey" if key.now == "PendingDeletion" => return wrong,
            "DisableKey" => key.to("Disabled"),
            "EnableKey" if key.now == "PendingDeletion" => return wrong,
            "EnableKey" => {
                self.enabling += 1;
                let ignored = match life {
                    Life::StaysDisabled => self.enabling == 1,
                    Life::StaysUnrecovered => canceled && self.enabling == 2,
                    _ => false,
                };
                if !ignored {
                    key.to("Enabled");
                }
            }
            "ScheduleKeyDeletion" if key.now == "PendingDeletion" => return wrong,
            "ScheduleKeyDeletion" => {
                let days = asked["PendingWindowInDays"].as_i64().unwrap();
                key.to("PendingDeletion");
                // AWS may round the time to the start of a day.
                let deletion = (now() + days * DAY) / DAY * DAY;
                key.deletion = Some(deletion);
                return Some(Ok(json!({
                    "KeyId": arn(&id), "KeyState": "PendingDeletion", "DeletionDate": deletion,
                    "PendingWindowInDays": days
                })));
            }
            "CancelKeyDeletion" if key.now != "PendingDeletion" => return wrong,
            "CancelKeyDeletion" => {
                (self.canceling, self.canceled) = (self.canceling + 1, true);
                if life != Life::StaysPending || self.canceling > 1 {
                    key.to("Disabled");
                }
                return Some(Ok(json!({ "KeyId": arn(&id) })));
            }
            "TagResource" => {
                let tag = &asked["Tags"][0];
                let text = |name: &str| tag[name].as_str().unwrap().to_owned();
                key.tags.insert(text("TagKey"), text("TagValue"));
            }
            "UntagResource" => {
                assert_eq!(asked["TagKeys"], json!([RUN_TAG]));
                key.tags.remove(RUN_TAG);
            }
            "ListResourceTags" => {
                let tags = key.tags.iter().map(|(key, value)| json!({ "TagKey": key, "TagValue": value }));
                return Some(Ok(json!({ "Tags": tags.collect::<Vec<_>>(), "Truncated": false })));
            }
            "ListGrants" => {
                let grant = json!({ "GrantId": "g", "KeyId": arn(&id), "Operations": ["Decrypt"] });
                return Some(Ok(json!({ "Grants": vec![grant; grants], "Truncated": false })));
            }
            _ => return None,
        }
        Some(Ok(json!({})))
    }
}
