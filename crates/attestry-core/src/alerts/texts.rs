//! Sets of texts, called languages, which are represented by automata. The module decides whether a text is in a
//! language, and which combinations of languages can contain the same text.
//!
//! This module must not know the meaning of the languages.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A range of characters, with both ends.
pub(super) type Range = (char, char);

/// Every character.
pub(super) const ANY: Range = ('\0', char::MAX);

/// A language: a set of texts. Its automaton starts in state 0. A text is in the language when the automaton can be in
/// an accepting state at the end of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    /// For each state: the steps to other states, with their characters.
    steps: Vec<Vec<(Range, usize)>>,
    /// For each state: the states that it reaches without a character.
    jumps: Vec<Vec<usize>>,
    accepting: BTreeSet<usize>,
}

/// The states in which an automaton can be, in order.
type States = Vec<usize>;

/// One text for each possible combination of languages. There is a flag for each language: whether it contains the
/// text.
pub(super) type Classes = Vec<(String, Vec<bool>)>;

impl Texts {
    /// Adds a state.
    pub(super) fn state(&mut self) -> usize {
        self.steps.push(Vec::new());
        self.jumps.push(Vec::new());
        self.steps.len() - 1
    }

    /// Adds a step from one state to another by any of these characters.
    pub(super) fn step(&mut self, from: usize, by: Range, to: usize) {
        if let Some(steps) = self.steps.get_mut(from) {
            steps.push((by, to));
        }
    }

    /// Adds a jump from one state to another without a character.
    pub(super) fn jump(&mut self, from: usize, to: usize) {
        if let Some(jumps) = self.jumps.get_mut(from) {
            jumps.push(to);
        }
    }

    /// Makes a state accepting.
    pub(super) fn accept(&mut self, state: usize) {
        self.accepting.insert(state);
    }

    /// Creates the language of the texts that match a pattern. A star stands for any run of characters.
    pub(super) fn pattern(pattern: &str) -> Self {
        let mut texts = Self::default();
        let mut at = texts.state();
        for character in pattern.chars() {
            if character == '*' {
                texts.step(at, ANY, at);
                continue;
            }
            let next = texts.state();
            texts.step(at, (character, character), next);
            at = next;
        }
        texts.accept(at);
        texts
    }

    /// Creates the language that contains only one text.
    pub(super) fn only(text: &str) -> Self {
        let mut texts = Self::default();
        let mut at = texts.state();
        for character in text.chars() {
            let next = texts.state();
            texts.step(at, (character, character), next);
            at = next;
        }
        texts.accept(at);
        texts
    }

    /// Creates the language of all spellings of a text in upper and lower case.
    pub(super) fn in_either_case(text: &str) -> Self {
        let mut texts = Self::default();
        let mut at = texts.state();
        for character in text.chars() {
            let next = texts.state();
            for written in character.to_lowercase().chain(character.to_uppercase()) {
                texts.step(at, (written, written), next);
            }
            at = next;
        }
        texts.accept(at);
        texts
    }

    /// Creates the empty language.
    pub(super) fn none() -> Self {
        let mut texts = Self::default();
        texts.state();
        texts
    }

    /// Creates the language of the texts that consist of one or more of these characters.
    pub(super) fn made_of(characters: &[Range]) -> Self {
        let mut texts = Self::default();
        let (start, end) = (texts.state(), texts.state());
        for range in characters {
            texts.step(start, *range, end);
            texts.step(end, *range, end);
        }
        texts.accept(end);
        texts
    }

    /// Whether a text is in the language.
    pub(super) fn has(&self, text: &str) -> bool {
        let end = text.chars().fold(self.start(), |states, character| self.after(&states, character));
        self.accepts(&end)
    }

    fn start(&self) -> States {
        self.closed(BTreeSet::from([0]))
    }

    fn after(&self, states: &[usize], character: char) -> States {
        let steps = states.iter().filter_map(|state| self.steps.get(*state)).flatten();
        let fits = |((least, greatest), to): &(Range, usize)| (*least..=*greatest).contains(&character).then_some(*to);
        self.closed(steps.filter_map(fits).collect())
    }

    fn closed(&self, mut states: BTreeSet<usize>) -> States {
        let mut open: Vec<usize> = states.iter().copied().collect();
        while let Some(state) = open.pop() {
            for to in self.jumps.get(state).into_iter().flatten() {
                if states.insert(*to) {
                    open.push(*to);
                }
            }
        }
        states.into_iter().collect()
    }

    fn accepts(&self, states: &[usize]) -> bool {
        states.iter().any(|state| self.accepting.contains(state))
    }
}

/// Returns the combinations of `languages` that can contain a text of the language `of`, with a shortest text for each
/// combination. The result is `None` when the search must visit more states than `budget`.
pub(super) fn classes(of: &Texts, languages: &[&Texts], budget: usize) -> Option<Classes> {
    let all: Vec<&Texts> = std::iter::once(of).chain(languages.iter().copied()).collect();
    let alphabet = alphabet(&all);
    let start: Vec<States> = all.iter().map(|it| it.start()).collect();
    let mut seen = BTreeSet::from([start.clone()]);
    let mut open = VecDeque::from([(start, String::new())]);
    let mut found: BTreeMap<Vec<bool>, String> = BTreeMap::new();
    let mut left = budget;
    while let Some((states, text)) = open.pop_front() {
        left = left.checked_sub(1)?;
        let accepts: Vec<bool> = all.iter().zip(&states).map(|(it, states)| it.accepts(states)).collect();
        if let Some((true, others)) = accepts.split_first() {
            found.entry(others.to_vec()).or_insert_with(|| text.clone());
        }
        for character in &alphabet {
            let next: Vec<States> = all.iter().zip(&states).map(|(it, states)| it.after(states, *character)).collect();
            if next.first().is_some_and(|states| !states.is_empty()) && !seen.contains(&next) {
                seen.insert(next.clone());
                open.push_back((next, format!("{text}{character}")));
            }
        }
    }
    Some(found.into_iter().map(|(accepts, text)| (text, accepts)).collect())
}

/// Splits all characters into ranges that no language distinguishes. Returns one character of each range: a letter, a
/// digit or another printable character, if the range has one.
fn alphabet(languages: &[&Texts]) -> Vec<char> {
    let ranges = || languages.iter().flat_map(|it| &it.steps).flatten().map(|(range, _)| *range);
    let mut starts: BTreeSet<u32> = BTreeSet::from([0]);
    for (least, greatest) in ranges() {
        starts.insert(u32::from(least));
        starts.insert(u32::from(greatest).saturating_add(1));
    }
    let ends = starts.iter().copied().skip(1).chain([u32::from(char::MAX) + 1]);
    let runs: Vec<(u32, u32)> = starts.iter().copied().zip(ends).collect();
    let shown = |(least, end): &(u32, u32)| {
        let letters = (u32::from('a')..=u32::from('z')).chain(u32::from('0')..=u32::from('9'));
        let inside = letters.chain(u32::from(' ')..127).find(|code| (*least..*end).contains(code));
        inside.or(Some(*least)).and_then(char::from_u32)
    };
    runs.iter().filter_map(shown).collect()
}
