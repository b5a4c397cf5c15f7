//! What an expression may use: variables, functions, types, macros.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use crate::{
    check,
    error::Error,
    library::{self, Function},
    program::Program,
    schema::Schema,
    signature::Signature,
    syntax::{self, MacroGroup},
    ty::Type,
};

/// A part of CEL beyond the language itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extension {
    /// Numbers of different types can be compared.
    MixedNumbers,
    /// `?.`, `[?]`, `optional.of`, `orValue`, `optMap` and so on.
    Optionals,
    /// Comprehensions with two variables: `all(k, v, …)`, `transformMap` and so on.
    TwoVariables,
    /// `cel.bind(name, value, expression)`.
    Bind,
    /// `charAt`, `indexOf`, `replace`, `split`, `substring`, `trim` and so on.
    Strings,
    /// `format` as the API server has it, `strings.quote`.
    StringsFormat,
    /// `format` as the specification has it now, `strings.quote`.
    StringsFormatPortable,
    /// `reverse` of text.
    StringsReverse,
    /// `slice`, `flatten`, `distinct`, `sort`, `lists.range` and so on.
    Lists,
    /// `math.greatest`, `math.abs` and so on.
    Math,
    /// `sets.contains`, `sets.equivalent`, `sets.intersects`.
    Sets,
    /// `base64.encode`, `base64.decode`.
    Encoders,
    /// `isSorted`, `sum`, `min`, `max`, `indexOf`, `lastIndexOf` of lists.
    KubernetesLists,
    /// `includes`.
    KubernetesListsIncludes,
    /// `find`, `findAll`.
    Regex,
    /// `url`, `isURL` and what is asked of URLs.
    Urls,
    /// `quantity` and its arithmetic.
    Quantity,
    /// `ip` and what is asked of addresses.
    Ip,
    /// `cidr` and what is asked of networks.
    Cidr,
    /// `format.named` and `validate`.
    Format,
    /// `semver` and comparisons of versions.
    Semver,
    /// `authorizer` and its checks.
    Authorizer,
    /// `fieldSelector`, `labelSelector` of a check.
    AuthorizerSelectors,
    /// `jsonpatch.escapeKey`.
    JsonPatch,
}

/// What the API server has from which minor version on, and up to which.
const KUBERNETES: [(Extension, u16); 18] = [
    (Extension::Urls, 0),
    (Extension::Regex, 0),
    (Extension::KubernetesLists, 0),
    (Extension::Strings, 0),
    (Extension::Authorizer, 27),
    (Extension::MixedNumbers, 28),
    (Extension::Optionals, 28),
    (Extension::Quantity, 28),
    (Extension::StringsFormat, 29),
    (Extension::Sets, 29),
    (Extension::Ip, 30),
    (Extension::Cidr, 30),
    (Extension::Format, 31),
    (Extension::AuthorizerSelectors, 31),
    (Extension::TwoVariables, 32),
    (Extension::Semver, 33),
    (Extension::Lists, 34),
    (Extension::KubernetesListsIncludes, 37),
];

/// One way to call a function.
#[derive(Clone, Debug)]
pub(crate) struct Overload {
    pub(crate) signature: Arc<Signature>,
    pub(crate) function: &'static Function,
    /// Compares numbers of different types, which some environments do not.
    pub(crate) is_mixed: bool,
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(crate) enum Declaration {
    Variable(Type),
    Lazy(Arc<Program>),
}

/// What an expression may use. Cheap to clone and to extend.
#[derive(Clone)]
pub struct Environment {
    pub(crate) functions: Arc<BTreeMap<&'static str, Vec<Overload>>>,
    pub(crate) names: BTreeMap<String, Declaration>,
    pub(crate) schemas: Vec<Arc<dyn Schema>>,
    pub(crate) types: BTreeSet<&'static str>,
    pub(crate) extensions: BTreeSet<Extension>,
    pub(crate) container: String,
    /// Whether it is that of the API server, which is stricter than the specification, and older.
    pub(crate) is_kubernetes: bool,
    /// Whether its types tell only what values will be: where two may stand in one place, a value may be either.
    pub(crate) is_descriptive: bool,
}

impl Environment {
    /// The language itself, with its standard functions and macros.
    pub fn standard() -> Self {
        let mut environment = Self {
            functions: Arc::default(),
            names: BTreeMap::new(),
            schemas: Vec::new(),
            types: BTreeSet::new(),
            extensions: BTreeSet::new(),
            container: String::new(),
            is_kubernetes: false,
            is_descriptive: false,
        };
        environment.add(library::STANDARD);
        environment
    }

