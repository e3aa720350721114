//! Whole files: what they become, and how each mistake is told.

use super::super::{Each, Join, Meaning};
use super::file;
use crate::facts::{Frequency, Pace, Scope, Type, Value};

/// A file with every key.
const RIGHT: &str = r#"kind: test.thing
plural: things
scope: regional
doc: A thing of this account.
parent: test.home
qualified: Things of others are not listed.
limits: { parents: 10, resources: 20 }
calls:
  - call: test:ListThings
    each: parent
    parameters: { HomeArn: "${parent.arn}", Limit: 5, All: true, Filters: [{ Name: "x ${account}" }] }
    items: Page.Things
    pages: { send: Token, next: Page.NextToken, more: Page.More, size: 5 }
    keep: Owner == 'self'
    errors: { NoHome: parent_gone, Nothing: empty }
    unmodelled: { Nothing: "https://docs.example.com/" }
    quota: { rate: 2.5, shared: lists }
    attributes:
      id: { type: text, path: Id, required: true, doc: Id. }
      name: { type: text, path: Name, required: true, doc: Name. }
      home: { type: text, value: "${parent.arn}", refers: test.home, doc: Home. }
      count: { type: integer, path: length(Parts), counts: test.part, range: [-1, 9], doc: Parts. }
      key: { type: text, path: Key, absent_when: { encrypted: false }, doc: Key. }
      encrypted: { type: bool, path: Encrypted, required: true, doc: Whether it is encrypted. }
  - call: test:ListNotes
    each: joined
    items: Notes
    join: { theirs: ThingId, ours: id, many: true }
    attributes:
      notes: { type: "[text]", path: "[].Text", absent: [], doc: Notes. }
  - call: test:GetThing
    each: resource
    parameters: { Id: "${id}" }
    items: Thing
    none: gone
    errors: { NoThing: gone, NoRight: { not_applicable: not for things } }
    permissions: [test:ReadThing, test:ReadMore]
    attributes:
      owner: { type: text, path: Owner, none: nobody, doc: Owner. }
      parts:
        type: "[record]"
        path: Parts
        fields:
          size: { type: integer, path: Size, range: [-1, 5] }
          at: { type: time, path: At }
        doc: Parts.
  - call: test:GetPolicy
    each: resource
    when: { attribute: owner, is: [me, you], otherwise: only for us }
    parameters: { Id: "${id}" }
    document: Policy.Text
    unset: unknown
    permissions: []
    attributes:
      arn: { type: text, value: "arn:${partition}:${region}:${account}:${owner}", doc: ARN. }
      rules: { type: text, path: Rules, empty: keep, doc: Rules. }
      secret: { type: text, write_only: true, doc: Never returned. }
      sort:
        type: text
        path: Kind
        convert: lower
        cases: [{ when: Old, value: old }, { when: New, value: null }]
        doc: Sort.
"#;

#[test]
fn a_file_becomes_a_kind() {
    let read = file(RIGHT).unwrap();
    let kind = read.kind;
    assert_eq!(
        (kind.name, kind.plural, kind.scope, kind.parent),
        ("test.thing", "things", Scope::Regional, Some("test.home"))
    );
    assert_eq!((kind.doc, kind.qualified), ("A thing of this account.", "Things of others are not listed."));
    assert_eq!((read.limits.parents, read.limits.resources), (10, 20));
    let operations: Vec<&str> = kind.calls.iter().map(|it| it.operation).collect();
    assert_eq!(operations, ["ListThings", "ListNotes", "GetThing", "GetPolicy"]);

    let [list, notes, thing, policy] = read.calls.as_slice() else { panic!("{:?}", read.calls) };
    assert_eq!(list.call.frequency, Frequency::Population { page: 5 });
    let paging = list.call.paging.unwrap();
    assert_eq!((paging.token_in, paging.token_out, paging.truncated), ("Token", "Page.NextToken", "Page.More"));
    assert_eq!((paging.lists, paging.usual), (&["Page.Things"][..], 5));
    assert_eq!(list.call.pace, Pace::shared("lists", 2.5));
    assert_eq!((list.call.permission, list.each), ("test:ListThings", Each::Parent));
    assert_eq!(list.meaning("NoHome"), Some(&Meaning::ParentGone));
    assert_eq!((list.meaning("Nothing"), list.meaning("Other")), (Some(&Meaning::Empty), None));
    assert_eq!((&list.unmodelled[..], &list.for_each[..]), (&["Nothing".to_owned()][..], &[String::new()][..]));

    assert_eq!(notes.call.frequency, Frequency::Joined { page: 100 });
    let Some(Join::Key { ours, many, .. }) = &notes.join else { panic!("{:?}", notes.join) };
    assert_eq!((ours.as_str(), many), ("id", &true));
    assert_eq!((thing.call.permission, thing.call.also), ("test:ReadThing", &["test:ReadMore"][..]));
    assert_eq!((thing.call.gone, thing.none.as_ref()), (&["NoThing"][..], Some(&Meaning::Gone)));
    assert_eq!(thing.meaning("NoRight"), Some(&Meaning::NotApplicable("not for things".to_owned())));
    assert_eq!((policy.call.permission, policy.call.also), ("", &[][..]));
    assert!(policy.unset_is_unknown && !thing.unset_is_unknown);
    assert_eq!(policy.when.as_ref().map(|it| it.is.clone()), Some(vec!["me".into(), "you".into()]));
    assert!(kind.calls.iter().all(|call| call.kept));
}

