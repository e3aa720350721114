//! Converts the names of types and properties to the names of kinds and attributes. This module must not know schemas.

use attestry_core::facts::is_secret_name;

/// The parts of the name of a type, such as `AWS::RDS::DBInstance`.
#[derive(Clone, Copy, Debug)]
pub(super) struct TypeName<'a> {
    pub(super) vendor: &'a str,
    pub(super) service: &'a str,
    pub(super) noun: &'a str,
}

impl<'a> TypeName<'a> {
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let mut parts = name.split("::");
        let (vendor, service, noun) = (parts.next()?, parts.next()?, parts.next()?);
        let is_plain = |part: &str| {
            part.len() <= 64
                && part.starts_with(|first: char| first.is_ascii_alphabetic())
                && part.chars().all(|char| char.is_ascii_alphanumeric())
        };
        let plain = [vendor, service, noun].into_iter().all(is_plain) && parts.next().is_none();
        plain.then_some(Self { vendor, service, noun })
    }

    /// Returns the usual name of the kind, such as `rds.db_instance`.
    pub(super) fn kind(self) -> String {
        format!("{}.{}", self.service.to_lowercase(), snake(self.noun))
    }

    /// Returns the plural noun for people, such as `db instances`.
    pub(super) fn plural(self) -> String {
        let noun = snake(self.noun).replace('_', " ");
        let ends = |endings: &[&str]| endings.iter().any(|ending| noun.ends_with(ending));
        if ends(&["ay", "ey", "oy", "uy"]) {
            format!("{noun}s")
        } else if let Some(stem) = noun.strip_suffix('y') {
            format!("{stem}ies")
        } else if ends(&["s", "x", "ch", "sh"]) {
            format!("{noun}es")
        } else {
            format!("{noun}s")
        }
    }

    /// Returns the page that documents the type.
    pub(super) fn page(self) -> Option<String> {
        let page = format!("aws-resource-{}-{}.html", self.service.to_lowercase(), self.noun.to_lowercase());
        let folder = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference";
        (self.vendor == "AWS").then(|| format!("{folder}/{page}"))
    }
}

/// Returns the name of a property in the style of attributes: `KMSKeyId` is `kms_key_id`.
pub(super) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.replace("IPv", "Ipv").replace("OAuth", "Oauth").chars().collect();
    let mut snake = String::with_capacity(letters.len() + 8);
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        // The last letter of an acronym begins the next word, but not before the `s` of its plural, as in `ARNs`.
        let plural = after == Some(&'s') && letters.get(at + 2).is_none_or(char::is_ascii_uppercase);
        let begins = match before {
            Some(before) if letter.is_ascii_uppercase() => {
                !before.is_ascii_uppercase() || after.is_some_and(char::is_ascii_lowercase) && !plural
            }
            _ => false,
        };
        if begins && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Returns whether a property has a name that a file can hold.
pub(super) fn is_plain(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// Returns whether a text with this name is probably a secret. A name such as `EncryptionKey` means the name of a key.
pub(super) fn is_secret(name: &str) -> bool {
    is_secret_name(name) && !["EncryptionKey", "MasterKey"].iter().any(|ending| name.ends_with(ending))
}

/// Returns whether the values of a map with free names are probably settings of a program, which can be secrets.
pub(super) fn are_settings(path: &str) -> bool {
    let words = ["environment", "variable", "secret", "credential", "argument", "header", "parameter", "option"];
    let path = path.to_lowercase();
    words.iter().any(|word| path.contains(word))
}

/// Returns the conversion of a number whose name ends with its unit.
pub(super) fn unit(name: &str) -> Option<&'static str> {
    const UNITS: &[(&str, &str)] =
        &[("Seconds", "seconds"), ("Minutes", "minutes"), ("Hours", "hours"), ("Days", "days")];
    // Without one of these words, the number can also be a point in time, such as a day of the month.
    const BEFORE: &[&str] =
        &["In", "After", "Timeout", "Duration", "Period", "Interval", "Retention", "Age", "Delay", "Ttl", "TTL"];
    UNITS.iter().find_map(|(ending, conversion)| {
        let stem = name.strip_suffix(ending)?;
        BEFORE.iter().any(|word| stem.ends_with(word)).then_some(*conversion)
    })
}