    /// What the API server of Kubernetes 1.`minor` has, before any variable is declared.
    ///
    /// Elements of a list and values of a map written out must be of one type.
    pub fn kubernetes(minor: u16) -> Self {
        let mut environment = Self::standard();
        environment.is_kubernetes = true;
        for (extension, since) in KUBERNETES {
            if minor >= since {
                environment = environment.with(extension);
            }
        }
        environment
    }

    /// The same with one more part of CEL.
    #[must_use]
    pub fn with(mut self, extension: Extension) -> Self {
        if self.extensions.insert(extension) {
            self.add(library::functions(extension));
            self.types.extend(library::types(extension));
        }
        self
    }

    /// The same with a variable that whoever evaluates binds. The name may have dots.
    #[must_use]
    pub fn variable(mut self, name: &str, ty: Type) -> Self {
        self.names
            .insert(name.to_owned(), Declaration::Variable(ty));
        self
    }

    /// The same with a variable that is an expression of its own, evaluated at most once for each [`Bindings`],
    /// and only if it is asked for: `variables.name`.
    ///
    /// [`Bindings`]: crate::Bindings
    #[must_use]
    pub fn lazy_variable(mut self, name: &str, program: Arc<Program>) -> Self {
        self.names
            .insert(name.to_owned(), Declaration::Lazy(program));
        self
    }

    /// The same with types of objects.
    #[must_use]
    pub fn schema(mut self, schema: Arc<dyn Schema>) -> Self {
        self.schemas.push(schema);
        self
    }

    /// The same with names looked up in a namespace first: in `a.b`, `x` may be `a.b.x`, `a.x` or `x`.
    #[must_use]
    pub fn container(mut self, container: &str) -> Self {
        container.clone_into(&mut self.container);
        self
    }

    /// Parses, checks and prepares an expression.
    ///
    /// All mistakes of types come together; a mistake of syntax comes alone.
    pub fn compile(&self, text: &str) -> Result<Program, Vec<Error>> {
        let macros: Vec<MacroGroup> = [
            (Extension::Optionals, MacroGroup::Optional),
            (Extension::TwoVariables, MacroGroup::TwoVariables),
            (Extension::Bind, MacroGroup::Bind),
            (Extension::Math, MacroGroup::Math),
            (Extension::Lists, MacroGroup::SortBy),
        ]
        .into_iter()
        .filter(|(extension, _)| self.extensions.contains(extension))
        .map(|(_, group)| group)
        .chain((!self.is_kubernetes).then_some(MacroGroup::CamelCase))
        .collect();
        let expression = syntax::parse(text, &macros).map_err(|error| vec![error])?;
        let (output, root) = check::check(self, text, &expression)?;
        Ok(Program {
            text: text.into(),
            output,
            root,
        })
    }

    fn add(&mut self, functions: &'static [&'static [Function]]) {
        let map = Arc::make_mut(&mut self.functions);
        for function in functions.iter().copied().flatten() {
            let overloads = map.entry(function.name).or_default();
            for text in function.overloads {
                let (text, is_mixed) = match text.strip_prefix("mixed ") {
                    Some(text) => (text, true),
                    None => (*text, false),
                };
                if let Some(signature) = Signature::parse(text) {
                    overloads.push(Overload {
                        signature: Arc::new(signature),
                        function,
                        is_mixed,
                    });
                }
            }
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("names", &self.names.keys())
            .field("extensions", &self.extensions)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_overload_of_the_library_is_read() {
        let tables = library::ALL_EXTENSIONS
            .iter()
            .map(|extension| library::functions(*extension))
            .chain([library::STANDARD]);
        let mut count = 0;
        for function in tables.flatten().copied().flatten() {
            for text in function.overloads {
                let text = text.strip_prefix("mixed ").unwrap_or(text);
                assert!(
                    Signature::parse(text).is_some(),
                    "{}: {text}",
                    function.name
                );
                count += 1;
            }
        }
        assert!(count > 250, "{count}");
    }
}
