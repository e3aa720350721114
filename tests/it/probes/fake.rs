//! A small account that probes can change. It has the few write operations of probes, behind the same transport as AWS.
//!
//! It counts calls. It can refuse the n-th call, lose its answer, or never answer it.

mod alarms;
mod aliases;
mod archive;
mod keys;
mod lifecycle;
mod public_keys;
mod rotator;
mod signing;
mod stages;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use attestry::aws::Operation;
use attestry::aws::described::{Place, complete};
use attestry::aws::wire::{self, Failure};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use serde_json::{Value, json};
use tokio::sync::Notify;

use alarms::Alarms;
pub use alarms::Firing;
pub use aliases::Pointing;
use archive::Archive;
pub use archive::Query;
use keys::Keys;
pub use keys::{ALIAS, Aging};
pub use lifecycle::{CONSENT, Life, RUN_TAG, arn as key_arn};
pub use public_keys::PUBLIC;
pub use rotator::{Consumer, Replay};
pub use signing::{SIGNER, Signing};
pub use stages::Way;

pub const ACCOUNT: &str = "000000000001";
pub const REGION: &str = "eu-central-1";

/// The text in every secret value.
pub const CANARY: &str = "Zq42xCanary42Wv7Kd93mNpRt5sYb81";

/// The behaviour of the rotation function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rotation {
    /// The new version becomes current after this number of looks.
    Works(usize),
    /// The new version stays pending.
    Sticks,
    /// The function puts the label of the new version on a version of its own, and that version stays pending.
    Strays,
    /// The new version has the old value.
    SameValue,
    /// The old version loses its label.
    LosesPrevious,
    /// The current value cannot be read during the rotation.
    Interrupts(usize),
}

/// The topic of the alerts.
pub const TOPIC: &str = "arn:aws:sns:eu-central-1:000000000001:alerts";
/// The log group of the records.
pub const RECORDS: &str = "/bank/access";
/// The log group of the rotation function, which its configuration names.
pub const ROTATOR: &str = "/bank/rotator";

/// The behaviour of the function behind the rule, which sends alerts and writes records.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Detector {
    /// It sends an alert when the name of the role does not contain `reader`. It writes one record.
    #[default]
    Right,
    /// It never sends an alert.
    Silent,
    /// It sends an alert for every caller.
    Shouts,
    /// Its alert contains no details.
    Vague,
    /// It ends with an error.
    Fails,
    /// It writes no record.
    Drops,
    /// It writes two records.
    Twice,
    /// It writes the value into the record.
    Leaks,
    /// It writes the value in base64 into another event.
    LeaksElsewhere,
    /// Its record contains only the caller.
    Bare,
}

/// The trouble at one call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    /// AWS refuses the call.
    Denied,
    /// AWS throttles once.
    Throttled,
    /// AWS throttles from now on.
    ThrottledForEver,
    /// The call does its work, and its answer is lost.
    Lost,
    /// The process dies before the call arrives.
    KilledBefore,
    /// The process dies after the call did its work.
    KilledAfter,
    /// The run is stopped during the call.
    Stopped,
}

#[derive(Clone, Debug, Default)]
struct Secret {
    versions: BTreeMap<String, (BTreeSet<String>, String)>,
    /// The creation times of the versions, in seconds. A version without an entry is very old.
    created: BTreeMap<String, i64>,
    description: String,
    tags: BTreeMap<String, String>,
    /// How often AWSCURRENT was moved.
    moves: usize,
    looks: usize,
}

/// An instant long before any run.
const LONG_AGO: i64 = 1_577_836_800;

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[derive(Clone, Debug)]
struct Parameter {
    description: String,
    version: i64,
    modified: i64,
}

/// A thing of a stranger with the name that a probe would use, by accident or on purpose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stranger {
    /// It has only the name.
    Named,
    /// It was created long ago.
    Old,
    /// A probe created it, and a stranger has used it since.
    Used,
}

#[derive(Debug)]
struct State {
    secrets: BTreeMap<String, Secret>,
    parameters: BTreeMap<String, Parameter>,
    /// The policy and the time of creation, by the name of the queue.
    facts: BTreeMap<String, (String, i64)>,
    /// The delivered messages, by the name of the queue.
    queues: BTreeMap<String, Vec<String>>,
    /// The topic and the queue, by ARN.
    subscriptions: BTreeMap<String, (String, String)>,
    /// The role and the name, by the number in their access key.
    sessions: Vec<(String, String)>,
    records: Vec<String>,
    published: Vec<String>,
    keys: Keys,
    alarms: Alarms,
    archive: Archive,
    log: Vec<String>,
    agents: BTreeSet<String>,
}

