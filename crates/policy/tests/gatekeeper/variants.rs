//! The library over objects, parameters and code that are not as its authors wrote them.
//!
//! Whatever a template makes of something that is missing or of another type, both make of it, or refuse the template.

use ringwall_policy::gatekeeper::Engine;
use serde_json::{Map, Value, json};

use super::{compare, dice::Dice, library};

/// How many objects are made of each.
const OBJECTS: usize = 3;

/// Rules that each template gets in turn: what engines get wrong.
const RULES: &[&str] = &[
    // Negation over parameters that are not there.
    "violation[{\"msg\": msg}] { not input.parameters.none.more[_] == \"x\"; msg := \"no parameter\" }",
    "violation[{\"msg\": msg}] { c := input.review.object.spec.containers[_]; not input.parameters.none == c.name; msg := c.name }",
    "violation[{\"msg\": msg}] { input.parameters.none != 1; msg := \"never\" }",
    // Bodies in a row.
    "violation[{\"msg\": msg}] { input.review.object.none; msg := \"first\" } { input.review.object.spec; msg := \"second\" }",
    // Everything inside.
    "violation[{\"msg\": msg}] { walk(input.review.object.spec, [path, true]); msg := sprintf(\"%v\", [path]) }",
    "violation[{\"msg\": msg}] { n := count([p | walk(input.review.object.spec, [p, _])]); n > 9; msg := sprintf(\"%d places\", [n]) }",
    // Another input.
    "violation[{\"msg\": msg}] { named with input.review.object.metadata.name as \"other\"; msg := \"with\" }\nnamed { input.review.object.metadata.name == \"other\" }",
    "violation[{\"msg\": msg}] { not bare with input.review.object.spec as {}; msg := \"without\" }\nbare { input.review.object.spec.none }",
    // Rules that begin alike, and are looked up by one of their fields.
    "violation[{\"msg\": msg}] { lacking[{\"msg\": msg, \"field\": \"containers\"}] }
lacking[{\"msg\": msg, \"field\": field}] { c := input.review.object.spec[field][_]; not c.resources; msg := sprintf(\"%v: no resources\", [c.name]) }
lacking[{\"msg\": msg, \"field\": field}] { item := input.review.object.spec[field][_]; not item.securityContext; msg := sprintf(\"%v: no context\", [item.name]) }
lacking[{\"msg\": msg, \"field\": \"containers\"}] { c := input.review.object.spec.containers[_]; some key; c.securityContext[key] == false; msg := key }",
    // A rule that ends in an error for a field that nobody looks it up by, and for one that somebody does.
    "violation[{\"msg\": msg}] { torn[{\"msg\": msg, \"field\": \"metadata\"}] }
torn[{\"msg\": msg, \"field\": field}] { input.review.object[field]; msg := sprintf(\"part %d\", [part(field)]) }
part(field) = 1 { field == \"metadata\" }
part(field) = 2 { field == \"apiVersion\" }
part(field) = 3 { field == \"apiVersion\" }",
    "violation[{\"msg\": msg}] { torn[{\"msg\": msg, \"field\": \"apiVersion\"}] }
torn[{\"msg\": msg, \"field\": field}] { input.review.object[field]; msg := sprintf(\"part %d\", [part(field)]) }
part(field) = 1 { field == \"metadata\" }
part(field) = 2 { field == \"apiVersion\" }
part(field) = 3 { field == \"apiVersion\" }",
];

/// The places inside of a value, as keys; what names an object stays.
fn places(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let mut below = |key: String, value: &Value| {
        path.push(key);
        found.push(path.clone());
        places(value, path, found);
        path.pop();
    };
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                below(key.clone(), value);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                below(index.to_string(), value);
            }
        }
        _ => {}
    }
}

/// Makes something else of what stands at a place.
fn change(value: &mut Value, path: &[String], dice: &mut Dice) {
    let Some((last, above)) = path.split_last() else {
        return;
    };
    let pointer: String = above.iter().fold(String::new(), |pointer, key| {
        format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
    });
    let others = [json!(false), json!(7), json!("x"), json!([]), json!({})];
    match value.pointer_mut(&pointer) {
        Some(Value::Object(members)) => match dice.roll(3) {
            0 => drop(members.remove(last)),
            _ => drop(members.insert(last.clone(), dice.pick(&others).clone())),
        },
        Some(Value::Array(items)) => {
            let index: usize = last.parse().expect("an index");
            match dice.roll(3) {
                0 => drop(items.remove(index)),
                1 => items.push(items[index].clone()),
                _ => items[index] = dice.pick(&others).clone(),
            }
        }
        _ => {}
    }
}

/// Changes one or two places of some members of an object.
fn changed(object: &Value, parts: &[&str], dice: &mut Dice) -> Value {
    let mut object = object.clone();
    for _ in 0..=dice.roll(2) {
        let mut found = Vec::new();
        for part in parts {
            if let Some(value) = object.get(part) {
                places(value, &mut vec![(*part).to_owned()], &mut found);
            }
        }
        if !found.is_empty() {
            let place = dice.pick::<Vec<String>>(&found);
            change(&mut object, place, dice);
        }
    }
    object
}

#[test]
fn changed_objects_and_parameters_are_judged_alike() {
    let mut dice = Dice::new(11);
    let mut all = Vec::new();
    for review in library::all() {
        for number in 0..OBJECTS {
            let mut review = review.clone();
            review.name = format!("{} changed {number}", review.name);
            if dice.one_in(4) {
                for constraint in &mut review.constraints {
                    if let Some(Value::Object(spec)) = constraint.get_mut("spec") {
                        spec.insert("parameters".to_owned(), Value::Object(Map::new()));
                    }
                }
            }
            let object = review.object.as_mut().or(review.old_object.as_mut());
            if let Some(object) = object {
                *object = changed(object, &["spec", "rules", "subjects", "data"], &mut dice);
            }
            all.push(review);
        }
    }
    compare(&all);
}

/// Where the main module of a template stands.
fn code(template: &mut Value) -> Option<&mut Value> {
    let target = template.pointer_mut("/spec/targets/0")?;
    if target.get("rego").is_some() {
        return target.get_mut("rego");
    }
    let engines = target.get_mut("code")?.as_array_mut()?;
    let rego = engines.iter_mut().find(|code| code["engine"] == "Rego")?;
    rego.pointer_mut("/source/rego")
}

/// Code with a negation more, or one less.
fn negated(text: &str, dice: &mut Dice) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let is_condition = |line: &str| {
        let line = line.trim();
        let is_call = line.ends_with(')') && !line.contains(":=") && !line.contains(" = ");
        line.starts_with("not ") || is_call && line.starts_with(|first: char| first.is_lowercase())
    };
    let places: Vec<usize> = (0..lines.len())
        .filter(|at| is_condition(lines[*at]))
        .collect();
    if places.is_empty() {
        return None;
    }
    let at = *dice.pick(&places);
    let line = match lines[at].trim().strip_prefix("not ") {
        Some(positive) => positive.to_owned(),
        None => format!("not {}", lines[at].trim()),
    };
    let mut lines = lines;
    lines[at] = &line;
    Some(lines.join("\n"))
}

#[test]
fn mutants_of_policies_judge_alike() {
    let mut dice = Dice::new(12);
    let mut all = Vec::new();
    let reviews = library::all().into_iter();
    let reviews = reviews.filter(|review| review.engine == Engine::Rego);
    for (number, review) in reviews.enumerate() {
        let mut template = review.template.clone();
        let Some(text) = code(&mut template).and_then(|code| code.as_str().map(str::to_owned))
        else {
            continue;
        };
        let more = format!("{text}\n{}\n", RULES[number % RULES.len()]);
        for mutant in [negated(&text, &mut dice), Some(more)]
            .into_iter()
            .flatten()
        {
            let mut review = review.clone();
            review.name = format!("{} mutant: {mutant}", review.name);
            if let Some(code) = code(&mut review.template) {
                *code = mutant.into();
            }
            all.push(review);
        }
    }
    compare(&all);
}
