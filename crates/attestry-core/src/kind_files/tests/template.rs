//! Texts with references.

use super::super::{Parameter, Reference, Template};

fn known(reference: &Reference) -> Result<Option<String>, &'static str> {
    match reference {
        Reference::Attribute(name) if name == "gap" => Err("denied"),
        Reference::Attribute(name) if name == "none" => Ok(None),
        reference => Ok(Some(format!("<{reference}>"))),
    }
}

#[test]
fn references_are_filled() {
    for (text, filled, names) in [
        ("plain", "plain", &[][..]),
        ("", "", &[]),
        ("$ {a} $a }", "$ {a} $a }", &[]),
        ("${arn}", "<arn>", &["arn"]),
        (
            "${a.b_2}/${account}${region}:${partition}",
            "<a.b_2>/<account><region>:<partition>",
            &["a.b_2", "account", "region", "partition"],
        ),
        ("x ${parent.arn} ${each}", "x <parent.arn> <each>", &["parent.arn", "each"]),
    ] {
        let template = Template::parse(text).unwrap();
        assert_eq!(template.fill(&known), Ok(Some(filled.to_owned())), "{text}");
        assert_eq!(template.references().map(ToString::to_string).collect::<Vec<_>>(), names, "{text}");
    }
    let parent = Template::parse("${parent.id}").unwrap();
    assert_eq!(parent.references().collect::<Vec<_>>(), [&Reference::Parent("id".to_owned())]);
}

#[test]
fn a_text_has_no_value_without_one_of_its_values_and_is_a_gap_with_a_gap() {
    for (text, expected) in [("${a}${none}", Ok(None)), ("${a}${gap}", Err("denied")), ("${gap}${none}", Err("denied"))]
    {
        assert_eq!(Template::parse(text).unwrap().fill(&known), expected, "{text}");
    }
}

#[test]
fn a_reference_has_an_end_and_a_name() {
    for (text, why) in [
        ("${arn", "the `${` has no `}`"),
        ("${}", "`${}` is no reference"),
        ("${Arn}", "`${Arn}` is no reference"),
        ("${a b}", "`${a b}` is no reference"),
        ("${a${b}}", "`${a${b}` is no reference"),
    ] {
        assert_eq!(Template::parse(text), Err(why.to_owned()), "{text}");
    }
}

#[test]
fn a_parameter_is_filled_inside() {
    let text = |text: &str| Parameter::Text(Template::parse(text).unwrap());
    let structure = |of: Parameter| {
        Parameter::Structure(vec![
            ("Names".to_owned(), Parameter::List(vec![of, Parameter::Literal("all".into())])),
            ("Limit".to_owned(), Parameter::Literal(5.into())),
        ])
    };
    let filled = structure(text("${arn}")).fill(&known);
    assert_eq!(filled, Ok(Some(serde_json::json!({ "Names": ["<arn>", "all"], "Limit": 5 }))));
    assert_eq!(structure(text("${none}")).fill(&known), Ok(None));
    assert_eq!(structure(text("${gap}")).fill(&known), Err("denied"));

    let mut used = Vec::new();
    let parameter = structure(text("${arn} ${each}"));
    parameter.references(&mut used);
    assert_eq!(used.iter().map(ToString::to_string).collect::<Vec<_>>(), ["arn", "each"]);
}

#[test]
fn a_value_stays_inside_of_a_json_text() {
    let name = r#"a", "Other": "b\c"#;
    let fill = |text: &str| {
        let parameter = Parameter::Text(Template::parse(text).unwrap());
        parameter.fill(&|_| Ok::<_, String>(Some(name.to_owned()))).unwrap().unwrap()
    };
    let model = fill(r#"{"ClusterName": "${parent.name}"}"#);
    let read: serde_json::Value = serde_json::from_str(model.as_str().unwrap()).unwrap();
    assert_eq!(read, serde_json::json!({ "ClusterName": name }));
    assert_eq!(fill("${parent.name}"), name);
    assert_eq!(fill("arn:${parent.name}"), format!("arn:{name}"));
}