#[test]
fn evidence_keeps_no_answers_with_whole_resources() {
    let kind = file(&RIGHT.replace("test:GetThing", "cloudcontrol:GetThing")).unwrap().kind;
    let kept: Vec<bool> = kind.calls.iter().map(|call| call.kept).collect();
    assert_eq!(kept, [true, true, false, true]);
}

#[test]
fn a_call_comes_after_the_calls_whose_facts_it_needs() {
    let kind = file(RIGHT).unwrap().kind;
    let after: Vec<&[&str]> = kind.calls.iter().map(|call| call.after).collect();
    // The facts of the population are always there.
    assert_eq!(after, [&[][..], &[], &[], &["GetThing"]]);
    assert_eq!(kind.attribute("arn").unwrap().needs, ["GetThing"]);
    assert_eq!(kind.attribute("home").unwrap().needs, [] as [&str; 0]);
    let joined = RIGHT.replace("  - call: test:ListNotes", "  - call: test:ListOthers\n    each: joined\n    items: Others\n    join: { theirs: Id, ours: id }\n    attributes: { other: { type: text, path: Other, doc: Other. } }\n  - call: test:ListNotes").replace("ours: id, many", "ours: other, many");
    let kind = file(&joined).unwrap().kind;
    assert_eq!(kind.call("ListNotes").unwrap().after, [] as [&str; 0], "a joined call is not for each resource");
}

#[test]
fn attributes_have_their_types_fields_and_ranges() {
    let kind = file(RIGHT).unwrap().kind;
    let attribute = |name: &str| kind.attribute(name).unwrap();
    for (name, field, call) in [
        ("id", "Page.Things[].Id", "ListThings"),
        ("home", "Page.Things[]", "ListThings"),
        ("count", "Page.Things[].length(Parts)", "ListThings"),
        ("notes", "Notes[].[].Text", "ListNotes"),
        ("owner", "Thing.Owner", "GetThing"),
        ("parts", "Thing.Parts", "GetThing"),
        ("rules", "Policy.Text.Rules", "GetPolicy"),
        ("arn", "Policy.Text", "GetPolicy"),
        ("secret", "Policy.Text", "GetPolicy"),
    ] {
        assert_eq!((attribute(name).field, attribute(name).call), (field, call), "{name}");
    }
    assert_eq!((attribute("home").refers, attribute("count").counts), (Some("test.home"), Some("test.part")));
    assert_eq!(attribute("owner").none, "nobody");
    assert_eq!((attribute("count").range, attribute("parts").range), (Some((-1, 9)), Some((i64::MIN, i64::MAX))));
    let Type::List(Type::Record(fields)) = attribute("parts").of else { panic!("{:?}", attribute("parts").of) };
    assert_eq!(
        fields.iter().map(|it| (it.name, it.of)).collect::<Vec<_>>(),
        [("size", Type::Integer), ("at", Type::Time)]
    );
    let policy = file(RIGHT).unwrap().calls.last().unwrap();
    let sort = &policy.attributes.iter().find(|it| it.name == "sort").unwrap().reading;
    let cases: Vec<Option<Value>> = sort.cases.iter().map(|(_, value)| value.clone()).collect();
    assert_eq!(cases, [Some("old".into()), None]);
}

