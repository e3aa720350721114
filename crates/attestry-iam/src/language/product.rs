//! Reads many patterns at once, with an automaton whose states are sets of positions. The states are created when they
//! are needed.
//!
//! This module must not know which patterns a text should match. `query` decides it.
//!
//! All positions of all patterns are in one row of bits, and each pattern is a block of the row. A position after a `*`
//! makes the earlier positions unnecessary, because the `*` takes every text that they could take. This keeps the sets
//! small, where a naive construction grows exponentially. The remaining growth (`?` after `*`) is limited by the
//! budget.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::pattern::{Class, Pattern, Token};
use super::{Budget, TooComplex};

const BITS: usize = u64::BITS as usize;

/// The set of the positions that were reached.
pub(super) type State = Rc<[u64]>;

/// The patterns in one row of positions.
pub(super) struct Product {
    /// The token after each position. The end of a pattern has no token.
    tokens: Vec<Option<Token>>,
    /// The beginning of the block of each position.
    begins: Vec<usize>,
    /// The first and the last position of each pattern.
    blocks: Vec<(usize, usize)>,
    /// The positions before a run.
    runs: Vec<u64>,
    /// The positions before a `*`.
    stars: Vec<u64>,
    /// The positions before a fixed character, each with this character, in the order of the characters.
    literals: Vec<(char, usize)>,
    /// The classes in the patterns. For each class: the positions before one character of the class, and before a run
    /// of it.
    classes: Vec<(Class, Step)>,
    steps: HashMap<char, Rc<Step>>,
}

/// The effect of a character: the positions that it moves by one, and the positions that it keeps.
struct Step {
    moves: Vec<u64>,
    stays: Vec<u64>,
}

