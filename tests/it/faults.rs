//! Breaks every operation of every kind in every way. No case that needs the broken operation may get a verdict.
//!
//! The matrix follows from the kinds, so a new operation of a collector is in it at once. The list in
//! `faults/operations.txt` only makes the change visible for a reviewer.

mod answers;
mod blind;
mod matrix;

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use crate::common::{self, cases_of, every_attribute, needs, root, run, whole};
use answers::Violated;
use attestry::aws::described::{Fault, Faults, Mutation};
use attestry::aws::validate::TABLE;
use attestry::aws::{Operation, gone_codes};
use attestry::facts::{Call, Cause, Frequency, Kind};
use attestry::kind_files::Meaning;
use attestry::kinds;
use attestry::policy::Case;
use attestry::verify::Verdict;
use matrix::{Matrix, faults};

/// Returns `service:operation` of all kinds.
fn operations() -> BTreeSet<String> {
    kinds::schemas().flat_map(|kind| kind.calls).map(|call| format!("{}:{}", call.service, call.operation)).collect()
}

fn named_operations() -> Vec<Operation> {
    let all = operations();
    all.iter().map(|name| name.split_once(':').unwrap()).map(|(service, name)| Operation::new(service, name)).collect()
}

const LIST: &str = "tests/it/faults/operations.txt";
const HEADER: &str = "# Each operation that a collector calls, and the faults that only some operations can have: only lists have pages, and
# only some of them say that they are cut off. `ATTESTRY_BLESS=1 cargo test --test it operations` writes it.
";

/// Returns the list that follows from the kinds and the described accounts.
fn list() -> String {
    let operations = named_operations();
    let all = faults().into_iter().map(|(fault, _)| fault);
    let special: Vec<Fault> = all.filter(|it| !operations.iter().all(|operation| it.applies_to(operation))).collect();
    let row = |operation: &Operation| {
        let own = special.iter().filter(|it| it.applies_to(operation)).map(|it| format!(" {it:?}"));
        format!("{}:{}{}\n", operation.service, operation.name, own.collect::<String>())
    };
    HEADER.to_owned() + &operations.iter().map(row).collect::<String>()
}

/// The difference of the list shows a new operation, a removed operation, and a fault that is no longer tried.
#[test]
fn operations_and_their_faults_are_those_of_the_list() {
    let (path, list) = (root().join(LIST), list());
    if std::env::var_os("ATTESTRY_BLESS").is_some() {
        std::fs::write(&path, &list).unwrap();
    }
    let listed = std::fs::read_to_string(&path).unwrap();
    assert!(listed == list, "{LIST} is old: ATTESTRY_BLESS=1 cargo test --test it operations");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_every_operation_leaves_its_cases_unevaluated() {
    let account = whole();
    let cases = cases_of(&account, &every_attribute(kinds::schemas()));
    let sound = run(&cases, &account, account.connector()).await.unwrap();
    assert_eq!(sound.called(), operations(), "the account must be asked everything, or a fault breaks nothing");
    let blind: Vec<_> = sound.result.cases.iter().filter(|case| case.is_incomplete()).map(|it| &it.case.id).collect();
    assert!(blind.is_empty(), "without a fault nothing is missing: {blind:?}");

    let mut matrix = Matrix::new(account, cases, sound);
    for name in operations() {
        let (service, operation) = name.split_once(':').unwrap();
        for (fault, cause) in faults() {
            matrix.add(Operation::new(service, operation), fault, cause);
        }
    }
    let (pairs, wrong) = matrix.finish().await;
    assert!(wrong.is_empty(), "{} of {pairs} pairs: {:#?}", wrong.len(), &wrong[..wrong.len().min(40)]);
}

/// A resource that no longer exists by the answer of AWS is in no verdict. It is counted. A population without any
/// remaining resource is not evaluated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_gone_is_counted_and_never_all_there_is() {
    let account = whole();
    let cases = cases_of(&account, &every_attribute(kinds::schemas()));
    let mut asked = BTreeSet::new();
    for call in kinds::schemas().flat_map(|kind| kind.calls) {
        for code in gone(call) {
            let operation = Operation::new(call.service, call.operation);
            let gone = Fault::Error { code: code.to_owned(), status: 404 };
            let broken = Faults::new(account.connector(), operation, gone).unwrap().connector();
            // An alarm is not a topic. The alarm itself contains the fact that its topic is missing.
            let other = |case: &Case| call.service == "sns" && case.kind.name == "cloudwatch.alarm";
            let of = |case: &&Case| needs(case, call.service, call.operation) && !other(case);
            let needing: Vec<Case> = cases.iter().filter(of).cloned().collect();
            let ran = run(&needing, &account, broken).await.unwrap();
            let place = format!("{}:{} {code}", call.service, call.operation);
            assert!(!ran.result.cases.is_empty(), "{place}");
            for result in &ran.result.cases {
                let (id, seen) = (&result.case.id, &result.coverage);
                let met = matches!(result.verdict, Verdict::Met(_));
                assert!(!met || seen.gone > 0 && seen.examined > 0, "{place}: {id} is met of {seen:?}");
                let gaps = result.gaps.iter().chain(result.resources.iter().flat_map(|it| &it.gaps));
                let other: Vec<_> = gaps.filter(|gap| gap.cause != Cause::Gone).collect();
                assert!(other.is_empty(), "{place}: {id}: {other:?}");
                assert!(seen.gone > 0 || result.is_incomplete(), "{place}: {id} tells nothing: {seen:?}");
            }
            asked.insert(format!("{}:{}", call.service, call.operation));
        }
    }
    assert!(asked.len() > 20, "{asked:?}");
}

