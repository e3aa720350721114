//! The small account of the tests: `whole.yaml`, and the normal answers for each kind file.
//!
//! The answers of the files are those of eu-central-1. The lists of the other Region are empty.

use std::sync::LazyLock;

use attestry::facts::Scope;
use attestry::kind_files::{Each, FileCall, KindFile, Meaning};
use attestry::kinds;
use attestry::source::{Content, Entry, Node};

use crate::common::root;
use crate::trees::{json, member, members, tree};

/// The Region without resources.
const EMPTY: &str = "us-east-1";

/// Returns the text of the account.
pub fn whole() -> String {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let mut account = tree(&std::fs::read_to_string(root().join("tests/accounts/whole.yaml")).unwrap());
        let of = |file: &'static KindFile| {
            let path = root().join(format!("tests/kind_answers/{}.yaml", file.kind.name));
            let sections = tree(&std::fs::read_to_string(path).unwrap());
            (file, member(&sections, "normal").and_then(|it| member(it, "answers")).unwrap().clone())
        };
        let files: Vec<_> = kinds::FILES.all().map(of).collect();
        // Two kinds can read the same answer. The kind whose population it lists has more in it.
        for lists in [true, false] {
            for (file, answers) in &files {
                for (service, operations) in members(answers) {
                    for (operation, answer) in members(operations) {
                        let call =
                            file.calls.iter().find(|it| it.call.service == service && it.call.operation == operation);
                        if call.is_some_and(|it| matches!(it.each, Each::Population | Each::Parent)) == lists {
                            add(&mut account, file, (service, operation), call, answer);
                        }
                    }
                }
            }
        }
        json(&account)
    });
    TEXT.clone()
}

fn add(
    account: &mut Node,
    file: &KindFile,
    (service, operation): (&str, &str),
    call: Option<&FileCall>,
    answer: &Node,
) {
    let nothing = call.and_then(nothing);
    let mut answer = answer.clone();
    if let (Some(nothing), Some(choices)) = (&nothing, choices(&mut answer))
        && !choices.iter().any(|it| it.key.value == "*")
    {
        choices.push(entry("*", nothing.clone()));
    }
    let services = entries(entry_of(entries(account), "answers"));
    put(services, service, operation, answer);
    if let (Some(nothing), Scope::Regional) = (nothing, file.kind.scope) {
        put(services, &format!("{service} in {EMPTY}"), operation, nothing);
    }
}

/// The answer where there is nothing: a list without items, or the error that means it.
fn nothing(call: &FileCall) -> Option<Node> {
    if let Some((code, ..)) = call.errors.iter().find(|(_, meaning, _)| *meaning == Meaning::Empty) {
        return Some(tree(&format!("{{ error: {code} }}")));
    }
    let path = call.items.as_ref().filter(|_| call.each != Each::Resource)?.0.to_string();
    let list = path.split('[').next().unwrap_or_default();
    let text = list.rsplit('.').fold("[]".to_owned(), |inside, name| format!("{{ {name}: {inside} }}"));
    Some(tree(&text))
}

/// The choices of an answer that depends on a parameter.
fn choices(answer: &mut Node) -> Option<&mut Vec<Entry>> {
    match &mut answer.content {
        Content::Mapping(entries) => match entries.as_mut_slice() {
            [one] if one.key.starts_with("by ") => Some(self::entries(&mut one.value)),
            _ => None,
        },
        _ => None,
    }
}

/// Adds an operation, unless the account has it.
fn put(services: &mut Vec<Entry>, service: &str, operation: &str, answer: Node) {
    if !services.iter().any(|it| it.key.value == service) {
        services.push(entry(service, tree("{}")));
    }
    let operations = entries(entry_of(services, service));
    if !operations.iter().any(|it| it.key.value == operation) {
        operations.push(entry(operation, answer));
    }
}

fn entry(key: &str, value: Node) -> Entry {
    let mut entry = entries(&mut tree("{ key: value }")).pop().unwrap();
    key.clone_into(&mut entry.key.value);
    entry.value = value;
    entry
}

fn entries(node: &mut Node) -> &mut Vec<Entry> {
    match &mut node.content {
        Content::Mapping(entries) => entries,
        other => panic!("{other:?} is no mapping"),
    }
}

fn entry_of<'a>(entries: &'a mut [Entry], name: &str) -> &'a mut Node {
    &mut entries.iter_mut().find(|it| it.key.value == name).unwrap().value
}
