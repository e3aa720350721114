//! Which ledgers are accepted, and which files are refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use serde_json::json;

use super::*;
use crate::probes::runner::artifact::{Artifact, artifact};
use crate::probes::runner::mark::mark;
use std::sync::Arc;

const RUN: &str = "20261120T221500Z-0a1b2c3d";
const OTHER: &str = "20261120T221501Z-0a1b2c3d";

fn secret(name: &str) -> Arc<dyn Artifact> {
    artifact(json!({ "type": "secret", "name": name })).unwrap()
}

fn entry(run: &str, start: &str) -> Entry {
    let artifact = secret(&format!("{start}{}", mark(run, "P/c")));
    Entry {
        run: run.into(),
        case: "P/c".into(),
        account: "000000000001".into(),
        region: "eu-central-1".into(),
        aws: true,
        undo: artifact.undo(),
        artifact,
    }
}

fn now() -> Timestamp {
    Timestamp::now()
}

/// A ledger of a run that ended: three artifacts, of which the first is removed.
fn written(folder: &Path, run: &str) -> PathBuf {
    let ledger = Ledger::begin(folder, run).unwrap();
    for start in ["a/", "b/", "c/"] {
        ledger.record_intent(entry(run, start), now()).unwrap();
    }
    ledger.record_removal(1).unwrap();
    folder.join(format!("{run}.jsonl"))
}

/// All ledgers of runs that ended. A process that another test starts holds a lock until it runs its program.
fn over(folder: &Path) -> Ledgers {
    loop {
        let all = Ledgers::of(folder).unwrap();
        if all.busy.is_empty() {
            return all;
        }
    }
}

fn left(folder: &Path) -> Vec<(u64, Entry)> {
    let all = over(folder);
    assert_eq!(all.refused, Vec::<String>::new());
    all.unfinished.iter().flat_map(|it| &it.intents).map(|it| (it.number, it.entry.clone())).collect()
}

#[test]
fn what_is_not_done_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::begin(folder.path(), RUN).unwrap();
    let first = ledger.record_intent(entry(RUN, "a/"), now()).unwrap();
    ledger.record_intent(entry(RUN, "b/"), now()).unwrap();
    ledger.record_removal(first).unwrap();
    let all = Ledgers::of(folder.path()).unwrap();
    assert!(all.unfinished.is_empty() && all.busy.len() == 1, "a ledger of a run that goes on is left alone");
    drop(ledger);
    assert_eq!(left(folder.path()), [(2, entry(RUN, "b/"))]);
    let all = over(folder.path());
    all.unfinished[0].record_removal(2).unwrap();
    drop(all);
    assert!(left(folder.path()).is_empty());
}

#[test]
fn a_line_that_is_cut_off_records_nothing_and_the_next_one_counts() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::begin(folder.path(), RUN).unwrap();
    ledger.record_intent(entry(RUN, "a/"), now()).unwrap();
    ledger.record_intent(entry(RUN, "b/"), now()).unwrap();
    drop(ledger);
    let path = folder.path().join(format!("{RUN}.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap();
    for cut in [1, 20, 70, 100] {
        std::fs::write(&path, text.get(..text.len() - cut).unwrap()).unwrap();
        assert_eq!(left(folder.path()), [(1, entry(RUN, "a/"))], "{cut}");
    }
    over(folder.path()).unfinished[0].record_removal(1).unwrap();
    assert!(left(folder.path()).is_empty(), "the line after the cut counts");
}

/// Every way to change the text of a ledger but for the loss of its end.
#[test]
fn nothing_is_believed_of_a_ledger_that_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), RUN);
    let (text, key) = (std::fs::read_to_string(&path).unwrap(), std::fs::read(key_of(&path)).unwrap());
    let elsewhere = tempfile::tempdir().unwrap();
    let other = written(elsewhere.path(), OTHER);
    let (other_text, other_key) = (std::fs::read_to_string(&other).unwrap(), std::fs::read(key_of(&other)).unwrap());
    let lines: Vec<&str> = text.lines().collect();
    let join = |order: &[usize]| order.iter().map(|it| format!("{}\n", lines[*it])).collect::<String>();
    let old = |line: &str| format!("{}}}\n", line.split(",\"mac\"").next().unwrap());
    let changed = [
        ("run", text.replace(RUN, OTHER)),
        ("account", text.replace("000000000001", "000000000002")),
        ("region", text.replace("eu-central-1", "eu-west-1")),
        ("kind", text.replacen("\"secret\"", "\"parameter\"", 1)),
        ("name", text.replace("b/attestry", "bank/attestry")),
        ("emulator", text.replacen("\"aws\":true", "\"aws\":false", 1)),
        ("one character of a MAC", text.replacen("\"mac\":\"", "\"mac\":\"0", 1)),
        ("order", join(&[0, 2, 1, 3, 4])),
        ("a line twice", join(&[0, 1, 1, 2, 3, 4])),
        ("a line less", join(&[0, 1, 3, 4])),
        ("no begin", join(&[1, 2, 3, 4])),
        ("the mark of what is done taken away", join(&[0, 1, 2]) + lines[3] + "\n\n"),
        ("a line of another run", format!("{text}{}\n", other_text.lines().nth(1).unwrap())),
        ("all lines of another run", other_text.clone()),
        ("no MACs", lines.iter().map(|line| old(line)).collect()),
        ("no JSON", "hello\n".to_owned()),
        ("the line of a removal, by another program", format!("{text}{}", old(lines[4]))),
    ];
    for (what, text) in &changed {
        std::fs::write(&path, text).unwrap();
        let all = over(folder.path());
        assert!(all.unfinished.is_empty() && all.refused.len() == 1, "{what}: {all:?}");
        assert!(all.refused[0].contains("nothing of it is undone"), "{what}: {:?}", all.refused);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), *text, "{what}: it stays as it is, for people to look at");
    }
    std::fs::write(&path, &text).unwrap();
    for key in [&other_key[..], b"", b"0", &[b'0'; 64]] {
        std::fs::write(key_of(&path), key).unwrap();
        assert_eq!(over(folder.path()).refused.len(), 1);
    }
    std::fs::remove_file(key_of(&path)).unwrap();
    assert!(over(folder.path()).refused[0].contains("key"));
    std::fs::write(key_of(&path), &key).unwrap();
    assert_eq!(left(folder.path()).len(), 2);
}

