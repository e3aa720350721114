//! The environment variables as facts: only their names.
//!
//! The module examines the values in place. It never copies, returns or logs a value.

use std::collections::HashMap;

use attestry_core::facts::looks_secret;

/// The names of variables.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names<'a> {
    /// All names, sorted.
    pub(super) all: Vec<&'a str>,
    /// The names of the variables that look secret, sorted.
    pub(super) secret_looking: Vec<&'a str>,
}

/// Returns the names of all variables, and the names of the variables that look secret.
pub(super) fn names(variables: &HashMap<String, String>) -> Names<'_> {
    let mut all: Vec<&str> = variables.keys().map(String::as_str).collect();
    all.sort_unstable();
    let secret = |name: &&str| variables.get(*name).is_some_and(|value| looks_secret(name, value));
    Names { secret_looking: all.iter().copied().filter(secret).collect(), all }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_come_out() {
        let variables = [
            ("LOG_LEVEL", "debug"),
            ("DB_PASSWORD", "hunter2hunter2"),
            ("DB_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a"),
            ("ALLOWED_ROLE_PATTERNS", "ghp_0123456789012345678901234567890123456789"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let variables = HashMap::from(variables);
        let names = names(&variables);
        assert_eq!(names.all, ["ALLOWED_ROLE_PATTERNS", "DB_PASSWORD", "DB_SECRET_ARN", "LOG_LEVEL"]);
        assert_eq!(names.secret_looking, ["ALLOWED_ROLE_PATTERNS", "DB_PASSWORD"]);
    }
}
