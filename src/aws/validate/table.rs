//! The rows of `operations.txt`: which answer has which shape. Must not know any protocol.
//!
//! A row is a service, an operation and words about its answer; a line below it is a member by its path, and words about
//! the member. `[]` is a list, `{}` a mapping that travels as entries, `?` what may be missing. A part of a path that has no
//! line of its own may be missing, and what it holds is required where it is there.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What an answer is beside its members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// Members in the protocol of the service.
    #[default]
    Members,
    /// The same, or no bytes at all.
    MembersOrNone,
    /// A JSON object in a service that else answers in XML.
    Json,
    /// No bytes.
    None,
    /// Whatever somebody else wrote, which has a bound.
    Payload,
    /// The same, too large for memory.
    Stream,
}

/// What AWS documents for the success answer of one operation.
#[derive(Debug, Default)]
pub struct Row {
    /// IAM prefix of the service.
    pub service: String,
    /// Operation.
    pub operation: String,
    /// Statuses of success.
    pub statuses: Vec<u16>,
    /// Names that the root of an XML answer may have; none where the protocol tells it.
    pub roots: Vec<String>,
    /// A success may turn out to be an error, which its client reads as one.
    pub or_error: bool,
    /// What the body is.
    pub body: Body,
    /// The members.
    pub root: Node,
}

/// What a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Of no type that is known here.
    #[default]
    Any,
    /// Members by name.
    Object,
    /// An object that is a list of entries in XML.
    Map,
    /// The only child is the item.
    List,
    /// Text.
    Text,
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// An instant, or seconds since 1970.
    Time,
    /// Milliseconds since 1970.
    Milliseconds,
}

/// A place in an answer.
#[derive(Debug, Default)]
pub struct Node {
    /// How people call it.
    pub path: String,
    /// Its name in the answer.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// It is there in every true answer.
    pub required: bool,
    /// It is required where a parameter holds this text.
    pub asked: Option<(String, String)>,
    /// It is required where this other one beside it is not there.
    pub unless: Option<String>,
    /// AWS leaves it out where there is none, and never says null.
    pub never_null: bool,
    /// A text may be empty.
    pub empty: bool,
    /// What else holds of it.
    pub rules: Vec<Rule>,
    /// What is in it.
    pub children: Vec<Node>,
    /// Children of which one must be there.
    pub either: Vec<String>,
    /// What a description that says nothing of it is given; `{}` are places and parameters.
    pub fill: Option<String>,
}

/// What else holds of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// An ARN of this service; `*` is any, and a parameter gives the services that were asked for.
    Arn(String),
    /// It may be in any Region.
    AnyRegion,
    /// It may be of any account.
    AnyAccount,
    /// It is of the account in the ARN that this parameter is.
    AccountOf(String),
    /// AWS itself may own it.
    OrAws,
    /// The account may be another where this flag is set beside it.
    AccountUnless(String),
    /// The Region of the ARN is the one that stands beside it.
    AgreeRegion,
    /// The account of the ARN is the one that stands beside it.
    AgreeAccount,
    /// What ARNs beside it agree with.
    Agree,
    /// An id of an account.
    AccountId,
    /// The account that was asked.
    Account,
    /// What this parameter names.
    Same(String),
    /// The parameter may be another name of it.
    UnlessName,
    /// The last part of this parameter is its last part.
    Tail(String),
    /// The text of this parameter, which may be missing on either side.
    Prefix(String),
    /// One of the texts of this parameter.
    Among(String),
    /// With all others like it, the texts of this parameter.
    Told(String),
    /// One of these words.
    OneOf(Vec<String>),
    /// From and to.
    Range(f64, f64),
    /// No other item of the list has it.
    Key,
    /// A list with an item at least.
    Some,
    /// As many as the items of these lists.
    Counts(Vec<String>),
    /// JSON text.
    Document,
    /// A name that a bucket can have, which is a part of the paths of others' requests.
    Bucket,
    /// The URL of a queue of the account.
    QueueUrl,
}

