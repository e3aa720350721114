//! Checks the names in the files of this repository. Every host, repository, action and image is ours, is reserved for
//! examples, or is on a list with its reason. Anyone could register an unowned name, and a pipeline would then run
//! foreign code.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Hosts with other owners, and the reason for each name.
const HOSTS: &[(&str, &str)] = &[
    ("amazonaws.com", "AWS: endpoints and service principals"),
    ("amazonaws.com.cn", "AWS in China"),
    ("on.aws", "AWS: the addresses of functions"),
    ("aws.amazon.com", "AWS: documentation and sign-in"),
    ("docs.oasis-open.org", "the schema that SARIF logs name"),
    ("in-toto.io", "types of in-toto statements"),
    ("json-schema.org", "the dialect of our schemas"),
    ("www.apache.org", "the text of the licence"),
    ("www.w3.org", "the namespace of attributes in the XML of S3"),
    ("gitlab.com", "the audience that GitLab's tokens have"),
    ("github.com", "only before what REPOSITORIES names"),
    ("token.actions.githubusercontent.com", "the issuer of the tokens of GitHub Actions"),
];

/// The domains that RFC 2606, 6761 and 9476 and ICANN reserve for examples and private use.
const RESERVED: &[&str] = &["example", "invalid", "test", "localhost", "local", "internal", "alt"];
const EXAMPLES: &[&str] = &["example.com", "example.net", "example.org"];

/// Folders in which names of other services are data: the forms of their secrets.
const SECRETS: &[&str] = &[
    "crates/attestry-logs/",
    "crates/attestry-core/src/facts/redact/",
    "crates/attestry-core/src/facts/plain_secret.rs",
    "tests/it/log_sweep/",
];

/// The repositories at a code host that a file names.
const REPOSITORIES: &[(&str, &str)] = &[
    ("rust-lang/crates.io-index", "the registry of crates, in deny.toml"),
    ("enterprises/", "a condition key of AWS"),
];

/// The owners of actions: the host of the pipeline, and AWS. Each action is pinned by its commit.
const ACTIONS: &[&str] = &["actions/", "aws-actions/"];

/// The images of the templates.
const IMAGES: &[&str] = &["debian:stable-slim"];

/// Code hosts. An owner and a name follow them.
const CODE_HOSTS: &[&str] =
    &["github.com/", "gitlab.com/", "bitbucket.org/", "codeberg.org/", "ghcr.io/", "huggingface.co/"];

const LEFT_OUT: &[&str] = &["target", ".git", "corpus", "artifacts", "node_modules"];

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            if !LEFT_OUT.contains(&name.as_str()) && !name.ends_with("-venv") {
                files(&path, found);
            }
        } else if name != "Cargo.lock" && name != "names.rs" {
            found.push(path);
        }
    }
}

/// Returns each line of text with the path of its file below the repository.
fn lines() -> Vec<(String, usize, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(root, &mut found);
    let mut all = Vec::new();
    for path in found {
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        all.extend(text.lines().enumerate().map(|(at, line)| (name.clone(), at + 1, line.to_owned())));
    }
    all
}

/// Returns the hosts of all URLs on a line.
fn hosts(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("://").filter_map(|(at, _)| {
        let rest = &line[at + 3..];
        let end =
            rest.find(|it: char| !(it.is_ascii_alphanumeric() || "-._~%!$&+,;=:@".contains(it))).unwrap_or(rest.len());
        let host = rest[..end].rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
        let host = host.trim_matches(['.', ',', ';']);
        // A name without a dot has no owner, and a number is an address.
        let named = host
            .rsplit_once('.')
            .is_some_and(|(_, last)| last.bytes().all(|it| it.is_ascii_alphabetic() || it == b'-'));
        named.then_some(host)
    })
}

fn is_below(host: &str, of: &str) -> bool {
    host == of || host.strip_suffix(of).is_some_and(|rest| rest.ends_with('.'))
}

