use super::super::closest;

const KEYS: [&str; 5] = ["rotation.period", "rotation.enabled", "alias", "key_id", "origin"];

#[test]
fn finds_what_was_meant() {
    for (wanted, meant) in [
        ("perod", Some("rotation.period")),
        ("period", Some("rotation.period")),
        ("rotation.perid", Some("rotation.period")),
        ("rotate.enabled", Some("rotation.enabled")),
        ("ORIGIN", Some("origin")),
        ("orgiin", Some("origin")),
        ("keyid", Some("key_id")),
        ("aliases", Some("alias")),
        ("rotation.interval", None),
        ("grants", None),
        ("x", None),
        ("", None),
    ] {
        assert_eq!(closest(wanted, KEYS), meant, "{wanted}");
    }
}

#[test]
fn prefers_the_closest_and_then_the_first() {
    assert_eq!(closest("tags", ["tag", "tags"]), Some("tags"));
    assert_eq!(closest("tagx", ["tagy", "tagz"]), Some("tagy"));
}

#[test]
fn does_not_compare_what_is_too_long() {
    let long = "x".repeat(1_000_000);
    assert_eq!(closest(&long, [long.as_str()]), None);
    assert_eq!(closest("x", [long.as_str()]), None);
}