/// The lines of one spoilt file: the text that is replaced, its replacement, and the mistake with its line.
const SPOILT: &[(&str, &str, &str)] = &[
    // The file.
    ("kind: test.thing", "kind: thing", "1 kind-name: this is no name of a kind such as `sns.topic`"),
    ("kind: test.thing", "kind: Test.thing", "1 kind-name"),
    ("kind: test.thing", "kind: test.a.b", "1 kind-name"),
    ("kind: test.thing\n", "", "missing-key"),
    ("plural: things", "plurals: things", "2 unknown-key"),
    ("scope: regional", "scope: region", "3 kind-call: expected `regional` or `global` did you mean `regional`?"),
    (
        "doc: A thing of this account.",
        "doc: A thing",
        "4 kind-doc: the documentation is no sentence it ends with a full stop",
    ),
    ("doc: A thing of this account.", "doc: A  thing.", "4 kind-doc"),
    ("qualified: Things of others are not listed.", "qualified: Not all", "6 kind-doc"),
    ("limits: { parents: 10", "limits: { parents: 0", "7 kind-call: a limit: expected a number from 1"),
    ("limits: { parents: 10", "limits: { parents: -1", "7 kind-call"),
    ("parent: test.home\n", "", "kind-reference: this kind has no parent"),
    ("parent: test.home\n", "", "kind-call: `each: parent` needs the key `parent`"),
    ("    each: parent\n", "    each: population\n", "kind-call: no call has `each: parent`"),
    // Calls.
    ("test:ListThings", "ListThings", "9 kind-call: this is no call of a service"),
    ("test:ListThings", "test:listThings", "9 kind-call"),
    (
        "each: joined",
        "each: joind",
        "26 kind-call: expected `joined`, `parent`, `population`, `resource` did you mean `joined`?",
    ),
    ("test:ListNotes", "test:ListThings", "25 kind-call: a file makes each call once"),
    ("    each: parent\n", "    each: resource\n", "kind-call: the first call lists the population"),
    (
        "    each: resource\n    parameters: { Id: \"${id}\" }\n    items: Thing\n    none: gone\n",
        "    each: parent\n",
        "kind-call: calls of the population come first",
    ),
    (
        "    attributes:\n      notes: { type: \"[text]\", path: \"[].Text\", absent: [], doc: Notes. }\n",
        "",
        "25 kind-call: the call returns no attribute",
    ),
    ("    join: { theirs: ThingId, ours: id, many: true }\n", "", "25 kind-call: a joined call needs `join`"),
    (
        "    items: Thing\n",
        "    items: Thing\n    join: { first: true }\n",
        "31 kind-call: only a joined call has `join`",
    ),
    (
        "    items: Thing\n",
        "    items: Thing\n    for_each: [a]\n",
        "31 kind-call: only a call of the population has `for_each`",
    ),
    (
        "    keep: Owner",
        "    for_each: [a]\n    keep: Owner",
        "kind-call: only a call of the population has `for_each`",
    ),
    ("theirs: ThingId", "theirs: \"ThingId[\"", "28 kind-path"),
    (
        "theirs: ThingId, ours: id",
        "theirs: ThingId, ours: ids",
        "28 kind-reference: no earlier call returns `ids` did you mean `id`?",
    ),
    ("size: 5 }", "size: 0 }", "13 kind-call: the items of a page: expected a number from 1"),
    ("send: Token, ", "", "13 missing-key"),
    ("rate: 2.5", "rate: fast", "17 kind-call: expected a number of requests per second"),
    ("rate: 2.5", "rate: 0", "17 kind-call"),
    (
        "NoHome: parent_gone",
        "NoHome: parent_gne",
        "15 kind-call: this is no meaning of an error did you mean `parent_gone`?",
    ),
    (
        "NoHome: parent_gone",
        "AccessDeniedException: empty",
        "15 kind-call: a refusal and a throttled call are always a gap",
    ),
    ("NoHome: parent_gone", "ThrottlingException: empty", "15 kind-call"),
    (
        "unmodelled: { Nothing:",
        "unmodelled: { Nothin:",
        "16 kind-call: this code is not among `errors` did you mean `Nothing`?",
    ),
    ("unset: unknown", "unset: gap", "52 kind-call: expected `unknown` for `unset`"),
    (
        "when: { attribute: owner",
        "when: { attribute: onwer",
        "49 kind-reference: no earlier call returns `onwer` did you mean `owner`?",
    ),
    ("when: { attribute: owner", "when: { attribute: rules", "49 kind-reference"),
    ("    none: gone\n", "    none: empty\n", "31 kind-call: a call that is made this often has no such meaning"),
    ("NoThing: gone", "NoThing: parent_gone", "36 kind-call: a call that is made this often has no such meaning"),
    ("NoThing: gone", "NoThing: empty", "36 kind-call"),
    ("Nothing: empty", "Nothing: gone", "15 kind-call: a call that is made this often has no such meaning"),
    ("    items: Notes\n", "    items: Notes\n    none: absent\n", "25 kind-call"),
    (
        "path: Name, required: true",
        "path: Name, any_account: true",
        "kind-attribute: only the ARN and the id of a resource have `any_account`",
    ),
    // Paths and references.
    ("path: Id,", "path: Id.,", "19 kind-path: "),
    ("path: Id,", "path: \"!a.b\",", "19 kind-path"),
    ("keep: Owner == 'self'", "keep: Owner = 'self'", "14 kind-path"),
    ("when: Old", "when: \"Old ||\"", "kind-path"),
    ("\"${parent.arn}\", Limit", "\"${parent.arn\", Limit", "11 kind-reference: the `${` has no `}`"),
    (
        "\"${parent.arn}\", Limit",
        "\"${name}\", Limit",
        "11 kind-reference: the call is not made for one resource, so it has no `name`",
    ),
    ("\"${parent.arn}\", Limit", "\"${each}\", Limit", "11 kind-reference: `${each}` needs `for_each`"),
    (
        "parameters: { Id: \"${id}\" }\n    items",
        "parameters: { Id: \"${parent.id}\" }\n    items",
        "33 kind-reference: only a call with `each: parent` has the parent keep the value in an attribute of that call: `value: \"${parent.id}\"`",
    ),
    (
        "parameters: { Id: \"${id}\" }\n    items",
        "parameters: { Id: \"${rules}\" }\n    items",
        "33 kind-reference: no earlier call returns `rules`",
    ),
    ("${account}:${owner}\"", "${account}:${onwer}\"", "55 kind-reference: no earlier call returns `onwer`"),
    (
        "absent_when: { encrypted: false }",
        "absent_when: { encryptd: false }",
        "23 kind-reference: no earlier call returns `encryptd` did you mean `encrypted`?",
    ),
    (
        "absent_when: { encrypted: false }",
        "absent_when: { key: false }",
        "23 kind-reference: `key` is read after `key`",
    ),
    ("value: \"${parent.arn}\", refers", "value: \"${key}\", refers", "21 kind-reference: `key` is read after `home`"),
    (
        "          at: { type: time, path: At }\n",
        "          at: { type: text, value: \"${nobody}\" }\n",
        "kind-reference: no earlier call returns `nobody`",
    ),
    // Attributes.
    ("      owner: {", "      Owner: {", "39 kind-attribute: this is no name of an attribute"),
    ("      owner: {", "      owner.: {", "39 kind-attribute"),
    ("      rules: {", "      name: {", "kind-attribute: the attribute `name` stands there twice"),
    (
        "      owner: { type: text, path: Owner, none: nobody, doc: Owner. }\n",
        "      parts.size: { type: text, path: Owner, doc: Owner. }\n      parts.more: { type: \"{text}\", path: M, doc: M. }\n      parts.more.b: { type: text, path: M, doc: M. }\n      owner: { type: text, path: Owner, doc: Owner. }\n",
        "kind-attribute: `parts.more` hides keys of its own",
    ),
    (
        "      name: { type: text, path: Name, required: true, doc: Name. }\n",
        "",
        "1 kind-attribute: a call of the population returns `name`",
    ),
    (
        "      id: { type: text, path: Id, required: true, doc: Id. }\n",
        "",
        "1 kind-attribute: a call of the population returns `arn` or `id`",
    ),
    ("doc: Owner. }", "doc: Owner }", "39 kind-doc"),
    ("none: nobody, doc: Owner. }", "none: nobody }", "missing-key"),
    ("path: Rules, empty: keep", "path: Rules, empty: keeps", "56 kind-attribute: expected `keep` for `empty`"),
    (
        "path: Rules, empty: keep",
        "path: Rules, value: a",
        "56 kind-attribute: an attribute has a `path` or a `value`, not both",
    ),
    (
        "path: Rules, empty: keep",
        "path: Rules, required: true, absent: a",
        "56 kind-attribute: `required`, `absent`, `absent_when` and `write_only` exclude each other",
    ),
    ("absent_when: { encrypted: false }", "absent_when: { encrypted: false, id: a }", "23 kind-attribute"),
    (
        "path: Size, range",
        "path: Size, absent_when: { encrypted: false }, range",
        "kind-attribute: only an attribute has `absent_when`",
    ),
    ("range: [-1, 9]", "range: [-1]", "22 expected-list"),
    ("range: [-1, 9]", "range: [-1, many]", "22 expected-integer"),
    // Types.
    (
        "type: integer, path: length",
        "type: integr, path: length",
        "22 kind-type: this is no type of an attribute did you mean `integer`?",
    ),
    ("type: \"[record]\"\n", "type: \"[text]\"\n", "40 kind-type: only a record has `fields`"),
    ("type: time, path: At", "type: record, path: At", "kind-type: a record needs `fields`"),
    (
        "type: integer, path: length(Parts), counts",
        "type: integer, path: length(Parts), refers: a.b, counts",
        "22 kind-type: only a text or a list of texts refers to a kind",
    ),
    ("path: Rules, empty: keep", "path: Rules, absent: [a]", "expected-text"),
    (
        "type: text, path: Rules, empty: keep",
        "type: time, path: Rules, absent: a",
        "56 kind-type: an instant has no literal here",
    ),
    // Conversions.
    ("convert: lower", "convert: lowr", "kind-convert: `lowr` is no conversion; did you mean `lower`?"),
    ("convert: lower", "convert: { last_of: [] }", "kind-convert: `last_of` takes a text"),
    ("convert: lower", "convert: { last_of: a, before: b }", "kind-convert"),
    ("convert: lower", "convert: days", "kind-convert: the last conversion does not give the type of the attribute"),
    (
        "convert: lower",
        "convert: [to_integer, lower]",
        "kind-convert: a conversion does not take what the one before it gives",
    ),
    (
        "convert: lower",
        "convert: [days, to_text]",
        "kind-convert: a conversion does not take what the one before it gives",
    ),
    ("convert: lower", "convert: [instant, to_text]", "kind-convert: a conversion does not take"),
    ("convert: lower", "convert: [{ statements: trust }, to_text]", "kind-convert: a conversion does not take"),
    (
        "type: integer, path: Size, range: [-1, 5]",
        "type: duration, path: Size",
        "kind-convert: a duration needs a conversion from its unit",
    ),
    (
        "type: text, path: Rules, empty: keep",
        "type: statements, path: Rules",
        "56 kind-convert: statements need a conversion",
    ),
];

