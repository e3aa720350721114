//! Related resources: `related: { kind: cloudwatch.alarm, where: … }` requires another resource for each resource.
//!
//! The condition on the other kind can name attributes of the resource: `{ equals: { of: arn } }`. Such a requirement
//! becomes an attribute with a count. `verify` derives its facts from both populations. This module must not know
//! resources.

use sha2::{Digest, Sha256};

use super::parameters::Parameters;
use super::{Bounds, Expectation, window};
use crate::facts::{Attribute, Kind, Lookup, Type, Value};
use crate::matchers::{self, Condition, Operand, Test};
use crate::source::{Content, Diagnostic, Diagnostics, Entry, Node, Scalar, Spanned, Table};

/// Adds the content of an expectation to a hash. The place of the expectation in its file is left out.
fn content(expectation: &Expectation, hash: &mut Sha256) {
    let (word, parts) = match expectation {
        Expectation::All(parts) => ("all", parts.as_slice()),
        Expectation::Any(parts) => ("any", parts.as_slice()),
        Expectation::Not(part) => ("not", std::slice::from_ref(&**part)),
        Expectation::Attribute(test) => {
            // For a nested `related`, the name of the attribute contains a hash of its content.
            hash.update(format!("({} {} {:?})", test.path, test.lookup.attribute.name, test.condition));
            return;
        }
    };
    hash.update(format!("({word} {}", parts.len()));
    parts.iter().for_each(|part| content(part, hash));
    hash.update(")");
}

/// The related resources that a resource must have.
#[derive(Clone, Debug)]
pub struct Related {
    /// The kind of the related resources.
    pub kind: &'static Kind,
    /// The filter that selects the related resources.
    pub filter: Expectation,
    /// The length of the time before the run that the related resources are from, in seconds. Only kinds with a window
    /// can have it.
    pub over: Option<i64>,
    /// The limits for the number of related resources.
    pub bounds: Bounds,
}

impl Related {
    /// Returns the attributes that the filter reads from the outer resource.
    #[must_use]
    pub fn outer(&self) -> Vec<&'static Attribute> {
        let mut all = Vec::new();
        self.filter.visit(&mut |test| all.extend(test.condition.outer()));
        all
    }

    /// Reads the value of `related`.
    pub(super) fn read(
        node: &Node,
        kind: &'static Kind,
        parameters: &mut Parameters<'_>,
        sink: &mut Diagnostics,
    ) -> Option<Self> {
        let mut table = Table::new(node, "`related`", sink)?;
        let other = table.need("kind", sink).and_then(|node| {
            let name = node.text("the kind", sink)?;
            let found = parameters.kinds().find(&name.value);
            if found.is_none() {
                let error = Diagnostic::error("unknown-kind", name.span, format!("unknown kind `{}`", name.value));
                sink.push(error.suggest(&name.value, parameters.kinds().names()));
            }
            found
        });
        let filter = table.take("where");
        let bounds = Bounds::take(&mut table, sink);
        let over = table.take_entry("over");
        table.finish(sink);
        let other = other?;
        window::check(over, other, ("`related`", node.span), &parameters.kinds().windowed(), sink);
        let over = match over.zip(other.window()) {
            Some((entry, window)) => Some(window::read(&entry.value, window, parameters, sink)?),
            None => None,
        };
        let filter = match filter {
            Some(node) => {
                parameters.inside(kind, other, |parameters| Expectation::read(node, other, parameters, sink))?
            }
            None => Expectation::nothing(),
        };
        let bounds = bounds?.unwrap_or(Bounds::ONE);
        let windowed = window::Windowed { kind: other, filter: &filter, over };
        window::check_selection(windowed, ("`related`", node.span), sink)?;
        Some(Self { kind: other, filter, over, bounds })
    }

    /// Reads the requirement that no other resource of a case has the same value of an attribute.
    pub(super) fn same(
        node: &Node,
        kind: &'static Kind,
        filter: &Expectation,
        parameters: &mut Parameters<'_>,
        sink: &mut Diagnostics,
    ) -> Option<Self> {
        let path = parameters.fill_text(&node.text("the attribute", sink)?, sink)?;
        let mut follows = false;
        filter.visit(&mut |test| follows |= test.attributes().iter().any(|it| it.follow.is_some()));
        if follows {
            let message = "`distinct` compares only resources that `where` selects without a reference";
            sink.push(Diagnostic::error("bad-distinct", node.span, message));
            return None;
        }
        let text = |text: &str| Node {
            span: node.span,
            content: Content::Scalar(Scalar { text: text.to_owned(), quoted: true }),
        };
        let pair = |key: &str, value: Node| {
            let entry = Entry { key: Spanned::new(key.to_owned(), node.span), value };
            Node { span: node.span, content: Content::Mapping(vec![entry]) }
        };
        let equal = |path: &str| pair(path, pair("equals", pair("of", text(path))));
        let own = if kind.attribute("arn").is_some() { "arn" } else { "id" };
        let tests = [equal(&path), pair("not", equal(own))];
        let read = |parameters: &mut Parameters<'_>| {
            let parts = tests.iter().map(|node| Expectation::read(node, kind, parameters, sink));
            parts.collect::<Option<Vec<_>>>()
        };
        let mut parts = parameters.inside(kind, kind, read)?;
        parts.push(filter.clone());
        Some(Self {
            kind,
            filter: Expectation::All(parts),
            over: None,
            bounds: Bounds { at_least: 0, at_most: Some(0) },
        })
    }

    /// Returns the condition on the number of related resources.
    pub(super) fn condition(&self) -> Option<Condition> {
        let test = |keyword, number: usize| {
            let operand = Operand::Value(Value::Integer(i64::try_from(number).ok()?));
            Some(Test { matcher: matchers::find(keyword)?, operand })
        };
        let mut tests = Vec::new();
        let Bounds { at_least, at_most } = self.bounds;
        if at_least > 0 || at_most.is_none() {
            tests.push(test("at_least", at_least)?);
        }
        if let Some(most) = at_most {
            tests.push(test("at_most", most)?);
        }
        Some(Condition::Tests(tests))
    }

    /// Returns the attribute that holds the number of related resources.
    pub(super) fn lookup(&self, kind: &'static Kind) -> Lookup {
        // The name contains a hash of the content, so two requirements that differ in one value have different names.
        // The requirements of two rows of a table are an example.
        let mut hash = Sha256::new();
        hash.update(format!("{:?} {:?} ", self.over, self.bounds));
        content(&self.filter, &mut hash);
        let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let name = format!("related {} {hash}", self.kind.name);
        let via = kind.attribute("name").or(kind.attributes.first());
        let attribute = super::follow::made(kind, self.kind, name, || {
            let field = format!("the list of {}", self.kind.plural);
            Attribute {
                call: via.map_or("", |via| via.call),
                ..Attribute::new("", Type::Integer, "", field.leak(), "How many others there are.")
            }
        });
        Lookup { attribute, inside: Vec::new(), of: Type::Integer }
    }
}
