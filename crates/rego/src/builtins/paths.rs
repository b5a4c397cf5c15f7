//! `json.filter`, `json.remove`, `json.patch`: parts of documents, named by paths.

mod patch;

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Builtin, BuiltinError, Context, Operands,
    operands::{refused, wrong_type},
    signature::{ANY, ARRAY, OBJECT, STRING, Type, array},
};
use crate::{Object, Set, Value};

const PATH: Type = Type::AnyOf(&[STRING, ARRAY]);
const PATHS: Type = Type::AnyOf(&[array(&PATH), Type::Set(&PATH)]);
const OPERATION: Type = Type::Object {
    members: &[("op", STRING), ("path", ANY)],
    rest: Some((&ANY, &ANY)),
};

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("json.filter", &[OBJECT, PATHS], OBJECT, |c, x| {
        let object = x.object(0)?;
        let tree = Tree::new(x)?;
        filter(c, &Value::Object(Arc::clone(object)), &tree).map(Some)
    }),
    Builtin::new("json.remove", &[OBJECT, PATHS], OBJECT, |c, x| {
        let object = x.object(0)?;
        let tree = Tree::new(x)?;
        remove(c, &Value::Object(Arc::clone(object)), Some(&tree))
    }),
    Builtin::new("json.patch", &[ANY, array(&OPERATION)], ANY, |c, x| {
        patch::patch(c, x.value(0), x.array(1)?)
    }),
];

/// The keys of a path: an array of them, or text with slashes, `~1` for a slash and `~0` for a tilde.
fn parse(path: &Value) -> Result<Vec<Value>, BuiltinError> {
    match path {
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        Value::String(text) => Ok(text
            .trim_start_matches('/')
            .split('/')
            .map(|part| {
                if part.contains('~') {
                    Value::from(&*part.replace("~1", "/").replace("~0", "~"))
                } else {
                    Value::from(part)
                }
            })
            .collect()),
        Value::Array(keys) => Ok(keys.to_vec()),
        other => Err(refused(
            1,
            &format!(
                "must be one of {{set, array}} containing string paths or array of path segments but got {}",
                other.type_name()
            ),
        )),
    }
}

/// Paths, merged where they begin alike.
enum Tree {
    /// The end of a path: all below is meant.
    End,
    Branch(BTreeMap<Value, Tree>),
}

impl Tree {
    /// The paths of the second operand.
    fn new(operands: Operands<'_>) -> Result<Self, BuiltinError> {
        let paths = match operands.value(1) {
            Value::Array(paths) => &**paths,
            Value::Set(paths) => paths.members(),
            other => return Err(wrong_type(1, other, &["set", "array"])),
        };
        let paths: Vec<Vec<Value>> = paths.iter().map(parse).collect::<Result<_, _>>()?;
        let mut root = BTreeMap::new();
        for path in paths {
            let Some((last, parents)) = path.split_last() else {
                continue;
            };
            let mut branch = Some(&mut root);
            for key in parents {
                branch = branch.and_then(|branch| {
                    let next = branch
                        .entry(key.clone())
                        .or_insert_with(|| Self::Branch(BTreeMap::new()));
                    match next {
                        Self::Branch(branch) => Some(branch),
                        Self::End => None,
                    }
                });
            }
            if let Some(branch) = branch {
                branch.insert(last.clone(), Self::End);
            }
        }
        Ok(Self::Branch(root))
    }

    fn get(&self, key: &Value) -> Option<&Self> {
        match self {
            Self::End => None,
            Self::Branch(branch) => branch.get(key),
        }
    }
}

/// The key that stands for a place in an array.
fn place(index: usize) -> Value {
    Value::from(&*index.to_string())
}

/// What is named, and what leads there.
fn filter(context: &mut Context<'_>, value: &Value, tree: &Tree) -> Result<Value, BuiltinError> {
    context.spend(1)?;
    if matches!(tree, Tree::End) {
        return Ok(value.clone());
    }
    Ok(match value {
        Value::Object(object) => {
            let mut kept = Vec::new();
            for (key, value) in object.entries() {
                if let Some(below) = tree.get(key) {
                    kept.push((key.clone(), filter(context, value, below)?));
                }
            }
            Value::Object(Arc::new(Object::from_entries(kept)))
        }
        Value::Array(items) => {
            let mut kept = Vec::new();
            for (index, item) in items.iter().enumerate() {
                if let Some(below) = tree.get(&place(index)) {
                    kept.push(filter(context, item, below)?);
                }
            }
            Value::Array(kept.into())
        }
        Value::Set(set) => {
            let mut kept = Vec::new();
            for member in set.members() {
                if let Some(below) = tree.get(member) {
                    kept.push(filter(context, member, below)?);
                }
            }
            Value::Set(Arc::new(Set::from_members(kept)))
        }
        scalar => scalar.clone(),
    })
}

/// All but what is named; nothing if that is the value itself.
fn remove(
    context: &mut Context<'_>,
    value: &Value,
    tree: Option<&Tree>,
) -> Result<Option<Value>, BuiltinError> {
    context.spend(1)?;
    let tree = match tree {
        None => return Ok(Some(value.clone())),
        Some(Tree::End) => return Ok(None),
        Some(tree) => tree,
    };
    Ok(Some(match value {
        Value::Object(object) => {
            let mut kept = Vec::new();
            for (key, value) in object.entries() {
                if let Some(rest) = remove(context, value, tree.get(key))? {
                    kept.push((key.clone(), rest));
                }
            }
            Value::Object(Arc::new(Object::from_entries(kept)))
        }
        Value::Array(items) => {
            let mut kept = Vec::new();
            for (index, item) in items.iter().enumerate() {
                kept.extend(remove(context, item, tree.get(&place(index)))?);
            }
            Value::Array(kept.into())
        }
        Value::Set(set) => {
            let mut kept = Vec::new();
            for member in set.members() {
                kept.extend(remove(context, member, tree.get(member))?);
            }
            Value::Set(Arc::new(Set::from_members(kept)))
        }
        scalar => scalar.clone(),
    }))
}
