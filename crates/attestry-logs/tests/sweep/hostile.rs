//! Tests hostile texts. The time of the sweep stays proportional to their length, and they never stop the sweep.

use super::clock;
use super::corpus::Dice;
use super::{engine, whole};

/// Returns the seconds of processor time, as the best of several rounds. Other work on the machine can only add time.
fn time(engine: &attestry_logs::Engine, text: &[u8]) -> f64 {
    let once = || {
        let start = clock::of_thread();
        engine.sweep(text, &mut |_, _| {});
        clock::of_thread() - start
    };
    (0..3).map(|_| once()).fold(f64::MAX, f64::min)
}

#[test]
fn time_grows_with_the_text_and_not_faster() {
    let values: Vec<String> = (0..300).map(|number| format!("prod-bank-secret-of-the-service-{number:06}")).collect();
    let engine = engine(&values);
    for unit in [
        "PRIVATE KEY",
        "-----BEGIN RSA PRIVATE KEY-----",
        "password=",
        "password",
        "password: \\\\\\\\",
        "curl ",
        "curl -u ",
        "a://b:",
        "machine a login b password ",
        "prod-bank-secret-of-the-service-",
        "prod-bank-secret-of-the-service-000000",
        "sk-proj-",
        "eyJhbG.eyJ",
        "token\"",
        "FFFFNRAL",
        "\"kty\":",
        "\\",
        "\"",
        "\n",
        "A",
        "{\"password\":{\"password\":",
    ] {
        let text = |length: usize| unit.repeat(length / unit.len());
        let (short, long) = (text(6_000), text(96_000));
        let one = time(&engine, short.as_bytes()).max(0.001);
        let longer = time(&engine, long.as_bytes());
        // With a quadratic algorithm, the time would be 256 times as long.
        assert!(longer < one * 130.0, "{unit:?}: {one:?} for 6 kB, {longer:?} for 96 kB");
    }
}

#[test]
fn noise_is_swept_without_harm() {
    let engine = engine(["k3J9xQ2mP7vL", "k3J9xQ2mP7vLwZ8r-and-a-longer-one"]);
    let mut dice = Dice::new(9);
    let bits = [
        "password",
        "=",
        "\"",
        "\\",
        "://",
        "eyJ",
        ":",
        "@",
        "\n",
        " ",
        "ghp_",
        "{",
        "}",
        "AKIA",
        "k3J9xQ2m",
        "P7vL",
        "\u{0}",
        "é",
        "sk-",
        "-----BEGIN",
        "PRIVATE KEY-----",
        "%3D",
        "Basic ",
        "xxx",
    ];
    for _ in 0..3000 {
        let text: String = (0..dice.below(60)).map(|_| dice.one(&bits)).collect();
        let hits = whole(&engine, text.as_bytes());
        let found = hits.iter().any(|(.., what)| what == "secret-0");
        assert_eq!(found, text.contains("k3J9xQ2mP7vL"), "{text}");
    }
}
