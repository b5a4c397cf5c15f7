//! What is found out about compiled rules to run them faster; what they give stays the same.

use std::collections::BTreeMap;

use crate::{
    Value,
    code::{Body, Callee, Dispatch, From, Group, Operand, Out, Rule, Sort, Step},
};

/// Functions from this cost on keep their latest results.
const COSTLY: usize = 10;

/// Rules are chosen by a value if at least so many ask for one.
const MIN_DISPATCHED: usize = 3;

/// Tunes all groups, given an order in which each comes after those it uses. Gives the paths of the input that are read more than once, and how many functions keep results.
pub(super) fn tune(groups: &mut [Group], order: &[usize]) -> (Box<[Box<[Value]>]>, u32) {
    let mut kept = 0;
    let costs = costs(groups, order);
    for (group, cost) in groups.iter_mut().zip(costs) {
        group.dispatch = dispatch(group);
        if group.sort == Sort::Function && cost >= COSTLY {
            group.memo = Some(kept);
            kept += 1;
        }
    }
    (paths(groups), kept)
}

/// An equality that a rule needs: what is read, and the constant.
fn asked(step: &Step) -> Option<(From, &[Operand], &Value)> {
    match step {
        Step::Give {
            value: Operand::Slot(slot),
            out: Out::Equal(Operand::Const(value)),
        }
        | Step::Give {
            value: Operand::Const(value),
            out: Out::Equal(Operand::Slot(slot)),
        } => Some((From::Slot(*slot), &[], value)),
        Step::Read {
            from: From::Input,
            keys,
            out: Out::Equal(Operand::Const(value)),
        } if keys.iter().all(|key| matches!(key, Operand::Const(_))) => {
            Some((From::Input, keys, value))
        }
        _ => None,
    }
}

/// What is read, in a form that can be compared.
type Site = (Option<u32>, Vec<Value>);

fn site(from: &From, keys: &[Operand]) -> Site {
    let slot = match from {
        From::Slot(slot) => Some(*slot),
        _ => None,
    };
    let keys = keys
        .iter()
        .filter_map(|key| match key {
            Operand::Const(value) => Some(value.clone()),
            Operand::Slot(_) => None,
        })
        .collect();
    (slot, keys)
}

