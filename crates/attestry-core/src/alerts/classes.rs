//! The classes of the values of a field. All values of a class give the same answers to the tests of the filters.
//!
//! This module must not know how filters combine tests.

use serde_json::{Value as Json, json};

use super::Truth;
use super::decide::Meant;
use super::parse::{Is, Literal, Order, Term, Test, What};
use super::record::{GLOBAL, Holds, Shape, holds_in};
use super::texts::{Texts, classes as text_classes};

/// The values of a field that no test distinguishes.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// One value of the class. It is `None` when the field is missing or its value is not known.
    pub(super) value: Option<Json>,
    /// The answer of each test.
    pub(super) answers: Vec<Truth>,
    /// Whether the value is a list or an object.
    pub(super) is_container: bool,
    /// Texts that every value of the class contains.
    pub(super) pieces: Vec<String>,
}

impl Class {
    /// Returns a class whose value is not known.
    pub(super) fn unknown(tests: usize) -> Self {
        Self { value: None, answers: vec![Truth::Unknown; tests], is_container: false, pieces: Vec::new() }
    }

    fn plain(value: Option<Json>, answers: Vec<Truth>) -> Self {
        Self { value, answers, is_container: false, pieces: Vec::new() }
    }
}

/// The number of automaton states that the search for the classes of one field may visit.
const BUDGET: usize = 20_000;

/// Returns the tests of one field.
pub(super) fn tests_of<'a>(path: &str, tests: &[&'a Test]) -> Vec<&'a Test> {
    tests.iter().copied().filter(|test| test.path == path).collect()
}

/// Returns the classes of a field in the described events, or `None` when the search exceeds its budget.
pub(super) fn classes(path: &str, shape: Shape, events: &Meant, tests: &[&Test]) -> Option<Vec<Class>> {
    if let Some(patterns) = events.fields.get(path) {
        let mut found = Vec::new();
        for pattern in patterns {
            let mut more = texts(&Texts::pattern(pattern), &[], tests)?;
            let pieces = pattern.split('*').filter(|piece| !piece.is_empty()).map(str::to_owned);
            let pieces: Vec<String> = pieces.collect();
            more.iter_mut().for_each(|class| class.pieces.clone_from(&pieces));
            found.extend(more);
        }
        return Some(found);
    }
    let inside = |whole: &str| path.strip_prefix(whole).is_some_and(|rest| rest.starts_with(['.', '[']));
    if events.without.iter().any(|missing| missing == path || inside(missing)) {
        return Some(vec![missing(tests)]);
    }
    if let Some(patterns) = events.except.get(path) {
        let patterns: Vec<Texts> = patterns.iter().map(|it| Texts::pattern(it)).collect();
        return texts(&Texts::pattern("*"), &patterns, tests);
    }
    let described = |other: &String| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    if events.fields.keys().chain(events.except.keys()).any(described) {
        return Some(vec![container(json!({}), tests)]);
    }
    let any_text = || texts(&Texts::pattern("*"), &[], tests);
    let with = |mut classes: Vec<Class>, more: Vec<Class>| {
        classes.extend(more);
        classes
    };
    Some(match holds_in(shape, path) {
        Holds::Text if path == "awsRegion" && is_global(events) => vec![Class::unknown(tests.len())],
        Holds::Text => any_text()?,
        Holds::MaybeText => with(any_text()?, vec![missing(tests)]),
        Holds::Object => vec![container(json!({}), tests)],
        Holds::MaybeObject => vec![missing(tests), simple(Json::Null, tests), container(json!({}), tests)],
        Holds::Untold => vec![Class::unknown(tests.len())],
        Holds::Nothing => vec![missing(tests)],
        Holds::Anything => {
            let mut found = with(any_text()?, vec![missing(tests), simple(Json::Null, tests)]);
            found.extend([json!(true), json!(false)].map(|value| simple(value, tests)));
            found.extend(numbers(tests).into_iter().map(|number| simple(json!(number), tests)));
            found.extend([container(json!({}), tests), container(json!([]), tests)]);
            if path.contains('[') {
                // Elements of a list depend on each other, and AWS does not document which element applies when there
                // are several.
                found = vec![Class { is_container: true, ..Class::unknown(tests.len()) }];
            }
            found
        }
    })
}

