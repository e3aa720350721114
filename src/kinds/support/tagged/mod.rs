//! The tags of all resources of a type, from one walk of the Resource Groups Tagging API.
//!
//! This module must not know how the call is made. `collect.rs` makes it.

#[cfg(feature = "aws")]
mod collect;

use attestry_core::facts::{Call, Frequency, Paging};

#[cfg(feature = "aws")]
pub(in crate::kinds) use collect::tagged;

/// The call, which adds the tags to every resource of a kind.
pub(in crate::kinds) const GET_TAGGED: Call =
    Call::new("tag", "GetResources", "tag:GetResources", Frequency::Joined { page: 100 })
        .paged(Paging::by("PaginationToken", &["ResourceTagMappingList"], 50).limited("ResourcesPerPage", 100))
        .kept();
