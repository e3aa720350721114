//! Gets a page of a server that a case names.
//!
//! Must not know the purpose of the page.

use std::time::Duration;

use super::gap;
use crate::aws::{AccountRegion, Page, get};
use attestry_core::facts::{Cause, Gap};

/// The longest page in bytes.
pub(in crate::probes) const LONGEST: usize = 64 * 1024;

/// The longest time for an answer.
const ANSWER: Duration = Duration::from_secs(10);

/// The hosts that mean this machine.
const HERE: &[&str] = &["127.0.0.1", "localhost", "[::1]"];

/// Whether a text has the form of a URL.
pub(in crate::probes) fn is_url(text: &str) -> bool {
    text.contains("://")
}

/// Checks a URL. It has `https`. Beside an emulator, it may have `http` with the host of this machine.
///
/// # Errors
/// The URL has another form, or it contains credentials.
pub(in crate::probes) fn check_url(url: &str, at: &AccountRegion) -> Result<(), Gap> {
    check(url, at.is_aws()).map_err(|why| gap(Cause::Unexpected, format!("the URL {why}")))
}

fn check(url: &str, is_aws: bool) -> Result<(), &'static str> {
    let Ok(parsed) = url.parse::<http::Uri>() else { return Err("has no valid form") };
    let Some(authority) = parsed.authority() else { return Err("names no host") };
    if authority.as_str().contains('@') {
        return Err("contains credentials, which a policy must not hold");
    }
    match parsed.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if !is_aws && HERE.contains(&authority.host()) => Ok(()),
        _ => Err("is not `https`"),
    }
}

/// Gets the page. A redirection is not followed.
///
/// # Errors
/// The reason why there is no answer, as a text for people.
pub(in crate::probes) async fn page(url: &str) -> Result<Page, String> {
    get(url, "application/json", LONGEST, ANSWER).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_is_good_enough_but_beside_an_emulator() {
        for (url, on_aws, beside) in [
            ("https://keys.bank.example/jwks.json", true, true),
            ("http://127.0.0.1:8000/jwks.json", false, true),
            ("http://localhost/jwks.json", false, true),
            ("http://[::1]:8000/jwks.json", false, true),
            ("http://keys.bank.example/jwks.json", false, false),
            ("http://127.0.0.1.bank.example/", false, false),
            ("https://user:word@keys.bank.example/", false, false),
            ("http://127.0.0.1:80@keys.bank.example/", false, false),
            ("file:///etc/hosts", false, false),
            ("/jwks.json", false, false),
            ("", false, false),
        ] {
            assert_eq!((check(url, true).is_ok(), check(url, false).is_ok()), (on_aws, beside), "{url}");
        }
    }
}
