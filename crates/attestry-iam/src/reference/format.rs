//! The ARN format of a resource type. This module must not know actions.

use std::fmt;

/// The format of the ARNs of a resource type. Each part is a text in which `*` stands for a variable part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Format {
    /// The name of the resource type within the service in the spelling of AWS: `Secret`, `log-group`.
    pub name: &'static str,
    /// The partition. `*` means every partition.
    pub partition: &'static str,
    /// The service in the ARN. It can differ from the service of the action: `sts:AssumeRole` acts on a role of `iam`.
    pub service: &'static str,
    /// The Region. It is `*`, one Region, or empty when ARNs of the type have no Region.
    pub region: &'static str,
    /// The account. It is `*`, `aws` for resources of AWS, or empty when ARNs of the type have no account.
    pub account: &'static str,
    /// The rest, such as `secret:*` or `key/*`.
    pub resource: &'static str,
}

impl Format {
    /// Reads the format of a type from the data. The text is a whole ARN, or only the resource when the other parts
    /// have the defaults of the service.
    pub(super) fn read(name: &'static str, prefix: &'static str, text: &'static str) -> Option<Self> {
        let Some(arn) = text.strip_prefix("arn:") else {
            return Some(Self { name, partition: "*", service: prefix, region: "*", account: "*", resource: text });
        };
        let mut parts = arn.splitn(5, ':');
        let mut next = || parts.next();
        Some(Self { name, partition: next()?, service: next()?, region: next()?, account: next()?, resource: next()? })
    }

    /// Returns the parts of the ARN after `arn`: partition, service, Region, account and resource.
    #[must_use]
    pub fn parts(&self) -> [&'static str; 5] {
        [self.partition, self.service, self.region, self.account, self.resource]
    }

    /// Returns the pattern that covers all ARNs of the type, such as `arn:*:kms:*:*:key/*`.
    #[must_use]
    pub fn pattern(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:{}", self.parts().join(":"))
    }
}
