//! Metric math: computes the range of an expression's value from the ranges of its metrics.
//!
//! The source is AWS's page "Metric math syntax and functions". This module gives no result for an expression that it
//! cannot read. This module must not know alarms.

/// The range of a value, and whether the value can be missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    /// The least number of the range.
    pub(super) least: f64,
    /// The greatest number of the range.
    pub(super) greatest: f64,
    /// Whether there can be a value.
    pub(super) there: bool,
    /// Whether the value can be missing.
    pub(super) missing: bool,
}

impl Span {
    /// Creates the range between two numbers, both included.
    pub(super) const fn between(least: f64, greatest: f64) -> Self {
        Self { least, greatest, there: true, missing: false }
    }

    /// A missing value.
    pub(super) const MISSING: Self = Self { least: 0.0, greatest: 0.0, there: false, missing: true };

    /// Returns the same range for a value that can also be missing.
    pub(super) const fn or_missing(self) -> Self {
        Self { missing: true, ..self }
    }

    fn or(self, other: Self) -> Self {
        match (self.there, other.there) {
            (_, false) => Self { missing: self.missing || other.missing, ..self },
            (false, true) => Self { missing: true, ..other },
            (true, true) => Self {
                least: self.least.min(other.least),
                greatest: self.greatest.max(other.greatest),
                there: true,
                missing: self.missing || other.missing,
            },
        }
    }

    /// Returns the result of an operation on two values. It is missing when one of the two is missing.
    fn with(self, other: Self, number: impl Fn(f64, f64) -> f64) -> Self {
        if !self.there || !other.there {
            return Self::MISSING;
        }
        let ends = [
            number(self.least, other.least),
            number(self.least, other.greatest),
            number(self.greatest, other.least),
            number(self.greatest, other.greatest),
        ];
        // Zero times infinity is zero here, because no value reaches an infinite end.
        let ends = ends.map(|end| if end.is_nan() { 0.0 } else { end });
        let least = ends.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = ends.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self { least, greatest, there: true, missing: self.missing || other.missing }
    }

    /// Returns the range of a comparison: 1 when it is true, 0 when it is false, and both when it is unknown.
    fn judged(self, yes: bool, no: bool) -> Self {
        if !self.there {
            return self;
        }
        let (least, greatest) = (if yes { 1.0 } else { 0.0 }, if no { 0.0 } else { 1.0 });
        Self { least, greatest, ..self }
    }

    fn is_true(self) -> bool {
        self.least > 0.0 || self.greatest < 0.0
    }

    fn is_false(self) -> bool {
        self.least >= 0.0 && self.greatest <= 0.0
    }
}

/// Returns the values of the names in an expression: of a metric or another expression, and of all metrics.
pub(super) trait Named {
    /// Returns the value of the metric or expression with this id.
    fn value(&self, id: &str) -> Option<Span>;

    /// Returns the values of all metrics.
    fn metrics(&self) -> Vec<Span>;
}

/// Returns the value of an expression, or `None` when the expression contains syntax that this module does not support.
pub(super) fn value(expression: &str, named: &dyn Named) -> Option<Span> {
    let mut reader = Reader { left: expression, named, depth: 0 };
    let found = reader.or()?;
    reader.left.trim_start().is_empty().then_some(found).and_then(Item::one)
}

/// One value, or several values.
enum Item {
    One(Span),
    Many(Vec<Span>),
}

impl Item {
    fn one(self) -> Option<Span> {
        if let Self::One(span) = self { Some(span) } else { None }
    }
}

/// The limit for nested expressions.
const DEEPEST: usize = 32;

struct Reader<'a> {
    left: &'a str,
    named: &'a dyn Named,
    depth: usize,
}

