//! Reads all of the embedded data, and damaged copies of it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use super::*;
use crate::{Shape, service, services};

#[test]
fn every_line_of_the_table_is_a_service_whose_model_is_whole() {
    let lines: Vec<&str> = TABLE.lines().filter(|line| !line.starts_with(['#', ' '])).collect();
    let names: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.len() > 400 && names.is_sorted());
    assert_eq!(services().iter().map(|it| it.name()).collect::<Vec<_>>(), names);
    let indented = TABLE.lines().filter(|line| line.starts_with(' ')).count();
    assert_eq!(services().iter().map(|it| it.endpoints.len()).sum::<usize>(), indented);
    let (mut operations, mut refused) = (0, 0);
    for service in services() {
        let model = model(service.range.clone()).unwrap_or_else(|| panic!("{} is not whole", service.name()));
        assert!(model.operations.is_sorted_by_key(|it| it.name) && model.refused.is_sorted_by_key(|it| it.0));
        assert!(!model.operations.iter().any(|it| it.name.is_empty() || it.method.is_empty() || it.path.is_empty()));
        operations += model.operations.len();
        refused += model.refused.len();
    }
    // The header of the table has the numbers that the generator counted.
    for (name, count) in [("services", names.len()), ("operations", operations), ("refused", refused)] {
        assert!(TABLE.lines().any(|line| line == format!("# {name} {count}")), "{name} {count}");
    }
}

#[test]
fn damaged_data_gives_no_model_and_no_panic() {
    let service = service("kms").unwrap();
    let packed = &PACKED[service.range.clone()];
    let mut plain = Vec::new();
    ZlibDecoder::new(packed).read_to_end(&mut plain).unwrap();
    let read =
        |bytes: Vec<u8>| Cursor { bytes: Vec::leak(bytes), texts: Vec::new(), next_text: 0, next_shape: 0 }.model();
    assert!(read(plain.clone()).is_some());
    assert!(read([&plain[..], &[0]].concat()).is_none(), "another byte");
    for length in (0..plain.len()).step_by(7) {
        assert!(read(plain[..length].to_vec()).is_none(), "{length}");
        assert!(unpack(&packed[..length.min(packed.len() - 1)]).is_none(), "{length}");
    }
    for at in (0..plain.len()).step_by(3) {
        let mut damaged = plain.clone();
        damaged[at] ^= 0x55;
        let _ = read(damaged);
    }
}

#[test]
fn a_shape_that_contains_itself_is_read() {
    let get = service("wafv2").unwrap().operation("GetRuleGroup").unwrap();
    let rules = get.output().unwrap().member("RuleGroup").unwrap().shape().member("Rules").unwrap();
    let Shape::List(rules) = rules.shape() else { panic!() };
    let statement = rules.item().member("Statement").unwrap().shape();
    let negated = statement.member("NotStatement").unwrap().shape().member("Statement").unwrap().shape();
    assert!(negated.member("NotStatement").is_some());
}
