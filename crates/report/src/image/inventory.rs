//! What the two forms of an SBOM share: packages with all their places, the image by name, and one
//! document for one content.

use std::{collections::BTreeMap, fmt::Write as _, io};

use ringwall_advisory::purl::{Parts, Purl};
use ringwall_model::Date;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use sha2::{Digest, Sha256};

use super::{ImageFacts, ImagePackage, ImageReport};

/// A package with each of the places where it is.
pub(super) struct Entry<'r> {
    /// It, as the first place has it.
    pub(super) package: &'r ImagePackage,
    /// The places, in order; none where an SBOM told of it and not of any place.
    pub(super) places: Vec<Place<'r>>,
}

/// A place where a package is.
#[derive(Clone, Copy)]
pub(super) struct Place<'r> {
    /// The file that tells of it, without `/` at its start.
    pub(super) path: &'r str,
    /// The layer that brought the file; an SBOM need not tell it.
    pub(super) layer: Option<usize>,
    /// Whether a package of the distribution brought it.
    pub(super) is_of_distribution: bool,
    /// The name of that package.
    pub(super) owner: Option<&'r str>,
}

/// The packages that a container sees, in order, each once.
pub(super) fn entries(report: &ImageReport) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut known: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    for package in report.visible() {
        let at = *known.entry(key(package)).or_insert(entries.len());
        if at == entries.len() {
            entries.push(Entry {
                package,
                places: Vec::new(),
            });
        }
        if let Some(entry) = entries.get_mut(at) {
            entry.places.extend(place(report, package));
        }
    }
    entries
}

fn place<'r>(report: &'r ImageReport, package: &'r ImagePackage) -> Option<Place<'r>> {
    let is_of_sbom = report.image.sbom.is_some();
    // What names no file is in the SBOM, which is none of the image.
    let is_known = !is_of_sbom || package.path != report.image.name;
    is_known.then_some(Place {
        path: &package.path,
        layer: Some(package.layer).filter(|layer| report.image.has_layers() || *layer > 0),
        is_of_distribution: package.of_distribution,
        owner: package.owner.as_deref(),
    })
}

/// What tells one package from another: its package URL, or all that there is in its place.
pub(super) type Key<'r> = (Option<&'r str>, &'r str, &'r str, &'r str);

pub(super) fn key(package: &ImagePackage) -> Key<'_> {
    match package.purl.as_deref() {
        Some(purl) => (Some(purl), "", "", ""),
        None => (None, package.kind, &package.name, &package.version),
    }
}

/// The package URL of an image; `None` where it has no digest, and so is nothing in particular.
///
/// See: <https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md>
pub(super) fn image_purl(image: &ImageFacts) -> Option<Purl> {
    let digest = image.digest.as_deref()?;
    // What an OCI layout calls an image is often no more than its tag.
    let is_reference = |name: &&String| name.contains(['/', ':']);
    let reference = image.names.iter().find(is_reference);
    let (repository, tag) = match reference {
        Some(reference) => split_tag(reference),
        None => (file_stem(&image.name), image.names.first().map(|it| &**it)),
    };
    let address = Some(repository).filter(|it| it.contains('/'));
    oci_purl(image, Some(digest), repository, address, tag)
}