/// Whether AWS records the events in only one Region of a partition, also for callers in other Regions.
fn is_global(events: &Meant) -> bool {
    events.fields.get("eventSource").is_some_and(|sources| sources.iter().all(|it| GLOBAL.contains(&it.as_str())))
}

/// Returns the classes of the texts that are in the language `of` and in none of `except`.
fn texts(of: &Texts, except: &[Texts], tests: &[&Test]) -> Option<Vec<Class>> {
    let own: Vec<Vec<Texts>> = tests.iter().map(|test| languages(&test.is)).collect();
    let all: Vec<&Texts> = except.iter().chain(own.iter().flatten()).collect();
    let mut found: Vec<Class> = Vec::new();
    for (text, has) in text_classes(of, &all, BUDGET)? {
        let (excepted, mut rest) = has.split_at_checked(except.len())?;
        if excepted.contains(&true) {
            continue;
        }
        let mut answers = Vec::new();
        for (test, own) in tests.iter().zip(&own) {
            let (mine, others) = rest.split_at_checked(own.len())?;
            answers.push(of_text(&test.is, mine));
            rest = others;
        }
        if !found.iter().any(|class| class.answers == answers) {
            found.push(Class::plain(Some(json!(text)), answers));
        }
    }
    // The text that fails the most tests comes first, because filters are most likely to miss it.
    found.sort_by(|a, b| a.answers.cmp(&b.answers));
    Some(found)
}

/// Returns the languages that decide a test of a text. The first language has the texts that are surely equal. The
/// second language, if there is one, has the texts that are possibly equal. For an event pattern, the languages are
/// those of its matchers.
fn languages(is: &Is) -> Vec<Texts> {
    const DIGITS: &[(char, char)] = &[('0', '9'), ('+', '+'), ('-', '-'), ('.', '.'), ('e', 'e'), ('E', 'E')];
    match is {
        Is::Equal(Literal::Text(pattern), _) => {
            let inside = pattern.strip_prefix('*').unwrap_or(pattern);
            let inside = inside.strip_suffix('*').unwrap_or(inside);
            if inside.contains('*') {
                vec![Texts::only(pattern), Texts::pattern(pattern)]
            } else {
                vec![Texts::pattern(pattern)]
            }
        }
        Is::Equal(Literal::Regex(_, expression), _) => vec![expression.texts().clone()],
        Is::Equal(Literal::Number(..), _) | Is::Compared(..) => vec![Texts::none(), Texts::made_of(DIGITS)],
        Is::Flag(flag) => vec![Texts::none(), Texts::in_either_case(&flag.to_string())],
        Is::Listed(listed) => listed.languages().into_iter().cloned().collect(),
        Is::Null | Is::Missing => Vec::new(),
    }
}

/// Returns the answer of a test for a text. `has` has a flag for each language of the test: whether the text is in it.
fn of_text(is: &Is, has: &[bool]) -> Truth {
    if let Is::Listed(listed) = is {
        return listed.answer(has);
    }
    let equal = match (has.first(), has.get(1)) {
        (Some(true), _) => Truth::Yes,
        (_, Some(true)) => Truth::Unknown,
        _ => Truth::No,
    };
    match is {
        // AWS does not document whether a text differs from a number.
        Is::Equal(Literal::Number(..), true) => Truth::Unknown,
        Is::Equal(_, true) => equal.negated(),
        _ => equal,
    }
}

fn missing(tests: &[&Test]) -> Class {
    let answer = |test: &&Test| match &test.is {
        Is::Missing => Truth::Yes,
        Is::Listed(listed) => Truth::from(listed.missing),
        Is::Equal(_, true) => Truth::Unknown,
        Is::Equal(..) | Is::Compared(..) | Is::Null | Is::Flag(_) => Truth::No,
    };
    Class::plain(None, tests.iter().map(answer).collect())
}

