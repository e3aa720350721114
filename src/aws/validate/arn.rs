//! ARNs and their parts. This module must not know the resource of an ARN.

/// The services whose ARNs contain no Region.
const GLOBAL: &[&str] = &["iam", "s3", "sts"];

/// The parts of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    pub(super) partition: &'a str,
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
}

impl<'a> Arn<'a> {
    /// Reads an ARN. Returns `None` for a text that is no ARN.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let (partition, service) = (parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let plain = |text: &str| text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
        let whole = partition.starts_with("aws") && !service.is_empty() && !resource.is_empty();
        (whole && [partition, service, region].into_iter().all(plain)).then_some(Self {
            partition,
            service,
            region,
            account,
        })
    }

    /// Returns whether the ARNs of its service contain no Region.
    pub(super) fn is_global(&self) -> bool {
        GLOBAL.contains(&self.service)
    }
}

/// Returns whether a text is the id of an account.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
