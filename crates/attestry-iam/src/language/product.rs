//! Many patterns read at once: an automaton whose states are sets of positions, made as they are needed.
//!
//! Must not know which patterns a text should match; `query` does.
//!
//! All positions of all patterns lie in one row of bits, each pattern a block of it. A position after a `*` makes those
//! before it needless, since the `*` takes whatever they could: that keeps the sets small where a naive construction
//! grows exponentially. What still grows (`?` after `*`) is held by the budget.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::pattern::{Class, Pattern, Token};
use super::{Budget, TooComplex};

const BITS: usize = u64::BITS as usize;

/// The set of positions reached.
pub(super) type State = Rc<[u64]>;

/// The patterns, laid out.
pub(super) struct Product {
    /// The token after each position; none at the end of a pattern.
    tokens: Vec<Option<Token>>,
    /// Where the block of a position begins.
    begins: Vec<usize>,
    /// First and last position of each pattern.
    blocks: Vec<(usize, usize)>,
    /// Positions before a run.
    runs: Vec<u64>,
    /// Positions before a `*`.
    stars: Vec<u64>,
    /// Positions of single characters, in the order of the characters.
    literals: Vec<(char, usize)>,
    /// For each class that there is: positions of one character of it, and of a run.
    classes: Vec<(Class, Step)>,
    steps: HashMap<char, Rc<Step>>,
}

/// What a character does: the positions that it moves by one, and those that it leaves.
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

    /// What a character does, from where it stands and from the classes that have it.
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

    /// Words of a state: the unit of work.
    pub(super) fn width(&self) -> usize {
        self.runs.len()
    }

    /// Before the first character.
    pub(super) fn start(&self) -> State {
        let mut state = vec![0; self.width()];
        for (begin, _) in &self.blocks {
            set(&mut state, *begin);
        }
        self.settle(state)
    }

    /// Whether the text so far is one of a pattern.
    pub(super) fn accepts(&self, state: &State, pattern: usize) -> bool {
        self.blocks.get(pattern).is_some_and(|(_, end)| has(state, *end))
    }

    /// Whether the text so far can still become one of a pattern.
    pub(super) fn alive(&self, state: &State, pattern: usize) -> bool {
        self.blocks.get(pattern).is_some_and(|(begin, end)| {
            (begin / BITS..=end / BITS)
                .any(|word| state.get(word).is_some_and(|it| it & span(word, *begin, end + 1) != 0))
        })
    }

    /// Whether every text that begins like this is one of a pattern.
    pub(super) fn settled(&self, state: &State, pattern: usize) -> bool {
        self.blocks
            .get(pattern)
            .is_some_and(|(begin, end)| end > begin && has(&self.stars, end - 1) && has(state, end - 1))
    }

    /// One character for each way to go on. Characters that no pattern tells apart go together.
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

    /// After one more character.
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

    /// Runs may be empty; and what a `*` makes needless goes.
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

    /// Forgets what a pattern has reached.
    pub(super) fn forget(&self, state: &State, patterns: impl Iterator<Item = usize>) -> State {
        let mut state = state.to_vec();
        for (begin, end) in patterns.filter_map(|pattern| self.blocks.get(pattern)) {
            clear(&mut state, *begin, end + 1);
        }
        state.into()
    }
}

/// Walks an automaton by length of text, the shortest first, until `visit` has an answer for a state. `visit` may also
/// say that nothing longer matters.
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

/// The text that led to a state: the first one has none.
fn text(reached: &[(usize, char)], mut place: usize) -> String {
    let mut found = Vec::new();
    while let Some((from, char)) = place.checked_sub(1).and_then(|at| reached.get(at)).filter(|(from, _)| *from > 0) {
        found.push(*char);
        place = *from;
    }
    found.iter().rev().collect()
}

/// Which patterns a text is in, and a text.
pub type Cell = (Vec<bool>, String);

/// All the ways in which a text that is in all of the first patterns can be in the others: in which it is, and a shortest
/// such text.
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

/// A character of a kind that is none of the given.
type Atom = fn(&[char]) -> Option<char>;

/// For each kind of character that classes tell apart, one that is none of the given: the natural ones first.
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

/// The set bits of a row that a mask has too; no mask at all leaves them all.
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

/// Those bits of a word that lie in `from..to` of the row.
fn span(word: usize, from: usize, to: usize) -> u64 {
    let begin = from.saturating_sub(word * BITS).min(BITS);
    let end = to.saturating_sub(word * BITS).min(BITS);
    let below =
        |bit: usize| u32::try_from(bit).ok().and_then(|bit| 1u64.checked_shl(bit)).map_or(u64::MAX, |it| it - 1);
    below(end) & !below(begin)
}
