//! The text of the query. Each part from a case has so few characters that it can end no name and no text.
//!
//! Pure. Must not know Athena.

use jiff::{SignedDuration, Timestamp};

/// The most rows of a result.
pub(super) const MOST_ROWS: usize = 100;

/// The columns of a result.
pub(super) const COLUMNS: [&str; 2] = ["eventid", "eventtime"];

/// The parts of a query, as a case gives them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    pub(super) table: &'a str,
    pub(super) event: &'a str,
    pub(super) resource: &'a str,
    pub(super) day_column: Option<&'a str>,
}

/// The query for the events in this time before an instant.
///
/// # Errors
/// The part that has another form, as words.
pub(super) fn statement(parts: Parts<'_>, over: SignedDuration, now: Timestamp) -> Result<String, &'static str> {
    let Parts { table, event, resource, day_column } = parts;
    let Some((database, table)) = table.split_once('.') else { return Err("`table` is not `database.table`") };
    if !is_name(database) || !is_name(table) {
        return Err("`table` has a name with other characters than a-z, 0-9 and _");
    }
    if event.is_empty() || !event.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("`event` has other characters than letters and digits");
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/_+=.@-".contains(&byte);
    if !resource.starts_with("arn:") || !resource.bytes().all(is_plain) {
        return Err("`resource` is not an ARN");
    }
    let since = now.checked_sub(over).map_err(|_| "`over` is too long")?;
    let (from, to) = (since.strftime("%Y-%m-%dT%H:%M:%SZ"), now.strftime("%Y-%m-%dT%H:%M:%SZ"));
    let day = match day_column {
        None => String::new(),
        Some(column) if is_name(column) => {
            format!(" AND \"{column}\" BETWEEN '{}' AND '{}'", since.strftime("%Y/%m/%d"), now.strftime("%Y/%m/%d"))
        }
        Some(_) => return Err("`day_column` has other characters than a-z, 0-9 and _"),
    };
    let [id, time] = COLUMNS;
    Ok(format!(
        "SELECT {id}, {time} FROM \"{database}\".\"{table}\" WHERE eventname = '{event}' AND {time} BETWEEN '{from}' AND \
         '{to}'{day} AND (cardinality(filter(resources, r -> r.arn = '{resource}')) > 0 OR strpos(additionaleventdata, \
         '\"{resource}\"') > 0 OR strpos(serviceeventdetails, '\"{resource}\"') > 0) ORDER BY {time} DESC LIMIT {MOST_ROWS}"
    ))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    const PARTS: Parts<'_> = Parts {
        table: "audit.trail_logs",
        event: "RotationSucceeded",
        resource: "arn:aws:secretsmanager:eu-west-1:000000000001:secret:atp/probe-AbCdEf",
        day_column: Some("day"),
    };

    fn written(parts: Parts<'_>) -> Result<String, &'static str> {
        statement(parts, SignedDuration::from_hours(48), "2026-11-30T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_query_has_the_table_the_event_and_the_time() {
        let text = written(PARTS).unwrap();
        for part in [
            r#"FROM "audit"."trail_logs" WHERE eventname = 'RotationSucceeded'"#,
            "eventtime BETWEEN '2026-11-28T12:00:00Z' AND '2026-11-30T12:00:00Z'",
            r#""day" BETWEEN '2026/11/28' AND '2026/11/30'"#,
            "r.arn = 'arn:aws:secretsmanager:eu-west-1:000000000001:secret:atp/probe-AbCdEf'",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!written(Parts { day_column: None, ..PARTS }).unwrap().contains("day"));
    }

    #[test]
    fn no_part_ends_a_name_or_a_text() {
        for wrong in ["", "x' OR '1'='1", "x\"", "x;", "x--", "x y", "x\n", "x\\", "é", "x)"] {
            assert!(written(Parts { event: wrong, ..PARTS }).is_err(), "{wrong}");
            assert!(written(Parts { day_column: Some(wrong), ..PARTS }).is_err(), "{wrong}");
            assert!(written(Parts { table: &format!("audit.{wrong}"), ..PARTS }).is_err(), "{wrong}");
            assert!(written(Parts { table: &format!("{wrong}.trail"), ..PARTS }).is_err(), "{wrong}");
            assert!(written(Parts { resource: wrong, ..PARTS }).is_err(), "{wrong}");
            let resource = format!("arn:aws:kms:{wrong}");
            // Two hyphens are part of a text there, and begin no comment.
            let is_harmless = wrong.is_empty() || wrong == "x--";
            assert_eq!(written(Parts { resource: &resource, ..PARTS }).is_ok(), is_harmless, "{wrong}");
        }
        assert!(written(Parts { table: "trail", ..PARTS }).is_err());
        assert!(written(Parts { table: "a.b.c", ..PARTS }).is_err());
        assert!(statement(PARTS, SignedDuration::MAX, Timestamp::UNIX_EPOCH).is_err());
    }
}
