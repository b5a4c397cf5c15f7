//! The slots that steps read, write and name.

use std::collections::BTreeSet;

use crate::code::{Body, From, Gives, JoinKey, Key, Operand, Out, Replacement, Step};

/// Slots by their numbers.
pub(super) type Slots = BTreeSet<u32>;

pub(super) fn operand_reads(operand: &Operand, slots: &mut Slots) {
    if let Operand::Slot(slot) = operand {
        slots.insert(*slot);
    }
}

pub(super) fn out_reads(out: &Out, slots: &mut Slots) {
    if let Out::Equal(operand) = out {
        operand_reads(operand, slots);
    }
}

pub(super) fn out_writes(out: &Out, slots: &mut Slots) {
    if let Out::Bind(slot) = out {
        slots.insert(*slot);
    }
}

pub(super) fn body_reads(body: &Body, slots: &mut Slots) {
    for step in &body.steps {
        reads(step, slots);
    }
    gives_reads(&body.gives, slots);
}

/// The slots whose values a step needs; those that it writes itself before may be among them.
pub(super) fn reads(step: &Step, slots: &mut Slots) {
    match step {
        Step::Read { from, keys, out } => {
            if let From::Slot(slot) = from {
                slots.insert(*slot);
            }
            for key in keys {
                operand_reads(key, slots);
            }
            out_reads(out, slots);
        }
        Step::Walk { over, key, value } => {
            operand_reads(over, slots);
            out_reads(key, slots);
            out_reads(value, slots);
        }
        Step::Give { value, out } => {
            operand_reads(value, slots);
            out_reads(out, slots);
        }
        Step::Compare { left, right, .. } => {
            operand_reads(left, slots);
            operand_reads(right, slots);
        }
        Step::OneOf { value, .. } | Step::ArrayOf { value, .. } | Step::Print(value) => {
            operand_reads(value, slots);
        }
        Step::ObjectOf { value, keys } => {
            operand_reads(value, slots);
            for key in keys {
                operand_reads(key, slots);
            }
        }
        Step::MakeArray { items, out } | Step::MakeSet { items, out } => {
            for item in items {
                operand_reads(item, slots);
            }
            out_reads(out, slots);
        }
        Step::MakeObject { members, out, .. } => {
            for (key, value) in members {
                operand_reads(key, slots);
                operand_reads(value, slots);
            }
            out_reads(out, slots);
        }
        Step::Call(call) => {
            for operand in &call.operands {
                operand_reads(operand, slots);
            }
            out_reads(&call.out, slots);
        }
        Step::WalkInto {
            value,
            path,
            member,
        } => {
            operand_reads(value, slots);
            out_reads(path, slots);
            out_reads(member, slots);
        }
        Step::Not(body) => body_reads(body, slots),
        Step::Every(every) => {
            operand_reads(&every.domain, slots);
            body_reads(&every.body, slots);
        }
        Step::Collect(collect) => {
            body_reads(&collect.body, slots);
            out_reads(&collect.out, slots);
        }
        Step::With(with) => {
            for (_, replacement) in &with.targets {
                if let Replacement::Value(value) = replacement {
                    operand_reads(value, slots);
                }
            }
            body_reads(&with.body, slots);
        }
        Step::Documents(documents) => {
            for key in &documents.keys {
                if let Key::Known(key) = key {
                    operand_reads(key, slots);
                }
            }
            out_reads(&documents.out, slots);
        }
        Step::Join(join) => {
            operand_reads(&join.equals, slots);
            for key in &join.keys {
                if let JoinKey::Fixed(slot) = key {
                    slots.insert(*slot);
                }
            }
        }
        Step::Fail => {}
    }
}

pub(super) fn gives_reads(gives: &Gives, slots: &mut Slots) {
    match gives {
        Gives::Truth => {}
        Gives::Value(value) | Gives::Item(value) | Gives::Member(value) => {
            operand_reads(value, slots);
        }
        Gives::Entry(key, value) => {
            operand_reads(key, slots);
            operand_reads(value, slots);
        }
        Gives::Leaf { path, value, .. } => {
            for key in path {
                operand_reads(key, slots);
            }
            operand_reads(value, slots);
        }
        Gives::Slots(all) => slots.extend(all),
        Gives::Rules(rules) => {
            for rule in rules {
                body_reads(&rule.body, slots);
            }
        }
    }
}

pub(super) fn body_writes(body: &Body, slots: &mut Slots) {
    for step in &body.steps {
        writes(step, slots);
    }
    if let Gives::Rules(rules) = &body.gives {
        for rule in rules {
            body_writes(&rule.body, slots);
        }
    }
}

