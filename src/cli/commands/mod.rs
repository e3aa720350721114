//! The subcommands, one file each.
//!
//! A command turns arguments into a call and prints the result. The commands that need no AWS code compile without the
//! feature `aws`, for the small verifier. A command must not know the other commands.

#[cfg(feature = "aws")]
pub(super) mod check;
#[cfg(feature = "aws")]
pub(super) mod cleanup;
#[cfg(feature = "aws")]
pub(super) mod completions;
#[cfg(feature = "aws")]
pub(super) mod controls;
#[cfg(feature = "aws")]
pub(super) mod diff;
#[cfg(feature = "aws")]
pub(super) mod evidence;
pub(super) mod explain;
#[cfg(feature = "aws")]
pub(super) mod kinds;
#[cfg(feature = "aws")]
pub(super) mod list;
#[cfg(feature = "aws")]
pub(super) mod logs;
#[cfg(feature = "aws")]
pub(super) mod mutate;
#[cfg(feature = "aws")]
pub(super) mod permissions;
#[cfg(feature = "aws")]
pub(super) mod plan;
#[cfg(feature = "aws")]
pub(super) mod push;
#[cfg(feature = "aws")]
pub(super) mod reference;
pub(super) mod reperform;
#[cfg(feature = "aws")]
pub(super) mod run;
#[cfg(feature = "aws")]
pub(super) mod schema;
pub(super) mod verify;
