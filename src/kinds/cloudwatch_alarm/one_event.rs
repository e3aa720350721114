//! Decides whether an alarm goes off at one event that a metric counts.
//!
//! A metric filter adds 1 for an event. In all other periods the metric has no value, or it has 0 when the default
//! value of the filter is 0. The answer is yes when the alarm surely goes off at the event, and is not on without an
//! event. The source is AWS's page "Configuring how alarms treat missing data". This module must not know AWS clients,
//! nor what is expected of an alarm.

use super::math::{Named, Span, value};
use attestry_core::alerts::Truth;

/// The settings of an alarm that decide whether it goes off.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// The metrics and expressions.
    pub(super) queries: Vec<Query>,
    pub(super) comparison: String,
    pub(super) threshold: Option<f64>,
    /// The number of periods that must be breaching.
    pub(super) datapoints: i64,
    pub(super) missing_data: String,
}

/// A metric or an expression.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    pub(super) id: String,
    /// The statistic and the period in seconds, for a metric.
    pub(super) metric: Option<(String, i64)>,
    pub(super) expression: Option<String>,
    /// Whether CloudWatch compares this query with the threshold.
    pub(super) returned: bool,
}

/// The content of a metric in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Has {
    /// Exactly one event.
    One,
    /// One event or more.
    Some,
    /// A default of 0.
    Zero,
    /// Nothing.
    Nothing,
    /// Any content: the value of another metric.
    Anything,
}

/// Returns whether the alarm surely goes off at one event. `false` means that it surely does not.
///
/// # Errors
/// Fails when neither is certain. The text is the reason.
pub(super) fn goes_off(watch: &Watch) -> Result<bool, String> {
    let metrics: Vec<&Query> = watch.queries.iter().filter(|query| query.metric.is_some()).collect();
    if watch.datapoints < 1 {
        return Err("AWS does not tell how many data points must breach".to_owned());
    }
    if metrics.is_empty() {
        return Err("AWS tells no metric that it watches".to_owned());
    }
    let of = metrics.iter().map(|metric| of_metric(watch, &metric.id)).collect::<Result<Vec<Truth>, String>>()?;
    match (of.iter().min(), of.iter().max()) {
        (Some(Truth::Yes), _) => Ok(true),
        (_, Some(Truth::No)) => Ok(false),
        _ if of.len() > 1 => Err("it depends on what its other metrics have at the time".to_owned()),
        _ => Err(doubt(watch)),
    }
}

/// Returns whether the alarm surely goes off at one event that the metric `target` counts.
fn of_metric(watch: &Watch, target: &str) -> Result<Truth, String> {
    let at = |has: Has| span(watch, target, has);
    let breach = |has: Has| Ok::<Truth, String>(breaching(watch, at(has)?));
    let (one, some) = (breach(Has::One)?, breach(Has::Some)?);
    let quiet = [breach(Has::Nothing)?, breach(Has::Zero)?];
    if one == Truth::No || quiet == [Truth::Yes, Truth::Yes] {
        return Ok(Truth::No);
    }
    let silent = quiet == [Truth::No, Truth::No];
    if watch.datapoints > 1 {
        // The other periods have no event. When CloudWatch ignores these periods, the one event can be enough.
        let counted = watch.missing_data == "notBreaching" || !at(Has::Nothing)?.missing;
        return Ok(if silent && counted { Truth::No } else { Truth::Unknown });
    }
    Ok(if silent && some == Truth::Yes { Truth::Yes } else { Truth::Unknown })
}

fn doubt(watch: &Watch) -> String {
    let statistic = watch.queries.iter().find_map(|query| query.metric.as_ref()).map_or("", |(it, _)| it.as_str());
    if watch.datapoints > 1 {
        return format!(
            "{} data points must breach, and whether missing ones are left out depends on the metric",
            watch.datapoints
        );
    }
    format!(
        "it depends on whether the metric has zeros beside the event, or no data at all ({statistic} {} {}, missing data: {})",
        watch.comparison,
        watch.threshold.unwrap_or_default(),
        if watch.missing_data.is_empty() { "missing" } else { &watch.missing_data }
    )
}

/// Returns the value that CloudWatch compares with the threshold.
fn span(watch: &Watch, target: &str, has: Has) -> Result<Span, String> {
    let mut returned = watch.queries.iter().filter(|query| query.returned);
    let (Some(query), None) = (returned.next(), returned.next()) else {
        return Err("AWS does not tell which of its expressions is compared".to_owned());
    };
    let scene = Scene { watch, target, has, depth: 0 };
    scene.of(query).ok_or_else(|| {
        let shown = query.expression.as_deref().unwrap_or("its metric");
        format!("what `{shown}` is at one event is not worked out here")
    })
}

