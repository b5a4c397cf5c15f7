//! What the API server demands of a value beyond its shape: bounds, forms, choices, uniqueness.
//!
//! `data/rules.txt` says which field has which; this is how its words are read and held against values.

use std::{collections::HashMap, fmt, sync::LazyLock};

use super::{
    Choices, TypeRef,
    form::Form,
    table::{Line, Words},
};
use crate::yaml::{Node, Value};

const TABLE: &str = include_str!("../../data/rules.txt");

/// A demand on what a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// Integers from one to another, or from one on.
    Range(i64, Option<i64>),
    /// Strings of a form.
    Form(Form),
    /// A map whose keys have a form.
    Keys(Form),
    /// One of a few strings, where the types of Kubernetes do not list them.
    Choice(Choices),
    /// A list whose items differ in these fields, joined by commas.
    Unique(&'static str),
}

/// The rules of a type.
pub(super) fn rules_of(package: &str, name: &str) -> Words {
    static LINES: LazyLock<Vec<Line>> =
        LazyLock::new(|| TABLE.lines().filter_map(Line::new).collect());
    let at = LINES.binary_search_by(|line| (line.first, line.second).cmp(&(package, name)));
    at.ok()
        .and_then(|at| LINES.get(at))
        .map_or(Words(""), |line| line.rest)
}

impl Rule {
    /// The rule that a word of the table states.
    pub(super) fn read(word: &'static str) -> Option<Self> {
        if let Some((least, most)) = word.split_once("..") {
            return Some(Self::Range(least.parse().ok()?, most.parse().ok()));
        }
        if let Some(form) = word.strip_prefix('@') {
            return Form::read(form).map(Self::Form);
        }
        if let Some(form) = word.strip_prefix("keys@") {
            return Form::read(form).map(Self::Keys);
        }
        match word.strip_prefix("unique:") {
            Some(fields) => Some(Self::Unique(fields)),
            None => Some(Self::Choice(Choices::new(word))),
        }
    }

    /// Whether it allows a scalar; of a value that is none, or of the wrong type, its shape has told.
    pub(super) fn allows(self, node: Node<'_>) -> bool {
        match self {
            Self::Range(least, most) => node
                .as_i64()
                .is_none_or(|number| least <= number && most.is_none_or(|most| number <= most)),
            Self::Form(form) => form.fits(node),
            // The empty string counts as unset.
            Self::Choice(choices) => match node.value() {
                Value::String(text) => text.is_empty() || choices.contains(text),
                _ => true,
            },
            Self::Keys(_) | Self::Unique(_) => true,
        }
    }
}

/// What a value must be: `from 1 to 65535`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(least, None) => write!(f, "at least {least}"),
            Self::Range(least, Some(most)) => write!(f, "from {least} to {most}"),
            Self::Form(form) | Self::Keys(form) => f.write_str(form.words()),
            Self::Choice(choices) => {
                let choices: Vec<&str> = choices.iter().collect();
                write!(f, "one of {}", choices.join(", "))
            }
            Self::Unique(fields) => {
                write!(f, "a list in which no two items have the same {fields}")
            }
        }
    }
}

/// The sets of fields of a type of which an object has one at most, as `a,b,c`; `!a,b` are all fields but these.
pub(super) fn unions_of(rules: Words) -> Vec<&'static str> {
    let words = rules.iter();
    words
        .filter_map(|word| word.strip_prefix(".=one:"))
        .collect()
}

/// Two fields of an object that exclude each other and are both there.
pub(super) fn excluded(node: Node<'_>, of: TypeRef) -> Option<(Node<'_>, Node<'_>)> {
    let unions = of.unions();
    if unions.is_empty() {
        return None;
    }
    // A strategic merge patch says by these that the other fields go.
    if node.get("$patch").is_some() || node.get("$retainKeys").is_some() {
        return None;
    }
    let is_there = |value: &Node<'_>| !value.is_null() && value.as_str() != Some("");
    unions.iter().find_map(|union| {
        let there: &mut dyn Iterator<Item = Node<'_>> = match union.strip_prefix('!') {
            Some(others) => &mut node
                .entries()
                .into_iter()
                .filter(|(key, _)| {
                    let name = key.text();
                    of.field(name).is_some() && others.split(',').all(|other| other != name)
                })
                .map(|(_, value)| value),
            None => &mut union.split(',').filter_map(|name| node.get(name)),
        };
        let mut there = there.filter(is_there);
        // Nearly always there is one, and nothing to sort.
        let (first, second) = (there.next()?, there.next()?);
        let mut there: Vec<Node<'_>> = [first, second].into_iter().chain(there).collect();
        there.sort_by_key(|value| value.span().start);
        match there.as_slice() {
            [first, second, ..] => Some((*first, *second)),
            _ => None,
        }
    })
}

/// The items of a list that are the same as one above them in the fields that tell items apart, each with that one.
pub(super) fn repeated<'a>(list: Node<'a>, fields: &'static str) -> Vec<(Node<'a>, Node<'a>)> {
    let mut items = list.items();
    if items.next().is_none() || items.next().is_none() {
        return Vec::new();
    }
    let mut first = HashMap::new();
    let mut found = Vec::new();
    for item in list.items() {
        if item.get("$patch").is_some() {
            continue;
        }
        let values: Vec<&str> = fields.split(',').map(|field| value(item, field)).collect();
        let is_telling = values
            .first()
            .is_some_and(|value| !value.is_empty() && !super::validate::is_placeholder(value));
        if !is_telling {
            continue;
        }
        match first.get(&values) {
            Some(&earlier) => found.push((item, earlier)),
            None => {
                first.insert(values, item);
            }
        }
    }
    found
}

/// The value of a field that tells items apart; ports are of TCP unless they say otherwise.
fn value<'a>(item: Node<'a>, field: &str) -> &'a str {
    match item.get(field).map_or("", Node::text) {
        "" if field == "protocol" => "TCP",
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::builtin;

    #[test]
    fn every_line_of_the_table_is_of_a_type_and_in_order() {
        let lines: Vec<Line> = TABLE.lines().map(|line| Line::new(line).unwrap()).collect();
        assert!(lines.len() > 80);
        assert!(lines.is_sorted_by_key(|line| (line.first, line.second)));
        for line in lines {
            let of = TypeRef::find(line.first, line.second).expect(line.second);
            for word in line.rest.iter() {
                let (field, rule) = word.split_once('=').unwrap();
                if let Some(union) = rule.strip_prefix("one:") {
                    let named = union.trim_start_matches('!').split(',');
                    for name in named.filter(|name| !name.is_empty()) {
                        assert!(of.field(name).is_some(), "{word}");
                    }
                    continue;
                }
                assert!(of.field(field).is_some(), "{} {word}", line.second);
                let read = Rule::read(rule).expect(word);
                let is_plain = rule.starts_with(|first: char| first.is_ascii_uppercase());
                assert_eq!(matches!(read, Rule::Choice(_)), is_plain, "{word}");
            }
        }
    }

    #[test]
    fn fields_know_their_rules() {
        let port = TypeRef::find("core/v1", "ContainerPort").unwrap();
        let rule = port.field("containerPort").unwrap().rule.unwrap();
        assert_eq!(rule.to_string(), "from 1 to 65535");
        let pod = builtin().kind("v1", "Pod").unwrap();
        assert!(pod.field("spec").unwrap().rule.is_none());
    }
}
