//! Diagnostics of wrong policies.