fn may_be_named(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    // Names such as `x` and `a.b` are too short to have an owner.
    let tiny = last.len() < 2;
    tiny || RESERVED.contains(&last)
        || EXAMPLES.iter().any(|it| is_below(host, it))
        || HOSTS.iter().any(|(it, _)| is_below(host, it))
}

#[test]
fn no_host_is_a_strangers() {
    let mut strange = BTreeSet::new();
    for (path, number, line) in lines() {
        if SECRETS.iter().any(|it| path.starts_with(it)) {
            continue;
        }
        strange.extend(hosts(&line).filter(|it| !may_be_named(it)).map(|it| format!("{path}:{number}: {it}")));
    }
    assert!(strange.is_empty(), "name it in HOSTS with its reason, or use example.com: {strange:#?}");
}

#[test]
fn no_repository_is_a_strangers() {
    let mut strange = BTreeSet::new();
    for (path, number, line) in lines() {
        if SECRETS.iter().any(|it| path.starts_with(it)) {
            continue;
        }
        for host in CODE_HOSTS {
            for (at, _) in line.match_indices(host) {
                let rest = &line[at + host.len()..];
                let end =
                    rest.find(|it: char| !(it.is_ascii_alphanumeric() || "-._/".contains(it))).unwrap_or(rest.len());
                let named = &rest[..end];
                if named.contains('/') && !REPOSITORIES.iter().any(|(it, _)| named.starts_with(it)) {
                    strange.insert(format!("{path}:{number}: {host}{named}"));
                }
            }
        }
    }
    assert!(strange.is_empty(), "{strange:#?}");
}

/// The user of a pipeline chooses everything that it runs: a binary by its digest, an action by its commit.
#[test]
fn pipelines_run_nothing_of_a_stranger() {
    let mut strange = BTreeSet::new();
    for (path, number, line) in
        lines().into_iter().filter(|(path, ..)| path.starts_with("ci/") || path.starts_with(".ci/"))
    {
        let mut wrong = |what: &str| {
            strange.insert(format!("{path}:{number}: {what}: {}", line.trim()));
        };
        let value = |key: &str| line.trim().trim_start_matches("- ").strip_prefix(key).map(str::trim);
        if line.contains("cargo install --git") || line.contains("--git http") {
            wrong("builds somebody's repository");
        }
        if let Some(action) = value("uses:") {
            let pinned = action.split_once('@').is_some_and(|(_, rest)| {
                let commit = rest.split(' ').next().unwrap_or_default();
                commit.len() == 40 && commit.bytes().all(|it| it.is_ascii_hexdigit())
            });
            if !pinned || !ACTIONS.iter().any(|it| action.starts_with(it)) {
                wrong("an action that is not pinned, or of somebody else");
            }
        }
        if value("image:").is_some_and(|image| !IMAGES.contains(&image)) {
            wrong("an image");
        }
    }
    assert!(strange.is_empty(), "{strange:#?}");
}

/// Each template takes a binary that its user names, and checks its digest before it runs the binary.
#[test]
fn templates_check_the_binary_before_they_run_it() {
    for name in ["github-actions.yml", "gitlab-ci.yml", "codebuild-buildspec.yml"] {
        let text =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/templates").join(name)).unwrap();
        let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{name} has no `{what}`"));
        let required = at("${ATTESTRY_URL:?").max(at("${ATTESTRY_SHA256:?"));
        let order =
            [required, at("--output"), at("sha256sum --check --strict"), at("install -m 755"), at("attestry check\n")];
        assert!(order.is_sorted(), "{name}: {order:?}");
    }
}

#[test]
fn a_strangers_name_is_noticed() {
    let of = |line: &str| hosts(line).filter(|it| !may_be_named(it)).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(of("see https://docs.aws.amazon.com/a, https://a.example, http://127.0.0.1:1/ and https://l"), [""; 0]);
    assert_eq!(of("https://docs.aws.amazon.com.evil.io/a"), ["docs.aws.amazon.com.evil.io"]);
    assert_eq!(of("git+https://user:x@strange.dev:8080/a"), ["strange.dev"]);
    assert_eq!(of("https://strange.dev/a"), ["strange.dev"]);
}
