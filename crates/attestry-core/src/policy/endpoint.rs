//! Endpoints other than AWS's: a scheme, a host, and optionally a port and a path.
//!
//! An endpoint never contains a user or a password, because labels, evidence and messages show it. This module must not
//! know which code checks an endpoint.

/// The advice for a wrong endpoint.
pub const URL: &str = "write scheme, host and port alone: http://127.0.0.1:4566";

/// Checks whether a text is an endpoint. The error does not contain the text, because the text can contain a password.
///
/// # Errors
/// Fails with the mistake in the text.
pub fn check_endpoint(text: &str) -> Result<(), &'static str> {
    if text.contains('@') {
        return Err("holds a user or a password");
    }
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let rest = rest.ok_or("is no URL: it starts with neither http:// nor https://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    if !path.bytes().all(plain) {
        return Err("is no URL of an endpoint: its path holds more than plain characters");
    }
    // The colons of an IPv6 address are inside brackets.
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            let sound = address.parse::<std::net::Ipv6Addr>().is_ok();
            (sound, if port.is_empty() { None } else { Some(port.strip_prefix(':').unwrap_or("none")) })
        }
        None => {
            let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
            let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            (!host.is_empty() && host.bytes().all(sound), port)
        }
    };
    if !host {
        return Err("is no URL: it names no host");
    }
    let digits =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|it| it > 0);
    if port.is_some_and(|port| !digits(port)) {
        return Err("is no URL: its port is no number");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_url_without_user() {
        for sound in [
            "http://127.0.0.1:4566",
            "https://localhost",
            "http://localhost:5000/",
            "https://emulator_1.example.com:443/aws/v1",
            "http://[::1]:4566",
            "http://[::1]",
        ] {
            assert_eq!(check_endpoint(sound), Ok(()), "{sound}");
        }
        let user = ["http://ops", ":", "long-marker", "@127.0.0.1:9"].concat();
        for wrong in [
            user.as_str(),
            "http://ops@host",
            "ops:marker@host",
            "http://host/x@y",
            "not a url",
            "",
            "http://",
            "http:///path",
            "ftp://host",
            "localhost:4566",
            "http://host:port",
            "http://host:0",
            "http://host:65536",
            "http://host:1:2",
            "http://ops:marker%40host",
            "http://host?key=marker",
            "http://host/path?key=marker",
            "http://host#marker",
            "http://ho st",
            "http://host\n",
            "http://[::1",
            "http://[x]:1",
            "http://[::1]4566",
        ] {
            let told = check_endpoint(wrong);
            assert!(told.is_err_and(|it| !it.contains("marker")), "{wrong:?}");
            assert_eq!(told == Err("holds a user or a password"), wrong.contains('@'), "{wrong:?}");
        }
    }
}
