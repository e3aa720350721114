//! Plans of small suites.
