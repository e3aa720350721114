//! Checks the parameters of a call: each parameter exists in the model and has the right type, and each required
//! parameter is there. This module must not know answers.

use attestry_model::{Operation, Shape, Structure};
use serde_json::Value as Json;

use super::wrong;
use attestry_core::kind_files::{FileCall, Parameter};
use attestry_core::source::{Diagnostics, Span};

pub(super) fn prove(call: &FileCall, operation: Operation, sink: &mut Diagnostics) {
    let input = operation.input();
    for (name, parameter, span) in &call.parameters {
        match input.and_then(|input| input.member(name)) {
            Some(member) => fits(parameter, member.shape(), name, *span, sink),
            None => {
                let error = wrong(*span, format!("{} has no parameter `{name}`", operation.name()));
                sink.push(error.suggest(name, names(input)));
            }
        }
    }
    for member in input.into_iter().flat_map(Structure::members).filter(|member| member.required()) {
        if !call.parameters.iter().any(|(name, ..)| name == member.name()) {
            sink.push(wrong(call.span, format!("{} requires the parameter `{}`", operation.name(), member.name())));
        }
    }
}

fn names(of: Option<Structure>) -> Vec<&'static str> {
    of.into_iter().flat_map(Structure::members).map(|member| member.name()).collect()
}

fn fits(parameter: &Parameter, shape: Shape, place: &str, span: Span, sink: &mut Diagnostics) {
    let mut refuse = || sink.push(wrong(span, format!("`{place}` is {}", shape.words())));
    match (parameter, shape) {
        (_, Shape::Document) | (Parameter::Text(_), Shape::Text(_)) => {}
        (Parameter::Literal(Json::String(word)), Shape::Text(text)) => {
            if !text.words().is_empty() && !text.words().contains(&word.as_str()) {
                let error = wrong(span, format!("`{place}` has no value `{word}`"));
                sink.push(error.suggest(word, text.words().iter().copied()));
            }
        }
        (Parameter::Literal(Json::Bool(_)), Shape::Boolean)
        | (Parameter::Literal(Json::Number(_)), Shape::Integer | Shape::Float) => {}
        (Parameter::List(items), Shape::List(list)) => {
            items.iter().for_each(|item| fits(item, list.item(), place, span, sink));
        }
        (Parameter::Structure(members), Shape::Structure(structure)) => {
            for (name, member) in members {
                let inner = format!("{place}.{name}");
                match structure.member(name) {
                    Some(known) => fits(member, known.shape(), &inner, span, sink),
                    None => {
                        let error = wrong(span, format!("there is no member `{inner}`"));
                        sink.push(error.suggest(name, names(Some(structure))));
                    }
                }
            }
        }
        (Parameter::Structure(members), Shape::Map(map)) => {
            members.iter().for_each(|(_, member)| fits(member, map.value(), place, span, sink));
        }
        _ => refuse(),
    }
}
