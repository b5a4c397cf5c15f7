//! Java archives: what Maven left in them, or what their manifest says; archives inside archives.
//!
//! Sources: <https://maven.apache.org/shared/maven-archiver/>,
//! <https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html>.

use std::{collections::HashSet, io::Read};

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive};

use super::{java_name::FileName, pom};
use crate::{Ecosystem, Listed, Package};

/// Archives inside archives that are followed.
const MAX_DEPTH: usize = 4;

/// Entries of an archive, those of archives inside it counted.
const MAX_ENTRIES: usize = 1_000_000;

/// Bytes that what is read of an archive may unpack to, all together: entries may have their content in common.
const MAX_UNPACKED_BYTES: u64 = 512 << 20;

/// Longest manifest, `pom.properties` or `pom.xml`.
const MAX_TEXT_BYTES: u64 = 4 << 20;

/// Ends of the names of Java archives. A `rar` may be a resource adapter.
const EXTENSIONS: [&str; 11] = [
    "jar", "war", "ear", "hpi", "jpi", "par", "sar", "nar", "kar", "rar", "lpkg",
];

/// How an archive of the program RAR begins, which has nothing to do with Java.
const RAR: &[u8] = b"Rar!";

pub(super) fn parse(path: &str, bytes: &[u8]) -> Result<Listed, String> {
    if bytes.starts_with(RAR) {
        return Ok(Listed::default());
    }
    let mut reader = Reader {
        packages: Vec::new(),
        entries_left: MAX_ENTRIES,
        bytes_left: MAX_UNPACKED_BYTES,
    };
    let damage = reader.archive(path, bytes, MAX_DEPTH).err();
    if let (true, Some(damage)) = (reader.packages.is_empty(), &damage) {
        return Err(damage.clone());
    }
    Ok(Listed {
        packages: reader.packages,
        damage,
        ..Listed::default()
    })
}

/// What a script says that a Java archive was put behind, as Spring Boot does; `None` where there is none.
pub(super) fn executable(path: &str, bytes: &[u8]) -> Option<Result<Listed, String>> {
    let archive = ZipArchive::from_slice(bytes).ok()?;
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().ok()? {
        if entry.file_path().as_ref() == b"META-INF/MANIFEST.MF" {
            return Some(parse(path, bytes));
        }
    }
    None
}

struct Reader {
    packages: Vec<Package>,
    entries_left: usize,
    bytes_left: u64,
}

/// What could not be read of an archive: the rest is read all the same.
#[derive(Default)]
struct Damage {
    first: Option<String>,
    others: usize,
}

impl Damage {
    fn add(&mut self, reason: String) {
        if self.first.is_none() {
            self.first = Some(reason);
        } else {
            self.others += 1;
        }
    }

    fn result(self) -> Result<(), String> {
        match (self.first, self.others) {
            (None, _) => Ok(()),
            (Some(first), 0) => Err(first),
            (Some(first), others) => Err(format!("{first}; {others} more could not be read")),
        }
    }
}