#[derive(Debug)]
pub struct Fake {
    pub rotation: Rotation,
    pub rotation_enabled: bool,
    /// The behaviour of the secret when its labels are moved.
    pub way: Way,
    /// Whether the listing has all labels of all versions.
    pub lists_labels: bool,
    pub detector: Detector,
    /// The behaviour of the rotation function when it is repeated.
    pub replay: Replay,
    pub consumer: Consumer,
    /// The text that the rotation function logs when it fails.
    pub rotator_says: String,
    /// The operations that are refused.
    pub refused: BTreeSet<&'static str>,
    /// The number of the call, from 1, and its trouble.
    pub trouble: Option<(usize, Trouble)>,
    pub struck: Arc<Notify>,
    calm: AtomicBool,
    state: Mutex<State>,
}

impl Fake {
    pub fn new(rotation: Rotation) -> Self {
        let labels = |label: &str| BTreeSet::from([label.to_owned()]);
        let versions = BTreeMap::from([("v1".to_owned(), (labels("AWSCURRENT"), format!("{CANARY}-v1")))]);
        let tags = BTreeMap::from([(CONSENT.to_owned(), "rollback".to_owned())]);
        let secrets = BTreeMap::from([("probe/secret".to_owned(), Secret { versions, tags, ..Secret::default() })]);
        let state = State {
            secrets,
            parameters: BTreeMap::new(),
            facts: BTreeMap::new(),
            queues: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            sessions: Vec::new(),
            records: Vec::new(),
            published: Vec::new(),
            keys: Keys::new(),
            alarms: Alarms::new(),
            archive: Archive::default(),
            log: Vec::new(),
            agents: BTreeSet::new(),
        };
        Self {
            rotation,
            rotation_enabled: true,
            way: Way::Right,
            lists_labels: false,
            detector: Detector::Right,
            replay: Replay::Right,
            consumer: Consumer::Follows(0),
            rotator_says: "[ERROR] ValueError: the pending value is too short".to_owned(),
            refused: BTreeSet::new(),
            trouble: None,
            struck: Arc::default(),
            calm: AtomicBool::new(false),
            state: Mutex::new(state),
        }
    }

    /// Sets the behaviour of the key, and the number of rotations that it has used.
    pub fn with_key(self, aging: Aging, used: usize) -> Self {
        {
            let keys = &mut self.state.lock().unwrap().keys;
            (keys.aging, keys.used) = (aging, used);
        }
        self
    }

    /// Sets the result of a query over the archive.
    pub fn with_archive(self, query: Query) -> Self {
        self.state.lock().unwrap().archive.query = query;
        self
    }

    /// Sets the behaviour of the alarm.
    pub fn with_alarm(self, firing: Firing) -> Self {
        self.state.lock().unwrap().alarms.firing = firing;
        self
    }

    /// Sets the key to a rotation that has already begun.
    pub fn rotating(self) -> Self {
        self.state.lock().unwrap().keys.under_way = Some(0);
        self
    }

    /// Sets the behaviour of the keys when their state changes.
    pub fn living(self, life: Life) -> Self {
        self.state.lock().unwrap().keys.lives.life = life;
        self
    }

    /// Changes the key of the probes before the run.
    pub fn with_state(self, change: impl FnOnce(&mut lifecycle::Lives)) -> Self {
        self.change_state(change);
        self
    }

    /// Adds a version with AWSPREVIOUS to the secret of the probes.
    pub fn with_previous(self) -> Self {
        {
            let secret = &mut self.state.lock().unwrap().secrets;
            let versions = &mut secret.get_mut("probe/secret").unwrap().versions;
            versions.insert("v0".to_owned(), (["AWSPREVIOUS".to_owned()].into(), format!("{CANARY}-v0")));
        }
        self
    }

    /// Removes all tags of the secret of the probes.
    pub fn without_tags(&self) {
        self.state.lock().unwrap().secrets.get_mut("probe/secret").unwrap().tags.clear();
    }

