//! The rows of `operations.txt`: the shape of each answer. This module must not know any protocol.
//!
//! A row has a service, an operation and words about its answer. Each line below the row has the path of a member and
//! words about the member. `[]` marks a list, `{}` marks a mapping that is sent as entries, and `?` marks a member that
//! may be missing. If a part of a path has no line of its own, it may be missing from the answer. If it is there, its
//! required members must be there, too.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The sort of the body of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// Members in the protocol of the service.
    #[default]
    Members,
    /// Members in the protocol of the service, or no bytes at all.
    MembersOrNone,
    /// A JSON object in a service whose other answers are XML.
    Json,
    /// No bytes.
    None,
    /// Data that AWS did not write, such as an object of S3, with a size limit.
    Payload,
    /// Data that AWS did not write and that is too large for memory.
    Stream,
}

/// The success answer of one operation, as AWS documents it.
#[derive(Debug, Default)]
pub struct Row {
    /// The IAM prefix of the service.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The statuses of success.
    pub statuses: Vec<u16>,
    /// The names that the root of an XML answer may have. The list is empty when the protocol determines the root.
    pub roots: Vec<String>,
    /// Whether an answer with a success status may contain an error. The client reads such an answer as an error.
    pub or_error: bool,
    /// The sort of the body.
    pub body: Body,
    /// The members.
    pub root: Node,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The type is not described in the table.
    #[default]
    Any,
    /// Members by name.
    Object,
    /// An object that is a list of entries in XML.
    Map,
    /// A list. Its only child is the item.
    List,
    /// A text.
    Text,
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// An instant, as a text or as seconds since 1970.
    Time,
    /// An instant as milliseconds since 1970.
    Milliseconds,
}

/// A place in an answer.
#[derive(Debug, Default)]
pub struct Node {
    /// The path of the place, for messages.
    pub path: String,
    /// The name of the member in the answer.
    pub name: String,
    /// The type of the value.
    pub kind: Kind,
    /// Whether every valid answer has the member.
    pub required: bool,
    /// The member is required when this parameter contains this text.
    pub asked: Option<(String, String)>,
    /// The member is required when this other member of the same object is missing.
    pub unless: Option<String>,
    /// Whether AWS omits the member when there is no value, and never sends null.
    pub never_null: bool,
    /// Whether the text may be empty.
    pub empty: bool,
    /// Other rules for the value.
    pub rules: Vec<Rule>,
    /// The members or the item of the value.
    pub children: Vec<Node>,
    /// The children of which at least one must be there.
    pub either: Vec<String>,
    /// The value for a described account whose description omits the member. `{…}` contains the name of a place or a
    /// parameter.
    pub fill: Option<String>,
}

/// Another rule for a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// An ARN of this service. `*` means any service. The name of a parameter means that the parameter lists the
    /// services.
    Arn(String),
    /// The ARN may be in any Region.
    AnyRegion,
    /// The ARN may belong to any account.
    AnyAccount,
    /// The account of the ARN is equal to the account in the ARN of this parameter.
    AccountOf(String),
    /// AWS itself may own the resource.
    OrAws,
    /// The account may differ when this flag of the same object is set.
    AccountUnless(String),
    /// The Region of the ARN is equal to the value with the rule `Agree` in the same object.
    AgreeRegion,
    /// The account of the ARN is equal to the value with the rule `Agree` in the same object.
    AgreeAccount,
    /// The value with which the ARNs in the same object must agree.
    Agree,
    /// The id of an account.
    AccountId,
    /// The id of the account to which the request went.
    Account,
    /// The value names the resource of this parameter.
    Same(String),
    /// The parameter may contain another name of the resource.
    UnlessName,
    /// The last part of the value is the last part of this parameter.
    Tail(String),
    /// The value is equal to this parameter. A missing parameter counts as an empty text. A value with `%` is not
    /// compared.
    Prefix(String),
    /// The value is one of the texts of this parameter.
    Among(String),
    /// All values with this rule together contain the texts of this parameter.
    Told(String),
    /// The value is one of these words.
    OneOf(Vec<String>),
    /// The smallest and the largest number.
    Range(f64, f64),
    /// No other item of the list has this value.
    Key,
    /// The list has at least one item.
    Some,
    /// The number is the number of items in these lists.
    Counts(Vec<String>),
    /// JSON text.
    Document,
    /// A possible name of a bucket. The name becomes a part of the paths of other requests.
    Bucket,
    /// The URL of a queue of the account.
    QueueUrl,
}

/// All rows, by service and operation.
#[derive(Debug, Default)]
pub struct Table {
    rows: HashMap<String, HashMap<String, Row>>,
    /// The lines that could not be read. A test checks that there are none.
    pub mistakes: Vec<String>,
}

/// The only table.
pub static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("operations.txt")));

impl Table {
    /// Returns the row of an operation.
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
    // The words for the items of a list follow the words for the list.
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

/// Returns the child with this name, and creates it if it is missing.
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
    // The line above found or created the place.
    #[expect(clippy::indexing_slicing, reason = "the place was found or made right above")]
    &mut inside.children[at]
}

/// Returns the item of a list.
fn item(list: &mut Node) -> &mut Node {
    if list.children.is_empty() {
        list.children.push(Node::default());
    }
    #[expect(clippy::indexing_slicing, reason = "it was made right above where it was missing")]
    &mut list.children[0]
}

/// Notes members of an object. At least one of them must be there, but each of them may be missing.
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
    // An item with a rule about its text is a text.
    if node.kind == Kind::Any && node.children.is_empty() && !node.rules.is_empty() {
        node.kind = Kind::Text;
    }
    Some(())
}
