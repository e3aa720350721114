//! The reference of policies as Markdown pages: one page for each matcher, kind and probe.
//!
//! Every text comes from the registries, so a new page is always up to date. A test compares the committed pages and
//! evaluates every example.

use std::fmt::Write as _;

use crate::probes::{self, Probe};
use crate::{iam, kinds};
use attestry_core::facts::{Frequency, Kind, Scope};
use attestry_core::matchers::{self, Matcher};

/// The beginning of the first page.
pub(crate) const MARK: &str = "# Reference\n\nWritten by `attestry reference`; do not edit.";

/// Returns all pages, with their paths below the directory.
#[must_use]
pub fn pages() -> Vec<(String, String)> {
    let mut pages = vec![("README.md".to_owned(), index())];
    pages.extend(matchers::ALL.iter().map(|it| (format!("matchers/{}.md", it.keyword()), matcher(*it))));
    pages.extend(kinds::schemas().map(|it| (format!("kinds/{}.md", it.name), kind(it))));
    pages.extend(probes::ALL.iter().map(|it| (format!("probes/{}.md", it.spec().name), probe(*it))));
    pages
}

fn index() -> String {
    let mut text = format!("{MARK}\n\n## Matchers\n\n");
    for matcher in matchers::ALL {
        let _ = writeln!(text, "- [`{0}`](matchers/{0}.md): {1}", matcher.keyword(), matcher.doc());
    }
    text.push_str("\n## Kinds of resources\n\n");
    for kind in kinds::schemas() {
        let _ = writeln!(text, "- [`{0}`](kinds/{0}.md): {1}", kind.name, kind.doc);
    }
    text.push_str("\n## Probes\n\n");
    for spec in probes::specs() {
        let _ = writeln!(text, "- [`{0}`](probes/{0}.md): {1}", spec.name, spec.kind.doc);
    }
    let _ = write!(
        text,
        "\n## Groups of actions\n\nA claim about permissions names actions as IAM does (`kms:Decrypt`, `kms:Re*`) or by a \
         group: `SERVICE/LEVEL`, or `*/LEVEL` for all services, with the access levels that AWS publishes, as of {}: \
         `list`, `read`, `write`, `permissions`, `tagging`, `unclassified`; `mutate` is all but `list` and `read`, and \
         `all` is all. Some groups have a name of their own:\n\n",
        iam::reference::as_of()
    );
    for group in iam::reference::groups() {
        let _ = writeln!(text, "- `{}`: {}", group.name, group.why);
    }
    text
}

fn matcher(matcher: &dyn Matcher) -> String {
    let example = matcher.example();
    let mut text = format!("# `{}`\n\n{}\n\n", matcher.keyword(), matcher.doc());
    let _ = write!(text, "```yaml\neach: {}\nexpect:\n{}```\n", example.kind, indented(example.expect));
    let facts = [("met", Some(example.met)), ("violated", Some(example.violated)), ("undecided", example.undecided)];
    for (verdict, facts) in facts.into_iter().filter_map(|(verdict, facts)| Some((verdict, facts?))) {
        let _ = write!(text, "\n{} by\n\n```yaml\n{}```\n", capitalised(verdict), indented(facts));
    }
    text
}

fn probe(probe: &dyn Probe) -> String {
    let spec = probe.spec();
    let mut text = format!("# `{}`\n\n{}\n\n", spec.name, spec.kind.doc);
    let _ = write!(text, "```yaml\nprobe: {}\nwith:\n", spec.name);
    for argument in spec.arguments {
        let _ = writeln!(text, "  {}: …", argument.name);
    }
    text.push_str("```\n\n| argument | type | needed | meaning |\n|---|---|---|---|\n");
    for argument in spec.arguments {
        let of = if argument.words.is_empty() { argument.of.describe() } else { argument.words.join(", ") };
        let needed = if argument.required { "yes" } else { "no" };
        let _ = writeln!(text, "| `{}` | {of} | {needed} | {} |", argument.name, argument.doc);
    }
    text.push_str("\n| observed | type | meaning | from |\n|---|---|---|---|\n");
    for attribute in spec.kind.attributes {
        let (of, field) = (attribute.of.describe(), attribute.field);
        let _ = writeln!(text, "| `{}` | {of} | {} | {field} |", attribute.name, attribute.doc);
    }
    text.push_str("\n| call | permission |\n|---|---|\n");
    for call in spec.kind.calls {
        let _ = writeln!(text, "| `{}:{}` | `{}` |", call.service, call.operation, call.permission);
    }
    text
}

fn kind(kind: &Kind) -> String {
    let mut text = format!("# `{}`\n\n{}\n\n", kind.name, kind.doc);
    let scope = if kind.scope == Scope::Global { "per account" } else { "per account and Region" };
    let _ = write!(text, "One population {scope}.\n\n");
    if let Some(window) = kind.window() {
        let _ = write!(text, "{}\n\n", window.describe(kind));
    }
    let _ = write!(text, "| attribute | type | meaning | read from |\n|---|---|---|---|\n");
    for attribute in kind.attributes {
        let refers = attribute.refers.map(|kind| format!(" It names a resource of `{kind}`.")).unwrap_or_default();
        let cells = [
            &attribute.of.describe(),
            &format!("{}{refers}", attribute.doc),
            &format!("`{}` `{}`", attribute.call, attribute.field),
        ];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(text, "| `{}` | {} |", attribute.name, cells.join(" | "));
    }
    text.push_str("\n| call | permission | made |\n|---|---|---|\n");
    for call in kind.calls {
        let permission = if call.permission.is_empty() { "none".to_owned() } else { format!("`{}`", call.permission) };
        let made = match call.frequency {
            Frequency::Population { page } => format!("once, {page} a page; it is the population"),
            Frequency::Joined { page } => format!("once, {page} a page"),
            Frequency::Resource => "for each resource that a case asks about".to_owned(),
            Frequency::Asked => "for each resource that a claim has questions about".to_owned(),
        };
        let made = match call.oracle {
            Some(oracle) => format!("{made}, in stages with `oracles: [{}]`", oracle.word()),
            None if call.values => format!("{made}, in stages with `read_secret_values: true`"),
            None => made,
        };
        let also: String = call.also.iter().map(|action| format!(", and `{action}` where AWS checks it")).collect();
        let unmasked = match call.unmasked {
            "" => String::new(),
            action => format!(", and `{action}` in stages with `unmask: true`"),
        };
        let permission = permission + &also + &unmasked;
        let _ = writeln!(text, "| `{}:{}` | {permission} | {made} |", call.service, call.operation);
    }
    text
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
