//! Overloads of functions, written as text: `list<A>.(A) -> int`.
//!
//! The part before the dot is the receiver; without a dot it is a function of its own.

use crate::ty::Type;

/// What one overload of a function takes and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    /// Whether the first parameter stands before the dot.
    pub(crate) member: bool,
    pub(crate) parameters: Vec<Type>,
    pub(crate) result: Type,
}

impl Signature {
    /// Reads a signature; `None` if it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text };
        let mut parameters = Vec::new();
        let member = !reader.rest.starts_with('(');
        if member {
            parameters.push(reader.ty()?);
            reader.expect(".")?;
        }
        reader.expect("(")?;
        while !reader.take(")") {
            parameters.push(reader.ty()?);
            if !reader.take(",") {
                reader.expect(")")?;
                break;
            }
        }
        reader.expect("->")?;
        let result = reader.ty()?;
        reader.rest.is_empty().then_some(Self {
            member,
            parameters,
            result,
        })
    }

    /// The largest parameter number, plus one.
    pub(crate) fn parameter_count(&self) -> u32 {
        fn highest(ty: &Type) -> u32 {
            match ty {
                Type::Param(number) => number + 1,
                Type::List(inner) | Type::Optional(inner) | Type::Type(inner) => highest(inner),
                Type::Map(key, value) => highest(key).max(highest(value)),
                _ => 0,
            }
        }
        self.parameters
            .iter()
            .chain([&self.result])
            .map(highest)
            .max()
            .unwrap_or(0)
    }
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn take(&mut self, text: &str) -> bool {
        self.rest = self.rest.trim_start();
        if let Some(rest) = self.rest.strip_prefix(text) {
            self.rest = rest.trim_start();
            return true;
        }
        false
    }

    fn expect(&mut self, text: &str) -> Option<()> {
        self.take(text).then_some(())
    }

    fn ty(&mut self) -> Option<Type> {
        self.rest = self.rest.trim_start();
        let length = self
            .rest
            .find(|character: char| !character.is_ascii_alphanumeric() && character != '_')
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        let simple = match word {
            "dyn" => Type::Dyn,
            "null" => Type::Null,
            "bool" => Type::Bool,
            "int" => Type::Int,
            "uint" => Type::Uint,
            "double" => Type::Double,
            "string" => Type::String,
            "bytes" => Type::Bytes,
            "timestamp" => Type::Timestamp,
            "duration" => Type::Duration,
            "Quantity" => Type::object("kubernetes.Quantity"),
            "URL" => Type::object("kubernetes.URL"),
            "Semver" => Type::object("kubernetes.Semver"),
            "Format" => Type::object("kubernetes.NamedFormat"),
            "IP" => Type::object("net.IP"),
            "CIDR" => Type::object("net.CIDR"),
            "Authorizer" => Type::object("kubernetes.authorization.Authorizer"),
            "PathCheck" => Type::object("kubernetes.authorization.PathCheck"),
            "GroupCheck" => Type::object("kubernetes.authorization.GroupCheck"),
            "ResourceCheck" => Type::object("kubernetes.authorization.ResourceCheck"),
            "Decision" => Type::object("kubernetes.authorization.Decision"),
            "list" | "optional" | "type" => {
                self.expect("<")?;
                let inner = self.ty()?;
                self.expect(">")?;
                match word {
                    "list" => Type::list(inner),
                    "optional" => Type::optional(inner),
                    _ => Type::Type(inner.into()),
                }
            }
            "map" => {
                self.expect("<")?;
                let key = self.ty()?;
                self.expect(",")?;
                let value = self.ty()?;
                self.expect(">")?;
                Type::map(key, value)
            }
            letter => match letter.as_bytes() {
                [letter @ b'A'..=b'Z'] => Type::Param(u32::from(letter - b'A')),
                _ => return None,
            },
        };
        Some(simple)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_read() {
        let signature = Signature::parse("list<A>.(A) -> optional<map<string, A>>").unwrap();
        assert!(signature.member);
        assert_eq!(
            signature.parameters,
            [Type::list(Type::Param(0)), Type::Param(0)]
        );
        assert_eq!(
            signature.result.to_string(),
            "optional_type(map(string, A))"
        );
        assert_eq!(signature.parameter_count(), 1);
        assert!(!Signature::parse("() -> int").unwrap().member);
        for wrong in ["", "(int)", "(int) -> integer", "(int) -> int x"] {
            assert_eq!(Signature::parse(wrong), None, "{wrong}");
        }
    }
}