    /// Adds a version to the secret of the probes, as a person does: it becomes current, and it is younger than all.
    pub fn put_by_hand(&self) {
        let mut state = self.state.lock().unwrap();
        let secret = state.secrets.get_mut("probe/secret").unwrap();
        for (labels, _) in secret.versions.values_mut() {
            labels.remove("AWSPREVIOUS");
            if labels.remove("AWSCURRENT") {
                labels.insert("AWSPREVIOUS".to_owned());
            }
        }
        secret.created.insert("by-hand".to_owned(), now() + 60);
        secret.versions.insert("by-hand".to_owned(), (["AWSCURRENT".to_owned()].into(), CANARY.to_owned()));
    }

    /// Sets the behaviour of the aliases.
    pub fn pointing(self, pointing: Pointing) -> Self {
        self.state.lock().unwrap().keys.aliases.pointing = pointing;
        self
    }

    /// Changes the signing key, or reads from it.
    pub fn with_signer<T>(&self, change: impl FnOnce(&mut signing::Signer) -> T) -> T {
        change(&mut self.state.lock().unwrap().keys.signer)
    }

    /// Changes the keys between a run and its cleanup.
    pub fn change_state(&self, change: impl FnOnce(&mut lifecycle::Lives)) {
        change(&mut self.state.lock().unwrap().keys.lives);
    }

    /// Returns all plaintexts that were ever encrypted under the key.
    pub fn plaintexts(&self) -> Vec<String> {
        self.state.lock().unwrap().keys.plaintexts()
    }

