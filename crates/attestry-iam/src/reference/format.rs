//! The ARN format of a resource type. Must not know actions.

use std::fmt;

/// What the ARNs of a resource type look like. Each part is text in which `*` stands for what varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Format {
    /// The resource type, as AWS calls it within the service: `Secret`, `log-group`.
    pub name: &'static str,
    /// `*`: every partition has it.
    pub partition: &'static str,
    /// The service in the ARN, which need not be the one of the action: `sts:AssumeRole` acts on a role of `iam`.
    pub service: &'static str,
    /// `*`, empty where ARNs of the type have no Region, or the one Region.
    pub region: &'static str,
    /// `*`, empty where ARNs of the type have no account, or `aws` for what AWS owns.
    pub account: &'static str,
    /// The rest, such as `secret:*` or `key/*`.
    pub resource: &'static str,
}

impl Format {
    /// The format of a type, as the data has it: whole, or only the resource where the rest is what the service has.
    pub(super) fn read(name: &'static str, prefix: &'static str, text: &'static str) -> Option<Self> {
        let Some(arn) = text.strip_prefix("arn:") else {
            return Some(Self { name, partition: "*", service: prefix, region: "*", account: "*", resource: text });
        };
        let mut parts = arn.splitn(5, ':');
        let mut next = || parts.next();
        Some(Self { name, partition: next()?, service: next()?, region: next()?, account: next()?, resource: next()? })
    }

    /// The parts of the ARN after `arn`: partition, service, Region, account, resource.
    #[must_use]
    pub fn parts(&self) -> [&'static str; 5] {
        [self.partition, self.service, self.region, self.account, self.resource]
    }

    /// The pattern that covers all ARNs of the type, such as `arn:*:kms:*:*:key/*`.
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
