//! The schema of `log_sweep:` in a stage.
//!
//! This module must not know how events are read.

use serde_json::{Value, json};

use super::{files, said};
use crate::facts::Sampled;

/// Returns the schema.
pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "window": said("The time before the run that is swept, such as 7d; without it, every event there is."),
            "secrets": files("Names of the secrets whose values are looked for, with * and ?; without it, all."),
            "parameters": files("Names of the SecureString parameters whose values are looked for, with * and ?; \
                                 without it, all."),
            "unmask": {
                "type": "boolean",
                "description": "Whether what a data protection policy masks is asked for; it takes logs:Unmask. Never \
                                unless it is written here.",
            },
            "archives": files("Where logs are archived, for cases of logs.archive: s3://bucket/prefix."),
            "sample": {
                "type": "object",
                "additionalProperties": false,
                "required": ["of", "percent", "seed"],
                "properties": {
                    "of": { "enum": Sampled::ALL },
                    "percent": { "type": "integer", "minimum": 1, "maximum": 99 },
                    "seed": said("What decides which ones; the same seed always takes the same."),
                },
                "description": "The part of the hours or log streams that is swept; all without it.",
            },
            "quota_left": {
                "type": "integer",
                "minimum": 5,
                "maximum": 95,
                "description": "Percent of the quotas for reading events that are left to whoever else works in the \
                                account; 40 without it.",
            },
        },
        "description": "Which events of the log groups and archives that cases choose are swept, and for what.",
    })
}