#[test]
fn each_mistake_is_reported_at_its_line() {
    let mut wrong = String::new();
    for (right, spoilt, expected) in SPOILT {
        assert_eq!(RIGHT.matches(right).count(), 1, "the text to spoil is there once: {right}");
        let mistakes = file(&RIGHT.replacen(right, spoilt, 1)).err().unwrap_or_default();
        if !mistakes.iter().any(|it| it.contains(expected)) {
            wrong.push_str(&format!("{spoilt}\n    is {mistakes:?}\n    and expected is {expected}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn literals_of_for_each_are_used() {
    let text = |parameters: &str| {
        format!(
            "kind: test.word\nplural: words\nscope: global\ndoc: A word.\ncalls:\n  - call: test:GetWord\n    each: population\n    \
             for_each: [a, b]\n    parameters: {{ Word: {parameters} }}\n    attributes:\n      id: {{ type: text, value: \
             \"${{each}}\", doc: Id. }}\n      name: {{ type: text, value: \"${{each}}\", doc: Name. }}\n"
        )
    };
    let read = file(&text("\"${each}\"")).unwrap();
    assert_eq!(read.calls[0].for_each, ["a", "b"]);
    assert_eq!((read.limits.parents, read.limits.resources, read.kind.scope), (1000, 20_000, Scope::Global));
    assert_eq!(file(&text("a")).unwrap_err(), ["8 kind-call: no parameter has `${each}`, so each call is the same "]);
}
