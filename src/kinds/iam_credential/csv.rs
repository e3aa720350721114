//! Comma-separated values by RFC 4180. The names of IAM users can contain commas, so fields can be quoted.
//!
//! This module must not know columns.

/// Returns the records of a text. `None` when a quote is in the wrong place.
pub(super) fn records(text: &str) -> Option<Vec<Vec<String>>> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut field = String::new();
    let mut chars = text.chars().peekable();
    // Whether the field ended with its closing quote. Then only a separator can follow.
    let mut closed = false;
    while let Some(char) = chars.next() {
        match char {
            '"' if field.is_empty() && !closed => {
                loop {
                    match chars.next()? {
                        '"' if chars.next_if_eq(&'"').is_some() => field.push('"'),
                        '"' => break,
                        char => field.push(char),
                    }
                }
                closed = true;
            }
            ',' => {
                record.push(std::mem::take(&mut field));
                closed = false;
            }
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
                closed = false;
            }
            '"' => return None,
            _ if closed => return None,
            char => field.push(char),
        }
    }
    if !field.is_empty() || !record.is_empty() || closed {
        record.push(field);
        records.push(record);
    }
    Some(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_or_refused() {
        for (text, expected) in [
            ("", Some(vec![])),
            ("a,b\n1,2", Some(vec![vec!["a", "b"], vec!["1", "2"]])),
            ("a,b\r\n1,\r\n", Some(vec![vec!["a", "b"], vec!["1", ""]])),
            ("\"a,\"\"b\"\"\",c", Some(vec![vec!["a,\"b\"", "c"]])),
            ("\"a\nb\"", Some(vec![vec!["a\nb"]])),
            ("a,\"\"", Some(vec![vec!["a", ""]])),
            ("\"a", None),
            ("\"a\"b", None),
            ("a\"b\"", None),
            ("\"\"\"", None),
        ] {
            let read = records(text);
            let read: Option<Vec<Vec<&str>>> =
                read.as_ref().map(|it| it.iter().map(|it| it.iter().map(String::as_str).collect()).collect());
            assert_eq!(read, expected, "{text:?}");
        }
    }
}