impl Reader {
    /// Takes the packages of an archive and of those inside it; an error tells of what could not be read.
    fn archive(&mut self, path: &str, bytes: &[u8], depth: usize) -> Result<(), String> {
        let damaged =
            |error: rawzip::Error| format!("is no Java archive that can be read: {error}");
        let archive = ZipArchive::from_slice(bytes).map_err(damaged)?;
        let mut entries = archive.entries();
        let mut manifest = None;
        let known = self.packages.len();
        let mut holds_archives = false;
        let mut merges_others = false;
        let mut says_itself = false;
        // By their folders, what is told in two files is the same.
        let mut of_properties = HashSet::new();
        let mut of_poms = Vec::new();
        let mut unversioned = Vec::new();
        let mut damage = Damage::default();
        loop {
            let entry = match entries.next_entry() {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(error) => {
                    damage.add(damaged(error));
                    break;
                }
            };
            let Some(left) = self.entries_left.checked_sub(1) else {
                damage.add(format!(
                    "holds more than {MAX_ENTRIES} entries with the archives inside it"
                ));
                break;
            };
            self.entries_left = left;
            let name = entry.file_path();
            let name = String::from_utf8_lossy(name.as_ref());
            let Some(wanted) = Inside::of(&name) else {
                continue;
            };
            if wanted == Inside::Archive && depth == 0 {
                damage.add(format!("holds archives more than {MAX_DEPTH} deep"));
                continue;
            }
            let limit = match wanted {
                Inside::Archive => self.bytes_left,
                _ => self.bytes_left.min(MAX_TEXT_BYTES),
            };
            let mut content = Vec::new();
            let read = match archive.get_entry(entry.wayfinder()) {
                Ok(data) => {
                    let method = entry.compression_method();
                    unpack_into(&mut content, data.data(), method, limit)
                }
                Err(error) => Err(damaged(error)),
            };
            // What came to nothing has been unpacked as well.
            self.bytes_left = self.bytes_left.saturating_sub(content.len() as u64);
            if let Err(reason) = read {
                damage.add(format!("{name} {reason}"));
                continue;
            }
            match wanted {
                Inside::Properties => {
                    let package = maven(&String::from_utf8_lossy(&content));
                    let folder = folder_of(&name).to_owned();
                    if let Some(package) = package.as_ref().filter(|it| it.version.is_empty()) {
                        unversioned.push((folder, package.clone()));
                        continue;
                    }
                    of_properties.insert(folder);
                    says_itself |= package.as_ref().is_some_and(|it| is_of(path, it));
                    merges_others |= package.is_some();
                    self.packages.extend(package);
                }
                Inside::Pom => {
                    let folder = folder_of(&name);
                    of_poms.extend(
                        project(folder, &String::from_utf8_lossy(&content))
                            .map(|package| (folder.to_owned(), package)),
                    );
                }
                Inside::Manifest => manifest = Some(content),
                Inside::Archive => {
                    holds_archives = true;
                    if !content.starts_with(RAR)
                        && let Err(reason) = self.archive(&name, &content, depth - 1)
                    {
                        damage.add(format!("{name} {reason}"));
                    }
                }
            }
        }
        for (folder, package) in of_poms {
            if !of_properties.contains(&folder) {
                says_itself |= is_of(path, &package);
                merges_others = true;
                self.packages.push(package);
                of_properties.insert(folder);
            }
        }
        let manifest = manifest.unwrap_or_default();
        let manifest = String::from_utf8_lossy(&manifest);
        for (folder, package) in unversioned {
            if of_properties.contains(&folder) {
                continue;
            }
            // The archive itself says its version elsewhere; of what was merged into it, nothing does.
            match guess(path, &manifest).filter(|_| is_of(path, &package)) {
                Some(Package { version, .. }) => {
                    says_itself = true;
                    self.packages.push(Package { version, ..package });
                }
                None => damage.add(without_version(&package)),
            }
        }
        if self.packages.len() > known {
            // What was merged into an archive says what it is, and the archive is what its name says all the same.
            if merges_others && !says_itself && FileName::of(path).version.is_some() {
                self.packages.extend(guess(path, &manifest));
            }
            return damage.result();
        }
        match guess(path, &manifest) {
            Some(package) => self.packages.push(package),
            None if holds_archives || damage.first.is_some() => {}
            None => damage.add("is a Java archive that does not say what it is".to_owned()),
        }
        damage.result()
    }
}

/// Entries of an archive that are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Properties,
    Pom,
    Manifest,
    Archive,
}

impl Inside {
    fn of(name: &str) -> Option<Self> {
        if name == "META-INF/MANIFEST.MF" {
            return Some(Self::Manifest);
        }
        if name.starts_with("META-INF/maven/") {
            if name.ends_with("/pom.properties") {
                return Some(Self::Properties);
            }
            if name.ends_with("/pom.xml") {
                return Some(Self::Pom);
            }
        }
        let (_, extension) = name.rsplit_once('.')?;
        is_extension(extension).then_some(Self::Archive)
    }
}

/// Whether the name of a file ends like that of a Java archive.
pub(crate) fn is_extension(extension: &str) -> bool {
    EXTENSIONS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(extension))
}

fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What the `pom.xml` of a folder says, which is called after group and artifact.
fn project(folder: &str, xml: &str) -> Option<Package> {
    let (group, artifact) = folder.strip_prefix("META-INF/maven/")?.split_once('/')?;
    let name = format!("{group}:{artifact}");
    Some(Package::new(Ecosystem::Maven, name, pom::version(xml)?))
}

