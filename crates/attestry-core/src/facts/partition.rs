//! The only table of partitions. For each partition, it has the name in ARNs, the names of the Regions and the domain
//! of the services. This module must not know the resource that an ARN names.

/// A part of AWS with its own accounts.
#[derive(Debug)]
pub struct Partition {
    /// The name in ARNs.
    pub name: &'static str,
    /// The prefixes of the names of its Regions.
    starts: &'static [&'static str],
    /// The domain of its services.
    pub domain: &'static str,
    /// The Region that has the CloudTrail records of the services without Regions, such as IAM.
    pub global: &'static str,
    /// The known Regions. AWS adds new Regions, so this list is used only to detect typing errors.
    regions: &'static [&'static str],
}

/// All partitions. A Region without any of the prefixes belongs to the first partition.
pub const PARTITIONS: &[Partition] = &[
    Partition {
        name: "aws",
        starts: &[],
        domain: "amazonaws.com",
        global: "us-east-1",
        regions: &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    },
    Partition {
        name: "aws-cn",
        starts: &["cn-"],
        domain: "amazonaws.com.cn",
        global: "cn-north-1",
        regions: &["cn-north-1", "cn-northwest-1"],
    },
    Partition {
        name: "aws-eusc",
        starts: &["eusc-"],
        domain: "amazonaws.eu",
        global: "eusc-de-east-1",
        regions: &["eusc-de-east-1"],
    },
    Partition {
        name: "aws-iso",
        starts: &["us-iso-"],
        domain: "c2s.ic.gov",
        global: "us-iso-east-1",
        regions: &["us-iso-east-1", "us-iso-west-1"],
    },
    Partition {
        name: "aws-iso-b",
        starts: &["us-isob-"],
        domain: "sc2s.sgov.gov",
        global: "us-isob-east-1",
        regions: &["us-isob-east-1", "us-isob-west-1"],
    },
    Partition {
        name: "aws-iso-e",
        starts: &["eu-isoe-"],
        domain: "cloud.adc-e.uk",
        global: "eu-isoe-west-1",
        regions: &["eu-isoe-west-1"],
    },
    Partition {
        name: "aws-iso-f",
        starts: &["us-isof-"],
        domain: "csp.hci.ic.gov",
        global: "us-isof-south-1",
        regions: &["us-isof-east-1", "us-isof-south-1"],
    },
    Partition {
        name: "aws-us-gov",
        starts: &["us-gov-"],
        domain: "amazonaws.com",
        global: "us-gov-west-1",
        regions: &["us-gov-east-1", "us-gov-west-1"],
    },
];

impl Partition {
    /// Returns the partition of a Region.
    #[must_use]
    pub fn of(region: &str) -> Option<&'static Self> {
        let starts = |it: &&Self| it.starts.iter().any(|start| region.starts_with(start));
        PARTITIONS.iter().find(starts).or(PARTITIONS.first())
    }
}

/// Returns the partition in the ARNs of a Region.
#[must_use]
pub fn partition(region: &str) -> &'static str {
    Partition::of(region).map_or("aws", |it| it.name)
}

/// Returns the names of all known Regions.
pub fn regions() -> impl Iterator<Item = &'static str> + Clone {
    PARTITIONS.iter().flat_map(|it| it.regions.iter().copied())
}

/// Whether a text has the form of the name of a Region, such as `eu-west-1` or `us-gov-east-1`. The Region can be
/// unknown.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &&str| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    parts.split_last().is_some_and(|(number, words)| {
        let digits = number.bytes().all(|it| it.is_ascii_digit());
        words.len() >= 2 && words.iter().all(letters) && digits && (1..=2).contains(&number.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_is_in_the_partition_that_names_it() {
        for partition in PARTITIONS {
            for region in partition.regions {
                assert_eq!(super::partition(region), partition.name, "{region}");
                assert!(is_region(region), "{region}");
            }
        }
        for (region, expected) in [("eusc-de-east-1", "aws-eusc"), ("us-iso-west-9", "aws-iso"), ("xx-north-1", "aws")]
        {
            assert_eq!(partition(region), expected);
        }
    }
}