/// The metrics of an alarm at one instant.
struct Scene<'a> {
    watch: &'a Watch,
    target: &'a str,
    has: Has,
    depth: usize,
}

/// The limit for a chain of expressions.
const DEEPEST: usize = 12;

impl Scene<'_> {
    fn of(&self, query: &Query) -> Option<Span> {
        if let Some((statistic, period)) = &query.metric {
            // An event of the target leaves the content of other metrics open. In a period without an event, no metric
            // counts one.
            let has = match self.has {
                Has::One | Has::Some if query.id != self.target => Has::Anything,
                has => has,
            };
            return Some(of_statistic(statistic, *period, has));
        }
        if self.depth > DEEPEST {
            return None;
        }
        value(query.expression.as_deref()?, &Scene { depth: self.depth + 1, ..*self })
    }
}

impl Named for Scene<'_> {
    fn value(&self, id: &str) -> Option<Span> {
        self.of(self.watch.queries.iter().find(|query| query.id == id)?)
    }

    fn metrics(&self) -> Vec<Span> {
        let metrics = self.watch.queries.iter().filter(|query| query.metric.is_some());
        metrics.filter_map(|query| self.of(query)).collect()
    }
}

/// The interval in seconds in which CloudWatch Logs adds up the count of a filter. CloudWatch Logs reports no default
/// for a minute with an event.
const MINUTE: i64 = 60;

/// Returns the range of a statistic of a metric.
fn of_statistic(statistic: &str, period: i64, has: Has) -> Span {
    let endless = f64::INFINITY;
    let (one, some) = match statistic {
        "Sum" | "Maximum" => (Span::between(1.0, 1.0), Span::between(1.0, endless)),
        "SampleCount" => (Span::between(1.0, endless), Span::between(1.0, endless)),
        "Average" | "Minimum" if (1..=MINUTE).contains(&period) => {
            (Span::between(1.0, 1.0), Span::between(1.0, endless))
        }
        // The zeros of other minutes make the average smaller.
        "Average" => (Span::between(f64::MIN_POSITIVE, 1.0), Span::between(f64::MIN_POSITIVE, endless)),
        "Minimum" => (Span::between(0.0, 1.0), Span::between(0.0, endless)),
        // A percentile or a trimmed mean can exclude the event.
        _ => (Span::between(0.0, 1.0).or_missing(), Span::between(0.0, endless).or_missing()),
    };
    match has {
        Has::One => one,
        Has::Some => some,
        Has::Zero if statistic == "SampleCount" => Span::between(1.0, endless),
        Has::Zero => Span::between(0.0, 0.0),
        Has::Nothing => Span::MISSING,
        Has::Anything => Span::between(0.0, endless).or_missing(),
    }
}

