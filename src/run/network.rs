//! The network settings of the environment: proxies and certificates.
//!
//! No output holds the user or the password of a proxy. This module must not know the contents of requests.

use crate::failure::Failure;
use attestry_core::policy::{URL, check_endpoint};
use attestry_core::verify::Exit;

/// Variables that name a proxy, and the scheme of the URLs that use the proxy.
const PROXIES: &[(&str, &str)] = &[
    ("HTTPS_PROXY", "https"),
    ("https_proxy", "https"),
    ("HTTP_PROXY", "http"),
    ("http_proxy", "http"),
    ("ALL_PROXY", ""),
    ("all_proxy", ""),
];

/// Variables that name hosts without a proxy.
const WITHOUT: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Variables that name trusted certificates, and whether this program uses the variable.
const CERTIFICATES: &[(&str, bool)] = &[("SSL_CERT_FILE", true), ("SSL_CERT_DIR", true), ("AWS_CA_BUNDLE", false)];

/// The network settings that decide the path of requests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Network {
    /// All variables that are set, with the part of their values that may be shown.
    pub(crate) shown: Vec<String>,
    /// The addition to the name of the backend: ` through proxy http://proxy:3128`.
    pub(crate) suffix: String,
}

/// Reads the environment, for requests to a URL. Without a URL, requests go to AWS.
pub(crate) fn network(url: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Network {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let (scheme, rest) = url.and_then(|url| url.split_once("://")).unwrap_or(("https", "amazonaws.com"));
    let host = rest.split(['/', ':']).next().unwrap_or(rest);
    let mut network = Network::default();
    let mut proxy = None;
    for (name, of) in PROXIES {
        let Some(value) = set(name) else { continue };
        let address = proxy_address(&value);
        network.shown.push(format!("{name}={address}"));
        if *of == scheme || of.is_empty() {
            proxy.get_or_insert(address);
        }
    }
    let mut direct = false;
    for name in WITHOUT {
        let Some(value) = set(name) else { continue };
        let hosts: Vec<&str> = value.split(',').map(str::trim).filter(|host| !host.is_empty()).collect();
        direct |= hosts.iter().any(|pattern| covers(pattern, host));
        network.shown.push(format!("{name}={}", hosts.join(",")));
    }
    if let Some(proxy) = proxy.filter(|_| !direct) {
        network.suffix.push_str(&format!(" through proxy {proxy}"));
    }
    for (name, used) in CERTIFICATES {
        let Some(value) = set(name) else { continue };
        let not = if *used { "" } else { " (not used)" };
        network.shown.push(format!("{name}={value}{not}"));
        if *used && scheme == "https" {
            network.suffix.push_str(&format!(" trusting {value}"));
        }
    }
    network
}

/// Refuses an endpoint that is no URL, or holds a user or a password. The message does not repeat the endpoint.
pub(crate) fn check_url(endpoint: Option<&str>) -> Result<(), Failure> {
    match endpoint.map(check_endpoint) {
        Some(Err(wrong)) => Err(Failure::new(Exit::Usage, format!("the endpoint {wrong}\n  help: {URL}"))),
        Some(Ok(())) | None => Ok(()),
    }
}

/// Returns whether an entry of NO_PROXY is this host or a parent domain of it.
fn covers(pattern: &str, host: &str) -> bool {
    let name = pattern.trim_start_matches("*.").trim_start_matches('.');
    pattern == "*" || name == host || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
}

/// Returns the scheme, host and port of a proxy. The rest of the text may be a password.
fn proxy_address(text: &str) -> String {
    let text = text.trim();
    let scheme =
        text.split_once("://").map(|(scheme, _)| scheme).filter(|it| it.bytes().all(|b| b.is_ascii_alphanumeric()));
    let rest =
        text.rsplit_once('@').map_or_else(|| text.split_once("://").map_or(text, |(_, rest)| rest), |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let port = authority.rsplit_once(':').map(|(_, port)| port).filter(|_| !authority.ends_with(']'));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    let sound = !authority.is_empty()
        && authority.bytes().all(plain)
        && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    match (scheme, sound) {
        (_, false) => "a proxy whose text cannot be read".to_owned(),
        (Some(scheme), true) => format!("{scheme}://{authority}"),
        (None, true) => format!("http://{authority}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: Option<&str>, set: &[(&str, &str)]) -> Network {
        network(url, |name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_proxy_that_requests_go_through_is_shown() {
        let proxy = ("HTTPS_PROXY", "http://proxy.example.com:3128");
        let local = Some("http://127.0.0.1:4566");
        for (url, set, way) in [
            (None, &[][..], ""),
            (None, &[proxy], " through proxy http://proxy.example.com:3128"),
            (None, &[("all_proxy", "proxy:1")], " through proxy http://proxy:1"),
            (None, &[("HTTP_PROXY", "http://proxy:1")], ""),
            (None, &[proxy, ("NO_PROXY", "localhost, .amazonaws.com")], ""),
            (None, &[proxy, ("no_proxy", "*")], ""),
            (None, &[proxy, ("NO_PROXY", "ws.com")], " through proxy http://proxy.example.com:3128"),
            (None, &[("SSL_CERT_FILE", "/etc/own.pem")], " trusting /etc/own.pem"),
            (None, &[("AWS_CA_BUNDLE", "/etc/own.pem")], ""),
            (local, &[proxy], ""),
            (local, &[("http_proxy", "http://proxy:1")], " through proxy http://proxy:1"),
            (local, &[("http_proxy", "http://proxy:1"), ("NO_PROXY", "127.0.0.1")], ""),
        ] {
            let network = read(url, set);
            assert_eq!(network.suffix, way, "{url:?} {set:?}");
            assert_eq!(network.shown.len(), set.len(), "{url:?} {set:?}");
        }
    }

    #[test]
    fn no_password_of_a_proxy_is_shown() {
        for text in [
            "http://ops:marker@proxy:3128",
            "http://ops:mar@ker/marker@proxy:3128/marker?marker#marker",
            "ops:marker@proxy:3128",
            "http://ops:marker%40proxy:3128",
            "ops:marker",
            "http://proxy:marker",
            "http://proxy/marker",
            "http://marker@",
        ] {
            let network = read(None, &[("HTTPS_PROXY", text), ("ALL_PROXY", text)]);
            assert!(!format!("{network:?}").contains("marker"), "{text}: {network:?}");
        }
        assert_eq!(proxy_address("http://ops:marker@proxy:3128"), "http://proxy:3128");
        assert_eq!(proxy_address("https://[::1]:3128"), "https://[::1]:3128");
    }
}