impl Reader<'_> {
    fn take(&mut self, sign: &str) -> bool {
        let left = self.left.trim_start();
        let rest = left.strip_prefix(sign);
        self.left = rest.unwrap_or(left);
        rest.is_some()
    }

    fn take_word(&mut self, word: &str) -> bool {
        let before = self.left;
        let found = self.take(word) && !self.left.starts_with(|it: char| it.is_alphanumeric() || it == '_');
        if !found {
            self.left = before;
        }
        found
    }

    fn or(&mut self) -> Option<Item> {
        let mut value = self.and()?;
        while self.take("||") || self.take_word("OR") {
            let (a, b) = (value.one()?, self.and()?.one()?);
            let both = a.with(b, |a, _| a);
            value = Item::One(both.judged(a.is_true() || b.is_true(), a.is_false() && b.is_false()));
        }
        Some(value)
    }

    fn and(&mut self) -> Option<Item> {
        let mut value = self.comparison()?;
        while self.take("&&") || self.take_word("AND") {
            let (a, b) = (value.one()?, self.comparison()?.one()?);
            let both = a.with(b, |a, _| a);
            value = Item::One(both.judged(a.is_true() && b.is_true(), a.is_false() || b.is_false()));
        }
        Some(value)
    }

    fn comparison(&mut self) -> Option<Item> {
        let value = self.sum()?;
        let signs = ["==", "!=", "<=", ">=", "<", ">"];
        let Some(sign) = signs.into_iter().find(|sign| self.take(sign)) else { return Some(value) };
        let (a, b) = (value.one()?, self.sum()?.one()?);
        let same = a.least.total_cmp(&a.greatest).is_eq() && b.least.total_cmp(&b.greatest).is_eq();
        let equal = same && a.least.total_cmp(&b.least).is_eq();
        let apart = a.greatest < b.least || b.greatest < a.least;
        let (yes, no) = match sign {
            "==" => (equal, apart),
            "!=" => (apart, equal),
            "<=" => (a.greatest <= b.least, a.least > b.greatest),
            ">=" => (a.least >= b.greatest, a.greatest < b.least),
            "<" => (a.greatest < b.least, a.least >= b.greatest),
            _ => (a.least > b.greatest, a.greatest <= b.least),
        };
        Some(Item::One(a.with(b, |a, _| a).judged(yes, no)))
    }

    fn sum(&mut self) -> Option<Item> {
        let mut value = self.product()?;
        loop {
            let plus = self.take("+");
            if !plus && !self.take("-") {
                return Some(value);
            }
            let (a, b) = (value.one()?, self.product()?.one()?);
            value = Item::One(a.with(b, |a, b| if plus { a + b } else { a - b }));
        }
    }

    fn product(&mut self) -> Option<Item> {
        let mut value = self.item()?;
        loop {
            let times = self.take("*");
            if !times && !self.take("/") {
                return Some(value);
            }
            let (a, b) = (value.one()?, self.item()?.one()?);
            // AWS does not document the value of a division by zero.
            if !times && !b.is_true() {
                return None;
            }
            value = Item::One(a.with(b, |a, b| if times { a * b } else { a / b }));
        }
    }

    fn item(&mut self) -> Option<Item> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let item = self.inner();
        self.depth -= 1;
        item
    }

    fn inner(&mut self) -> Option<Item> {
        if self.take("(") {
            let inside = self.or()?;
            return self.take(")").then_some(inside);
        }
        if self.take("[") {
            let mut items = vec![self.or()?.one()?];
            while self.take(",") {
                items.push(self.or()?.one()?);
            }
            return self.take("]").then_some(Item::Many(items));
        }
        if self.take("-") {
            let value = self.item()?.one()?;
            return Some(Item::One(Span::between(0.0, 0.0).with(value, |a, b| a - b)));
        }
        let left = self.left.trim_start();
        let end = left.find(|it: char| !(it.is_ascii_alphanumeric() || "_.".contains(it))).unwrap_or(left.len());
        let (word, rest) = left.split_at(end);
        self.left = rest;
        if word.starts_with(|it: char| it.is_ascii_digit() || it == '.') {
            let number = word.parse::<f64>().ok().filter(|it| it.is_finite())?;
            return Some(Item::One(Span::between(number, number)));
        }
        if word.starts_with(|it: char| it.is_ascii_lowercase()) {
            return self.named.value(word).map(Item::One);
        }
        let arguments = if self.take("(") { self.arguments()? } else { return None };
        function(word, arguments, self.named)
    }

    fn arguments(&mut self) -> Option<Vec<Item>> {
        let mut items = Vec::new();
        if self.take(")") {
            return Some(items);
        }
        loop {
            items.push(self.or()?);
            if self.take(")") {
                return Some(items);
            }
            if !self.take(",") {
                return None;
            }
        }
    }
}

fn function(name: &str, arguments: Vec<Item>, named: &dyn Named) -> Option<Item> {
    let mut arguments = arguments.into_iter();
    let found = match (name, arguments.next(), arguments.next(), arguments.next()) {
        ("METRICS", None, None, None) => Item::Many(named.metrics()),
        ("FILL", Some(Item::One(value)), Some(Item::One(with)), None) => Item::One(filled(value, with)),
        ("FILL", Some(Item::Many(values)), Some(Item::One(with)), None) => {
            Item::Many(values.into_iter().map(|value| filled(value, with)).collect())
        }
        ("IF", Some(Item::One(condition)), Some(Item::One(yes)), no) => {
            let no = no.map_or(Some(Span::MISSING), Item::one)?;
            let chosen = match (condition.is_true(), condition.is_false()) {
                (true, _) => yes,
                (_, true) => no,
                _ => yes.or(no),
            };
            // A condition without a value is not true. AWS does not document whether it is false or gives no value.
            let untrue = if condition.there { chosen.or(no) } else { no };
            Item::One(if condition.missing { untrue.or_missing() } else { chosen })
        }
        ("ABS", Some(Item::One(value)), None, None) => {
            let around = if value.least <= 0.0 && value.greatest >= 0.0 { 0.0 } else { f64::INFINITY };
            let (a, b) = (value.least.abs(), value.greatest.abs());
            Item::One(Span { least: a.min(b).min(around), greatest: a.max(b), ..value })
        }
        ("CEIL", Some(Item::One(value)), None, None) => {
            Item::One(Span { least: value.least.ceil(), greatest: value.greatest.ceil(), ..value })
        }
        ("FLOOR", Some(Item::One(value)), None, None) => {
            Item::One(Span { least: value.least.floor(), greatest: value.greatest.floor(), ..value })
        }
        ("SUM", Some(Item::Many(values)), None, None) => Item::One(together(&values, |a, b| a + b)?),
        ("MAX", Some(Item::Many(values)), None, None) => Item::One(together(&values, f64::max)?),
        ("MIN", Some(Item::Many(values)), None, None) => Item::One(together(&values, f64::min)?),
        _ => return None,
    };
    arguments.next().is_none().then_some(found)
}

