//! Which types fit where, and what that says about the type parameters of a call.

use std::collections::BTreeMap;

use crate::ty::Type;

/// What is known of type parameters.
#[derive(Debug)]
pub(super) struct Substitution {
    known: BTreeMap<u32, Type>,
    next: u32,
    /// What was known before each change, to go back to.
    trail: Vec<(u32, Option<Type>)>,
}

impl Substitution {
    pub(super) fn new() -> Self {
        Self {
            known: BTreeMap::new(),
            // The letters of declarations are never types of an expression.
            next: 26,
            trail: Vec::new(),
        }
    }

    /// A parameter that nothing is known about.
    pub(super) fn fresh(&mut self) -> Type {
        self.next += 1;
        Type::Param(self.next)
    }

    /// Reserves numbers for the parameters of a declaration, and gives what to add to its own.
    pub(super) fn reserve(&mut self, count: u32) -> u32 {
        let offset = self.next + 1;
        self.next += count;
        offset
    }

    /// The type with everything known put in; what stays unknown becomes `dyn` if asked for.
    pub(super) fn apply(&self, ty: &Type, unknown_is_dyn: bool) -> Type {
        match ty {
            Type::Param(number) => match self.known.get(number) {
                Some(known) => self.apply(known, unknown_is_dyn),
                None if unknown_is_dyn => Type::Dyn,
                None => ty.clone(),
            },
            Type::List(element) => Type::list(self.apply(element, unknown_is_dyn)),
            Type::Map(key, value) => Type::map(
                self.apply(key, unknown_is_dyn),
                self.apply(value, unknown_is_dyn),
            ),
            Type::Optional(value) => Type::optional(self.apply(value, unknown_is_dyn)),
            Type::Type(inner) => Type::Type(self.apply(inner, unknown_is_dyn).into()),
            other => other.clone(),
        }
    }

    /// Whether a type has more parts than that, with everything known put in.
    pub(super) fn is_larger_than(&self, ty: &Type, parts: u32) -> bool {
        fn count(substitution: &Substitution, ty: &Type, left: &mut u32) -> Option<()> {
            *left = left.checked_sub(1)?;
            match ty {
                Type::Param(number) => match substitution.known.get(number) {
                    Some(known) => count(substitution, known, left),
                    None => Some(()),
                },
                Type::List(inner) | Type::Optional(inner) | Type::Type(inner) => {
                    count(substitution, inner, left)
                }
                Type::Map(key, value) => {
                    count(substitution, key, left)?;
                    count(substitution, value, left)
                }
                _ => Some(()),
            }
        }
        let mut left = parts;
        count(self, ty, &mut left).is_none()
    }

    /// Whether values of `given` can stand where `wanted` is; learns from it only if so.
    pub(super) fn assign(&mut self, given: &Type, wanted: &Type) -> bool {
        let before = self.snapshot();
        let fits = self.fits(given, wanted);
        if !fits {
            self.forget(before);
        }
        fits
    }

    /// The present state, for [`Substitution::forget`].
    pub(super) fn snapshot(&self) -> usize {
        self.trail.len()
    }

    /// Forgets what was learned since.
    pub(super) fn forget(&mut self, snapshot: usize) {
        while self.trail.len() > snapshot
            && let Some((parameter, known)) = self.trail.pop()
        {
            match known {
                Some(known) => self.known.insert(parameter, known),
                None => self.known.remove(&parameter),
            };
        }
    }

    fn learn(&mut self, parameter: u32, ty: Type) {
        let known = self.known.insert(parameter, ty);
        self.trail.push((parameter, known));
    }

    pub(super) fn fits(&mut self, given: &Type, wanted: &Type) -> bool {
        if let Type::Param(number) = wanted {
            match self.bind(given, *number) {
                Bound::Fits => return true,
                Bound::Conflict => return false,
                Bound::Cyclic => {}
            }
        }
        if let Type::Param(number) = given {
            return matches!(self.bind(wanted, *number), Bound::Fits);
        }
        if given.is_dyn() || wanted.is_dyn() {
            return true;
        }
        match (given, wanted) {
            (Type::Null, other) | (other, Type::Null) => matches!(
                other,
                Type::Null | Type::Object(_) | Type::Optional(_) | Type::Timestamp | Type::Duration
            ),
            (Type::List(given), Type::List(wanted))
            | (Type::Optional(given), Type::Optional(wanted)) => self.fits(given, wanted),
            (Type::Map(given_key, given_value), Type::Map(wanted_key, wanted_value)) => {
                self.fits(given_key, wanted_key) && self.fits(given_value, wanted_value)
            }
            (Type::Type(_), Type::Type(_)) => true,
            (given, wanted) => given == wanted,
        }
    }

    fn bind(&mut self, ty: &Type, parameter: u32) -> Bound {
        if *ty == Type::Param(parameter) {
            return Bound::Fits;
        }
        if let Some(known) = self.known.get(&parameter).cloned() {
            if *ty == known {
                return Bound::Fits;
            }
            if !self.fits(ty, &known) {
                return Bound::Conflict;
            }
            let general = most_general(ty, &known);
            if !self.occurs(parameter, &general) {
                self.learn(parameter, general);
            }
            return Bound::Fits;
        }
        if self.occurs(parameter, ty) {
            return Bound::Cyclic;
        }
        self.learn(parameter, ty.clone());
        Bound::Fits
    }

    fn occurs(&self, parameter: u32, ty: &Type) -> bool {
        match ty {
            Type::Param(number) => {
                *number == parameter
                    || self
                        .known
                        .get(number)
                        .is_some_and(|known| self.occurs(parameter, known))
            }
            Type::List(inner) | Type::Optional(inner) | Type::Type(inner) => {
                self.occurs(parameter, inner)
            }
            Type::Map(key, value) => self.occurs(parameter, key) || self.occurs(parameter, value),
            _ => false,
        }
    }
}

enum Bound {
    Fits,
    /// Something else is known of the parameter already.
    Conflict,
    /// The parameter stands inside of the type.
    Cyclic,
}

/// The one of two types that says less.
pub(super) fn most_general(first: &Type, second: &Type) -> Type {
    // What failed says nothing of the type, and was told.
    if *second == Type::Error || (*first != Type::Error && is_equal_or_less_specific(first, second))
    {
        first.clone()
    } else {
        second.clone()
    }
}

fn is_equal_or_less_specific(first: &Type, second: &Type) -> bool {
    match (first, second) {
        (Type::Dyn | Type::Param(_), _) | (Type::Type(_), Type::Type(_)) => true,
        (_, Type::Dyn | Type::Param(_)) => false,
        (Type::List(first), Type::List(second))
        | (Type::Optional(first), Type::Optional(second)) => {
            is_equal_or_less_specific(first, second)
        }
        (Type::Map(first_key, first_value), Type::Map(second_key, second_value)) => {
            is_equal_or_less_specific(first_key, second_key)
                && is_equal_or_less_specific(first_value, second_value)
        }
        (first, second) => first == second,
    }
}

/// Whether elements of two types may stand in one list, where elements must be of one type.
pub(super) fn equivalent(first: &Type, second: &Type) -> bool {
    match (first, second) {
        (Type::Error, _) | (_, Type::Error) => true,
        (first, second) => first == second,
    }
}
