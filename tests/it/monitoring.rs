//! Judges small accounts by the shipped cases of monitoring: the events that a filter counts, the states that trigger
//! an alarm, and the recipients of its messages.

use std::sync::{Arc, LazyLock};

use crate::common::{cases, root, run};
use attestry::aws::Described;
use attestry::policy::Case;

const TOPIC: &str = "arn:aws:sns:ap-southeast-2:647751526084:bank-platform-alerts-dev";

fn account(answers: &str) -> Arc<Described> {
    let text = format!(
        "account: \"647751526084\"\nregions: [ap-southeast-2]\nas_of: 2026-11-20T12:00:00Z\nanswers:\n{answers}"
    );
    Arc::new(Described::read("account.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}\n{text}")))
}

const MET: &str = "met";
const VIOLATED: &str = "violated";
const OPEN: &str = "not_evaluated";

/// Returns the verdict of one of the cases, and its reason.
async fn told(case: &str, answers: &str) -> (&'static str, String) {
    static ALL: LazyLock<Vec<Case>> = LazyLock::new(|| cases(root(), "suites/cis-aws.yaml", "embedded").0);
    let one: Vec<Case> = ALL.iter().filter(|it| it.id == format!("CIS-MONITORING/{case}")).cloned().collect();
    assert_eq!(one.len(), 1, "{case}");
    let account = account(answers);
    let ran = run(&one, &account, account.connector()).await.unwrap();
    let case = &ran.result.cases[0];
    (case.verdict.word(), format!("{:?}", case.resources))
}

fn filters(filters: &[String]) -> String {
    let filters: String = filters.iter().map(|it| format!("        - {it}\n")).collect();
    format!(
        "  logs:\n    DescribeLogGroups: {{ logGroups: [{{ logGroupName: /aws/cloudtrail/bank-platform-dev, arn: \
         \"arn:aws:logs:ap-southeast-2:647751526084:log-group:/aws/cloudtrail/bank-platform-dev:*\", logGroupArn: \
         \"arn:aws:logs:ap-southeast-2:647751526084:log-group:/aws/cloudtrail/bank-platform-dev\", logGroupClass: STANDARD, \
         storedBytes: 1, creationTime: 2026-01-01T00:00:00Z }}] }}\n    DescribeMetricFilters:\n      metricFilters:\n{filters}"
    )
}

fn filter(pattern: &str, more: &str, metric: &str) -> String {
    format!(
        "{{ filterName: f, logGroupName: /aws/cloudtrail/bank-platform-dev, filterPattern: '{pattern}'{more}, \
         metricTransformations: [{{ metricName: KmsKeyDisabledOrDeleted, metricNamespace: Bank/Security, {metric} }}] }}"
    )
}

const BOTH: &str = "{ $.eventName = DisableKey || $.eventName = ScheduleKeyDeletion }";