/// Returns the kind of the resource that the text of a property names.
pub(super) fn referred(name: &str, format: Option<&str>) -> Option<&'static str> {
    const FORMATS: &[(&str, &str)] = &[
        ("AWS::ACM::Certificate.Arn", "acm.certificate"),
        ("AWS::EC2::SecurityGroup.Id", "ec2.security_group"),
        ("AWS::EC2::SecurityGroup.Ids", "ec2.security_group"),
        ("AWS::EC2::Subnet.Id", "ec2.subnet"),
        ("AWS::EC2::Subnet.Ids", "ec2.subnet"),
        ("AWS::EC2::VPC.Id", "ec2.vpc"),
        ("AWS::IAM::Role.Arn", "iam.role"),
        ("AWS::KMS::Key.Arn", "kms.key"),
        ("AWS::KMS::Key.Id", "kms.key"),
        ("AWS::Lambda::Function.Arn", "lambda.function"),
        ("AWS::Logs::LogGroup.Name", "logs.group"),
        ("AWS::S3::Bucket.Name", "s3.bucket"),
        ("AWS::SNS::Topic.Arn", "sns.topic"),
        ("AWS::SQS::Queue.Arn", "sqs.queue"),
    ];
    const ENDINGS: &[(&str, &str)] = &[
        ("kmskey", "kms.key"),
        ("kmskeyarn", "kms.key"),
        ("kmskeyid", "kms.key"),
        ("kmsmasterkeyid", "kms.key"),
        ("rolearn", "iam.role"),
    ];
    let by_format = FORMATS.iter().find(|(known, _)| Some(*known) == format);
    let name = name.to_lowercase();
    by_format.or_else(|| ENDINGS.iter().find(|(ending, _)| name.ends_with(ending))).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_named_like_attributes() {
        for (property, attribute) in [
            ("StorageEncrypted", "storage_encrypted"),
            ("DBInstanceIdentifier", "db_instance_identifier"),
            ("KMSKeyId", "kms_key_id"),
            ("EnableIAMDatabaseAuthentication", "enable_iam_database_authentication"),
            ("IPv6CidrBlock", "ipv6_cidr_block"),
            ("AllowedOAuthFlows", "allowed_oauth_flows"),
            ("NotificationARNs", "notification_arns"),
            ("AllowedVPCs", "allowed_vpcs"),
            ("MaxMemoryInGBs", "max_memory_in_gbs"),
            ("S3BucketName", "s3_bucket_name"),
            ("Route53Config", "route53_config"),
            ("id", "id"),
            ("tagKey", "tag_key"),
            ("VPC", "vpc"),
            ("VpcIds", "vpc_ids"),
        ] {
            assert_eq!(snake(property), attribute);
        }
    }

    #[test]
    fn types_are_named_like_kinds() {
        for (name, kind, plural) in [
            ("AWS::RDS::DBInstance", "rds.db_instance", "db instances"),
            ("AWS::Athena::WorkGroup", "athena.work_group", "work groups"),
            ("AWS::IAM::Policy", "iam.policy", "policies"),
            ("AWS::ApiGateway::ApiKey", "apigateway.api_key", "api keys"),
            ("AWS::EC2::Alias", "ec2.alias", "aliases"),
        ] {
            let name = TypeName::parse(name);
            assert_eq!(name.map(TypeName::kind).as_deref(), Some(kind));
            assert_eq!(name.map(TypeName::plural).as_deref(), Some(plural));
        }
        for wrong in ["", "AWS", "AWS::RDS", "AWS::RDS::DB::MODULE", "AWS::RDS::D B", "AWS::RDS::\u{202e}", "AWS::::x"]
        {
            assert!(TypeName::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_unit_is_certain_or_none() {
        assert_eq!(unit("RetentionInDays"), Some("days"));
        assert_eq!(unit("TimeoutSeconds"), Some("seconds"));
        assert_eq!(unit("MoveToColdStorageAfterDays"), Some("days"));
        for none in ["BackupRetentionPeriod", "Days", "ScheduledDays", "TimeoutInMillis", "MemoryInMBs"] {
            assert_eq!(unit(none), None, "{none}");
        }
    }

    #[test]
    fn names_of_secrets_are_known() {
        for secret in ["MasterUserPassword", "AuthToken", "ClientSecret", "PrivateKey", "SecretString"] {
            assert!(is_secret(secret), "{secret}");
        }
        for plain in ["MasterUserSecretArn", "SecretId", "KmsEncryptionKey", "TokenValidityDays", "Engine"] {
            assert!(!is_secret(plain), "{plain}");
        }
    }
}