/// All rows, by service and operation.
#[derive(Debug, Default)]
pub struct Table {
    rows: HashMap<String, HashMap<String, Row>>,
    /// What could not be read: nothing, as a test says.
    pub mistakes: Vec<String>,
}

/// The one table.
pub static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("operations.txt")));

impl Table {
    /// The row of an operation.
    #[must_use]
    pub fn row(&self, service: &str, operation: &str) -> Option<&Row> {
        self.rows.get(service)?.get(operation)
    }

    pub(super) fn read(text: &str) -> Self {
        let mut table = Self::default();
        let mut row: Option<Row> = None;
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
            let read = if line.starts_with(' ') {
                row.as_mut().map_or(Some(()), |row| member(row, line.trim()))
            } else {
                table.add(row.take());
                head(line).map(|head| row = Some(head))
            };
            if read.is_none() {
                table.mistakes.push(line.to_owned());
            }
        }
        table.add(row);
        table
    }

    fn add(&mut self, row: Option<Row>) {
        let Some(row) = row else { return };
        let of = self.rows.entry(row.service.clone()).or_default();
        if let Some(twice) = of.insert(row.operation.clone(), row) {
            self.mistakes.push(format!("{} {} twice", twice.service, twice.operation));
        }
    }
}

fn head(line: &str) -> Option<Row> {
    let mut words = line.split_whitespace();
    let (service, operation) = (words.next()?.to_owned(), words.next()?.to_owned());
    let root = Node { kind: Kind::Object, required: true, ..Node::default() };
    let mut row = Row { service, operation, statuses: vec![200], root, ..Row::default() };
    for word in words {
        let (word, value) = word.split_once('=').unwrap_or((word, ""));
        match word {
            "status" => row.statuses = value.split('|').map(|it| it.parse().ok()).collect::<Option<_>>()?,
            "root" => row.roots = texts(value),
            "or-error" => row.or_error = true,
            "json" => row.body = Body::Json,
            "no-body" => row.body = Body::None,
            "may-be-empty" => row.body = Body::MembersOrNone,
            "payload" => row.body = Body::Payload,
            "stream" => row.body = Body::Stream,
            _ => return None,
        }
    }
    Some(row)
}

fn texts(list: &str) -> Vec<String> {
    list.split(['|', ',']).map(str::to_owned).collect()
}

fn member(row: &mut Row, line: &str) -> Option<()> {
    let mut words = line.split_whitespace();
    let path = words.next()?;
    if path == "either" {
        either(&mut row.root, words);
        return Some(());
    }
    let (path, required) = path.strip_suffix('?').map_or((path, true), |path| (path, false));
    let mut node = &mut row.root;
    for part in path.split('.') {
        node = step(node, part);
    }
    node.required = required;
    // Words about a list's items stand behind the list.
    let (mut list, mut words) = (node, words.peekable());
    while words.next_if_eq(&"some").is_some() {
        list.rules.push(Rule::Some);
    }
    if list.kind == Kind::List {
        list = list.children.first_mut()?;
    } else if list.kind == Kind::Any {
        list.kind = Kind::Text;
    }
    describe(list, words)
}

/// The child of that name, which is made where there is none.
fn step<'a>(inside: &'a mut Node, part: &str) -> &'a mut Node {
    let (name, kind) = match (part.strip_suffix("[]"), part.strip_suffix("{}")) {
        (Some(name), _) => (name, Kind::List),
        (None, Some(name)) => (name, Kind::Map),
        (None, None) => (part, Kind::Any),
    };
    let inside = if inside.kind == Kind::List { item(inside) } else { inside };
    if !matches!(inside.kind, Kind::Map) {
        inside.kind = Kind::Object;
    }
    let at = inside.children.iter().position(|it| it.name == name).unwrap_or_else(|| {
        let path = if inside.path.is_empty() { part.to_owned() } else { format!("{}.{part}", inside.path) };
        let mut child = Node { path, name: name.to_owned(), kind, ..Node::default() };
        if kind == Kind::List {
            child.children.push(Node { path: child.path.clone(), required: true, ..Node::default() });
        }
        inside.children.push(child);
        inside.children.len() - 1
    });
    // The place was found or made in the line above.
    #[expect(clippy::indexing_slicing, reason = "the place was found or made right above")]
    &mut inside.children[at]
}