/// The codes with which a call reports that its resource does not exist: of a kind in Rust, or of a kind file.
fn gone(call: &'static Call) -> impl Iterator<Item = &'static str> {
    gone_codes(call.service, call.operation).iter().chain(call.gone).copied()
}

/// Calls for one resource whose errors prove nothing about the resource. They name no resource, or their errors have
/// another meaning.
const NAME_NOTHING: &[&str] = &[
    "access-analyzer:CheckNoPublicAccess",
    "access-analyzer:ValidatePolicy",
    "acm-pca:GetPolicy",
    "backup:GetBackupVaultAccessPolicy",
    "backup:GetBackupVaultNotifications",
    "cloudformation:GetStackPolicy",
    "codebuild:GetResourcePolicy",
    "ec2:DescribeVpcBlockPublicAccessOptions",
    "ec2:GetAllowedImagesSettings",
    "ec2:GetEbsDefaultKmsKeyId",
    "ec2:GetImageBlockPublicAccessState",
    "ec2:GetInstanceMetadataDefaults",
    "ec2:GetSerialConsoleAccessStatus",
    "ec2:GetSnapshotBlockPublicAccessState",
    "ecr:GetRegistryPolicy",
    "ecr:GetRegistryScanningConfiguration",
    "ecs:DescribeTaskDefinition",
    "guardduty:GetAdministratorAccount",
    "guardduty:GetDetector",
    "guardduty:ListFindings",
    "iam:GetAccountPasswordPolicy",
    "iam:GetAccountSummary",
    "iam:ListAccountAliases",
    "iam:ListOrganizationsFeatures",
    "kinesis:GetResourcePolicy",
    "lambda:GetPolicy",
    "logs:GetLogEvents",
    "macie2:GetAutomatedDiscoveryConfiguration",
    "macie2:ListClassificationJobs",
    "organizations:DescribeResourcePolicy",
    "organizations:ListAWSServiceAccessForOrganization",
    "organizations:ListDelegatedAdministrators",
    "organizations:ListRoots",
    "rds:DescribeDBClusterParameters",
    "rds:DescribeDBParameters",
    "redshift:DescribeClusterParameters",
    "s3:GetAccountPublicAccessBlock",
    "s3:GetObject",
    "sagemaker:DescribeNotebookInstance",
    "securityhub:GetAdministratorAccount",
    "securityhub:GetEnabledStandards",
    "securityhub:ListEnabledProductsForImport",
    "securityhub:ListFindingAggregators",
    "sso:DescribeInstance",
    "sso:GetPermissionsBoundaryForPermissionSet",
    "wafv2:GetLoggingConfiguration",
    "wafv2:GetWebACLForResource",
];

#[test]
fn every_call_for_a_resource_says_when_it_is_gone_or_is_known_not_to() {
    let calls = kinds::schemas().flat_map(|kind| kind.calls.iter().map(move |call| (kind, call)));
    // An answer without an item can say it, too.
    let without_item = |kind: &Kind, call: &Call| {
        let file = kinds::FILES.find(kind.name).and_then(|file| file.call(call));
        file.is_some_and(|call| call.none == Some(Meaning::Gone))
    };
    let silent: BTreeSet<String> = calls
        .filter(|(_, call)| call.frequency == Frequency::Resource)
        .filter(|(kind, call)| gone(call).next().is_none() && !without_item(kind, call))
        .map(|(_, call)| format!("{}:{}", call.service, call.operation))
        .collect();
    assert_eq!(silent.iter().map(String::as_str).collect::<Vec<_>>(), NAME_NOTHING, "add it to src/aws/gone.rs");
}

/// The shipped suites may find violations with any fault. But no fault makes a case met.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_denial_makes_a_shipped_case_met() {
    let account = common::embedded();
    for suite in common::SHIPPED {
        let (cases, _) = common::cases(root(), suite, "embedded");
        let sound = Arc::new(run(&cases, &account, account.connector()).await.unwrap());
        let wrong = matrix::denials(&account, &cases, &sound).await;
        assert!(wrong.is_empty(), "{suite}: {wrong:#?}");
    }
}