/// The owner of the key can write lines that are accepted. Even these name only artifacts as a probe would name them.
#[test]
fn not_even_the_key_makes_a_foreign_name_ours() {
    let good = || entry(RUN, "a/");
    let mark = mark(RUN, "P/c");
    let named = |form| Entry { artifact: artifact(form).unwrap(), ..good() };
    let named_secret = |name: &str| Entry { artifact: secret(name), ..good() };
    let topic = "arn:aws:sns:eu-central-1:000000000001:alerts";
    let queue = |arn: String| json!({ "type": "subscription", "topic": topic, "queue": arn });
    for (what, entry) in [
        ("another run", Entry { run: OTHER.to_owned(), ..good() }),
        ("another case", Entry { case: "P/d".to_owned(), ..good() }),
        ("a secret", named_secret("bank/attestry-signing-key")),
        ("a name that goes on", named_secret(&format!("{mark}/url"))),
        ("a parameter", named(json!({ "type": "parameter", "name": "/bank/attestry-read/url" }))),
        ("a queue with more in its name", named(json!({ "type": "queue", "name": format!("bank-{mark}") }))),
        ("a queue elsewhere", named(queue(format!("arn:aws:sqs:eu-west-1:000000000001:{mark}")))),
        ("a queue of another account", named(queue(format!("arn:aws:sqs:eu-central-1:000000000002:{mark}")))),
        (
            "a version",
            named(json!({
                "type": "rotation", "secret": "bank", "version": "attestry-x", "before": ["v"], "begun": now(),
            })),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::begin(folder.path(), RUN).unwrap();
        ledger.record_intent(good(), now()).unwrap();
        ledger.record_intent(entry, now()).unwrap();
        drop(ledger);
        let all = over(folder.path());
        assert!(all.unfinished.is_empty() && all.refused.len() == 1, "{what}: {all:?}");
    }
    for run in ["s", "read", "x", "", "20261120T221500Z-0a1b2c3g"] {
        let folder = tempfile::tempdir().unwrap();
        drop(Ledger::begin(folder.path(), run).unwrap());
        assert_eq!(over(folder.path()).refused.len(), usize::from(!run.is_empty()), "{run}");
    }
}

/// The key does not make lines ours that no run writes in that order.
#[test]
fn not_even_the_key_makes_another_order_sound() {
    let intend = |number| Line::Intend { number, at: now(), entry: entry(RUN, "a/") };
    let first = || begin(RUN, now());
    let other = Line::Begin { run: RUN.to_owned(), format: 1, at: now() };
    for (what, lines, sound) in [
        ("as a run writes", vec![first(), intend(1), intend(2)], true),
        ("the begin of another run", vec![begin(OTHER, now()), intend(1)], false),
        ("another format", vec![other, intend(1)], false),
        ("no begin", vec![intend(1)], false),
        ("a begin twice", vec![first(), intend(1), first(), intend(2)], false),
        ("a number left out", vec![first(), intend(1), intend(3)], false),
        ("a number twice", vec![first(), intend(1), intend(1)], false),
    ] {
        let mut chain = Chain::new(RunKey::new(Zeroizing::new([7; 32])));
        let text: Vec<u8> = lines.iter().flat_map(|line| chain.write(line).unwrap()).collect();
        let read = read(&text, RUN, RunKey::new(Zeroizing::new([7; 32])));
        assert_eq!(read.is_ok(), sound, "{what}: {read:?}");
    }
}

/// The line of a removal has no number of its own. Only the MACs prove that it was there.
#[test]
fn a_mark_of_what_is_done_is_not_taken_away_from_between() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::begin(folder.path(), RUN).unwrap();
    ledger.record_intent(entry(RUN, "a/"), now()).unwrap();
    ledger.record_removal(1).unwrap();
    ledger.record_intent(entry(RUN, "b/"), now()).unwrap();
    drop(ledger);
    assert_eq!(left(folder.path()), [(2, entry(RUN, "b/"))]);
    let path = folder.path().join(format!("{RUN}.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap();
    let kept = text.lines().filter(|line| !line.starts_with("{\"done\"")).map(|line| format!("{line}\n"));
    let kept: String = kept.collect();
    assert!(kept.len() < text.len());
    std::fs::write(&path, kept).unwrap();
    let all = over(folder.path());
    assert!(all.unfinished.is_empty() && all.refused.len() == 1, "{all:?}");
}

#[test]
fn a_ledger_that_is_refused_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), RUN);
    std::fs::write(folder.path().join("20200101T000000Z-deadbeef.jsonl"), "{\"begin\":{}}\n").unwrap();
    let all = over(folder.path());
    assert_eq!((all.unfinished.len(), all.refused.len()), (1, 1));
    assert_eq!(all.unfinished[0].intents.len(), 2);
}

