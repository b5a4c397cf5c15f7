//! Rules where base documents already stand.

use crate::{
    Error, ErrorCode, Value,
    ast::{Module, TermKind},
};

/// Says which rules define a path that the given base documents define too.
pub fn data_conflicts(modules: &[Module], data: &Value) -> Vec<Error> {
    let mut errors = Vec::new();
    for module in modules {
        for rule in &module.rules {
            let mut path: Vec<&str> = module.package.iter().map(|part| &**part).collect();
            for (index, part) in rule.head.reference.iter().enumerate() {
                match &part.kind {
                    TermKind::Var(name) if index == 0 => path.push(name),
                    TermKind::String(name) => path.push(name),
                    _ => break,
                }
            }
            let place = path.iter().try_fold(data, |place, key| match place {
                Value::Object(object) => object.get_str(key),
                _ => None,
            });
            if place.is_some() {
                errors.push(Error::new(
                    ErrorCode::Compile,
                    &module.source,
                    rule.span,
                    format!("conflicting rule for data path {} found", path.join("/")),
                ));
            }
        }
    }
    errors
}