/// The tests below skip an operation without a row and without a model. Any answer to it would be believed. An operation
/// of the model needs no row where kind files say what is always there.
#[test]
fn every_operation_has_a_row() {
    let probes = attestry::probes::specs().flat_map(|probe| probe.kind.calls.iter().map(|call| (call, false)));
    let of = |kind: &'static Kind| {
        let is_file = kinds::FILES.find(kind.name).is_some();
        kind.calls.iter().map(move |call| (call, is_file))
    };
    let has = |(call, is_file): &(&Call, bool)| {
        let modelled = || Mutation::all(&Operation::new(call.service, call.operation)).len() > 1;
        TABLE.row(call.service, call.operation).is_some() || *is_file && modelled()
    };
    let without: BTreeSet<_> = kinds::schemas()
        .flat_map(of)
        .chain(probes)
        .filter(|it| !has(it))
        .map(|(call, _)| format!("{}:{}", call.service, call.operation))
        .collect();
    assert!(without.is_empty(), "add to src/aws/validate/operations.txt: {without:?}");
}

/// Prints what was tried, also when a test passes. The log of CI does not get the output of `println!`.
macro_rules! say {
    ($($told:tt)*) => { writeln!(std::io::stderr(), $($told)*).unwrap() };
}

/// Operations whose answer has no members in its body. The bytes of an object belong to other programs, and an answer to
/// HEAD has no body.
const SHAPELESS: [&str; 2] = ["s3:GetObject", "s3:HeadObject"];

/// No change of the sound answer of an operation makes a violated case met.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_changed_answer_makes_a_violated_case_met() {
    let mut violated = Violated::find().await;
    let of = |operation: Operation| Mutation::all(&operation).into_iter().map(move |it| (operation.clone(), it));
    let all: Vec<_> = named_operations().into_iter().flat_map(of).collect();
    let tally = violated.change(all).await;
    let (cases, operations) = (violated.count(), tally.operations.len());
    say!("{cases} cases; {operations} operations, {} runs, {} with a changed answer", tally.runs, tally.changed);
    for (kind, (runs, changed)) in &tally.kinds {
        say!("  {kind}: {runs} runs, {changed} with a changed answer");
    }
    assert!(tally.wrong.is_empty(), "{} changes are not noticed: {:#?}", tally.wrong.len(), tally.wrong);
    let unchanged: Vec<_> = self::operations().into_iter().filter(|it| !tally.operations.contains(it)).collect();
    assert_eq!(unchanged, SHAPELESS, "an operation without a row in src/aws/validate/operations.txt, or never called");
}

/// The runs of the property: the seed and their number. `ATTESTRY_SMALLER=SEED:RUNS` sets others.
const SMALLER: (u64, u64) = (20_261_129, 300);

fn seeds() -> (u64, u64) {
    let told = std::env::var("ATTESTRY_SMALLER").ok();
    let told = told.as_deref().and_then(|it| it.split_once(':')).map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
    told.unwrap_or(SMALLER)
}

/// No missing member of an answer makes a violated case met. This holds for members that AWS always sends. A member
/// that AWS may leave out is never taken for present. Items of lists stay, because a list without one of them is
/// another true answer. Only a second source can contradict such an answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_smaller_answer_makes_a_violated_case_met() {
    let (first, runs) = seeds();
    let operations: Vec<_> = named_operations().into_iter().filter(|it| !Mutation::all(it).is_empty()).collect();
    let all = (0..runs).map(|number| {
        let seed = first + number;
        let change = if number % 3 == 2 { Mutation::LeftOut(seed) } else { Mutation::Smaller(seed) };
        (operations[usize::try_from(number).unwrap() % operations.len()].clone(), change)
    });
    let tally = Violated::find().await.change(all.collect()).await;
    say!("seeds from {first}: {} runs, {} with a smaller answer", tally.runs, tally.changed);
    assert!(tally.wrong.is_empty(), "{} changes are not noticed: {:#?}", tally.wrong.len(), tally.wrong);
}

/// No missing member makes a case met, or empties its population, when the case was not evaluated before. The gap that
/// hides a fact stays, whatever is missing from the other answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_smaller_answer_makes_an_unevaluated_case_met() {
    let (first, runs) = seeds();
    let told = blind::all(first..first + runs).await;
    let (all, changed, blind) = (told.runs, told.changed, told.blind);
    say!("seeds from {first}: {all} runs, {changed} with a smaller answer, {blind} verdicts that were not evaluated");
    assert!(told.wrong.is_empty(), "{} changes are not noticed: {:#?}", told.wrong.len(), told.wrong);
    assert!(changed * 2 > all && blind > changed * 10, "nearly nothing was tried");
}
