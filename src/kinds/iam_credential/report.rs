//! The credential report: its columns, and the facts that follow from them.
//!
//! The module refuses the whole report when a column is missing or unknown, because the meaning of a row would be a
//! guess. This module must not know how the report is fetched.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::csv::records;
use crate::kinds::support::convert::malformed;
use attestry_core::facts::{Fact, Gap, Type, Value};

/// The facts of one row, by attribute.
pub(super) type Row = BTreeMap<&'static str, Fact>;

/// The name of the root user's row.
pub(super) const ROOT: &str = "<root_account>";

/// The column, the attribute and the type, in the order of the report.
const COLUMNS: &[(&str, &str, Type)] = &[
    ("user", "name", Type::Text),
    ("arn", "arn", Type::Text),
    ("user_creation_time", "created", Type::Time),
    ("password_enabled", "password_enabled", Type::Bool),
    ("password_last_used", "password_last_used", Type::Time),
    ("password_last_changed", "password_last_changed", Type::Time),
    ("password_next_rotation", "password_next_rotation", Type::Time),
    ("mfa_active", "mfa_active", Type::Bool),
    ("access_key_1_active", "access_key_1.active", Type::Bool),
    ("access_key_1_last_rotated", "access_key_1.last_rotated", Type::Time),
    ("access_key_1_last_used_date", "access_key_1.last_used", Type::Time),
    ("access_key_1_last_used_region", "access_key_1.last_used_region", Type::Text),
    ("access_key_1_last_used_service", "access_key_1.last_used_service", Type::Text),
    ("access_key_2_active", "access_key_2.active", Type::Bool),
    ("access_key_2_last_rotated", "access_key_2.last_rotated", Type::Time),
    ("access_key_2_last_used_date", "access_key_2.last_used", Type::Time),
    ("access_key_2_last_used_region", "access_key_2.last_used_region", Type::Text),
    ("access_key_2_last_used_service", "access_key_2.last_used_service", Type::Text),
    ("cert_1_active", "cert_1.active", Type::Bool),
    ("cert_1_last_rotated", "cert_1.last_rotated", Type::Time),
    ("cert_2_active", "cert_2.active", Type::Bool),
    ("cert_2_last_rotated", "cert_2.last_rotated", Type::Time),
];

/// The column of newer reports for users that have more keys or certificates than the other columns can hold.
const MORE: &str = "additional_credentials_info";

/// The texts that stand for "no data" in the report.
const NOTHING: [&str; 4] = ["N/A", "no_information", "not_supported", ""];

/// Returns the rows of a report, including the row of the root user.
pub(super) fn rows(text: &str) -> Result<Vec<Row>, Gap> {
    let mut records = records(text).ok_or_else(|| malformed("the credential report is not CSV"))?.into_iter();
    let header = records.next().ok_or_else(|| malformed("the credential report is empty"))?;
    for (column, ..) in COLUMNS {
        if !header.iter().any(|name| name == column) {
            return Err(malformed(format!("the credential report has no column `{column}`")));
        }
    }
    for (place, name) in header.iter().enumerate() {
        let known = name == MORE || COLUMNS.iter().any(|(column, ..)| column == name);
        if !known || header.iter().take(place).any(|earlier| earlier == name) {
            return Err(malformed(format!("the credential report has an unknown or repeated column `{name}`")));
        }
    }
    let rows: Vec<Row> = records.map(|record| row(&header, &record)).collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Err(malformed("the credential report has no rows, not even the root user's"));
    }
    Ok(rows)
}

fn row(header: &[String], record: &[String]) -> Result<Row, Gap> {
    if header.len() != record.len() {
        return Err(malformed("a row of the credential report has not as many fields as there are columns"));
    }
    let mut row = Row::new();
    for (column, text) in header.iter().zip(record) {
        let nothing = NOTHING.contains(&text.as_str());
        let Some((_, attribute, of)) = COLUMNS.iter().find(|(name, ..)| name == column) else {
            if nothing {
                continue;
            }
            return Err(malformed("a user has more access keys or certificates than the credential report shows"));
        };
        // The report has a value for each key, certificate and second factor of every user. The value for a password
        // can be missing.
        let optional = *of != Type::Bool || *attribute == "password_enabled";
        let fact = if nothing && optional { Fact::Absent } else { typed(*of, text, column)?.into() };
        row.insert(attribute, fact);
    }
    let Some(Fact::Known(Value::Text(name))) = row.get("name") else {
        return Err(malformed("a row of the credential report has no user"));
    };
    let root = name == ROOT;
    row.insert("root", root.into());
    derive(&mut row)?;
    Ok(row)
}

fn typed(of: Type, text: &str, column: &str) -> Result<Value, Gap> {
    let value = match of {
        Type::Bool => match text {
            "true" | "TRUE" => Some(Value::Bool(true)),
            "false" | "FALSE" => Some(Value::Bool(false)),
            _ => None,
        },
        Type::Time => text.parse::<Timestamp>().ok().map(Value::Time),
        _ => Some(Value::from(text)),
    };
    value.ok_or_else(|| malformed(format!("column `{column}` of the credential report holds `{text}`")))
}