/// All package URLs under which documents may know an image: one for each of its names, and for the long forms of
/// those that Docker shortens; without a version where its digest is not known.
///
/// What stands for the repository is all of its name, or what is in front of the last part, which the package URL has
/// already: both are written.
pub fn image_purls(image: &ImageFacts) -> Vec<Purl> {
    let digest = image.digest.as_deref();
    let mut purls: Vec<_> = image_purl(image).into_iter().collect();
    for name in [&image.name].into_iter().chain(&image.names) {
        let (named, tag) = split_tag(name);
        let stem = file_stem(named);
        // What ends like an archive is a file, and no name of a repository.
        let is_file = !named.ends_with(stem);
        let repository = if is_file { stem } else { named };
        let long = (!is_file).then(|| in_full(repository)).flatten();
        // The other name of Docker's registry.
        let full = long.as_deref().unwrap_or(repository);
        let index = full
            .strip_prefix("docker.io/")
            .map(|rest| format!("index.docker.io/{rest}"));
        let all = [Some(repository), long.as_deref(), index.as_deref()];
        for it in all.into_iter().flatten() {
            let parent = it.rsplit_once('/').map(|(parent, _)| parent);
            // Without a host it is no address, and anybody's.
            let above = parent.filter(|parent| parent.contains(['.', ':']));
            let addresses = [parent.map(|_| it)].into_iter().chain(above.map(Some));
            purls.extend(addresses.filter_map(|at| oci_purl(image, digest, it, at, tag)));
        }
    }
    purls
}

/// The long form of a name that Docker shortens: `docker.io/library/nginx` of `nginx`.
fn in_full(repository: &str) -> Option<String> {
    match repository.split_once('/') {
        None => Some(format!("docker.io/library/{repository}")),
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => None,
        Some(_) => Some(format!("docker.io/{repository}")),
    }
}

fn oci_purl(
    image: &ImageFacts,
    digest: Option<&str>,
    repository: &str,
    address: Option<&str>,
    tag: Option<&str>,
) -> Option<Purl> {
    let name = repository.rsplit('/').next().unwrap_or(repository);
    let architecture = image.platform.split('/').nth(1);
    let qualifiers: Vec<_> = [
        ("arch", architecture),
        ("repository_url", address),
        ("tag", tag),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value?)))
    .collect();
    let parts = Parts {
        kind: "oci",
        namespace: None,
        name,
        version: digest,
        qualifiers: &qualifiers,
        subpath: None,
    };
    Purl::build(&parts).ok()
}

/// `registry:5000/shop:1.2` is the repository `registry:5000/shop` with the tag `1.2`.
fn split_tag(reference: &str) -> (&str, Option<&str>) {
    let reference = reference.split('@').next().unwrap_or(reference);
    match reference.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (reference, None),
    }
}

/// The name of a file without what says that it is an archive.
fn file_stem(path: &str) -> &str {
    let mut name = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(path);
    for end in [".gz", ".tgz", ".tar", ".oci", ".docker"] {
        name = match name.strip_suffix(end) {
            Some("") | None => name,
            Some(stem) => stem,
        };
    }
    name
}

/// The start of a day, as both forms write times.
pub(super) fn midnight(day: Date) -> String {
    format!("{day}T00:00:00Z")
}