impl Product {
    pub(super) fn new<'a>(patterns: impl IntoIterator<Item = &'a Pattern>) -> Self {
        let (mut tokens, mut begins, mut blocks) = (Vec::new(), Vec::new(), Vec::new());
        for pattern in patterns {
            let begin = tokens.len();
            tokens.extend(pattern.tokens().iter().copied().map(Some));
            blocks.push((begin, tokens.len()));
            tokens.push(None);
            begins.resize(tokens.len(), begin);
        }
        let width = tokens.len().div_ceil(BITS);
        let none = || Step { moves: vec![0; width], stays: vec![0; width] };
        let (mut runs, mut stars) = (vec![0; width], vec![0; width]);
        let (mut literals, mut classes) = (Vec::new(), Vec::<(Class, Step)>::new());
        for (at, token) in tokens.iter().enumerate() {
            let (class, is_run) = match token {
                None => continue,
                Some(Token::Char(char)) => {
                    literals.push((*char, at));
                    continue;
                }
                Some(Token::One(class)) => (*class, false),
                Some(Token::Many(class)) => (*class, true),
            };
            if is_run {
                set(&mut runs, at);
            }
            if is_run && class == Class::Any {
                set(&mut stars, at);
            }
            if !classes.iter().any(|(of, _)| *of == class) {
                classes.push((class, none()));
            }
            let of = classes.iter_mut().find(|(of, _)| *of == class);
            if let Some((_, step)) = of {
                set(if is_run { &mut step.stays } else { &mut step.moves }, at);
            }
        }
        literals.sort_unstable();
        Self { begins, blocks, runs, stars, literals, classes, steps: HashMap::new(), tokens }
    }

    /// Returns the effect of a character. It acts on the positions before the character itself, and before classes that
    /// contain it.
    fn step(&self, char: char) -> Step {
        let mut step = Step { moves: vec![0; self.width()], stays: vec![0; self.width()] };
        for (_, of) in self.classes.iter().filter(|(class, _)| class.has(char)) {
            step.moves.iter_mut().zip(&of.moves).for_each(|(word, more)| *word |= more);
            step.stays.iter_mut().zip(&of.stays).for_each(|(word, more)| *word |= more);
        }
        let from = self.literals.partition_point(|(own, _)| *own < char);
        for (_, at) in self.literals.iter().skip(from).take_while(|(own, _)| *own == char) {
            set(&mut step.moves, *at);
        }
        step
    }

    /// Returns the number of words of a state, which is the unit of work.
    pub(super) fn width(&self) -> usize {
        self.runs.len()
    }

    /// Returns the state before the first character.
    pub(super) fn start(&self) -> State {
        let mut state = vec![0; self.width()];
        for (begin, _) in &self.blocks {
            set(&mut state, *begin);
        }
        self.settle(state)
    }

    /// Returns whether a pattern contains the text so far.
    pub(super) fn accepts(&self, state: &State, pattern: usize) -> bool {
        self.blocks.get(pattern).is_some_and(|(_, end)| has(state, *end))
    }

    /// Returns whether a pattern contains a text that begins with the text so far.
    pub(super) fn alive(&self, state: &State, pattern: usize) -> bool {
        self.blocks.get(pattern).is_some_and(|(begin, end)| {
            (begin / BITS..=end / BITS)
                .any(|word| state.get(word).is_some_and(|it| it & span(word, *begin, end + 1) != 0))
        })
    }

    /// Returns whether a pattern contains every text that begins with the text so far.
    pub(super) fn settled(&self, state: &State, pattern: usize) -> bool {
        self.blocks
            .get(pattern)
            .is_some_and(|(begin, end)| end > begin && has(&self.stars, end - 1) && has(state, end - 1))
    }

    /// Returns one character for each possible next state. One character represents all characters with the same
    /// effect.
    pub(super) fn letters(&self, state: &State) -> Vec<char> {
        let (mut literal, mut classes) = (Vec::new(), Vec::new());
        for at in bits(state, &[]) {
            match self.tokens.get(at) {
                Some(Some(Token::Char(char))) => literal.push(*char),
                Some(Some(Token::One(class) | Token::Many(class))) if !classes.contains(class) => classes.push(*class),
                _ => {}
            }
        }
        literal.sort_unstable();
        literal.dedup();
        let mut letters = Vec::new();
        let mut known: Vec<Vec<bool>> = Vec::new();
        for atom in ATOMS {
            let Some(char) = atom(&literal) else { continue };
            let kind: Vec<bool> = classes.iter().map(|class| class.has(char)).collect();
            if kind.contains(&true) && !known.contains(&kind) {
                known.push(kind);
                letters.push(char);
            }
        }
        letters.extend(literal);
        letters
    }

    /// Returns the state after one more character.
    pub(super) fn next(&mut self, state: &State, char: char) -> State {
        let step = match self.steps.get(&char) {
            Some(step) => Rc::clone(step),
            None => {
                let step = Rc::new(self.step(char));
                self.steps.insert(char, Rc::clone(&step));
                step
            }
        };
        let mut carry = 0;
        let next = state
            .iter()
            .zip(step.moves.iter().zip(&step.stays))
            .map(|(word, (moves, stays))| {
                let moved = word & moves;
                let out = (moved << 1) | carry | (word & stays);
                carry = moved >> (BITS - 1);
                out
            })
            .collect();
        self.settle(next)
    }

    /// Adds the positions after runs, because a run may be empty. Removes the positions that a `*` makes unnecessary.
    fn settle(&self, mut state: Vec<u64>) -> State {
        loop {
            let (mut carry, mut grown) = (0, false);
            for (word, runs) in state.iter_mut().zip(&self.runs) {
                let skipped = *word & runs;
                let more = (skipped << 1) | carry;
                grown |= more & !*word != 0;
                *word |= more;
                carry = skipped >> (BITS - 1);
            }
            if !grown {
                break;
            }
        }
        let stars: Vec<usize> = bits(&state, &self.stars).collect();
        for star in stars {
            if let Some(begin) = self.begins.get(star) {
                clear(&mut state, *begin, star);
            }
        }
        state.into()
    }

    /// Removes the positions of some patterns from a state.
    pub(super) fn forget(&self, state: &State, patterns: impl Iterator<Item = usize>) -> State {
        let mut state = state.to_vec();
        for (begin, end) in patterns.filter_map(|pattern| self.blocks.get(pattern)) {
            clear(&mut state, *begin, end + 1);
        }
        state.into()
    }
}