pub(super) fn unpack(
    packed: &[u8],
    method: CompressionMethod,
    limit: u64,
) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    unpack_into(&mut content, packed, method, limit)?;
    Ok(content)
}

/// The same, where the caller wants to know how far it came.
fn unpack_into(
    content: &mut Vec<u8>,
    packed: &[u8],
    method: CompressionMethod,
    limit: u64,
) -> Result<(), String> {
    let read = match method {
        CompressionMethod::STORE => packed.take(limit + 1).read_to_end(content),
        CompressionMethod::DEFLATE => DeflateDecoder::new(packed)
            .take(limit + 1)
            .read_to_end(content),
        _ => return Err("is packed in a way that is not read".to_owned()),
    };
    read.map_err(|error| format!("is damaged: {error}"))?;
    if content.len() as u64 > limit {
        return Err(format!(
            "unpacks to more than the {limit} bytes that are left for it"
        ));
    }
    Ok(())
}

/// Reads a `pom.properties` that was unpacked from its archive with all else.
pub(super) fn parse_properties(text: &str) -> Result<Listed, String> {
    match maven(text) {
        Some(package) if package.version.is_empty() => Err(without_version(&package)),
        package => Ok(package.into_iter().collect::<Vec<_>>().into()),
    }
}

fn without_version(package: &Package) -> String {
    format!("holds {} and does not say its version", package.name)
}

/// Group, artifact and version as Maven writes them; the version is empty where it is still a word that stands for one:
/// `${project.version}`.
fn maven(properties: &str) -> Option<Package> {
    let field = |wanted: &str| {
        let lines = properties.lines().filter(|line| !line.starts_with('#'));
        let mut fields = lines.filter_map(|line| line.split_once(['=', ':']));
        let (_, value) = fields.find(|(name, _)| name.trim() == wanted)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    };
    let name = format!("{}:{}", field("groupId")?, field("artifactId")?);
    let version = field("version")?;
    let version = if version.contains("${") { "" } else { version };
    Some(Package::new(Ecosystem::Maven, name, version))
}

/// Whether an archive has the name of a package, so that this is the archive and not something that was merged into it.
fn is_of(path: &str, package: &Package) -> bool {
    let artifact = package.name.rsplit(':').next().unwrap_or_default();
    let stem = FileName::of(path).stem;
    // Some put the group before it, and bundles of OSGi leave out the word that both have in common.
    let both = package.name.replace(':', ".");
    let group = package.name.rsplit_once(':').map(|(group, _)| group);
    let common = group.and_then(|group| {
        let last = group.rsplit('.').next()?;
        let rest = artifact.strip_prefix(last)?;
        match rest.strip_prefix('-') {
            Some(rest) => Some(format!("{group}.{rest}")),
            None => rest.is_empty().then(|| group.to_owned()),
        }
    });
    let rest = stem
        .strip_prefix(artifact)
        .or_else(|| stem.strip_prefix(&*both))
        .or_else(|| stem.strip_prefix(common.as_deref()?));
    rest.is_some_and(|rest| {
        let version = rest.strip_prefix(['-', '_']).unwrap_or(rest);
        rest.is_empty() || version.starts_with(|first: char| first.is_ascii_digit())
    })
}

/// Extensions of what is packed as Java archives are, and has versions of another kind.
const OF_OTHERS: [&str; 6] = ["aab", "apk", "epub", "oxt", "xpi", "zip"];