#[tokio::test]
async fn what_a_filter_adds_to_the_metric() {
    for (pattern, more, metric, verdict) in [
        (BOTH, "", "metricValue: \"1\"", MET),
        (BOTH, "", "metricValue: \"2.5\"", MET),
        (BOTH, "", "metricValue: \"1\", defaultValue: 0", MET),
        (BOTH, "", "metricValue: \"1\", dimensions: {}", MET),
        (BOTH, "", "metricValue: \"1\", unit: Count", MET),
        (BOTH, "", "metricValue: \"0\"", VIOLATED),
        (BOTH, "", "metricValue: \"0.5\"", VIOLATED),
        (BOTH, "", "metricValue: \"$.eventName\"", VIOLATED),
        (BOTH, "", "metricValue: \"$.requestParameters.count\"", OPEN),
        (BOTH, "", "metricValue: \"1\", defaultValue: 1", VIOLATED),
        (BOTH, "", "metricValue: \"1\", dimensions: { user: $.userIdentity.arn }", VIOLATED),
        (BOTH, ", emitSystemFieldDimensions: [\"@aws.account\"]", "metricValue: \"1\"", VIOLATED),
        (BOTH, ", applyOnTransformedLogs: true", "metricValue: \"1\"", OPEN),
        (BOTH, ", fieldSelectionCriteria: \"@aws.region = eu-west-1\"", "metricValue: \"1\"", OPEN),
        ("{ $.eventName = DisableKey }", "", "metricValue: \"1\"", VIOLATED),
        ("{ !($.eventName = DisableKey) }", "", "metricValue: \"1\"", OPEN),
        ("", "", "metricValue: \"1\"", MET),
    ] {
        let (found, why) = told("key-deletion-filter", &filters(&[filter(pattern, more, metric)])).await;
        assert_eq!(found, verdict, "{pattern} {more} {metric}: {why}");
    }
    let apart = ["{ $.eventName = DisableKey }", "{ $.eventName = ScheduleKeyDeletion }"];
    let apart: Vec<String> = apart.iter().map(|it| filter(it, "", "metricValue: \"1\"")).collect();
    assert_eq!(told("key-deletion-filter", &filters(&apart)).await.0, MET);
    // A filter that counts nothing does not help another one.
    let useless = [filter(only_disabled(), "", "metricValue: \"1\""), filter("", "", "metricValue: \"0\"")];
    let (found, why) = told("key-deletion-filter", &filters(&useless)).await;
    assert_eq!(found, VIOLATED, "{why}");
    assert!(why.contains("ScheduleKeyDeletion") && why.contains("it adds 0"), "{why}");
}

fn only_disabled() -> &'static str {
    "{ $.eventName = DisableKey }"
}

fn alarm(more: &str, actions: &str) -> String {
    format!(
        "{{ AlarmName: a, AlarmArn: \"arn:aws:cloudwatch:ap-southeast-2:647751526084:alarm:a\", EvaluationPeriods: 1, \
         ActionsEnabled: true, StateValue: OK, OKActions: [], AlarmActions: [{actions}], {more} }}"
    )
}

fn alarms(metric: &[String], composite: &str) -> String {
    let metric: String = metric.iter().map(|it| format!("        - {it}\n")).collect();
    format!("  cloudwatch:\n    DescribeAlarms:\n      MetricAlarms:\n{metric}      CompositeAlarms: [{composite}]\n")
}

const PLAIN: &str = "Namespace: Bank/Security, MetricName: KmsKeyDisabledOrDeleted, Statistic: Sum, Period: 300";
const FIRST: &str = "Threshold: 1, ComparisonOperator: GreaterThanOrEqualToThreshold";

#[tokio::test]
async fn when_an_alarm_goes_off() {
    let math = |expression: &str, more: &str| {
        format!(
            "{FIRST}, Metrics: [{{ Id: m1, ReturnData: false, MetricStat: {{ Metric: {{ Namespace: Bank/Security, MetricName: \
             KmsKeyDisabledOrDeleted }}, Period: 300, Stat: Sum }} }}, {more}{{ Id: e1, Expression: \"{expression}\", \
             ReturnData: true }}]"
        )
    };
    let other = "{ Id: m2, ReturnData: false, MetricStat: { Metric: { Namespace: Bank/Security, MetricName: Other }, Period: 300, \
                 Stat: Sum } }, ";
    for (alarmed, verdict) in [
        (format!("{PLAIN}, {FIRST}"), MET),
        (format!("{PLAIN}, {FIRST}, TreatMissingData: missing"), MET),
        (format!("{PLAIN}, Threshold: 0, ComparisonOperator: GreaterThanThreshold"), MET),
        (format!("{PLAIN}, Threshold: 1, ComparisonOperator: GreaterThanThreshold"), VIOLATED),
        (format!("{PLAIN}, Threshold: 1, ComparisonOperator: LessThanThreshold"), VIOLATED),
        (format!("{PLAIN}, {FIRST}, TreatMissingData: breaching"), OPEN),
        (format!("{PLAIN}, {FIRST}, Dimensions: [{{ Name: user, Value: alice }}]"), VIOLATED),
        (format!("{PLAIN}, {FIRST}, DatapointsToAlarm: 1, TreatMissingData: notBreaching"), MET),
        (PLAIN.replace("Sum", "Average") + ", " + FIRST, OPEN),
        (PLAIN.replace("Sum", "Maximum") + ", " + FIRST, MET),
        (PLAIN.replace("Bank/Security", "Bank/Other") + ", " + FIRST, VIOLATED),
        (math("FILL(m1, 0)", ""), MET),
        (math("FILL(m1, 0) * 0", ""), VIOLATED),
        (math("SUM([FILL(m1, 0), FILL(m2, 0)])", other), MET),
        (math("m1 * m2", other), OPEN),
        (math("RATE(m1)", ""), OPEN),
        (math("FILL(m1, 0)", "").replace("MetricStat", "AccountId: \"999988887777\", MetricStat"), VIOLATED),
    ] {
        let answers = alarms(&[alarm(&alarmed, &format!("\"{TOPIC}\""))], "");
        let (found, why) = told("key-deletion-alarm", &answers).await;
        assert_eq!(found, verdict, "{alarmed}: {why}");
    }
}

