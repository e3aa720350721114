//! Tests claims about buckets that access points can reach.

use crate::decide::{Policies, Subject};
use crate::prove::{Area, Catalogue, Doubt, Proof, Prover, Rights, Set};
use crate::{Context, Form, parse};

#[test]
fn an_access_point_may_lead_to_a_bucket() {
    let read = |resource: &str| {
        let statement = format!(r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "{resource}"}}"#);
        let policy = parse("p", &format!(r#"{{"Statement": [{statement}]}}"#), Form::Identity).unwrap();
        let subject = Subject::Role { arn: "arn:aws:iam::647751526084:role/app".into(), session: None };
        let rights = Rights { subject, policies: Policies { identity: vec![policy], ..Policies::default() } };
        let claim = |actions: &str, resources: &str| {
            let area = Area { actions: Set::of([actions]), resources: Set::of([resources]) };
            Prover::new(Catalogue::aws()).never(&rights, &area, &Context::unknown())
        };
        assert_eq!(claim("s3/read", "arn:aws:s3:::bank/*"), claim("s3:GetObject", "arn:aws:s3:::bank/*"), "{resource}");
        assert_eq!(claim("s3/mutate", "*"), Proof::Proved);
        (claim("s3:GetObject", "arn:aws:s3:::bank/*"), claim("s3:DeleteBucket", "arn:aws:s3:::bank"))
    };
    let point = "arn:aws:s3:eu-central-1:647751526084:accesspoint/ap/object/*";
    let (reads, deletes) = read(point);
    assert!(
        matches!(&reads, Proof::Undecided(Doubt::Beyond { what, .. }) if what.contains("accesspoint/ap")),
        "{reads:?}"
    );
    assert_eq!(deletes, Proof::Proved);
    assert_eq!(read("arn:aws:s3:::other/*").0, Proof::Proved);
    assert!(matches!(read("*").0, Proof::Refuted(_)));
}
