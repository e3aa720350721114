//! Describes the providers of web identities: the providers that all accounts share, and the claims that identify the
//! owner of their tokens.
//!
//! This module must not know policies.

use std::sync::OnceLock;

use super::keys::Shape;

/// A provider that all accounts share.
#[derive(Debug)]
pub(super) struct Shared {
    host: &'static str,
    /// The condition keys in lower case, and the forms of their values.
    claims: Vec<(String, &'static [&'static str])>,
}

/// The provider of the identities of all identity pools. Any account can have such pools.
pub(super) const POOLS: &str = "cognito-identity.amazonaws.com";

/// Returns the host of a provider. Principals contain the host, and its condition keys begin with it.
pub(super) fn host(provider: &str) -> &str {
    provider.split_once(":oidc-provider/").map_or(provider, |(_, host)| host).trim_end_matches('/')
}

/// Returns whether a principal is a provider of web identities and not a SAML provider.
pub(super) fn is_web(provider: &str) -> bool {
    !provider.contains(":saml-provider/")
}

pub(super) fn shared(host: &str) -> Option<&'static Shared> {
    all().iter().find(|it| it.host.eq_ignore_ascii_case(host))
}

/// Returns the form of a key of a token, when the key identifies the owner of the token.
pub(super) fn naming(host: &str, key: &str) -> Option<Shape> {
    match shared(host) {
        Some(known) => known.claims.iter().find(|(claim, _)| claim == key).map(|(_, forms)| Shape::Claim(forms)),
        // The owners of tokens of other providers are unknown. But these keys give the audience and the subject of a
        // token.
        None => is_always_there(host, key).then_some(Shape::Claim(&[])),
    }
}

/// Returns whether each token of a host has a key: its audience, its subject, or the app for which it was made.
pub(super) fn is_always_there(host: &str, key: &str) -> bool {
    let claim = key.get(host.len()..).filter(|_| key.get(..host.len()).is_some_and(|it| it.eq_ignore_ascii_case(host)));
    matches!(claim.and_then(|it| it.trim_start_matches('/').strip_prefix(':')), Some("aud" | "sub" | "app_id"))
}

/// Returns the host of a condition key that belongs to a provider.
pub(super) fn host_of(key: &str) -> Option<&str> {
    key.rsplit_once(':').map(|(host, _)| host).filter(|host| host.contains('.'))
}

/// Returns whether a text has a form. The text is the part of a value before the first wildcard. A form has a
/// beginning, a name, and an end after the name.
pub(super) fn has_form(text: &str, form: &str) -> bool {
    let Some((begins, ends)) = form.split_once("{}") else { return false };
    let Some(rest) = text.strip_prefix(begins) else { return false };
    rest.find(ends).is_some_and(|at| at > 0)
}

fn all() -> &'static [Shared] {
    static ALL: OnceLock<Vec<Shared>> = OnceLock::new();
    ALL.get_or_init(|| include_str!("providers.txt").lines().filter_map(line).collect())
}

fn line(line: &'static str) -> Option<Shared> {
    let mut words = line.split_whitespace();
    let host = words.next().filter(|word| !word.starts_with('#'))?;
    let mut claims: Vec<(String, Vec<&'static str>)> = Vec::new();
    for word in words {
        let (claim, form) = word.split_once('=').map_or((word, None), |(claim, form)| (claim, Some(form)));
        let key = if claim.contains(':') { claim.to_owned() } else { format!("{host}:{claim}") };
        let key = key.to_ascii_lowercase();
        match claims.iter_mut().find(|(known, _)| *known == key) {
            Some((_, forms)) => forms.extend(form),
            None => claims.push((key, form.into_iter().collect())),
        }
    }
    let claims = claims.into_iter().map(|(key, forms)| (key, &*forms.leak())).collect();
    Some(Shared { host, claims })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_has_a_claim_that_says_whose_a_token_is() {
        for provider in all() {
            assert!(!provider.claims.is_empty(), "{}", provider.host);
            assert!(
                provider.claims.iter().flat_map(|(_, forms)| *forms).all(|form| form.contains("{}")),
                "{provider:?}"
            );
            assert_eq!(all().iter().filter(|it| it.host == provider.host).count(), 1, "{}", provider.host);
        }
        assert!(all().len() > 15);
    }

    #[test]
    fn a_form_wants_a_whole_name() {
        let form = "repo:{}/";
        assert!(has_form("repo:our-bank/", form) && has_form("repo:our-bank/app:ref", form));
        for text in ["repo:", "repo:/", "repo:our-bank", "x:repo:our-bank/", ""] {
            assert!(!has_form(text, form), "{text}");
        }
    }

    #[test]
    fn hosts_of_principals_and_keys() {
        assert_eq!(host("arn:aws:iam::111122223333:oidc-provider/gitlab.com"), "gitlab.com");
        assert_eq!(host("graph.facebook.com"), "graph.facebook.com");
        assert_eq!(
            host_of("oidc.eks.eu-west-1.amazonaws.com/id/a1:sub"),
            Some("oidc.eks.eu-west-1.amazonaws.com/id/a1")
        );
        assert_eq!(host_of("aws:sourceip"), None);
        assert_eq!(host_of("saml:aud"), None);
        assert!(is_always_there("gitlab.com", "gitlab.com:sub") && !is_always_there("gitlab.com", "gitlab.com:ref"));
    }
}
