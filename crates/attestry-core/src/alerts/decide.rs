//! Decides one question: do these filters surely count each event of a description, whatever its other fields contain?
//!
//! The values of each field are divided into a finite number of classes. No test distinguishes two values of the same
//! class. The decision is *counted* when the events of every combination of classes are surely counted. It is *missed*
//! when the events of one combination are surely not counted, and `judge` confirms this for one of these events. This
//! module must not know kinds, nor the meaning of the events.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::Truth;
use super::classes::{Class, classes, of_term, tests_of};
use super::judge::{judge, judge_terms};
use super::parse::{Condition, Filter, Is, Term, Test};
use super::record::{ALWAYS, Shape};

/// A description of events. Each field of `fields` has a text that matches one of its patterns. A star in a pattern
/// stands for any run of characters. Each field of `except` has a text that matches none of its patterns. No field of
/// `without` exists. All other fields can have any value of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meant {
    /// The patterns of each field.
    pub fields: BTreeMap<String, Vec<String>>,
    /// The patterns that the text of each field does not match.
    pub except: BTreeMap<String, Vec<String>>,
    /// The fields that do not exist.
    pub without: Vec<String>,
}

/// A filter and the number that it adds to the metric for a matching event.
#[derive(Clone, Debug)]
pub struct Counter {
    /// The name of the filter.
    pub name: String,
    /// The pattern of the filter, or the reason why it is not known which events it matches.
    pub pattern: Result<Filter, String>,
    /// The number that it adds.
    pub emits: Emits,
}

/// The number that a filter adds to its metric for an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emits {
    /// One or more.
    One,
    /// Less than one, or nothing, with the reason.
    Nothing(String),
    /// Not known, with the reason.
    Unknown(String),
}

/// The decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Each event is surely counted.
    Counted,
    /// This event is surely not counted.
    Missed(Json),
    /// Neither is sure, with the reason.
    Undecided(String),
}

/// The number of combinations of classes that the search may visit.
const STEPS: usize = 200_000;

/// Decides whether the filters together surely count all described events of a shape.
#[must_use]
pub fn decide(shape: Shape, meant: &[Meant], counters: &[Counter]) -> Decision {
    let useful: Vec<&Counter> = counters.iter().filter(|it| !matches!(it.emits, Emits::Nothing(_))).collect();
    let mut doubt = None;
    for events in meant {
        match Search::new(shape, events, &useful).run() {
            Decision::Counted => {}
            missed @ Decision::Missed(_) => return missed,
            Decision::Undecided(why) => doubt = doubt.or(Some(why)),
        }
    }
    doubt.map_or(Decision::Counted, Decision::Undecided)
}

/// A field, or a term that a filter searches for, with the classes of its values.
struct Variable<'a> {
    path: String,
    /// The tests of the field. The answers of a class are in the same order.
    tests: Vec<&'a Test>,
    /// The term, if the variable is one.
    term: Option<&'a Term>,
    classes: Vec<Class>,
}

struct Search<'a> {
    counters: &'a [&'a Counter],
    variables: Vec<Variable<'a>>,
    /// The index of the chosen class, for each variable that the search has reached.
    chosen: Vec<usize>,
    /// The number of variables that the description names. They come first in `variables`.
    described: usize,
    left: usize,
    doubt: Option<String>,
}