/// Visits the states of an automaton until `visit` returns an answer. States with shorter texts come first. `narrow`
/// can reduce a state, or drop it together with all longer texts.
pub(super) fn walk<T>(
    product: &mut Product,
    budget: &mut Budget,
    narrow: impl Fn(&Product, State) -> Option<State>,
    mut visit: impl FnMut(&Product, &State, &dyn Fn() -> String) -> Option<T>,
) -> Result<Option<T>, TooComplex> {
    let mut reached: Vec<(usize, char)> = Vec::new();
    let mut known: HashMap<State, ()> = HashMap::new();
    let mut queue: VecDeque<(State, usize)> = VecDeque::new();
    let cost = product.width() + 8;
    let mut add = |product: &Product, state, from, char, budget: &mut Budget, queue: &mut VecDeque<_>| {
        budget.spend(cost)?;
        let Some(state) = narrow(product, state) else { return Ok(None) };
        if known.insert(Rc::clone(&state), ()).is_some() {
            return Ok(None);
        }
        reached.push((from, char));
        let place = reached.len();
        queue.push_back((Rc::clone(&state), place));
        Ok(visit(product, &state, &|| text(&reached, place)))
    };
    let start = product.start();
    if let Some(found) = add(product, start, 0, '\0', budget, &mut queue)? {
        return Ok(Some(found));
    }
    while let Some((state, place)) = queue.pop_front() {
        for char in product.letters(&state) {
            let next = product.next(&state, char);
            if let Some(found) = add(product, next, place, char, budget, &mut queue)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// Returns the text that led to a state. The first state has the empty text.
fn text(reached: &[(usize, char)], mut place: usize) -> String {
    let mut found = Vec::new();
    while let Some((from, char)) = place.checked_sub(1).and_then(|at| reached.get(at)).filter(|(from, _)| *from > 0) {
        found.push(*char);
        place = *from;
    }
    found.iter().rev().collect()
}

/// Whether each pattern of a list contains a text, and the text.
pub type Cell = (Vec<bool>, String);

/// Finds each combination of `others` that occurs for a text in all patterns of `all`. A result marks the patterns of
/// `others` that contain the text, and has a shortest such text.
pub fn cells(all: &[&Pattern], others: &[&Pattern], budget: &mut Budget) -> Result<Vec<Cell>, TooComplex> {
    let mut product = Product::new(all.iter().chain(others).copied());
    let mut found: HashMap<Vec<bool>, String> = HashMap::new();
    let narrow = |product: &Product, state| (0..all.len()).all(|at| product.alive(&state, at)).then_some(state);
    walk(&mut product, budget, narrow, |product, state, text| -> Option<()> {
        if (0..all.len()).all(|at| product.accepts(state, at)) {
            let cell = (all.len()..all.len() + others.len()).map(|at| product.accepts(state, at)).collect();
            found.entry(cell).or_insert_with(text);
        }
        None
    })?;
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by(|(_, one), (_, two)| (one.len(), one).cmp(&(two.len(), two)));
    Ok(found)
}

/// A function that returns a character of one sort that is not in the list.
type Atom = fn(&[char]) -> Option<char>;

/// One function for each sort of characters that the classes distinguish. It tries the usual characters of the sort
/// first.
const ATOMS: [Atom; 5] = [
    |literal| "xyzabcdefghijklmnopqrstuvw-".chars().find(|char| !literal.contains(char)),
    |literal| ('1'..='9').chain(['0']).find(|char| !literal.contains(char)),
    |literal| {
        let others = ('A'..='Z').chain("_.@+=,".chars()).chain('\u{a1}'..);
        others.into_iter().find(|char| !literal.contains(char))
    },
    |literal| Some('/').filter(|char| !literal.contains(char)),
    |literal| Some(':').filter(|char| !literal.contains(char)),
];

/// Returns the indices of the bits that are set in both the row and the mask. An empty mask selects all bits of the
/// row.
fn bits<'a>(row: &'a [u64], mask: &'a [u64]) -> impl Iterator<Item = usize> + 'a {
    row.iter().enumerate().flat_map(move |(at, word)| {
        let mut left = if mask.is_empty() { *word } else { word & mask.get(at).unwrap_or(&0) };
        std::iter::from_fn(move || {
            let bit = usize::try_from(left.trailing_zeros()).ok().filter(|bit| *bit < BITS)?;
            left &= left - 1;
            Some(at * BITS + bit)
        })
    })
}

fn has(row: &[u64], bit: usize) -> bool {
    row.get(bit / BITS).is_some_and(|word| word >> (bit % BITS) & 1 == 1)
}

fn set(row: &mut [u64], bit: usize) {
    if let Some(word) = row.get_mut(bit / BITS) {
        *word |= 1 << (bit % BITS);
    }
}

fn clear(row: &mut [u64], from: usize, to: usize) {
    for (at, word) in row.iter_mut().enumerate().take(to / BITS + 1).skip(from / BITS) {
        *word &= !span(at, from, to);
    }
}

/// Returns the bits of a word that are in `from..to` of the row.
fn span(word: usize, from: usize, to: usize) -> u64 {
    let begin = from.saturating_sub(word * BITS).min(BITS);
    let end = to.saturating_sub(word * BITS).min(BITS);
    let below =
        |bit: usize| u32::try_from(bit).ok().and_then(|bit| 1u64.checked_shl(bit)).map_or(u64::MAX, |it| it - 1);
    below(end) & !below(begin)
}