/// A UUID that names a document by what is in it: made of a hash, and so of version 8.
///
/// Two documents share it only where they are the same.
/// See: <https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8>
pub(super) fn uuid_of(document: &impl Serialize) -> io::Result<String> {
    let mut hash = Sha256::new();
    serde_json::to_writer(&mut hash, document).map_err(io::Error::from)?;
    let mut uuid = String::new();
    for (at, byte) in hash.finalize().iter().take(16).enumerate() {
        let byte = match at {
            6 => byte & 0x0f | 0x80,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        let dash = if matches!(at, 4 | 6 | 8 | 10) {
            "-"
        } else {
            ""
        };
        // Writing to a string cannot fail.
        let _ = write!(uuid, "{dash}{byte:02x}");
    }
    Ok(uuid)
}

/// Writes a document; fields of it and items of its lists each stand on one line.
pub(super) fn write_document(document: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut *out, Lines { depth: 0 });
    document
        .serialize(&mut serializer)
        .map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Breaks lines between what stands in the document itself, and nowhere else.
struct Lines {
    depth: usize,
}

impl Lines {
    fn next<W: ?Sized + io::Write>(
        &self,
        out: &mut W,
        is_first: bool,
        deepest: usize,
    ) -> io::Result<()> {
        if !is_first {
            out.write_all(b",")?;
        }
        if self.depth <= deepest && !(is_first && self.depth == 1) {
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        out.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        self.next(out, is_first, 2)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        self.next(out, is_first, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_known_by_all_their_names() {
        let check = |name: &str, names: &[&str], digest: Option<&str>, expected: &[&str]| {
            let image = ImageFacts {
                name: name.to_owned(),
                names: names.iter().map(|it| (*it).to_owned()).collect(),
                digest: digest.map(str::to_owned),
                platform: "linux/amd64".to_owned(),
                ..ImageFacts::default()
            };
            let purls: Vec<_> = image_purls(&image).iter().map(Purl::to_string).collect();
            for wanted in expected {
                assert!(purls.iter().any(|it| it == wanted), "{wanted}: {purls:?}");
            }
        };
        check(
            "nginx:1.25",
            &[],
            Some("sha256:0a"),
            &[
                "pkg:oci/nginx@sha256:0a?arch=amd64&tag=1.25",
                "pkg:oci/nginx@sha256:0a?arch=amd64&repository_url=docker.io%2Flibrary%2Fnginx&tag=1.25",
                "pkg:oci/nginx@sha256:0a?arch=amd64&repository_url=index.docker.io%2Flibrary%2Fnginx&tag=1.25",
                "pkg:oci/nginx@sha256:0a?arch=amd64&repository_url=index.docker.io%2Flibrary&tag=1.25",
            ],
        );
        check(
            "docker.io/team/shop",
            &[],
            None,
            &["pkg:oci/shop?arch=amd64&repository_url=index.docker.io%2Fteam%2Fshop"],
        );
        check(
            "out/shop.tar",
            &["registry.example.com/team/shop:1.2"],
            None,
            &[
                "pkg:oci/shop?arch=amd64",
                "pkg:oci/shop?arch=amd64&repository_url=registry.example.com%2Fteam%2Fshop&tag=1.2",
                "pkg:oci/shop?arch=amd64&repository_url=registry.example.com%2Fteam&tag=1.2",
            ],
        );
    }

    #[test]
    fn images_have_package_urls() {
        let check = |name: &str, names: &[&str], expected: &str| {
            let image = ImageFacts {
                name: name.to_owned(),
                names: names.iter().map(|it| (*it).to_owned()).collect(),
                digest: Some("sha256:0a".to_owned()),
                platform: "linux/amd64".to_owned(),
                ..ImageFacts::default()
            };
            assert_eq!(image_purl(&image).unwrap().to_string(), expected, "{name}");
        };
        check(
            "x.tar",
            &["registry:5000/team/Shop:1.2"],
            "pkg:oci/shop@sha256:0a?arch=amd64&repository_url=registry:5000%2Fteam%2FShop&tag=1.2",
        );
        check(
            "x.tar",
            &["registry:5000/shop"],
            "pkg:oci/shop@sha256:0a?arch=amd64&repository_url=registry:5000%2Fshop",
        );
        check(
            "a/slim.oci.tar.gz",
            &["latest"],
            "pkg:oci/slim@sha256:0a?arch=amd64&tag=latest",
        );
        check(
            "x.tar",
            &["shop:1"],
            "pkg:oci/shop@sha256:0a?arch=amd64&tag=1",
        );
        check("a/.tar/", &[], "pkg:oci/.tar@sha256:0a?arch=amd64");
        assert_eq!(image_purl(&ImageFacts::default()), None);
    }

    #[test]
    fn documents_are_named_by_what_is_in_them() {
        let uuid = uuid_of(&"a").unwrap();
        // The digest of `"a"` begins with ac8d8342bbb2362d13f0a559a3621bb4.
        assert_eq!(uuid, "ac8d8342-bbb2-862d-93f0-a559a3621bb4");
        assert_ne!(uuid, uuid_of(&"b").unwrap());
    }
}