impl<'a> Search<'a> {
    fn new(shape: Shape, events: &Meant, counters: &'a [&'a Counter]) -> Self {
        let filters = || counters.iter().filter_map(|it| it.pattern.as_ref().ok());
        let mut tests: Vec<&Test> = Vec::new();
        let mut terms: Vec<&Term> = Vec::new();
        for filter in filters() {
            match filter {
                Filter::Everything => {}
                Filter::Fields(condition) => collect(condition, &mut tests),
                Filter::Terms(list) => terms.extend(list),
            }
        }
        let described = events.fields.keys().chain(events.except.keys()).chain(&events.without).map(String::as_str);
        // The described fields come first, because they decide most.
        let mut paths: Vec<&str> = described.collect();
        let described = paths.iter().collect::<BTreeSet<_>>().len();
        paths.extend(tests.iter().map(|test| test.path.as_str()));
        let mut seen = BTreeSet::new();
        paths.retain(|path| seen.insert(*path));
        let mut doubt = None;
        let mut variables: Vec<Variable<'a>> = Vec::new();
        for path in paths {
            let tests = tests_of(path, &tests);
            let classes = classes(path, shape, events, &tests).unwrap_or_else(|| {
                doubt = Some(format!("the patterns that `{path}` is compared with are too complex"));
                vec![Class::unknown(tests.len())]
            });
            variables.push(Variable { path: path.to_owned(), tests, term: None, classes });
        }
        let mut known: Vec<&Term> = Vec::new();
        for term in terms {
            if known.iter().any(|it| it.what == term.what) {
                continue;
            }
            known.push(term);
            variables.push(Variable { path: String::new(), tests: Vec::new(), term: Some(term), classes: Vec::new() });
        }
        Self { counters, variables, chosen: Vec::new(), described, left: STEPS, doubt }
    }

    fn run(mut self) -> Decision {
        if let Some(missed) = self.go_on() {
            return Decision::Missed(missed);
        }
        self.doubt.map_or(Decision::Counted, Decision::Undecided)
    }

    /// Visits all combinations that start with the chosen classes. The first event that is surely not counted ends the
    /// search.
    fn go_on(&mut self) -> Option<Json> {
        let Some(left) = self.left.checked_sub(1) else {
            self.doubt.get_or_insert_with(|| "the filters are too complex to be judged within the limits".to_owned());
            return None;
        };
        self.left = left;
        let at = self.chosen.len();
        let variable = match (self.counted(), self.variables.get(at)) {
            (Some(Truth::Yes), _) => return None,
            (None, Some(variable)) => variable,
            // The variables without a chosen class cannot change the answer any more.
            _ => return self.end(),
        };
        if let Some(term) = variable.term {
            let pieces: Vec<String> = self.pieces();
            if let Some(variable) = self.variables.get_mut(at) {
                variable.classes = of_term(term, &pieces);
            }
        }
        let count = self.variables.get(at).map_or(0, |it| it.classes.len());
        for class in 0..count {
            self.chosen.push(class);
            let missed = self.go_on();
            self.chosen.pop();
            if missed.is_some() {
                return missed;
            }
        }
        None
    }

    /// Ends a branch of the search: the chosen classes decide, and the event is not surely counted.
    fn end(&mut self) -> Option<Json> {
        let chosen = self.chosen.len();
        self.chosen.resize(chosen.max(self.described), 0);
        let missed = self.missed();
        self.chosen.truncate(chosen);
        missed
    }

    fn missed(&mut self) -> Option<Json> {
        if self.counted() == Some(Truth::No) {
            if let Some(event) = self.event() {
                let surely_not = |counter: &&&Counter| match &counter.pattern {
                    Ok(filter) => judge(filter, &event) == Truth::No,
                    Err(_) => false,
                };
                if self.counters.iter().filter(surely_not).count() == self.counters.len() {
                    return Some(event);
                }
            }
            let why = "an event that may not be counted could not be written down";
            self.doubt.get_or_insert_with(|| why.to_owned());
            return None;
        }
        let why = self.why();
        self.doubt.get_or_insert(why);
        None
    }

    /// Whether some filter counts the chosen event. It is `None` when the answer depends on variables without a chosen
    /// class.
    fn counted(&self) -> Option<Truth> {
        let mut whole = Some(Truth::No);
        for counter in self.counters {
            let one = match &counter.pattern {
                Err(_) => Some(Truth::Unknown),
                Ok(filter) => self.matched(filter),
            };
            let one = match (&counter.emits, one) {
                (Emits::Unknown(_), Some(Truth::Yes)) => Some(Truth::Unknown),
                (_, one) => one,
            };
            whole = match (whole, one) {
                (_, Some(Truth::Yes)) => return Some(Truth::Yes),
                (None, _) | (_, None) => None,
                (Some(a), Some(b)) => Some(a.max(b)),
            };
        }
        whole
    }

    fn matched(&self, filter: &Filter) -> Option<Truth> {
        match filter {
            Filter::Everything => Some(Truth::Yes),
            Filter::Terms(terms) => {
                let answers: Option<Vec<Truth>> = terms.iter().map(|term| self.has(term)).collect();
                let answers = answers?;
                let of = |term: &Term| terms.iter().position(|it| it == term).and_then(|at| answers.get(at)).copied();
                Some(judge_terms(terms, |term| of(term).unwrap_or(Truth::Unknown)))
            }
            Filter::Fields(condition) => match self.holds(condition) {
                // AWS does not apply a filter to an event in which a tested field is a list or an object.
                Some(Truth::Yes) => self.applies(condition),
                other => other,
            },
        }
    }

    fn holds(&self, condition: &Condition) -> Option<Truth> {
        let (parts, decisive) = match condition {
            Condition::Test(test) => return self.answer(test),
            Condition::All(parts) => (parts, Truth::No),
            Condition::Any(parts) => (parts, Truth::Yes),
        };
        let mut whole = Some(decisive.negated());
        for part in parts {
            let one = self.holds(part);
            whole = match (whole, one) {
                (_, Some(one)) if one == decisive => return Some(decisive),
                (None, _) | (_, None) => None,
                (Some(Truth::Unknown), _) | (_, Some(Truth::Unknown)) => Some(Truth::Unknown),
                (whole, Some(_)) => whole,
            };
        }
        whole
    }

    /// Returns yes when no field in the tests can be a list or an object.
    fn applies(&self, condition: &Condition) -> Option<Truth> {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                let parts: Vec<Option<Truth>> = parts.iter().map(|part| self.applies(part)).collect();
                if parts.contains(&Some(Truth::Unknown)) {
                    return Some(Truth::Unknown);
                }
                parts.into_iter().collect::<Option<Vec<Truth>>>().map(Truth::all)
            }
            // EventBridge compares the elements of a list. Only log filters are not applied to lists and objects.
            Condition::Test(test) if matches!(test.is, Is::Missing | Is::Listed(_)) => Some(Truth::Yes),
            Condition::Test(test) => {
                let (at, variable) = self.variable(&test.path)?;
                match self.chosen.get(at).and_then(|class| variable.classes.get(*class)) {
                    Some(class) if class.is_container => Some(Truth::Unknown),
                    Some(_) => Some(Truth::Yes),
                    None if variable.classes.iter().any(|class| class.is_container) => None,
                    None => Some(Truth::Yes),
                }
            }
        }
    }

    fn variable(&self, path: &str) -> Option<(usize, &Variable<'a>)> {
        self.variables.iter().enumerate().find(|(_, it)| it.term.is_none() && it.path == path)
    }

    fn answer(&self, test: &Test) -> Option<Truth> {
        let (at, variable) = self.variable(&test.path)?;
        let class = variable.classes.get(*self.chosen.get(at)?)?;
        let place = variable.tests.iter().position(|it| *it == test)?;
        class.answers.get(place).copied()
    }

    fn has(&self, term: &Term) -> Option<Truth> {
        let mut all = self.variables.iter().enumerate();
        let (at, variable) = all.find(|(_, it)| it.term.is_some_and(|it| it.what == term.what))?;
        variable.classes.get(*self.chosen.get(at)?)?.answers.first().copied()
    }

    fn taken(&self) -> impl Iterator<Item = (&Variable<'a>, &Class)> {
        self.variables
            .iter()
            .zip(&self.chosen)
            .filter_map(|(variable, at)| Some((variable, variable.classes.get(*at)?)))
    }

    /// Returns texts that the event surely contains.
    fn pieces(&self) -> Vec<String> {
        let names = self.taken().filter(|(_, class)| class.value.is_some());
        let names = names.filter_map(|(variable, _)| variable.path.rsplit('.').next().map(str::to_owned));
        let held = self.taken().flat_map(|(_, class)| class.pieces.clone());
        names.chain(held).chain(ALWAYS.iter().map(|it| (*it).to_owned())).collect()
    }

    /// Builds an event with the chosen classes. Returns `None` when two choices contradict each other.
    fn event(&self) -> Option<Json> {
        let mut event = Json::Object(Map::new());
        let mut agent = Vec::new();
        let mut absent: Vec<&str> = Vec::new();
        for (variable, class) in self.taken() {
            match (variable.term, &class.value) {
                (Some(_), value) => agent.extend(value.iter().filter_map(Json::as_str).map(str::to_owned)),
                (None, Some(value)) => put(&mut event, &variable.path, value.clone())?,
                (None, None) => absent.push(&variable.path),
            }
        }
        if !agent.is_empty() && event.get("userAgent").is_none() && !absent.contains(&"userAgent") {
            put(&mut event, "userAgent", json!(agent.join(" ")))?;
        }
        Some(event)
    }

    /// Returns the reason why the chosen event is neither surely counted nor surely missed.
    fn why(&self) -> String {
        let unread = self.counters.iter().find_map(|it| it.pattern.as_ref().err().map(|why| (it, why)));
        if let Some((counter, why)) = unread {
            return format!("what the filter {} matches is not known: {why}", counter.name);
        }
        let emits = self.counters.iter().find_map(|it| match &it.emits {
            Emits::Unknown(why) => Some((it, why)),
            _ => None,
        });
        if let Some((counter, why)) = emits {
            return format!("what the filter {} adds to the metric is not known: {why}", counter.name);
        }
        let open = |(_, class): &(&Variable<'_>, &Class)| class.is_container || class.answers.contains(&Truth::Unknown);
        let open: Vec<String> = self
            .taken()
            .filter(open)
            .map(|(variable, class)| match (&variable.term, &class.value) {
                (Some(_), _) => "a term".to_owned(),
                (None, Some(value)) => format!("`{}` ({value})", variable.path),
                (None, None) => format!("`{}` (not there, or not known)", variable.path),
            })
            .collect();
        format!("whether an event is counted depends on {}, and AWS does not document how", open.join(", "))
    }
}

fn collect<'a>(condition: &'a Condition, tests: &mut Vec<&'a Test>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| collect(part, tests)),
        Condition::Test(test) if !tests.contains(&test) => tests.push(test),
        Condition::Test(_) => {}
    }
}

/// Puts a value at a path. Returns `None` when the event already has another value there, or when the path leads into a
/// list.
fn put(event: &mut Json, path: &str, value: Json) -> Option<()> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    if first.contains('[') {
        return None;
    }
    let object = event.as_object_mut()?;
    if rest.is_empty() {
        return match object.get(first) {
            None => {
                object.insert(first.to_owned(), value);
                Some(())
            }
            // The object exists already, because its fields were added before.
            Some(Json::Object(_)) if value.is_object() => Some(()),
            Some(_) => None,
        };
    }
    put(object.entry(first).or_insert_with(|| Json::Object(Map::new())), rest, value)
}