/// Returns whether a period is breaching.
fn breaching(watch: &Watch, span: Span) -> Truth {
    let Some(threshold) = watch.threshold else { return Truth::Unknown };
    let (least, greatest) = (span.least, span.greatest);
    let (surely, surely_not) = match watch.comparison.as_str() {
        "GreaterThanThreshold" => (least > threshold, greatest <= threshold),
        "GreaterThanOrEqualToThreshold" => (least >= threshold, greatest < threshold),
        "LessThanThreshold" => (greatest < threshold, least >= threshold),
        "LessThanOrEqualToThreshold" => (greatest <= threshold, least > threshold),
        _ => return Truth::Unknown,
    };
    let told = match (surely, surely_not) {
        (true, _) => Truth::Yes,
        (_, true) => Truth::No,
        _ => Truth::Unknown,
    };
    // Missing data make an alarm go off only with the setting "breaching".
    let untold = Truth::from(watch.missing_data == "breaching");
    match (span.there, span.missing) {
        (true, false) => told,
        (false, _) => untold,
        (true, true) if told == untold => told,
        (true, true) => Truth::Unknown,
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    fn plain(comparison: &str, threshold: f64) -> Watch {
        Watch {
            queries: vec![Query {
                id: "m1".into(),
                metric: Some(("Sum".into(), 300)),
                returned: true,
                ..Query::default()
            }],
            comparison: comparison.into(),
            threshold: Some(threshold),
            datapoints: 1,
            missing_data: "notBreaching".into(),
        }
    }

    const AT_LEAST: &str = "GreaterThanOrEqualToThreshold";
    const ABOVE: &str = "GreaterThanThreshold";

    fn with(change: impl FnOnce(&mut Watch)) -> Option<bool> {
        let mut watch = plain(AT_LEAST, 1.0);
        change(&mut watch);
        goes_off(&watch).map_err(|why| assert!(!why.is_empty())).ok()
    }

    #[test]
    fn comparison_and_threshold_belong_together() {
        for (comparison, threshold, expected) in [
            (AT_LEAST, 1.0, Some(true)),
            (AT_LEAST, 0.5, Some(true)),
            (AT_LEAST, 2.0, Some(false)),
            (ABOVE, 0.0, Some(true)),
            (ABOVE, 0.9, Some(true)),
            (ABOVE, 1.0, Some(false)),
            ("LessThanThreshold", 1.0, Some(false)),
            ("LessThanOrEqualToThreshold", 0.0, Some(false)),
            // The alarm is on with every zero too, so it does not depend on an event.
            (AT_LEAST, 0.0, None),
            (ABOVE, -1.0, None),
            ("LessThanThreshold", 100.0, None),
            ("LessThanLowerOrGreaterThanUpperThreshold", 1.0, None),
        ] {
            let watch = plain(comparison, threshold);
            assert_eq!(goes_off(&watch).ok(), expected, "{comparison} {threshold}");
        }
        assert_eq!(with(|it| it.threshold = None), None);
    }

    #[test]
    fn statistics_periods_and_missing_data() {
        let statistic = |name: &str, period: i64, threshold: f64| {
            let name = name.to_owned();
            with(move |it| {
                it.queries[0].metric = Some((name, period));
                it.threshold = Some(threshold);
            })
        };
        assert_eq!(statistic("Maximum", 300, 1.0), Some(true));
        assert_eq!(statistic("Average", 60, 1.0), Some(true));
        assert_eq!(statistic("Average", 300, 1.0), None);
        assert_eq!(statistic("Average", 300, 2.0), Some(false));
        assert_eq!(statistic("Minimum", 300, 1.0), None);
        assert_eq!(statistic("p99", 300, 1.0), None);
        assert_eq!(statistic("SampleCount", 300, 1.0), None);
        let points = |datapoints: i64, missing: &str| {
            let missing = missing.to_owned();
            with(move |it| {
                it.datapoints = datapoints;
                it.missing_data = missing;
            })
        };
        assert_eq!(points(1, "notBreaching"), Some(true));
        assert_eq!(points(24, "notBreaching"), Some(false));
        assert_eq!(points(2, "notBreaching"), Some(false));
        assert_eq!(points(24, "missing"), None);
        assert_eq!(points(24, "ignore"), None);
        assert_eq!(points(24, "breaching"), None);
        assert_eq!(points(1, "missing"), Some(true));
        assert_eq!(points(1, "ignore"), Some(true));
        assert_eq!(points(1, ""), Some(true));
        // The alarm is on from the start when there are no data, and it is unknown whether there are data.
        assert_eq!(points(1, "breaching"), None);
    }

    #[test]
    fn metrics_that_are_computed() {
        let math = |expression: &str, more: &[&str]| {
            with(|it| {
                it.queries[0].returned = false;
                it.queries.extend(more.iter().map(|id| Query {
                    id: (*id).into(),
                    metric: Some(("Sum".into(), 300)),
                    ..Query::default()
                }));
                it.queries.push(Query {
                    id: "e1".into(),
                    expression: Some(expression.into()),
                    returned: true,
                    ..Query::default()
                });
            })
        };
        for (expression, more, expected) in [
            ("FILL(m1,0)", &[][..], Some(true)),
            ("m1", &[], Some(true)),
            ("IF(m1 > 0, 1, 0)", &[], Some(true)),
            ("IF(FILL(m1, 0) > 0, 1, 0)", &[], Some(true)),
            ("IF(FILL(m1, 0) > 5, 1, 0)", &[], Some(false)),
            ("FILL(m1,0) * 0", &[], Some(false)),
            ("FILL(m1,0) / 2", &[], Some(false)),
            // The alarm is on without an event.
            ("FILL(m1,1)", &[], None),
            ("FILL(m1,0) + 1", &[], Some(false)),
            ("FILL(m1,0) + FILL(m2,0)", &["m2"], Some(true)),
            ("SUM([FILL(m1,0), FILL(m2,0)])", &["m2"], Some(true)),
            ("SUM(FILL(METRICS(), 0))", &["m2"], Some(true)),
            ("IF(m1 > 0 AND m2 > 0, 1, 0)", &["m2"], None),
            // The alarm watches only another metric.
            ("FILL(m2,0)", &["m2"], None),
            ("SUM([m1,m2])", &["m2"], None),
            ("m1 + m2", &["m2"], None),
            ("RATE(m1)", &[], None),
        ] {
            assert_eq!(math(expression, more), expected, "{expression}");
        }
        assert_eq!(with(|it| it.queries[0].returned = false), None);
        assert_eq!(with(|it| it.queries.clear()), None);
        assert_eq!(with(|it| it.datapoints = 0), None);
        let chain = with(|it| {
            it.queries[0].returned = false;
            it.queries.push(Query {
                id: "e1".into(),
                expression: Some("e1 + 1".into()),
                returned: true,
                ..Query::default()
            });
        });
        assert_eq!(chain, None);
    }
}