/// What the rules of a group are chosen by: the value that most of them ask to be some constant.
fn dispatch(group: &Group) -> Option<Dispatch> {
    if group.rules.len() < MIN_DISPATCHED {
        return None;
    }
    let arity = u32::try_from(group.arity).unwrap_or(u32::MAX);
    // Of each rule: what it asks. One with an `else` gives something else if it fails.
    let asked: Vec<BTreeMap<Site, &Value>> = group
        .rules
        .iter()
        .map(|rule| {
            let steps: &[Step] = match rule.otherwise {
                None => &rule.body.steps,
                Some(_) => &[],
            };
            steps
                .iter()
                .filter_map(asked)
                .filter(|(from, ..)| match from {
                    From::Slot(slot) => *slot < arity,
                    _ => true,
                })
                .map(|(from, keys, value)| (site(&from, keys), value))
                .collect()
        })
        .collect();
    let mut counts: BTreeMap<&Site, usize> = BTreeMap::new();
    for site in asked.iter().flat_map(BTreeMap::keys) {
        *counts.entry(site).or_default() += 1;
    }
    let (site, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    if count < MIN_DISPATCHED {
        return None;
    }
    let mut values: Vec<&Value> = asked
        .iter()
        .filter_map(|asked| asked.get(site).copied())
        .collect();
    values.sort();
    values.dedup();
    let chosen = |value: Option<&Value>| -> Box<[u32]> {
        asked
            .iter()
            .enumerate()
            .filter(|(_, asked)| match asked.get(site) {
                Some(wanted) => Some(*wanted) == value,
                None => true,
            })
            .map(|(index, _)| u32::try_from(index).unwrap_or(u32::MAX))
            .collect()
    };
    Some(Dispatch {
        from: match site.0 {
            Some(slot) => From::Slot(slot),
            None => From::Input,
        },
        keys: site.1.iter().cloned().map(Operand::Const).collect(),
        table: values
            .iter()
            .map(|value| ((*value).clone(), chosen(Some(value))))
            .collect(),
        others: chosen(None),
    })
}

/// About how many steps each group takes, calls included. `order` has each group after those it uses.
fn costs(groups: &[Group], order: &[usize]) -> Vec<usize> {
    let mut costs = vec![0; groups.len()];
    for index in order {
        let Some(group) = groups.get(*index) else {
            continue;
        };
        let mut sum = 0_usize;
        for rule in group.rules.iter().chain(group.default.as_deref()) {
            let mut rule = Some(rule);
            while let Some(at) = rule {
                sum = sum.saturating_add(body_cost(&at.body, &costs));
                rule = at.otherwise.as_deref();
            }
        }
        if let Some(place) = costs.get_mut(*index) {
            *place = sum;
        }
    }
    costs
}

fn body_cost(body: &Body, costs: &[usize]) -> usize {
    body.steps.iter().fold(0, |sum: usize, step| {
        sum.saturating_add(match step {
            Step::Walk { .. } | Step::WalkInto { .. } | Step::Documents(_) => 4,
            Step::Not(body) => 1 + body_cost(body, costs),
            Step::Every(every) => 4 + body_cost(&every.body, costs),
            Step::Collect(collect) => 4 + body_cost(&collect.body, costs),
            Step::With(with) => 20 + body_cost(&with.body, costs),
            Step::Call(call) => match call.callee {
                Callee::Function(group) => costs
                    .get(group.0 as usize)
                    .map_or(3, |cost| cost.saturating_add(3)),
                Callee::Builtin(_) => 2,
            },
            _ => 1,
        })
    })
}

/// Gives numbers to paths of the input that several steps read, and has these steps name them.
fn paths(groups: &mut [Group]) -> Box<[Box<[Value]>]> {
    let mut counts: BTreeMap<Vec<Value>, u32> = BTreeMap::new();
    each_read(groups, &mut |from, keys| {
        if let Some(path) = input_path(from, keys) {
            *counts.entry(path).or_default() += 1;
        }
    });
    let paths: Vec<Vec<Value>> = counts
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(path, _)| path)
        .collect();
    each_read(groups, &mut |from, keys| {
        if let Some(path) = input_path(from, keys)
            && let Ok(index) = paths.binary_search(&path)
        {
            *keys = keys.iter().skip(path.len()).cloned().collect();
            *from = From::Path(u32::try_from(index).unwrap_or(u32::MAX));
        }
    });
    paths.into_iter().map(Into::into).collect()
}

/// The constant keys with which a read of the input begins, if they are several.
fn input_path(from: &From, keys: &[Operand]) -> Option<Vec<Value>> {
    if !matches!(from, From::Input) {
        return None;
    }
    let path: Vec<Value> = keys
        .iter()
        .map_while(|key| match key {
            Operand::Const(value) => Some(value.clone()),
            Operand::Slot(_) => None,
        })
        .collect();
    (path.len() > 1).then_some(path)
}

fn each_read(groups: &mut [Group], visit: &mut dyn FnMut(&mut From, &mut Box<[Operand]>)) {
    for group in groups {
        for rule in group.rules.iter_mut().chain(group.default.as_deref_mut()) {
            rule_reads(rule, visit);
        }
        if let Some(dispatch) = &mut group.dispatch {
            visit(&mut dispatch.from, &mut dispatch.keys);
        }
    }
}

fn rule_reads(rule: &mut Rule, visit: &mut dyn FnMut(&mut From, &mut Box<[Operand]>)) {
    body_reads(&mut rule.body, visit);
    if let Some(next) = &mut rule.otherwise {
        rule_reads(next, visit);
    }
}

fn body_reads(body: &mut Body, visit: &mut dyn FnMut(&mut From, &mut Box<[Operand]>)) {
    for step in &mut body.steps {
        match step {
            Step::Read { from, keys, .. } => visit(from, keys),
            Step::Not(body) => body_reads(body, visit),
            Step::Every(every) => body_reads(&mut every.body, visit),
            Step::Collect(collect) => body_reads(&mut collect.body, visit),
            Step::With(with) => body_reads(&mut with.body, visit),
            _ => {}
        }
    }
}