#[tokio::test]
async fn whom_composite_alarms_tell() {
    let composite = |rule: &str, more: &str| {
        format!(
            "{{ AlarmName: all, AlarmArn: \"arn:aws:cloudwatch:ap-southeast-2:647751526084:alarm:all\", AlarmRule: '{rule}', \
             StateValue: OK, OKActions: [], InsufficientDataActions: [], AlarmActions: [\"{TOPIC}\"], {more} }}"
        )
    };
    for (rule, more, verdict) in [
        ("ALARM(a) OR ALARM(b)", "ActionsEnabled: true", MET),
        ("ALARM(\"a\")", "ActionsEnabled: true", MET),
        ("ALARM(a)", "ActionsEnabled: false", VIOLATED),
        ("ALARM(b)", "ActionsEnabled: true", VIOLATED),
        ("NOT ALARM(a)", "ActionsEnabled: true", VIOLATED),
        ("ALARM(a) AND NOT ALARM(maintenance)", "ActionsEnabled: true", OPEN),
        ("ALARM(a)", "ActionsEnabled: true, ActionsSuppressor: maintenance", OPEN),
    ] {
        let plain = format!("{PLAIN}, {FIRST}");
        let answers = alarms(&[alarm(&plain, "")], &composite(rule, more));
        let (found, why) = told("key-deletion-alarm", &answers).await;
        assert_eq!(found, verdict, "{rule} {more}: {why}");
        // A recipient of the alarm stays a recipient, whatever else sends messages.
        let answers = alarms(&[alarm(&plain, &format!("\"{TOPIC}\""))], &composite(rule, more));
        assert_eq!(told("key-deletion-alarm", &answers).await.0, MET, "{rule} {more}");
    }
}

#[tokio::test]
async fn who_listens_to_the_topic_of_the_alarms() {
    let plain = format!("{PLAIN}, {FIRST}");
    let heard = |confirmed: &str| {
        format!(
            "  sns:\n    GetTopicAttributes: {{ Attributes: {{ TopicArn: \"{TOPIC}\", SubscriptionsConfirmed: \"{confirmed}\", \
             SubscriptionsPending: \"1\" }} }}\n"
        )
    };
    let gone = "  sns:\n    GetTopicAttributes: { error: NotFound, status: 404 }\n".to_owned();
    for (topic, sns, verdict) in [
        (TOPIC.to_owned(), heard("1"), MET),
        (TOPIC.to_owned(), heard("0"), VIOLATED),
        (TOPIC.to_owned(), gone, VIOLATED),
        (TOPIC.replace("647751526084", "999988887777"), heard("1"), OPEN),
        (TOPIC.replace("ap-southeast-2", "eu-west-1"), heard("1"), OPEN),
        (TOPIC.replace("bank-platform", "another"), heard("1"), VIOLATED),
    ] {
        let answers = alarms(&[alarm(&plain, &format!("\"{topic}\""))], "") + &sns;
        let (found, why) = told("alarm-topic-heard", &answers).await;
        assert_eq!(found, verdict, "{topic}: {why}");
    }
}