/// What an archive without Maven's words is called in its file name, with the version of its manifest.
///
/// No word of a manifest is the group of Maven: that of log4j 1 says `org.apache.log4j`, and its group is `log4j`.
/// What looks like one is only supposed.
fn guess(path: &str, manifest: &str) -> Option<Package> {
    let extension = path.rsplit('.').next().unwrap_or_default();
    if OF_OTHERS.contains(&extension) {
        return None;
    }
    let FileName {
        artifact: name,
        version: in_name,
        ..
    } = FileName::of(path);
    let manifest = unfold(manifest);
    let field = |wanted: &str| {
        let mut lines = manifest.lines().take_while(|line| !line.is_empty());
        let value = lines.find_map(|line| line.strip_prefix(wanted)?.strip_prefix(':'))?;
        // Attributes of a bundle may stand behind its name.
        let value = value.split(';').next().unwrap_or(value).trim();
        Some(value).filter(|value| !value.is_empty() && !value.contains("${"))
    };
    let version = field("Implementation-Version")
        .and_then(|words| release(words, in_name))
        .or_else(|| field("Bundle-Version"))
        .or(in_name)
        // That of what is implemented: many releases have it in common.
        .or_else(|| field("Specification-Version"))?;
    let symbolic = field("Bundle-SymbolicName");
    // Tomcat's `catalina.jar` is the bundle `org.apache.tomcat-catalina`, and the artifact `tomcat-catalina`.
    let last = symbolic.and_then(|symbolic| symbolic.rsplit('.').next());
    let is_longer = |last: &&str| {
        let before = last.strip_suffix(name);
        before.is_some_and(|before| before.len() > 1 && before.ends_with('-'))
    };
    let name = last.filter(is_longer).unwrap_or(name);
    let group = field("Implementation-Vendor-Id").or(symbolic);
    let group = group.filter(|group| group.contains('.'));
    // The bundle plugin of Maven joins both, and leaves out an artifact that is the last word of its group:
    // `com.fasterxml.jackson.core.jackson-databind`, but `com.google.guava`.
    let group = group.map(|group| {
        let joined = group
            .strip_suffix(name)
            .and_then(|rest| rest.strip_suffix('.'));
        joined.filter(|_| name.contains('-')).unwrap_or(group)
    });
    Some(Package {
        supposed_group: group.map(str::to_owned),
        ..Package::new(Ecosystem::Maven, name, version)
    })
}

/// The version in what a manifest says of the implementation, where more may stand behind it: `8.11.1 0b002b1 - janhoy`.
///
/// Some builds write the commit or the day there. Where the file's name has a version that begins with another number,
/// and where it can only be a commit, it is none.
fn release<'t>(words: &'t str, in_name: Option<&str>) -> Option<&'t str> {
    let word = words.split_whitespace().next()?;
    let is_commit = word.len() >= 7
        && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let number = |version: &str| {
        let end = version.find(|it: char| !it.is_ascii_digit());
        version.split_at(end.unwrap_or(version.len())).0.to_owned()
    };
    let is_another = in_name.is_some_and(|in_name| number(in_name) != number(word));
    (!is_commit && !is_another).then_some(word)
}

