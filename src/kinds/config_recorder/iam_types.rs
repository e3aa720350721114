//! Decides whether a recording group includes the resource types of IAM. These types belong to no Region.
//!
//! This module must not make calls.

use aws_sdk_config::types::{RecordingGroup, RecordingStrategyType as Strategy, ResourceType};

use crate::kinds::support::convert::word;
use attestry_core::facts::Gap;

const IAM: [&str; 4] = ["AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User"];

/// The Regions that had AWS Config before February 2022. No other Region can record the types of IAM, and no new Region
/// will be able to.
/// <https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html#select-resources-all>
const REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ca-central-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "me-south-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-west-1",
    "us-west-2",
];

/// Returns whether the recorder records all four types in this Region.
///
/// # Errors
/// Fails for an unknown strategy.
pub(super) fn recorded(group: &RecordingGroup, region: &str) -> Result<bool, Gap> {
    let all_of = |list: &[ResourceType]| IAM.iter().all(|of| list.iter().any(|it| it.as_str() == *of));
    let some_of = |list: &[ResourceType]| list.iter().any(|it| IAM.contains(&it.as_str()));
    let strategy = group.recording_strategy().and_then(|it| it.use_only());
    if let Some(strategy) = strategy {
        word(strategy.as_str(), Strategy::values())?;
    }
    let taken = match strategy {
        Some(Strategy::ExclusionByResourceTypes) => {
            let excluded = group.exclusion_by_resource_types().map(|it| it.resource_types()).unwrap_or_default();
            !some_of(excluded)
        }
        Some(Strategy::InclusionByResourceTypes) => all_of(group.resource_types()),
        // A recorder from the time before strategies has no strategy.
        _ if group.all_supported() => group.include_global_resource_types(),
        _ => all_of(group.resource_types()),
    };
    Ok(taken && REGIONS.contains(&region))
}

#[cfg(test)]
mod tests {
    use aws_sdk_config::types::{ExclusionByResourceTypes, RecordingStrategy};

    use super::*;

    fn types(names: &[&str]) -> Option<Vec<ResourceType>> {
        Some(names.iter().map(|name| ResourceType::from(*name)).collect())
    }

    #[test]
    fn the_types_of_iam_are_taken_by_strategy_and_where_that_is_possible() {
        let (all, included, excluded) =
            ("ALL_SUPPORTED_RESOURCE_TYPES", "INCLUSION_BY_RESOURCE_TYPES", "EXCLUSION_BY_RESOURCE_TYPES");
        let bucket = "AWS::S3::Bucket";
        for (strategy, supported, flag, list, region, expected) in [
            (Some(all), true, true, &[][..], "eu-west-1", true),
            (Some(all), true, false, &[], "eu-west-1", false),
            (None, true, true, &[], "eu-west-1", true),
            (None, false, true, &[bucket], "eu-west-1", false),
            (None, false, false, &IAM, "eu-west-1", true),
            (Some(included), false, true, &[bucket], "eu-west-1", false),
            (Some(included), false, false, &IAM, "eu-west-1", true),
            (Some(included), false, false, &["AWS::IAM::User", "AWS::IAM::Role"], "eu-west-1", false),
            (Some(excluded), false, false, &[bucket], "eu-west-1", true),
            (Some(excluded), false, false, &[], "eu-west-1", true),
            (Some(excluded), false, true, &["AWS::IAM::Policy"], "eu-west-1", false),
            (Some(all), true, true, &[], "eu-central-2", false),
            (Some(excluded), false, false, &[bucket], "eu-central-2", false),
            (Some(included), false, false, &IAM, "a-region-of-next-year-1", false),
        ] {
            let left_out = strategy == Some(excluded);
            let of = strategy.map(|it| RecordingStrategy::builder().use_only(Strategy::from(it)).build());
            let exclusion = ExclusionByResourceTypes::builder().set_resource_types(types(list)).build();
            let group = RecordingGroup::builder()
                .all_supported(supported)
                .include_global_resource_types(flag)
                .set_recording_strategy(of)
                .set_resource_types(if left_out { None } else { types(list) })
                .set_exclusion_by_resource_types(left_out.then_some(exclusion))
                .build();
            assert_eq!(recorded(&group, region), Ok(expected), "{strategy:?} {supported} {flag} {list:?} {region}");
        }
        let new = RecordingStrategy::builder().use_only("BY_MOOD".into()).build();
        let group = RecordingGroup::builder().all_supported(true).recording_strategy(new).build();
        assert!(recorded(&group, "eu-west-1").is_err());
    }
}
