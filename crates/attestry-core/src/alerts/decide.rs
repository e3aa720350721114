//! The question: does one of these filters surely count each event of a description, whatever its other fields hold?
//!
//! Each field has finitely many classes of values that no test tells apart. *Counted* is said when every combination of
//! classes is surely counted; *missed* when one surely is not, and `judge` says so too of an event made of it. Must not know
//! kinds, or which events anybody means.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::Truth;
use super::classes::{Class, classes, of_term, tests_of};
use super::judge::{judge, judge_terms};
use super::parse::{Condition, Filter, Is, Term, Test};
use super::record::{ALWAYS, Shape};

/// Events: each field of `fields` holds one of its patterns, in which a star is any run of characters; each of `except` holds
/// a text that is like none of its patterns; none of `without` is there. Other fields hold whatever a record can.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meant {
    /// Patterns by field.
    pub fields: BTreeMap<String, Vec<String>>,
    /// Patterns that the text of a field is not like.
    pub except: BTreeMap<String, Vec<String>>,
    /// Fields that are not there.
    pub without: Vec<String>,
}

/// A filter, and what it adds to the metric for an event that it matches.
#[derive(Clone, Debug)]
pub struct Counter {
    /// Its name, for people.
    pub name: String,
    /// Its pattern, or why nobody knows what it matches.
    pub pattern: Result<Filter, String>,
    /// What it adds.
    pub emits: Emits,
}

/// What a filter adds to its metric for an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emits {
    /// One or more.
    One,
    /// Nothing that is one or more; why.
    Nothing(String),
    /// Nobody knows; why.
    Unknown(String),
}

/// What is decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Each event is surely counted.
    Counted,
    /// This one surely is not.
    Missed(Json),
    /// Neither; why.
    Undecided(String),
}

/// Combinations of classes that are looked at.
const STEPS: usize = 200_000;

/// Whether the filters together surely count all events that come in a shape.
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

/// A field, or a term that a filter looks for, with the classes of what it may be.
struct Variable<'a> {
    path: String,
    /// Tests of the field, in the order in which classes answer them.
    tests: Vec<&'a Test>,
    /// The term, where it is one.
    term: Option<&'a Term>,
    classes: Vec<Class>,
}

struct Search<'a> {
    counters: &'a [&'a Counter],
    variables: Vec<Variable<'a>>,
    /// Classes that are chosen so far, by the place of their variable.
    chosen: Vec<usize>,
    /// Variables at the beginning that the description names.
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
        // What is described comes first: it decides most.
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

    /// Looks at all combinations that begin with what is chosen. Some event that surely is not counted ends it.
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
            // Whatever else is chosen, it stays so.
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

    /// What is chosen decides, and it is not surely counted.
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

    /// Whether some filter counts what is chosen; `None` where the rest decides.
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

    /// Yes, where no field that is tested can be a list or an object.
    fn applies(&self, condition: &Condition) -> Option<Truth> {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                let parts: Vec<Option<Truth>> = parts.iter().map(|part| self.applies(part)).collect();
                if parts.contains(&Some(Truth::Unknown)) {
                    return Some(Truth::Unknown);
                }
                parts.into_iter().collect::<Option<Vec<Truth>>>().map(Truth::all)
            }
            // EventBridge looks into lists; only a filter of logs is not applied.
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

    /// Texts that surely stand in the event.
    fn pieces(&self) -> Vec<String> {
        let names = self.taken().filter(|(_, class)| class.value.is_some());
        let names = names.filter_map(|(variable, _)| variable.path.rsplit('.').next().map(str::to_owned));
        let held = self.taken().flat_map(|(_, class)| class.pieces.clone());
        names.chain(held).chain(ALWAYS.iter().map(|it| (*it).to_owned())).collect()
    }

    /// An event of what is chosen; none where two choices do not go together.
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

    /// Why what is chosen is neither surely counted nor surely not.
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

/// Puts a value at a path. None where something else is on the way, or the path leads into a list.
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
            // Its own fields were put there before.
            Some(Json::Object(_)) if value.is_object() => Some(()),
            Some(_) => None,
        };
    }
    put(object.entry(first).or_insert_with(|| Json::Object(Map::new())), rest, value)
}