fn container(value: Json, tests: &[&Test]) -> Class {
    let answer = |test: &&Test| if let Is::Listed(listed) = &test.is { listed.other() } else { Truth::No };
    Class { is_container: true, ..Class::plain(Some(value), tests.iter().map(answer).collect()) }
}

/// Creates the class of a value that is null, a boolean or a number.
fn simple(value: Json, tests: &[&Test]) -> Class {
    let answer = |test: &&Test| match (&test.is, &value) {
        (Is::Listed(listed), _) => listed.other(),
        (Is::Missing, _) => Truth::No,
        (Is::Null, value) => Truth::from(value.is_null()),
        (Is::Flag(wanted), Json::Bool(flag)) => Truth::from(wanted == flag),
        (Is::Flag(_), _) => Truth::No,
        (Is::Compared(order, than), Json::Number(number)) => number.as_f64().map_or(Truth::Unknown, |number| {
            Truth::from(match order {
                Order::Less => number < *than,
                Order::AtMost => number <= *than,
                Order::Greater => number > *than,
                Order::AtLeast => number >= *than,
            })
        }),
        (Is::Compared(..), _) => Truth::No,
        (Is::Equal(Literal::Number(_, wanted), negated), Json::Number(number)) => match number.as_f64() {
            Some(number) => Truth::from(number.total_cmp(wanted).is_eq() != *negated),
            None => Truth::Unknown,
        },
        (Is::Equal(..), _) => Truth::Unknown,
    };
    let answers = tests.iter().map(answer).collect();
    Class::plain(Some(value), answers)
}

/// Returns numbers for all possible results of comparisons: the numbers that the filters name, and numbers below,
/// between and above them.
fn numbers(tests: &[&Test]) -> Vec<f64> {
    let mut named: Vec<f64> = tests
        .iter()
        .filter_map(|test| match &test.is {
            Is::Compared(_, number) | Is::Equal(Literal::Number(_, number), _) => Some(*number),
            _ => None,
        })
        .collect();
    named.sort_by(f64::total_cmp);
    named.dedup();
    let between = named.iter().zip(named.iter().skip(1)).map(|(a, b)| a / 2.0 + b / 2.0);
    let ends = named.first().map(|it| it - 1.0).into_iter().chain(named.last().map(|it| it + 1.0));
    let mut all: Vec<f64> = between.chain(ends).collect();
    all.extend(&named);
    if all.is_empty() { vec![0.0] } else { all }
}

/// The length of the shortest term that is judged. A shorter term occurs in many texts by chance.
const LONG_ENOUGH: usize = 4;

/// Returns the classes of the events that contain these pieces, by whether their text contains the term. There is one
/// class if all events contain the term, and two classes if only some events do. If this is not known, the only class
/// has the answer unknown.
pub(super) fn of_term(term: &Term, pieces: &[String]) -> Vec<Class> {
    let class = |value: Option<&str>, there: Truth| Class::plain(value.map(Json::from), vec![there]);
    let words = |text: &str| text.chars().all(|it| it.is_ascii_alphanumeric() || "_.- ".contains(it));
    match &term.what {
        What::Phrase(phrase) if pieces.iter().any(|piece| piece.contains(phrase.as_str())) && words(phrase) => {
            vec![class(None, Truth::Yes)]
        }
        What::Phrase(phrase) if phrase.len() >= LONG_ENOUGH && words(phrase) => {
            vec![class(None, Truth::No), class(Some(phrase), Truth::Yes)]
        }
        What::Regex(source, expression) => {
            let anchored = source.contains(['^', '$']);
            if !anchored && pieces.iter().any(|piece| expression.texts().has(piece)) {
                return vec![class(None, Truth::Yes)];
            }
            // The expression has only words, so it cannot match the signs between two fields.
            let plain = source.split('|').all(|it| it.len() >= LONG_ENOUGH && it.chars().all(char::is_alphanumeric));
            let first = source.split('|').next().unwrap_or_default();
            if plain {
                vec![class(None, Truth::No), class(Some(first), Truth::Yes)]
            } else {
                vec![class(None, Truth::Unknown)]
            }
        }
        What::Phrase(_) => vec![class(None, Truth::Unknown)],
    }
}
