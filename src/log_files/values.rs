//! The file of values: one JSON object on each line.
//!
//! This module must not know where the values are searched.

use std::path::Path;

use super::LONG;
use crate::failure::Failure;
use attestry_core::source::{Given, printable};
use attestry_core::verify::Exit;
use attestry_logs::{Secret, leaves};

/// The limit of a file of values, in bytes.
const MOST_VALUES: u64 = 256 << 20;

/// Reads the values to search for. A message about a mistake has the number of the line and never its content.
pub(super) fn read_values(path: &Path) -> Result<Vec<Secret>, Failure> {
    let unread = |why| Failure::new(Exit::Usage, printable(&format!("{}: {why}", path.display()), LONG));
    let text = Given::read_all(path, MOST_VALUES).map_err(unread)?;
    let mut secrets = Vec::new();
    for (number, line) in
        text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty())
    {
        let (mut name, mut version, mut value) = (None, None, None);
        for leaf in leaves(line.trim_ascii()).into_iter().flatten() {
            match leaf.path.as_str() {
                "$.name" => name = String::from_utf8(leaf.text.to_vec()).ok(),
                "$.version" => version = String::from_utf8(leaf.text.to_vec()).ok(),
                "$.value" => value = Some(leaf.text),
                _ => {}
            }
        }
        let (Some(name), Some(value)) = (name, value) else {
            let wanted = "write an object with `name` and `value`";
            let place = printable(&format!("{}:{}", path.display(), number + 1), LONG);
            return Err(Failure::new(Exit::Usage, format!("{place}: {wanted}")));
        };
        secrets.push(Secret { name, version: version.unwrap_or_default(), value });
    }
    if secrets.is_empty() {
        // When a failed program pipes in an empty text, the result must not look clean.
        let name = printable(&path.display().to_string(), LONG);
        return Err(Failure::new(Exit::Usage, format!("{name} holds no value to search for")));
    }
    Ok(secrets)
}
