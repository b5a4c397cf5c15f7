//! The rules of each type of package URL.
//!
//! See: <https://github.com/package-url/purl-spec/tree/main/types>

use super::{Purl, Reason};

/// What a type says of its namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Namespace {
    /// It is there.
    Required,
    /// It may be there.
    Optional,
    /// It is not there.
    Prohibited,
}

use Namespace::{Optional, Prohibited, Required};

/// What is written in lower case: a letter each for namespace, name and version.
type Lowered = &'static str;

/// Types with rules. The rest takes everything as it comes.
///
/// For `golang` this is on purpose: its definition asks for a namespace and for lower case, but `stdlib` has none,
/// and paths of modules differ by case.
const KINDS: [(&str, Namespace, Lowered); 35] = [
    ("alpm", Required, "sn"),
    ("apk", Required, "sn"),
    ("bazel", Prohibited, ""),
    ("bitbucket", Required, "sn"),
    ("bitnami", Prohibited, "n"),
    ("brew", Optional, "sn"),
    ("cargo", Prohibited, ""),
    ("chrome-extension", Prohibited, "n"),
    ("cocoapods", Prohibited, ""),
    ("composer", Required, "sn"),
    ("conda", Prohibited, ""),
    ("cran", Prohibited, ""),
    ("deb", Required, "sn"),
    ("gem", Prohibited, ""),
    ("git", Required, ""),
    ("github", Required, "sn"),
    ("hackage", Prohibited, ""),
    ("hex", Optional, "sn"),
    ("huggingface", Required, "v"),
    ("julia", Prohibited, ""),
    ("luarocks", Optional, "sn"),
    ("maven", Required, ""),
    ("mlflow", Prohibited, ""),
    ("nuget", Prohibited, ""),
    ("oci", Prohibited, "nv"),
    ("opam", Prohibited, ""),
    ("otp", Prohibited, "n"),
    ("pub", Prohibited, "n"),
    ("pypi", Prohibited, "nv"),
    ("qpkg", Required, "s"),
    ("rpm", Required, "s"),
    ("swift", Required, ""),
    ("vcpkg", Prohibited, ""),
    ("vscode-extension", Required, "snv"),
    ("yocto", Optional, "s"),
];

/// Whether all behind the first segment is the name, slashes included.
pub(super) fn has_path_as_name(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("git")
}

/// Applies the rules of the type.
pub(super) fn canonical(mut purl: Purl) -> Result<Purl, Reason> {
    if let Some((_, namespace, lowered)) = KINDS.iter().find(|(kind, ..)| *kind == purl.kind) {
        match (namespace, &purl.namespace) {
            (Required, None) => return Err("its type asks for a namespace"),
            (Prohibited, Some(_)) => return Err("its type has no namespaces"),
            _ => {}
        }
        if lowered.contains('s')
            && let Some(namespace) = &mut purl.namespace
        {
            namespace.make_ascii_lowercase();
        }
        if lowered.contains('n') {
            purl.name.make_ascii_lowercase();
        }
        if lowered.contains('v')
            && let Some(version) = &mut purl.version
        {
            version.make_ascii_lowercase();
        }
    }
    match purl.kind.as_str() {
        "chrome-extension" => check_chrome_extension(&purl)?,
        "cocoapods" => check_pod(&purl.name)?,
        "cpan" => {
            if purl.name.contains("::") {
                return Err("its name is the one of a module, not of a distribution");
            }
            if let Some(author) = &mut purl.namespace {
                author.make_ascii_uppercase();
            }
        }
        "julia" if !purl.qualifiers.contains_key("uuid") => {
            return Err("its type asks for the qualifier uuid");
        }
        "mlflow" => {
            // Names of models have no case in Databricks, and have one elsewhere.
            let registry = purl.qualifiers.get("repository_url");
            if registry.is_some_and(|url| url.contains("databricks")) {
                purl.name.make_ascii_lowercase();
            }
        }
        "pub" => {
            let is_kept = |letter: char| letter.is_ascii_alphanumeric();
            purl.name = purl.name.replace(|letter| !is_kept(letter), "_");
        }
        "pypi" => purl.name = purl.name.replace('_', "-"),
        "swid" => {
            if !purl.qualifiers.contains_key("tag_id") {
                return Err("its type asks for the qualifier tag_id");
            }
            if purl
                .namespace
                .as_ref()
                .is_some_and(|creator| creator.split('/').count() > 2)
            {
                return Err("its namespace has more than two segments");
            }
        }
        _ => {}
    }
    Ok(purl)
}

fn check_chrome_extension(purl: &Purl) -> Result<(), Reason> {
    let name = &purl.name;
    if name.len() != 32 || !name.bytes().all(|byte| matches!(byte, b'a'..=b'p')) {
        return Err("its name is not made of 32 letters from a to p");
    }
    let is_version = |version: &String| {
        let is_number =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        version.split('.').count() <= 4 && version.split('.').all(is_number)
    };
    if !purl.version.as_ref().is_none_or(is_version) {
        return Err("its version is not made of one to four numbers");
    }
    Ok(())
}

fn check_pod(name: &str) -> Result<(), Reason> {
    if name.starts_with('.')
        || name.contains(|letter: char| letter == '+' || letter.is_whitespace())
    {
        return Err("its name begins with a dot, or has a plus sign or a blank");
    }
    Ok(())
}
