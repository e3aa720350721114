//! Finds the KMS key that the `KmsKeyId` of a secret names.
//!
//! This module must not make calls.

use crate::kinds::kms_key::Aliases;
use attestry_core::facts::{Fact, Resource, Value};

const DEFAULT: &str = "alias/aws/secretsmanager";
const FOREIGN_ALIAS: &str = "the alias belongs to another account, which does not tell its key";
const FOREIGN_KEY: &str = "the key belongs to another account, which does not tell its aliases";

/// Sets the attributes of `kms_key.` that ListAliases yields.
pub(super) fn resolve(aliases: &Aliases, secret: &mut Resource) {
    let given = secret.text("kms_key.given").unwrap_or(DEFAULT).to_owned();
    let account = secret.account.to_string();
    // The form is arn:aws:kms:<region>:<account>:key/<id> or …:alias/<name>. Without the prefix, the key belongs to
    // this account.
    let mut parts = given.splitn(6, ':');
    let (owner, name) = match (parts.next(), parts.nth(3), parts.next()) {
        (Some("arn"), Some(owner), Some(name)) => (owner.to_owned(), name.to_owned()),
        _ => (account.clone(), given),
    };
    let foreign = owner != account;
    let id = match name.strip_prefix("key/") {
        Some(id) => Some(id.to_owned()),
        None if !name.starts_with("alias/") => Some(name.clone()),
        None if foreign => None,
        None => aliases.target(&name).map(str::to_owned),
    };
    let names = id.as_deref().map_or(&[] as &[String], |id| aliases.of_key(id));
    let managed = !foreign && (name == DEFAULT || names.iter().any(|alias| alias == DEFAULT));
    secret.set("kms_key.aws_managed", managed);
    secret.set("kms_key.aliases", if foreign { Fact::not_applicable(FOREIGN_KEY) } else { Value::texts(names).into() });
    secret.set("kms_key.id", if foreign && id.is_none() { Fact::not_applicable(FOREIGN_ALIAS) } else { id.into() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_however_they_are_given() {
        let mut aliases = Aliases::default();
        aliases.add("alias/bank", "k-1");
        aliases.add("alias/aws/secretsmanager", "k-aws");
        let known = |id: &str| Fact::Known(Value::from(id));
        for (given, id, names, customer) in [
            (None, known("k-aws"), vec![DEFAULT], false),
            (Some("alias/aws/secretsmanager"), known("k-aws"), vec![DEFAULT], false),
            (Some("k-aws"), known("k-aws"), vec![DEFAULT], false),
            (Some("k-1"), known("k-1"), vec!["alias/bank"], true),
            (Some("alias/bank"), known("k-1"), vec!["alias/bank"], true),
            (Some("arn:aws:kms:r:1:alias/bank"), known("k-1"), vec!["alias/bank"], true),
            (Some("arn:aws:kms:r:1:key/k-1"), known("k-1"), vec!["alias/bank"], true),
            (Some("arn:aws:kms:r:1:key/k-2"), known("k-2"), vec![], true),
            (Some("alias/gone"), Fact::Absent, vec![], true),
        ] {
            let mut secret = Resource::new(&super::super::KIND, "1".into(), "r".into(), "arn", "name");
            secret.set("kms_key.given", given);
            resolve(&aliases, &mut secret);
            assert_eq!(secret.get("kms_key.id"), Some(&id), "{given:?}");
            assert_eq!(secret.get("kms_key.aliases"), Some(&Value::texts(names).into()), "{given:?}");
            assert_eq!(secret.get("kms_key.aws_managed"), Some(&Fact::Known(Value::Bool(!customer))), "{given:?}");
        }
        for (given, id) in [
            ("arn:aws:kms:r:2:key/k-9", known("k-9")),
            ("arn:aws:kms:r:2:alias/bank", Fact::not_applicable(FOREIGN_ALIAS)),
        ] {
            let mut secret = Resource::new(&super::super::KIND, "1".into(), "r".into(), "arn", "name");
            secret.set("kms_key.given", given);
            resolve(&aliases, &mut secret);
            assert_eq!(secret.get("kms_key.id"), Some(&id), "{given}");
            assert_eq!(secret.get("kms_key.aliases"), Some(&Fact::not_applicable(FOREIGN_KEY)), "{given}");
            assert_eq!(secret.get("kms_key.aws_managed"), Some(&Fact::Known(Value::Bool(false))), "{given}");
        }
    }
}