/// The slots that a step writes, those inside of its bodies included.
pub(super) fn writes(step: &Step, slots: &mut Slots) {
    match step {
        Step::Read { out, .. }
        | Step::Give { out, .. }
        | Step::MakeArray { out, .. }
        | Step::MakeSet { out, .. }
        | Step::MakeObject { out, .. } => out_writes(out, slots),
        Step::Walk { key, value, .. } => {
            out_writes(key, slots);
            out_writes(value, slots);
        }
        Step::Call(call) => out_writes(&call.out, slots),
        Step::WalkInto { path, member, .. } => {
            out_writes(path, slots);
            out_writes(member, slots);
        }
        Step::Not(body) => body_writes(body, slots),
        Step::Every(every) => {
            body_writes(&every.body, slots);
            slots.extend(every.key);
            slots.insert(every.value);
        }
        Step::Collect(collect) => {
            body_writes(&collect.body, slots);
            out_writes(&collect.out, slots);
        }
        Step::With(with) => {
            body_writes(&with.body, slots);
            slots.extend(&with.slots);
        }
        Step::Documents(documents) => {
            slots.extend(&documents.slots);
            out_writes(&documents.out, slots);
        }
        Step::Join(join) => {
            slots.insert(join.value);
        }
        Step::Compare { .. }
        | Step::OneOf { .. }
        | Step::ArrayOf { .. }
        | Step::ObjectOf { .. }
        | Step::Print(_)
        | Step::Fail => {}
    }
}

/// Visits the number of every slot that a body names.
pub(super) fn each_slot(body: &mut Body, visit: &mut dyn FnMut(&mut u32)) {
    for step in &mut body.steps {
        step_slots(step, visit);
    }
    match &mut body.gives {
        Gives::Truth => {}
        Gives::Value(value) | Gives::Item(value) | Gives::Member(value) => {
            operand_slots(value, visit);
        }
        Gives::Entry(key, value) => {
            operand_slots(key, visit);
            operand_slots(value, visit);
        }
        Gives::Leaf { path, value, .. } => {
            all_slots(path, visit);
            operand_slots(value, visit);
        }
        Gives::Slots(slots) => slots.iter_mut().for_each(visit),
        Gives::Rules(rules) => {
            for rule in rules {
                each_slot(&mut rule.body, visit);
            }
        }
    }
}

fn step_slots(step: &mut Step, visit: &mut dyn FnMut(&mut u32)) {
    match step {
        Step::Read { from, keys, out } => {
            if let From::Slot(slot) = from {
                visit(slot);
            }
            all_slots(keys, visit);
            out_slots(out, visit);
        }
        Step::Walk { over, key, value } => {
            operand_slots(over, visit);
            out_slots(key, visit);
            out_slots(value, visit);
        }
        Step::Join(join) => {
            for key in &mut join.keys {
                match key {
                    JoinKey::Const(_) => {}
                    JoinKey::Fixed(slot) => visit(slot),
                    JoinKey::Any(slot) => slot.iter_mut().for_each(&mut *visit),
                }
            }
            visit(&mut join.value);
            each_slot(&mut join.derive, visit);
            operand_slots(&mut join.equals, visit);
        }
        Step::Documents(documents) => {
            for key in &mut documents.keys {
                match key {
                    Key::Known(operand) => operand_slots(operand, visit),
                    Key::Any(slot) => visit(slot),
                }
            }
            documents.slots.iter_mut().for_each(&mut *visit);
            out_slots(&mut documents.out, visit);
        }
        Step::Give { value, out } => {
            operand_slots(value, visit);
            out_slots(out, visit);
        }
        Step::Compare { left, right, .. } => {
            operand_slots(left, visit);
            operand_slots(right, visit);
        }
        Step::OneOf { value, .. } | Step::ArrayOf { value, .. } | Step::Print(value) => {
            operand_slots(value, visit);
        }
        Step::ObjectOf { value, keys } => {
            operand_slots(value, visit);
            all_slots(keys, visit);
        }
        Step::MakeArray { items, out } | Step::MakeSet { items, out } => {
            all_slots(items, visit);
            out_slots(out, visit);
        }
        Step::MakeObject { members, out, .. } => {
            for (key, value) in members {
                operand_slots(key, visit);
                operand_slots(value, visit);
            }
            out_slots(out, visit);
        }
        Step::Call(call) => {
            all_slots(&mut call.operands, visit);
            out_slots(&mut call.out, visit);
        }
        Step::WalkInto {
            value,
            path,
            member,
        } => {
            operand_slots(value, visit);
            out_slots(path, visit);
            out_slots(member, visit);
        }
        Step::Not(body) => each_slot(body, visit),
        Step::Every(every) => {
            operand_slots(&mut every.domain, visit);
            every.key.iter_mut().for_each(&mut *visit);
            visit(&mut every.value);
            each_slot(&mut every.body, visit);
        }
        Step::Collect(collect) => {
            each_slot(&mut collect.body, visit);
            out_slots(&mut collect.out, visit);
        }
        Step::With(with) => {
            for (_, replacement) in &mut with.targets {
                if let Replacement::Value(value) = replacement {
                    operand_slots(value, visit);
                }
            }
            each_slot(&mut with.body, visit);
            with.slots.iter_mut().for_each(visit);
        }
        Step::Fail => {}
    }
}

fn all_slots(operands: &mut [Operand], visit: &mut dyn FnMut(&mut u32)) {
    for operand in operands {
        operand_slots(operand, visit);
    }
}

fn operand_slots(operand: &mut Operand, visit: &mut dyn FnMut(&mut u32)) {
    if let Operand::Slot(slot) = operand {
        visit(slot);
    }
}

fn out_slots(out: &mut Out, visit: &mut dyn FnMut(&mut u32)) {
    match out {
        Out::Bind(slot) => visit(slot),
        Out::Equal(operand) => operand_slots(operand, visit),
        Out::Truthy | Out::Ignore => {}
    }
}
