//! `inventory.csv`: every key, secret and certificate that the run listed, with its owner, its period, and the dates of its
//! rotations and of its end.
//!
//! A cell is a value, "none", "not applicable", "unknown" with the cause, or "not asked" when no case of the run needed the
//! fact. A list that is not complete, and a kind that no case is about, has a row of its own. Must not know how facts are
//! read.

use std::io::{self, Write};

use super::csv::row;
use super::register::{SORTS, Sort, of_kind, owner, seen};
use super::{Record, Report, wording};
use crate::facts::{Population, Resource};

/// The inventory.
pub(super) struct Inventory;

const HEADER: [&str; 15] = [
    "kind",
    "account",
    "region",
    "name",
    "id",
    "aliases",
    "state",
    "owner",
    "period",
    "last rotation",
    "next rotation",
    "expires",
    "deletion",
    "run",
    "backend",
];

impl Report for Inventory {
    fn name(&self) -> &'static str {
        "inventory"
    }

    fn file(&self) -> &'static str {
        "inventory.csv"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        row(out, HEADER)?;
        for sort in SORTS {
            let populations = of_kind(record.populations, sort.kind);
            if populations.is_empty() {
                note(record, (sort, "", ""), "not read: no case of the run is about this kind", out)?;
            }
            for population in populations {
                let place = (sort, &*population.account, &*population.region);
                of_population(record, sort, population, out)?;
                for gap in &population.gaps {
                    note(record, place, &format!("the list is not complete: {}", wording::gap(gap)), out)?;
                }
            }
        }
        Ok(())
    }
}

fn of_population(record: &Record<'_>, sort: &Sort, population: &Population, out: &mut dyn Write) -> io::Result<()> {
    let mut resources: Vec<&Resource> = population.resources.iter().collect();
    resources.sort_by_key(|resource| (&resource.name, &resource.id));
    for resource in resources {
        let cell = |attribute| seen(resource, attribute).text();
        let state = match &resource.gone {
            Some(_) => "gone".into(),
            None => cell(sort.state),
        };
        row(
            out,
            [
                sort.kind,
                &resource.account,
                &resource.region,
                &resource.name,
                &resource.id,
                &cell(sort.aliases),
                &state,
                &owner(resource, sort.tags).text(),
                &cell(sort.period),
                &cell(sort.last),
                &cell(sort.next),
                &cell(sort.expires),
                &cell(sort.deletion),
                &record.run.id,
                &record.run.backend,
            ],
        )?;
    }
    Ok(())
}

/// A row about something that was not seen. The words stand in the column of the state.
fn note(
    record: &Record<'_>,
    (sort, account, region): (&Sort, &str, &str),
    words: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let run = record.run;
    row(out, [sort.kind, account, region, "", "", "", words, "", "", "", "", "", "", &run.id, &run.backend])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::register;
    use crate::report::sample::Sample;

    #[test]
    fn every_key_secret_and_certificate_has_a_row() {
        insta::assert_snapshot!(Sample::with("", register::sample()).write(&Inventory));
    }

    #[test]
    fn a_run_without_them_has_a_row_for_each_kind() {
        let told = Sample::new().write(&Inventory);
        assert_eq!(told.matches("not read: no case of the run is about this kind").count(), SORTS.len(), "{told}");
    }
}
