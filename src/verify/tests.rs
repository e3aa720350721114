//! Verdicts of small populations.
