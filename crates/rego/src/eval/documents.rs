//! Reads below paths where rules and base documents meet.

use std::sync::Arc;

use super::{
    Machine, Memo, Result,
    put::{at, member, stored},
};
use crate::{
    Object, Value,
    code::{Documents, Key, Operand, Sort},
    compile::tree::Node,
};

/// Solutions found: the values of the slots, and that of the read.
struct Found<'a> {
    documents: &'a Documents,
    rows: Vec<Value>,
}

impl<'a> Machine<'a> {
    pub(super) fn documents(&mut self, documents: &'a Documents, step: usize) -> Result<bool> {
        let Some(node) = self.program.tree.find(&documents.path) else {
            return Ok(false);
        };
        let base = at(&self.world.data, &documents.path).cloned();
        let mut path = documents.path.to_vec();
        let mut found = Found {
            documents,
            rows: Vec::new(),
        };
        self.below(
            Some(node),
            base.as_ref(),
            &documents.keys,
            &mut path,
            &mut found,
        )?;
        self.choose_row(step, found.rows, &documents.slots, Some(&documents.out))
    }

    fn below(
        &mut self,
        node: Option<&'a Node>,
        base: Option<&Value>,
        keys: &'a [Key],
        path: &mut Vec<Value>,
        found: &mut Found<'a>,
    ) -> Result<()> {
        self.tick()?;
        let node = node.filter(|_| !self.is_replaced(path));
        if let Some(node) = node
            && let Some(group) = node.group
        {
            if self.group(group)?.sort == Sort::Function {
                return Ok(());
            }
            return match self.document_value(group)? {
                Some(value) => self.below(None, Some(&value), keys, path, found),
                None => Ok(()),
            };
        }
        let Some((key, rest)) = keys.split_first() else {
            let value = match node {
                Some(node) => Some(self.merged(node, base, path)?),
                None => base.cloned(),
            };
            if let Some(value) = value {
                self.found(value, found)?;
            }
            return Ok(());
        };
        match key {
            Key::Known(key) => {
                let key = self.operand(key).clone();
                let child = node.and_then(|node| node.children.get(&key));
                let base = base.and_then(|base| stored(base, &key));
                if child.is_none() && base.is_none() {
                    return Ok(());
                }
                path.push(key);
                self.below(child, base, rest, path, found)?;
                path.pop();
            }
            Key::Any(slot) => {
                for (key, value) in members(base) {
                    if node.is_some_and(|node| node.children.contains_key(&key)) {
                        continue;
                    }
                    self.set(*slot, key.clone());
                    path.push(key);
                    self.below(None, Some(&value), rest, path, found)?;
                    path.pop();
                }
                for (key, child) in node.into_iter().flat_map(|node| &node.children) {
                    self.set(*slot, key.clone());
                    path.push(key.clone());
                    let base = base.and_then(|base| member(base, key));
                    self.below(Some(child), base, rest, path, found)?;
                    path.pop();
                }
            }
        }
        Ok(())
    }

    fn found(&mut self, value: Value, found: &mut Found<'a>) -> Result<()> {
        let mut row: Vec<Value> = found
            .documents
            .slots
            .iter()
            .map(|slot| self.operand(&Operand::Slot(*slot)).clone())
            .collect();
        row.push(value);
        self.made(size_of::<Value>() * (row.len() + 1))?;
        found.rows.push(Value::Array(row.into()));
        Ok(())
    }

    /// The document at a node: what rules give, and base documents, which win where both say something.
    fn merged(
        &mut self,
        node: &'a Node,
        base: Option<&Value>,
        path: &mut Vec<Value>,
    ) -> Result<Value> {
        let rules = self.rules_below(node, path)?;
        Ok(match base {
            Some(base) => merge(base, &rules),
            None => rules,
        })
    }

    fn rules_below(&mut self, node: &'a Node, path: &mut Vec<Value>) -> Result<Value> {
        let mut entries = Vec::with_capacity(node.children.len());
        for (key, child) in &node.children {
            path.push(key.clone());
            let value = if self.is_replaced(path) {
                None
            } else {
                match child.group {
                    None => Some(self.rules_below(child, path)?),
                    Some(group) if self.group(group)?.sort == Sort::Function => None,
                    Some(group) => self.document_value(group)?,
                }
            };
            path.pop();
            if let Some(value) = value {
                entries.push((key.clone(), value));
            }
        }
        self.made(size_of::<(Value, Value)>() * entries.len())?;
        Ok(Value::Object(Arc::new(Object::from_entries(entries))))
    }

    /// The document at a path below `data`.
    pub(crate) fn document_at(&mut self, path: &[Value]) -> Result<Option<Value>> {
        let program = self.program;
        let mut node = Some(&program.tree.root);
        for (depth, key) in path.iter().enumerate() {
            node = node.and_then(|node| node.children.get(key));
            if let Some(group) = node.and_then(|node| node.group)
                && node.is_some_and(|node| {
                    path.get(depth + 1)
                        .is_none_or(|next| !node.children.contains_key(next))
                })
            {
                if self.group(group)?.sort == Sort::Function {
                    return Ok(None);
                }
                self.document(group)?;
                let rest = path.get(depth + 1..).unwrap_or(&[]);
                return Ok(match self.world.rules.get(group.0 as usize) {
                    Some(Memo::Value(value)) => at(value, rest).cloned(),
                    _ => None,
                });
            }
        }
        let base = at(&self.world.data, path).cloned();
        match node {
            Some(node) => {
                let mut way = path.to_vec();
                self.merged(node, base.as_ref(), &mut way).map(Some)
            }
            None => Ok(base),
        }
    }
}

/// Two documents as one; the first wins unless both are objects.
fn merge(base: &Value, rules: &Value) -> Value {
    let (Value::Object(base), Value::Object(rules)) = (base, rules) else {
        return base.clone();
    };
    let mut entries: Vec<(Value, Value)> = rules
        .entries()
        .iter()
        .filter(|(key, _)| base.get(key).is_none())
        .cloned()
        .collect();
    entries.extend(base.entries().iter().map(|(key, value)| {
        let value = match rules.get(key) {
            Some(other) => merge(value, other),
            None => value.clone(),
        };
        (key.clone(), value)
    }));
    Value::Object(Arc::new(Object::from_entries(entries)))
}

/// Keys and values of a document, copied.
fn members(value: Option<&Value>) -> Vec<(Value, Value)> {
    match value {
        Some(Value::Object(object)) => object.entries().to_vec(),
        Some(Value::Array(items)) => items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                (
                    Value::from(i64::try_from(index).unwrap_or(i64::MAX)),
                    item.clone(),
                )
            })
            .collect(),
        Some(Value::Set(set)) => set
            .members()
            .iter()
            .map(|item| (item.clone(), item.clone()))
            .collect(),
        _ => Vec::new(),
    }
}