fn filled(value: Span, with: Span) -> Span {
    match (value.there, value.missing) {
        (true, false) => value,
        (true, true) => Span { missing: false, ..value.or(with) },
        (false, _) => with,
    }
}

/// Returns the result of an operation on several values at one instant. AWS does not document whether the operation
/// ignores missing values.
fn together(values: &[Span], number: impl Fn(f64, f64) -> f64 + Copy) -> Option<Span> {
    let (first, rest) = values.split_first()?;
    let missing = values.iter().any(|it| it.missing);
    let mut there = values.iter().filter(|it| it.there);
    let start = there.next();
    let one = start.map(|start| there.fold(*start, |a, b| a.with(*b, number)));
    let all = rest.iter().fold(*first, |a, b| a.with(*b, number));
    Some(match one {
        Some(one) if missing => {
            // Each present value can be the only one that the operation uses.
            let alone = values.iter().filter(|it| it.there).fold(one.or(all), |a, b| a.or(*b));
            alone.or_missing()
        }
        _ => all,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Two(Span, Span);

    impl Named for Two {
        fn value(&self, id: &str) -> Option<Span> {
            match id {
                "m1" => Some(self.0),
                "m2" => Some(self.1),
                _ => None,
            }
        }

        fn metrics(&self) -> Vec<Span> {
            vec![self.0, self.1]
        }
    }

    #[test]
    fn expressions_between_numbers() {
        let some = Two(Span::between(1.0, f64::INFINITY), Span::between(0.0, f64::INFINITY).or_missing());
        let quiet = Two(Span::MISSING, Span::MISSING);
        let at = |least, greatest| Some(Span::between(least, greatest));
        for (expression, expected) in [
            ("m1", at(1.0, f64::INFINITY)),
            ("FILL(m1, 0)", at(1.0, f64::INFINITY)),
            ("FILL(m1,0)*2 + 1", at(3.0, f64::INFINITY)),
            ("FILL(m1,0) + FILL(m2,0)", at(1.0, f64::INFINITY)),
            ("m1 + m2", at(1.0, f64::INFINITY).map(Span::or_missing)),
            ("SUM([FILL(m1,0), FILL(m2,0)])", at(1.0, f64::INFINITY)),
            ("SUM(FILL(METRICS(),0))", at(1.0, f64::INFINITY)),
            ("MAX([m1, FILL(m2, 0)])", at(1.0, f64::INFINITY)),
            ("MIN([m1, FILL(m2, 0)])", at(0.0, f64::INFINITY)),
            ("IF(m1 > 0, 1, 0)", at(1.0, 1.0)),
            ("IF(m1 >= 1 AND 2 > 1, 1, 0)", at(1.0, 1.0)),
            ("IF(m1 > 5, 1, 0)", at(0.0, 1.0)),
            ("IF(m1 < 1 || m1 == 0, 1, 0)", at(0.0, 0.0)),
            ("ABS(0 - m1)", at(1.0, f64::INFINITY)),
            ("-m1 / 2", at(f64::NEG_INFINITY, -0.5)),
            ("m1 / m2", None),
            ("FILL(m1, REPEAT)", None),
            ("ANOMALY_DETECTION_BAND(m1)", None),
            ("RATE(m1)", None),
            ("SUM(m1)", None),
            ("m3", None),
            ("m1 +", None),
            ("(m1", None),
            ("m1 m1", None),
            ("", None),
        ] {
            assert_eq!(value(expression, &some), expected, "{expression}");
        }
        assert_eq!(value("FILL(m1, 1)", &quiet), at(1.0, 1.0));
        assert_eq!(value("m1 + m2", &quiet), Some(Span::MISSING));
        assert!(value("SUM([m1, m2])", &some).is_some_and(|it| it.missing));
        assert!(value("IF(m2 > 0, 1, 0)", &some).is_some_and(|it| it.missing));
        assert_eq!(value(&"(".repeat(10_000), &some), None);
        assert_eq!(value(&"-".repeat(10_000), &some), None);
    }
}