/// The item of a list.
fn item(list: &mut Node) -> &mut Node {
    if list.children.is_empty() {
        list.children.push(Node::default());
    }
    #[expect(clippy::indexing_slicing, reason = "it was made right above where it was missing")]
    &mut list.children[0]
}

/// Members of which one must be there; each alone may be missing.
fn either<'a>(node: &mut Node, names: impl Iterator<Item = &'a str>) {
    for name in names {
        let path = if node.path.is_empty() { name.to_owned() } else { format!("{}.{name}", node.path) };
        if !node.children.iter().any(|child| child.name == name) {
            node.children.push(Node { path, name: name.to_owned(), ..Node::default() });
        }
        node.either.push(name.to_owned());
    }
    node.kind = Kind::Object;
}

fn describe<'a>(node: &mut Node, mut words: impl Iterator<Item = &'a str>) -> Option<()> {
    while let Some(word) = words.next() {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let given = || value.to_owned();
        match name {
            "any" => node.kind = Kind::Any,
            "text" => node.kind = Kind::Text,
            "flag" => node.kind = Kind::Flag,
            "number" => node.kind = Kind::Number,
            "time" => node.kind = Kind::Time,
            "milliseconds" => node.kind = Kind::Milliseconds,
            "empty" => node.empty = true,
            "never-null" => node.never_null = true,
            "either" => either(node, words.by_ref()),
            "fill" => node.fill = Some(given()),
            "if" => {
                let (parameter, text) = value.split_once(':')?;
                (node.required, node.asked) = (false, Some((parameter.to_owned(), text.to_owned())));
            }
            "unless" => (node.required, node.unless) = (false, Some(given())),
            "arn" => node.rules.push(Rule::Arn(given())),
            "any-region" => node.rules.push(Rule::AnyRegion),
            "any-account" => node.rules.push(Rule::AnyAccount),
            "account-of" => node.rules.push(Rule::AccountOf(given())),
            "or-aws" => node.rules.push(Rule::OrAws),
            "account-unless" => node.rules.push(Rule::AccountUnless(given())),
            "agree-region" => node.rules.push(Rule::AgreeRegion),
            "agree-account" => node.rules.push(Rule::AgreeAccount),
            "agree" => node.rules.push(Rule::Agree),
            "account" => node.rules.push(Rule::Account),
            "account-id" => node.rules.push(Rule::AccountId),
            "same" => node.rules.push(Rule::Same(given())),
            "unless-name" => node.rules.push(Rule::UnlessName),
            "tail" => node.rules.push(Rule::Tail(given())),
            "prefix" => node.rules.push(Rule::Prefix(given())),
            "among" => node.rules.push(Rule::Among(given())),
            "told" => node.rules.push(Rule::Told(given())),
            "one-of" => node.rules.push(Rule::OneOf(texts(words.next()?))),
            "key" => node.rules.push(Rule::Key),
            "some" => node.rules.push(Rule::Some),
            "counts" => node.rules.push(Rule::Counts(texts(value))),
            "bucket" => node.rules.push(Rule::Bucket),
            "document" => node.rules.push(Rule::Document),
            "queue-url" => (node.kind, node.rules) = (Kind::Text, vec![Rule::QueueUrl]),
            _ => {
                let (from, to) = name.split_once("..")?;
                let to = if to.is_empty() { f64::MAX } else { to.parse().ok()? };
                node.rules.push(Rule::Range(from.parse().ok()?, to));
            }
        }
    }
    // An item that has a rule about its text is a text.
    if node.kind == Kind::Any && node.children.is_empty() && !node.rules.is_empty() {
        node.kind = Kind::Text;
    }
    Some(())
}
