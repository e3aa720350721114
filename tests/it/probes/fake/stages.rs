//! The labels of the versions of a secret: the operations that add a version and move labels.

use serde_json::{Value, json};

use super::{CANARY, CONSENT, LONG_AGO, REGION, Secret, Stranger, now};

/// The behaviour of a secret whose labels are moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Right,
    /// The first move of AWSCURRENT changes nothing.
    Stays,
    /// The second move of AWSCURRENT changes nothing.
    NoWayBack,
    /// The version before has another value after the way back.
    OtherValue,
}

impl Secret {
    /// A secret of a stranger with the version that a rollback would add.
    pub fn rolled(mark: &str, stranger: Stranger) -> Self {
        let own = mark.replace("attestry-", "rollback-");
        let mut secret = Self::default();
        if stranger != Stranger::Named {
            secret.tags.insert(CONSENT.to_owned(), "rollback".to_owned());
        }
        let (before, created) = match stranger {
            Stranger::Named => ("AWSPREVIOUS", now()),
            Stranger::Old => ("AWSPREVIOUS", LONG_AGO + 1),
            // A later change made another version current.
            Stranger::Used => ("AWSCURRENT", now()),
        };
        let label = if before == "AWSCURRENT" { "AWSPREVIOUS" } else { "AWSCURRENT" };
        for (id, label) in [("one".to_owned(), before), (own.clone(), label)] {
            secret.versions.insert(id, ([label.to_owned()].into(), CANARY.to_owned()));
        }
        secret.created.insert(own, created);
        if stranger == Stranger::Used {
            secret.created.insert("one".to_owned(), created + 60);
        }
        secret
    }

    pub fn put(&mut self, asked: &Value) {
        let (id, value) = (asked["ClientRequestToken"].as_str().unwrap(), asked["SecretString"].as_str().unwrap());
        assert!((32..=64).contains(&id.len()), "AWS refuses the version id {id}");
        let labels = asked["VersionStages"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned());
        let labels: Vec<String> = labels.collect();
        for (has, _) in self.versions.values_mut() {
            has.retain(|label| !labels.contains(label));
        }
        self.versions.insert(id.to_owned(), (labels.into_iter().collect(), value.to_owned()));
        self.created.insert(id.to_owned(), now());
    }

    pub fn move_label(&mut self, asked: &Value, way: Way) -> Result<Value, (&'static str, &'static str)> {
        let text = |name: &str| asked.get(name).and_then(Value::as_str).map(str::to_owned);
        let (label, from, to) = (text("VersionStage").unwrap(), text("RemoveFromVersionId"), text("MoveToVersionId"));
        let holder = self.versions.iter().find(|it| it.1.0.contains(&label)).map(|(id, _)| id.clone());
        if holder != from && (from.is_some() || label.starts_with("AWS")) {
            return Err(("InvalidParameterException", "another version has the label"));
        }
        let wrong = ("InvalidRequestException", "AWSCURRENT must be moved");
        if label == "AWSCURRENT" {
            self.moves += 1;
            let to = to.as_ref().ok_or(wrong)?;
            if way == Way::Stays && self.moves == 1 || way == Way::NoWayBack && self.moves == 2 {
                return Ok(json!({ "Name": asked["SecretId"] }));
            }
            for (id, (labels, _)) in &mut self.versions {
                labels.remove("AWSPREVIOUS");
                if Some(id) == from.as_ref() && id != to {
                    labels.insert("AWSPREVIOUS".to_owned());
                }
            }
            if way == Way::OtherValue && self.moves == 2 {
                self.versions.get_mut(to).unwrap().1.push_str("-other");
            }
        }
        if let Some(from) = &from {
            self.versions.get_mut(from).ok_or(wrong)?.0.remove(&label);
        }
        if let Some(to) = &to {
            self.versions.get_mut(to).ok_or(wrong)?.0.insert(label);
        }
        Ok(
            json!({ "Name": asked["SecretId"], "ARN": format!("arn:aws:secretsmanager:{REGION}:{}:secret:{}-AbCdEf", super::ACCOUNT, asked["SecretId"].as_str().unwrap()) }),
        )
    }
}