/// Lines of a manifest that begin with a space go on with the line above.
fn unfold(manifest: &str) -> String {
    manifest.replace("\r\n", "\n").replace("\n ", "")
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use flate2::{Compression, write::DeflateEncoder};
    use rawzip::ZipArchiveWriter;

    use super::*;

    pub(in crate::packages) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut archive = ZipArchiveWriter::new(&mut bytes);
        for (name, content) in files {
            let (mut entry, config) = archive
                .new_file(name)
                .compression_method(CompressionMethod::DEFLATE)
                .start()
                .unwrap();
            let encoder = DeflateEncoder::new(&mut entry, Compression::fast());
            let mut writer = config.wrap(encoder);
            writer.write_all(content).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            entry.finish(descriptor).unwrap();
        }
        archive.finish().unwrap();
        bytes
    }

    fn names(path: &str, bytes: &[u8]) -> Vec<(String, String)> {
        let packages = parse(path, bytes).unwrap().packages;
        packages
            .into_iter()
            .map(|it| (it.name, it.version))
            .collect()
    }

    const POM: (&str, &[u8]) = (
        "META-INF/maven/org.apache.commons/commons-text/pom.properties",
        b"#Generated\nversion=1.10.0\r\ngroupId=org.apache.commons\nartifactId = commons-text\n",
    );

    #[test]
    fn a_word_for_a_version_is_none() {
        let properties: &[u8] = b"version=${project.version}\ngroupId=com.cups\nartifactId=tea\n";
        let folder = "META-INF/maven/com.cups/tea";
        let (of_properties, of_pom) = (
            format!("{folder}/pom.properties"),
            format!("{folder}/pom.xml"),
        );
        let tea = |version: &str| vec![("com.cups:tea".to_owned(), version.to_owned())];
        let archive = zip(&[(&of_properties, properties)]);
        assert_eq!(names("lib/tea-1.2.jar", &archive), tea("1.2"));
        let manifest: &[u8] = b"Implementation-Version: 1.3\n";
        let told = zip(&[
            ("META-INF/MANIFEST.MF", manifest),
            (&of_properties, properties),
        ]);
        assert_eq!(names("lib/tea.jar", &told), tea("1.3"));
        let pom: &[u8] = b"<project><version>1.4</version></project>";
        let both = zip(&[(&of_pom, pom), (&of_properties, properties)]);
        assert_eq!(names("lib/shop-9.jar", &both)[0], tea("1.4")[0]);
        // Of what was merged into another archive, nothing tells the version.
        let listed = parse("lib/shop-9.jar", &archive);
        assert!(listed.is_err() || listed.unwrap().damage.is_some());
        assert!(parse_properties(&String::from_utf8_lossy(properties)).is_err());
        let whole = "version=1.0\ngroupId=com.cups\nartifactId=tea\n";
        let packages = parse_properties(whole).unwrap().packages;
        assert_eq!(
            (&*packages[0].name, &*packages[0].version),
            ("com.cups:tea", "1.0")
        );
    }

    #[test]
    fn bundles_are_the_archives_of_their_poms() {
        let check = |path: &str, name: &str, expected: bool| {
            let package = Package::new(Ecosystem::Maven, name, "1");
            assert_eq!(is_of(path, &package), expected, "{path} {name}");
        };
        check("p/tea-1.0.jar", "com.cups:tea", true);
        check("p/com.cups.tea-1.0.jar", "com.cups:tea", true);
        check(
            "p/org.yaml.snakeyaml_1.30.0.jar",
            "org.yaml:snakeyaml",
            true,
        );
        let jetty = "p/org.eclipse.jetty.http_9.4.50.v20221201.jar";
        check(jetty, "org.eclipse.jetty:jetty-http", true);
        check(jetty, "org.eclipse.jetty:jetty-util", false);
        check(
            "p/com.google.guava_30.1.0.jar",
            "com.google.guava:guava",
            true,
        );
        check("p/shop-1.0.jar", "com.cups:tea", false);
    }

    #[test]
    fn what_is_packed_alike_has_versions_of_another_kind() {
        let manifest = "Implementation-Version: 1.2\n";
        for path in ["a/tea-1.2.jar", "tea-1.2.jar.bak", "app/tea", "app/tea.pyz"] {
            let package = guess(path, manifest).unwrap();
            assert_eq!(
                (&*package.name, &*package.version),
                ("tea", "1.2"),
                "{path}"
            );
        }
        for path in ["tea-1.2.apk", "tea-1.2.zip", "tea-1.2.oxt"] {
            assert_eq!(guess(path, manifest), None, "{path}");
        }
    }

    #[test]
    fn maven_says_what_an_archive_is() {
        let expected = [(
            "org.apache.commons:commons-text".to_owned(),
            "1.10.0".to_owned(),
        )];
        assert_eq!(names("a.jar", &zip(&[POM, ("A.class", b"x")])), expected);
        let inner = zip(&[POM]);
        let outer = zip(&[("WEB-INF/lib/b.jar", &inner)]);
        assert_eq!(names("app.war", &outer), expected);
    }

    #[test]
    fn a_project_says_it_where_its_properties_were_left_out() {
        let xml: &[u8] = b"<project><parent><version>2.14.0</version></parent></project>";
        let folder = "META-INF/maven/org.apache.logging.log4j/log4j-core";
        let pom = format!("{folder}/pom.xml");
        let core = (
            "org.apache.logging.log4j:log4j-core".to_owned(),
            "2.14.0".to_owned(),
        );
        let text = (
            "org.apache.commons:commons-text".to_owned(),
            "1.10.0".to_owned(),
        );
        let found = names("app.jar", &zip(&[POM, (&*pom, xml)]));
        assert_eq!(found, [text, core.clone()]);
        let path = "log4j-core-2.14.0.JAR";
        assert_eq!(names(path, &zip(&[(&*pom, xml)])), [core]);
        // Both files say one thing.
        let (properties, _) = POM;
        let pom = properties.replace("pom.properties", "pom.xml");
        assert_eq!(names("app.jar", &zip(&[(&*pom, xml), POM])).len(), 1);
    }

    #[test]
    fn a_manifest_says_it_where_maven_does_not() {
        let check = |path: &str, manifest: &str, name: &str, version: &str| {
            let bytes = zip(&[("META-INF/MANIFEST.MF", manifest.as_bytes())]);
            let packages = parse(path, &bytes).unwrap().packages;
            let [package] = &packages[..] else {
                panic!("{path}: {packages:?}");
            };
            let group = package.supposed_group.as_deref();
            let full = group.map_or(package.name.clone(), |it| format!("{it}?:{}", package.name));
            assert_eq!((&*full, &*package.version), (name, version), "{path}");
        };
        check(
            "usr/share/java/log4j-1.2-1.2.17.jar",
            "Bundle-SymbolicName: org.apache.log4j\r\nBundle-Version: 1.2\r\n .17\r\n\r\nName: x\r\nImplementation-Version: 9\r\n",
            "org.apache.log4j?:log4j",
            "1.2.17",
        );
        check("guava-31.1.jar", "Manifest-Version: 1.0\n", "guava", "31.1");
        check(
            "a.jar",
            "Implementation-Version: 2\nImplementation-Vendor-Id: b.c\n",
            "b.c?:a",
            "2",
        );
        check("a-1.jar", "Implementation-Version: ${version}\n", "a", "1");
        // A commit, a day, and words behind a version.
        let manifest = "Implementation-Version: 9f2a9c1\n";
        check(
            "struts2-core-2.3.30.jar",
            manifest,
            "struts2-core",
            "2.3.30",
        );
        let manifest = "Implementation-Version: 20240102\n";
        check("tea-1.2.jar", manifest, "tea", "1.2");
        let manifest = "Implementation-Version: 8.11.1 0b002b1 - janhoy\n";
        check("solr-core-8.11.1.jar", manifest, "solr-core", "8.11.1");
        check("solr-core.jar", manifest, "solr-core", "8.11.1");
        let manifest = "Implementation-Version: 9f2a9c1\nBundle-Version: 3.0\n";
        check("tea.jar", manifest, "tea", "3.0");
        let manifest = "Specification-Version: 2.0\n";
        check("tea-api-2.0.3.jar", manifest, "tea-api", "2.0.3");
        check("tea-api.jar", manifest, "tea-api", "2.0");
        check(
            "lib/catalina.jar",
            "Bundle-SymbolicName: org.apache.tomcat-catalina\nBundle-Version: 10.1.11\n",
            "org.apache?:tomcat-catalina",
            "10.1.11",
        );
    }

    #[test]
    fn what_was_merged_into_an_archive_is_not_the_archive() {
        let check = |path: &str, expected: &[(&str, &str)]| {
            let found = names(path, &zip(&[POM]));
            let found: Vec<_> = found.iter().map(|(name, it)| (&**name, &**it)).collect();
            assert_eq!(found, expected, "{path}");
        };
        let merged = ("org.apache.commons:commons-text", "1.10.0");
        check("log4j-core-2.14.1.jar", &[merged, ("log4j-core", "2.14.1")]);
        check("commons-text-1.10.0.jar", &[merged]);
        check("org.apache.commons.commons-text-1.10.0.jar", &[merged]);
        check("commons-text.jar", &[merged]);
        check("app.jar", &[merged]);
    }

    #[test]
    fn an_archive_behind_a_script_is_read() {
        let behind = |archive: &[u8]| [b"#!/bin/sh\nexec java -jar \"$0\"\n", archive].concat();
        let manifest = ("META-INF/MANIFEST.MF", &b"Manifest-Version: 1.0\n"[..]);
        let app = behind(&zip(&[manifest, ("BOOT-INF/lib/a.jar", &zip(&[POM]))]));
        let packages = executable("app/shop", &app).unwrap().unwrap().packages;
        assert_eq!(packages.len(), 1);
        // What Python and others put behind a script, and scripts alone.
        assert_eq!(executable("app/shop", &behind(&zip(&[POM]))), None);
        assert_eq!(executable("app/shop", &behind(b"")), None);
    }

    #[test]
    fn an_archive_that_says_nothing_is_an_error() {
        assert!(parse("a.jar", &zip(&[("A.class", b"x")])).is_err());
        assert!(parse("a.jar", b"no archive").is_err());
        let whole = zip(&[POM]);
        assert!(parse("a.jar", &whole[..whole.len() - 30]).is_err());
        let half = zip(&[POM, ("lib/b.jar", b"no archive"), ("lib/c.jar", b"")]);
        let half = parse("a.jar", &half).unwrap();
        assert_eq!(half.packages.len(), 1);
        let damage = half.damage.unwrap();
        assert!(
            damage.starts_with("lib/b.jar is no Java archive"),
            "{damage}"
        );
        assert!(damage.ends_with("; 1 more could not be read"), "{damage}");
    }

    /// Archives of one's own without a version are usual beside those of others.
    #[test]
    fn an_archive_that_says_nothing_hides_no_other() {
        let nameless = zip(&[("A.class", b"x")]);
        let pom: (&str, &[u8]) = (
            "META-INF/maven/com.example/shop/pom.xml",
            b"<project><version>1.0</version></project>",
        );
        let inner = zip(&[POM]);
        let library = ("WEB-INF/lib/b.jar", &*inner);
        let outer = zip(&[pom, ("WEB-INF/lib/a.jar", &nameless), library]);
        let listed = parse("shop.war", &outer).unwrap();
        let names: Vec<_> = listed.packages.iter().map(|it| &*it.name).collect();
        assert_eq!(
            names,
            ["org.apache.commons:commons-text", "com.example:shop"]
        );
        assert_eq!(
            listed.damage.as_deref(),
            Some("WEB-INF/lib/a.jar is a Java archive that does not say what it is")
        );
    }

    #[test]
    fn resource_adapters_are_read_and_archives_of_rar_are_none() {
        let adapter = zip(&[("a.jar", &zip(&[POM]))]);
        assert_eq!(names("x.rar", &adapter).len(), 1);
        assert!(Inside::of("lib/x.lpkg") == Some(Inside::Archive));
        let other = parse("x.rar", b"Rar!\x1a\x07\x01\0").unwrap();
        assert_eq!((other.packages.len(), other.damage), (0, None));
    }

    #[test]
    fn archives_inside_archives_are_bounded() {
        let mut bytes = zip(&[POM]);
        for _ in 0..=MAX_DEPTH {
            bytes = zip(&[("a.jar", &bytes)]);
        }
        let error = parse("a.jar", &bytes).unwrap_err();
        assert!(error.contains("more than 4 deep"), "{error}");
        let bomb = zip(&[("META-INF/MANIFEST.MF", &vec![b' '; 5 << 20])]);
        let error = parse("a.jar", &bomb).unwrap_err();
        assert!(error.contains("unpacks to more than"), "{error}");
    }

    #[test]
    fn texts_count_as_well_and_so_entries_that_share_their_content_do() {
        let mut bytes = zip(&[
            POM,
            ("META-INF/MANIFEST.MF", b"Implementation-Version: 2\n"),
        ]);
        let read = |bytes: &[u8], bytes_left| {
            let mut reader = Reader {
                packages: Vec::new(),
                entries_left: MAX_ENTRIES,
                bytes_left,
            };
            let damage = reader.archive("a.jar", bytes, MAX_DEPTH).err();
            (reader.packages.len(), damage)
        };
        let room = POM.1.len() as u64 + 10;
        let (packages, damage) = read(&bytes, room);
        assert_eq!(packages, 1);
        assert_eq!(
            damage.unwrap(),
            "META-INF/MANIFEST.MF unpacks to more than the 10 bytes that are left for it"
        );
        // The list at the end names the first entry three times.
        let end = bytes.len() - 22;
        let list = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap()) as usize;
        let first = bytes[list..list + 46 + POM.0.len()].to_vec();
        bytes.truncate(list);
        let size = u32::try_from(3 * first.len()).unwrap();
        bytes.extend(first.repeat(3));
        bytes.extend(b"PK\x05\x06\0\0\0\0\x03\0\x03\0");
        bytes.extend(size.to_le_bytes());
        bytes.extend(u32::try_from(list).unwrap().to_le_bytes());
        bytes.extend([0; 2]);
        assert_eq!(read(&bytes, 1 << 20), (3, None));
        let (packages, damage) = read(&bytes, room);
        assert_eq!(packages, 1);
        assert!(damage.unwrap().contains("more than the 10 bytes"));
    }
}