#[test]
fn only_plain_files_of_a_bounded_size_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), RUN);
    let place = |name: &str| folder.path().join(format!("{name}.jsonl"));
    let refused = |what: &str| {
        let all = over(folder.path());
        assert_eq!((all.unfinished.len(), all.refused.len()), (1, 1), "{what}: {all:?}");
        assert!(all.refused[0].contains(what), "{:?}", all.refused);
    };
    let _socket = std::os::unix::net::UnixListener::bind(place("socket")).unwrap();
    refused("socket.jsonl: this is no plain file");
    std::fs::remove_file(place("socket")).unwrap();
    for target in [path.as_path(), Path::new("/dev/zero"), Path::new("nowhere")] {
        std::os::unix::fs::symlink(target, place("link")).unwrap();
        refused("link.jsonl: this is no plain file");
        std::fs::remove_file(place("link")).unwrap();
    }
    std::fs::create_dir(place("folder")).unwrap();
    refused("folder.jsonl: this is no plain file");
    std::fs::remove_dir(place("folder")).unwrap();
    File::create(place("large")).unwrap().set_len(1 << 40).unwrap();
    refused("large.jsonl: larger than 16 MiB");
    std::fs::remove_file(place("large")).unwrap();
    // Neither is a key that is none.
    std::fs::remove_file(key_of(&path)).unwrap();
    std::os::unix::fs::symlink("/dev/zero", key_of(&path)).unwrap();
    assert_eq!(over(folder.path()).refused.len(), 1);
}

#[test]
fn what_nobody_would_find_is_not_announced() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::begin(folder.path(), RUN).unwrap();
    let path = folder.path().join(format!("{RUN}.jsonl"));
    ledger.record_intent(entry(RUN, "a/"), now()).unwrap();
    std::fs::rename(&path, folder.path().join("moved")).unwrap();
    assert!(ledger.record_intent(entry(RUN, "b/"), now()).is_err(), "it was taken away");
    std::fs::write(&path, "").unwrap();
    assert!(ledger.record_intent(entry(RUN, "b/"), now()).is_err(), "another file is in its place");
    std::fs::rename(folder.path().join("moved"), &path).unwrap();
    ledger.record_intent(entry(RUN, "b/"), now()).unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_begins_no_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(Ledger::begin(&file, RUN).is_err());
    assert!(Ledger::begin(Path::new("/proc/no-such-place"), RUN).is_err());
}

#[test]
fn nobody_but_the_owner_reads_the_key() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), RUN);
    for file in [key_of(&path), path] {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}