fn derive(row: &mut Row) -> Result<(), Gap> {
    let time = |name: &str| match row.get(name) {
        Some(Fact::Known(Value::Time(time))) => Some(*time),
        _ => None,
    };
    let keys =
        [("access_key_1.active", "access_key_1.last_rotated"), ("access_key_2.active", "access_key_2.last_rotated")];
    let mut rotated = Vec::new();
    for (active, last_rotated) in keys {
        if row.get(active) == Some(&Fact::Known(Value::Bool(true))) {
            let at = time(last_rotated);
            rotated.push(at.ok_or_else(|| malformed("the credential report does not tell the age of an active key"))?);
        }
    }
    let used = ["password_last_used", "access_key_1.last_used", "access_key_2.last_used"];
    let last = used.into_iter().filter_map(time).max();
    row.insert("active_keys", i64::try_from(rotated.len()).ok().into());
    row.insert("oldest_active_key_rotated", rotated.into_iter().min().into());
    row.insert("last_activity", last.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::iam_credential::KIND;
    use attestry_core::facts::Cause;

    fn header() -> String {
        COLUMNS.iter().map(|(column, ..)| *column).collect::<Vec<_>>().join(",")
    }

    const ROOT_ROW: &str = "<root_account>,arn:aws:iam::1:root,2019-01-01T00:00:00+00:00,not_supported,\
        2026-01-01T00:00:00+00:00,not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,\
        false,N/A";
    const USER_ROW: &str = "\"a,b\",arn:aws:iam::1:user/a,2020-01-01T00:00:00+00:00,true,no_information,\
        2020-01-01T00:00:00+00:00,N/A,false,true,2021-01-01T00:00:00+00:00,2026-02-01T00:00:00+00:00,eu-west-1,s3,\
        true,2020-06-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,false,N/A";

    #[test]
    fn rows_are_typed_and_derived() {
        let rows = rows(&format!("{}\n{ROOT_ROW}\n{USER_ROW}", header())).unwrap_or_default();
        let [root, user] = rows.as_slice() else { unreachable!("two rows") };
        let time = |text: &str| Fact::from(text.parse::<Timestamp>().ok());
        for (row, attribute, fact) in [
            (root, "root", true.into()),
            (root, "password_enabled", Fact::Absent),
            (root, "mfa_active", true.into()),
            (root, "active_keys", 0_i64.into()),
            (root, "oldest_active_key_rotated", Fact::Absent),
            (root, "last_activity", time("2026-01-01T00:00:00Z")),
            (user, "name", "a,b".into()),
            (user, "root", false.into()),
            (user, "password_enabled", true.into()),
            (user, "password_last_used", Fact::Absent),
            (user, "access_key_1.last_used_region", "eu-west-1".into()),
            (user, "active_keys", 2_i64.into()),
            (user, "oldest_active_key_rotated", time("2020-06-01T00:00:00Z")),
            (user, "last_activity", time("2026-02-01T00:00:00Z")),
        ] {
            assert_eq!(row.get(attribute), Some(&fact), "{attribute}");
        }
        for attribute in KIND.attributes.iter().filter(|attribute| attribute.name != "reported") {
            let fact = user.get(attribute.name);
            assert!(fact.is_some(), "{}", attribute.name);
            assert!(!matches!(fact, Some(Fact::Known(value)) if !attribute.of.holds(value)), "{}", attribute.name);
        }
    }

    #[test]
    fn a_report_that_is_not_understood_is_refused() {
        let header = header();
        let more = format!("{header},{MORE}");
        assert!(rows(&format!("{more}\n{ROOT_ROW},N/A")).is_ok());
        for text in [
            String::new(),
            header.clone(),
            format!("{header}\n{ROOT_ROW},x"),
            format!("{header},new_column\n{ROOT_ROW},x"),
            format!("{header},arn\n{ROOT_ROW},x"),
            format!("{}\n{ROOT_ROW}", header.replace("mfa_active", "mfa")),
            format!("{header}\n{}", ROOT_ROW.replace(",true,", ",yes,")),
            format!("{header}\n{}", ROOT_ROW.replace("2019-01-01T", "yesterday")),
            format!("{header}\n{}", USER_ROW.replace("2020-06-01T00:00:00+00:00", "N/A")),
            format!("{header}\n{}", ROOT_ROW.replace("<root_account>", "")),
            format!("{header}\n{}", ROOT_ROW.replace(",true,", ",N/A,")),
            format!(
                "{header}\n{}",
                USER_ROW.replace("eu-west-1,s3,\\\n        true", "eu-west-1,s3,N/A").replace("s3,true", "s3,N/A")
            ),
            format!("{header}\n\"{ROOT_ROW}"),
            format!("{more}\n{ROOT_ROW},1 more access key"),
        ] {
            assert_eq!(rows(&text).map_err(|gap| gap.cause), Err(Cause::Malformed), "{text}");
        }
    }
}
