//! Every module and query of OPA's test cases parses, or fails where the case says so.

mod opa;

use ringwall_rego::{ErrorCode, parse, parse_query};

#[test]
fn modules_of_opas_cases_parse_or_fail_as_expected() {
    let Some(folder) = opa::folder() else {
        return;
    };
    let cases = opa::cases(&folder);
    assert!(cases.len() > 4_000, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let mut errors = Vec::new();
        for (index, module) in case.modules.iter().enumerate() {
            errors.extend(parse(&format!("module-{index}.rego"), module, case.version).err());
        }
        errors.extend(parse_query(&case.query, case.version).err());
        let errors: Vec<_> = errors.into_iter().flatten().collect();
        let is_expected = case.want_error_code.as_deref() == Some("rego_parse_error");
        let is_refused = errors
            .iter()
            .any(|error| error.code == ErrorCode::Unsupported);
        if errors.is_empty() == is_expected && !is_refused {
            let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
            wrong.push(format!(
                "{} {:?}: {}",
                case.file,
                case.note,
                told.join("\n    ")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