    pub fn connector(self: &Arc<Self>) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(Arc::clone(self)))
    }

    /// Returns everything in the account that a probe could have left: names, and labels of unfinished rotations.
    pub fn listing(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let mut all: Vec<String> = state.parameters.keys().map(|name| format!("parameter {name}")).collect();
        all.extend(state.queues.keys().map(|name| format!("queue {name}")));
        all.extend(state.subscriptions.values().map(|(topic, queue)| format!("subscription {queue} {topic}")));
        all.extend(state.alarms.left());
        all.extend(state.keys.lives.listing());
        all.extend(state.keys.aliases.names().cloned());
        for (name, secret) in &state.secrets {
            all.push(format!("secret {name}"));
            let pending = |labels: &BTreeSet<String>| labels.contains("AWSPENDING") && !labels.contains("AWSCURRENT");
            all.extend(secret.versions.values().filter(|it| pending(&it.0)).map(|_| format!("pending {name}")));
            let labelled = secret.versions.iter().filter(|it| self.lists_labels && !it.1.0.is_empty());
            all.extend(labelled.map(|(id, (labels, _))| format!("version {id} of {name}: {labels:?}")));
        }
        all
    }

    /// Serves the account on a port of this machine, for the binary.
    pub fn serve(self: &Arc<Self>) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let fake = Arc::clone(self);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let fake = Arc::clone(&fake);
                std::thread::spawn(move || fake.exchange(stream));
            }
        });
        url
    }

    /// Answers one request. A call at which the process dies gets no answer.
    fn exchange(&self, mut stream: std::net::TcpStream) {
        use std::io::{BufRead as _, BufReader, Read as _, Write as _};
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.trim().is_empty() {
                break;
            }
            lines.push(line.trim().to_owned());
        }
        let headers: Vec<(String, String)> = lines[1..]
            .iter()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.iter().find(|it| it.0 == "content-length").map_or(0, |it| it.1.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let mut request = HttpRequest::new(body.into());
        request.set_uri(lines[0].split(' ').nth(1).unwrap().to_owned()).unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(name, value);
        }
        let operation = Operation::of(&request).unwrap();
        let number = self.arrived(&request, &operation);
        let answer = self.answer(&request, &operation);
        if self.trouble.is_some_and(|(at, _)| at == number) && !self.calm.load(Ordering::SeqCst) {
            self.struck.notify_one();
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        let body = answer.body().bytes().unwrap_or_default();
        let mut head = format!("HTTP/1.1 {} x\r\nconnection: close\r\n", answer.status().as_u16());
        for (name, value) in answer.headers().iter().filter(|(name, _)| *name != "content-length") {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    }

    fn arrived(&self, request: &HttpRequest, operation: &Operation) -> usize {
        let mut state = self.state.lock().unwrap();
        state.log.push(operation.name.clone());
        state.agents.insert(request.headers().get("user-agent").unwrap_or_default().to_owned());
        state.log.len()
    }

    /// Ends all trouble.
    pub fn calm(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }

    pub fn log(&self) -> Vec<String> {
        self.state.lock().unwrap().log.clone()
    }

    pub fn agents(&self) -> BTreeSet<String> {
        self.state.lock().unwrap().agents.clone()
    }

    /// Adds one thing of a stranger of each sort, with this mark in the name: a secret, a parameter, a queue with its
    /// subscription, a pending version of `bank/rotating`, the label on an older version of `bank/labelled`,
    /// and the state of the alarm.
    pub fn plant(&self, mark: &str, stranger: Stranger) {
        let state = &mut *self.state.lock().unwrap();
        let created = if stranger == Stranger::Old { LONG_AGO } else { now() };
        let told = if stranger == Stranger::Named { String::new() } else { mark.to_owned() };
        let description = format!("made by a probe of Attestry, which removes it: {told}");
        let label = |label: &str| (BTreeSet::from([label.to_owned()]), CANARY.to_owned());
        let mut secret = Secret { description: description.clone(), ..Secret::default() };
        secret.versions.insert("one".to_owned(), label("AWSCURRENT"));
        secret.created.insert("one".to_owned(), created);
        if stranger == Stranger::Used {
            secret.versions.insert("before".to_owned(), label("AWSPREVIOUS"));
            secret.created.insert("before".to_owned(), created);
        }
        state.secrets.insert(format!("bank/{mark}"), secret);
        let version = if stranger == Stranger::Used { 2 } else { 1 };
        state.parameters.insert(format!("/bank/{mark}"), Parameter { description, version, modified: created });
        let mut rotating = Secret::default();
        rotating.versions.insert("one".to_owned(), label("AWSCURRENT"));
        let pending = if stranger == Stranger::Named { "theirs" } else { mark };
        rotating.versions.insert(pending.to_owned(), label("AWSPENDING"));
        rotating.created.insert(pending.to_owned(), if stranger == Stranger::Named { created } else { LONG_AGO });
        state.secrets.entry("bank/rotating".to_owned()).or_insert(rotating);
        let mut labelled = Secret::default();
        labelled
            .versions
            .insert(if stranger == Stranger::Named { "theirs" } else { mark }.to_owned(), label("AWSCURRENT"));
        labelled.versions.insert("one".to_owned(), label("AWSPENDING"));
        // The first mark stays, so that a search and a ledger meet it.
        state.secrets.entry("bank/labelled".to_owned()).or_insert(labelled);
        state.alarms.plant(&format!("bank/{mark}"), &format!("this was set by {mark}"));
        // The account shows no use of a queue by a stranger. So the queue is old or only has the name.
        let created = if stranger == Stranger::Used { LONG_AGO } else { created };
        state.queues.insert(mark.to_owned(), Vec::new());
        state.facts.insert(mark.to_owned(), (json!({ "Id": told }).to_string(), created));
        let queue = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{mark}");
        state.subscriptions.insert(format!("{TOPIC}:{mark}"), (TOPIC.to_owned(), queue));
        state.keys.lives.plant(mark, stranger);
        state.keys.aliases.plant(mark, stranger);
        state.secrets.insert(format!("bank/rolled-{mark}"), Secret::rolled(mark, stranger));
    }

    /// Adds an event that was in the log group of the records before the probes.
    pub fn remember(&mut self, event: &str) {
        self.state.lock().unwrap().records.push(event.to_owned());
    }

    /// Returns the messages that were published to people.
    pub fn published(&self) -> Vec<String> {
        self.state.lock().unwrap().published.clone()
    }

    fn answer(&self, request: &HttpRequest, operation: &Operation) -> HttpResponse {
        // The plaintext of an encryption and the value of a secret are no parameters that the call log may show.
        let asked = match (operation.service.as_str(), operation.name.as_str()) {
            ("kms", _) | (_, "PutSecretValue") => {
                serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap()
            }
            _ => wire::parameters(operation, request),
        };
        if self.refused.contains(operation.name.as_str()) {
            return wire::refuse(operation, &denied());
        }
        match self.change(&operation.name, &asked, caller(request)) {
            Ok(mut value) => {
                let (account, as_of) = (ACCOUNT, "2026-01-01T00:00:00Z");
                complete(operation, &Place { account, region: REGION, as_of, parameters: &asked }, &mut value);
                let mut answer = wire::answer(operation, 200, &value);
                if operation.name == "Invoke" && (self.detector == Detector::Fails || value.get("failed").is_some()) {
                    answer.headers_mut().insert("x-amz-function-error", "Unhandled");
                }
                answer
            }
            Err((code, message)) => wire::refuse(operation, &Failure::new(code, message).with_status(400)),
        }
    }

    fn change(
        &self,
        operation: &str,
        asked: &Value,
        caller: Option<usize>,
    ) -> Result<Value, (&'static str, &'static str)> {
        let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let state = &mut *self.state.lock().unwrap();
        if let Some(answer) = state.keys.change(operation, asked) {
            return answer;
        }
        if operation == "GetPublicKey" {
            return public_keys::answer(asked);
        }
        if let Some((answer, message)) = state.alarms.change(operation, asked) {
            if let Some(message) = message {
                deliver(state, &message);
            }
            return Ok(answer);
        }
        if let Some(answer) = state.archive.change(operation, asked) {
            return answer;
        }
        let missing = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
        let arn = |name: &str| format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf");
        let stages = |secret: &Secret| -> Value {
            secret.versions.iter().filter(|it| !it.1.0.is_empty()).map(|(id, it)| (id.clone(), json!(it.0))).collect()
        };
        Ok(match operation {
            "GetCallerIdentity" => json!({
                "Account": ACCOUNT, "Arn": format!("arn:aws:iam::{ACCOUNT}:user/test"), "UserId": "AIDATEST"
            }),
            "AssumeRole" => {
                state.sessions.push((text("RoleArn"), text("RoleSessionName")));
                let (account, name) = text("RoleArn")
                    .split_once("::")
                    .and_then(|(_, rest)| {
                        let (account, path) = rest.split_once(":role/")?;
                        Some((account.to_owned(), path.rsplit('/').next()?.to_owned()))
                    })
                    .unwrap_or_default();
                let arn = format!("arn:aws:sts::{account}:assumed-role/{name}/{}", text("RoleSessionName"));
                if name == "emergency" {
                    // The detector also runs for this event, and no function of the probe fails then.
                    let told = json!({ "role": text("RoleArn"), "session": text("RoleSessionName") }).to_string();
                    self.notify(state, &told);
                }
                json!({ "AssumedRoleUser": { "Arn": arn, "AssumedRoleId": "AROAFAKE:session" }, "Credentials": {
                    "AccessKeyId": format!("ASIAROLE{}", state.sessions.len() - 1), "SecretAccessKey": "secret",
                    "SessionToken": "token", "Expiration": "2099-01-01T00:00:00Z"
                } })
            }
            "ListSecrets" => {
                let list: Vec<Value> = state
                    .secrets
                    .iter()
                    .map(|(name, it)| json!({ "Name": name, "ARN": arn(name), "SecretVersionsToStages": stages(it) }))
                    .collect();
                json!({ "SecretList": list })
            }
            "DescribeParameters" => {
                let list: Vec<Value> = state
                    .parameters
                    .iter()
                    .map(|(name, it)| {
                        json!({ "Name": name, "Type": "SecureString", "Description": it.description,
                                "Version": it.version, "LastModifiedDate": it.modified as f64 })
                    })
                    .collect();
                json!({ "Parameters": list })
            }
            "CreateSecret" => {
                let name = text("Name");
                let labels = BTreeSet::from(["AWSCURRENT".to_owned()]);
                state.secrets.insert(
                    name.clone(),
                    Secret {
                        versions: BTreeMap::from([("first".to_owned(), (labels, text("SecretString")))]),
                        created: BTreeMap::from([("first".to_owned(), now())]),
                        description: text("Description"),
                        ..Secret::default()
                    },
                );
                json!({ "Name": name, "ARN": arn(&name) })
            }
            "DeleteSecret" => {
                let name = text("SecretId");
                state.secrets.remove(&name).ok_or(missing)?;
                json!({ "Name": name })
            }
            "PutParameter" => {
                let made = Parameter { description: text("Description"), version: 1, modified: now() };
                state.parameters.insert(text("Name"), made);
                json!({ "Version": 1 })
            }
            "DeleteParameter" if state.parameters.remove(&text("Name")).is_some() => json!({}),
            "DeleteParameter" => return Err(("ParameterNotFound", "no such parameter")),
            "ListTagsForResource" if state.parameters.contains_key(&text("ResourceId")) => json!({ "TagList": [] }),
            "ListTagsForResource" => return Err(("InvalidResourceId", "no such parameter")),
            "DescribeSecret" => {
                let secret = state.secrets.get_mut(&text("SecretId")).ok_or(missing)?;
                self.look(secret);
                let created = secret.created.values().min().copied().unwrap_or(LONG_AGO);
                let tags = secret.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
                json!({
                    "Tags": tags.collect::<Vec<_>>(), "CreatedDate": created, "Description": secret.description, "Name": text("SecretId"), "ARN": arn(&text("SecretId")), "RotationEnabled": self.rotation_enabled,
                    "RotationLambdaARN": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:rotator"),
                    "VersionIdsToStages": stages(secret)
                })
            }
            "ListSecretVersionIds" => {
                let secret = state.secrets.get(&text("SecretId")).ok_or(missing)?;
                let versions = secret.versions.iter().map(|(id, it)| {
                    let created = secret.created.get(id).copied().unwrap_or(LONG_AGO);
                    json!({ "VersionId": id, "VersionStages": it.0, "CreatedDate": created })
                });
                json!({ "Name": text("SecretId"), "Versions": versions.collect::<Vec<_>>() })
            }
            "RotateSecret" => {
                let secret = state.secrets.get_mut(&text("SecretId")).ok_or(missing)?;
                let version = text("ClientRequestToken");
                assert!((32..=64).contains(&version.len()), "AWS refuses the version id {version}");
                if secret.versions.contains_key(&version) {
                    return self.rotate_again(secret, &text("SecretId"));
                }
                let value = if self.rotation == Rotation::SameValue { "v1".to_owned() } else { version.clone() };
                let labels = BTreeSet::from(["AWSPENDING".to_owned()]);
                secret.versions.values_mut().for_each(|it| it.0.retain(|label| label != "AWSPENDING"));
                secret.created.insert(version.clone(), now());
                secret.versions.insert(version, (labels, format!("{CANARY}-{value}")));
                secret.looks = 0;
                json!({ "Name": text("SecretId") })
            }
            "GetSecretValue" => {
                let secret = state.secrets.get(&text("SecretId")).ok_or(missing)?;
                let asked = text("VersionStage");
                let label = if asked.is_empty() { "AWSCURRENT" } else { &asked };
                let rotating = secret.versions.values().any(|it| it.0.len() == 1 && it.0.contains("AWSPENDING"));
                if rotating && matches!(self.rotation, Rotation::Interrupts(_)) {
                    return Err(("InvalidRequestException", "not now"));
                }
                let value = secret.versions.values().find(|it| it.0.contains(label)).ok_or(missing)?.1.clone();
                if let Some((role, session)) = caller.and_then(|number| state.sessions.get(number).cloned()) {
                    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{}/{session}", name_of(&role));
                    let read = json!({
                        "who": session, "secret": text("SecretId"), "secret_arn": arn(&text("SecretId")),
                        "event": "GetSecretValue", "at": jiff::Timestamp::now().to_string(),
                    });
                    self.record(state, &read, &value);
                    self.detect(state, &role, &read);
                }
                json!({ "Name": text("SecretId"), "SecretString": value })
            }
            "CreateQueue" => {
                let policy = asked["Attributes"]["Policy"].as_str().unwrap_or_default();
                assert!(policy.contains(TOPIC), "nobody may send: {asked}");
                state.queues.entry(text("QueueName")).or_default();
                state.facts.insert(text("QueueName"), (policy.to_owned(), now()));
                json!({ "QueueUrl": format!("https://sqs/{ACCOUNT}/{}", text("QueueName")) })
            }
            "GetQueueUrl" if state.queues.contains_key(&text("QueueName")) => {
                json!({ "QueueUrl": format!("https://sqs/{ACCOUNT}/{}", text("QueueName")) })
            }
            "GetQueueAttributes" => {
                let (policy, created) =
                    state.facts.get(name_of(&text("QueueUrl"))).ok_or(("QueueDoesNotExist", "no such queue"))?;
                json!({ "Attributes": { "Policy": policy, "CreatedTimestamp": created.to_string() } })
            }
            "GetQueueUrl" => return Err(("QueueDoesNotExist", "no such queue")),
            "DeleteQueue" => {
                state.queues.remove(name_of(&text("QueueUrl"))).ok_or(("QueueDoesNotExist", "no such queue"))?;
                state.facts.remove(name_of(&text("QueueUrl")));
                json!({})
            }
            "ListQueues" => {
                let named = state.queues.keys().filter(|name| name.starts_with(&text("QueueNamePrefix")));
                let urls: Vec<String> = named.map(|name| format!("https://sqs/{ACCOUNT}/{name}")).collect();
                json!({ "QueueUrls": urls })
            }
            "ReceiveMessage" => {
                let messages =
                    state.queues.get(name_of(&text("QueueUrl"))).ok_or(("QueueDoesNotExist", "no such queue"))?;
                let messages: Vec<Value> = messages.iter().map(|body| json!({ "Body": body })).collect();
                json!({ "Messages": messages })
            }
            "Subscribe" if text("TopicArn") != TOPIC => return Err(("NotFound", "Topic does not exist")),
            "Subscribe" => {
                let queue = text("Endpoint");
                let arn = format!("{TOPIC}:{}", name_of(&queue));
                state.subscriptions.insert(arn.clone(), (TOPIC.to_owned(), queue));
                json!({ "SubscriptionArn": arn })
            }
            "ListSubscriptions" | "ListSubscriptionsByTopic" => {
                let all = state.subscriptions.iter().map(|(arn, (topic, queue))| {
                    json!({ "SubscriptionArn": arn, "TopicArn": topic, "Endpoint": queue, "Protocol": "sqs" })
                });
                json!({ "Subscriptions": all.collect::<Vec<_>>() })
            }
            "Unsubscribe" => {
                state.subscriptions.remove(&text("SubscriptionArn"));
                json!({})
            }
            "Publish" => {
                state.published.push(format!("{}\n{}", text("Subject"), text("Message")));
                json!({ "MessageId": "1" })
            }
            "Invoke" if text("FunctionName").ends_with(":function:rotator") => self.run_step(state, asked),
            "Invoke" if text("FunctionName") == "consumer" => self.consume(state, asked)?,
            "Invoke" if text("FunctionName") == "notifier" => {
                self.notify(state, &asked["tenant"].to_string());
                json!({ "errorType": "ValueError", "errorMessage": "no such tenant" })
            }
            "Invoke" if text("FunctionName") != "detector" => {
                return Err(("ResourceNotFoundException", "no such function"));
            }
            "Invoke" => {
                let who = &asked["detail"]["userIdentity"];
                let role = who["sessionContext"]["sessionIssuer"]["arn"].as_str().unwrap_or_default().to_owned();
                let read = json!({ "who": who["arn"], "secret": asked["detail"]["requestParameters"]["secretId"] });
                self.detect(state, &role, &read);
                json!({ "errorType": "KeyError", "errorMessage": "'detail'" })
            }
            "GetFunctionConfiguration" => {
                json!({ "FunctionName": "rotator", "State": "Active", "LoggingConfig": { "LogGroup": ROTATOR } })
            }
            "FilterLogEvents" => {
                let lines = match text("logGroupName").as_str() {
                    RECORDS => state.records.clone(),
                    ROTATOR if self.rotation == Rotation::Sticks => vec![self.rotator_says.clone()],
                    ROTATOR => Vec::new(),
                    _ => return Err(("ResourceNotFoundException", "The specified log group does not exist.")),
                };
                let events = lines.iter().enumerate().map(
                    |(number, line)| json!({ "eventId": number.to_string(), "timestamp": number, "message": line }),
                );
                json!({ "events": events.collect::<Vec<_>>() })
            }
            "UpdateSecretVersionStage" => {
                let secret = state.secrets.get_mut(&text("SecretId")).ok_or(missing)?;
                return secret.move_label(asked, self.way);
            }
            "PutSecretValue" => {
                state.secrets.get_mut(&text("SecretId")).ok_or(missing)?.put(asked);
                json!({ "Name": text("SecretId"), "ARN": arn(&text("SecretId")), "VersionId": text("ClientRequestToken") })
            }
            other => panic!("the fake account does not know {other}"),
        })
    }

    fn record(&self, state: &mut State, read: &Value, value: &str) {
        let mut record = read.clone();
        match self.detector {
            Detector::Drops => return,
            Detector::Twice => state.records.push(record.to_string()),
            Detector::Leaks => record["details"] = json!(value),
            Detector::LeaksElsewhere => state.records.push(aws_smithy_types::base64::encode(value)),
            Detector::Bare => record = json!({ "who": read["who"] }),
            _ => {}
        }
        state.records.push(record.to_string());
    }

    fn detect(&self, state: &mut State, role: &str, read: &Value) {
        let text = match self.detector {
            Detector::Silent | Detector::Fails => return,
            Detector::Shouts => read.to_string(),
            _ if role.contains("reader") => return,
            Detector::Vague => {
                let who = read["who"].as_str().unwrap();
                format!("something happened in session {}", who.rsplit('/').next().unwrap())
            }
            _ => read.to_string(),
        };
        deliver(state, &text);
    }

    /// Advances the rotation function between two looks.
    fn look(&self, secret: &mut Secret) {
        let pending = |it: &(BTreeSet<String>, String)| it.0.contains("AWSPENDING") && !it.0.contains("AWSCURRENT");
        // A label that was put on an older version is no rotation.
        let young = |id: &String| secret.created.contains_key(id);
        let new = secret.versions.iter().find(|(id, it)| pending(it) && young(id)).map(|(id, _)| id.clone());
        let Some(new) = new else { return };
        secret.looks += 1;
        let needed = match self.rotation {
            Rotation::Works(looks) | Rotation::Interrupts(looks) => looks,
            Rotation::Sticks => return,
            Rotation::Strays => {
                secret.versions.values_mut().for_each(|it| it.0.retain(|label| label != "AWSPENDING"));
                let labels = BTreeSet::from(["AWSPENDING".to_owned()]);
                secret.created.insert("its-own".to_owned(), now());
                secret.versions.insert("its-own".to_owned(), (labels, format!("{CANARY}-its-own")));
                return;
            }
            Rotation::SameValue | Rotation::LosesPrevious => 2,
        };
        if secret.looks < needed {
            return;
        }
        for (labels, _) in secret.versions.values_mut() {
            labels.remove("AWSPREVIOUS");
            if labels.remove("AWSCURRENT") && self.rotation != Rotation::LosesPrevious {
                labels.insert("AWSPREVIOUS".to_owned());
            }
        }
        secret.versions.get_mut(&new).unwrap().0.insert("AWSCURRENT".to_owned());
    }
}

impl Fake {
    /// Sends an alert about an action.
    fn notify(&self, state: &mut State, told: &str) {
        match self.detector {
            Detector::Silent => {}
            Detector::Vague => deliver(state, "something happened"),
            _ => deliver(state, told),
        }
    }
}

/// Puts a message of the topic into each queue that is subscribed to it.
fn deliver(state: &mut State, text: &str) {
    let body = json!({ "Type": "Notification", "TopicArn": TOPIC, "Message": text }).to_string();
    for (_, queue) in state.subscriptions.values() {
        state.queues.get_mut(name_of(queue)).unwrap().push(body.clone());
    }
}

/// Returns the last part of an ARN or a URL.
fn name_of(text: &str) -> &str {
    text.rsplit(['/', ':']).next().unwrap()
}

/// Returns the number of the session of the caller, if it is a session.
fn caller(request: &HttpRequest) -> Option<usize> {
    let key = request.headers().get("authorization")?.split("Credential=ASIAROLE").nth(1)?;
    key.split('/').next()?.parse().ok()
}

fn denied() -> Failure {
    Failure::new("AccessDeniedException", "not authorized, with an explicit deny").with_status(400)
}

#[derive(Debug)]
struct Connector(Arc<Fake>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let fake = Arc::clone(&self.0);
        let operation = Operation::of(&request).unwrap();
        let number = fake.arrived(&request, &operation);
        let trouble = fake.trouble.filter(|_| !fake.calm.load(Ordering::SeqCst)).and_then(|(at, trouble)| {
            let from_now_on = trouble == Trouble::ThrottledForEver && number > at;
            (number == at || from_now_on).then_some(trouble)
        });
        let slow_down = || Failure::new("ThrottlingException", "Rate exceeded").with_status(400);
        match trouble {
            None => HttpConnectorFuture::ready(Ok(fake.answer(&request, &operation))),
            Some(Trouble::Denied) => HttpConnectorFuture::ready(Ok(wire::refuse(&operation, &denied()))),
            Some(Trouble::Throttled | Trouble::ThrottledForEver) => {
                HttpConnectorFuture::ready(Ok(wire::refuse(&operation, &slow_down())))
            }
            Some(Trouble::Lost) => {
                fake.answer(&request, &operation);
                HttpConnectorFuture::ready(Err(ConnectorError::timeout("no answer".into())))
            }
            Some(Trouble::Stopped) => {
                let answer = fake.answer(&request, &operation);
                fake.struck.notify_one();
                HttpConnectorFuture::new(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                    Ok(answer)
                })
            }
            Some(struck) => {
                if struck != Trouble::KilledBefore {
                    fake.answer(&request, &operation);
                }
                fake.struck.notify_one();
                HttpConnectorFuture::new(std::future::pending())
            }
        }
    }
}
