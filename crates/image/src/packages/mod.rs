//! Catalogues: what a file says about packages, one file of code per format.

mod apk;
mod bitnami;
mod composer;
mod conda;
mod cran;
mod dotnet;
mod dpkg;
mod egg;
mod erlang;
mod go;
pub(crate) mod java;
mod java_name;
mod json;
mod node;
mod os_release;
mod pacman;
mod passwd;
mod phar;
mod pom;
mod program;
mod python;
pub(crate) mod room;
pub(crate) mod rpm;
mod ruby;
mod rust;
mod whole;
mod zipapp;

pub(crate) use dotnet::is_library;
pub(crate) use program::{ASSEMBLY_BYTES, JAR_BYTES, MARK_BYTES, is_assembly, is_jar, is_program};
pub(crate) use zipapp::is_named as is_python_application;

use std::io::{self, Read};

use self::whole::Whole;
use crate::{layer::Says, wanted::Wanted};

/// Reads a file for what it says; `None` where it says nothing that anybody asks for. `size` is what it is said to have.
pub(crate) fn read(
    wanted: Wanted,
    path: &str,
    size: u64,
    content: &mut impl Read,
) -> io::Result<Option<Says>> {
    let bytes = match wanted {
        Wanted::Program => return program::read(path, size, content),
        Wanted::RpmJournal => {
            // SQLite empties it when what it holds is in the database.
            let is_empty = content.read(&mut [0])? == 0;
            let reason = "holds changes that may not be in the database of RPM yet, so that packages may be missing";
            return Ok((!is_empty).then(|| Says::Unreadable(reason.to_owned())));
        }
        Wanted::PythonRecord => {
            return Ok(python::of_folder(path).map(Says::Packages));
        }
        Wanted::Foreign(whose) => {
            return Ok(Some(Says::Unreadable(foreign(whose))));
        }
        _ => Whole::read(content, size)?,
    };
    let text = || String::from_utf8_lossy(&bytes);
    let listed = match wanted {
        Wanted::OsRelease => {
            return Ok(Some(Says::Distribution(os_release::parse(&text()))));
        }
        Wanted::Passwd => return Ok(Some(Says::Roots(passwd::roots(&text())))),
        Wanted::DpkgStatus => Ok(dpkg::parse(&text())),
        Wanted::DpkgStatusPart => Ok(dpkg::parse_part(&text())),
        Wanted::DpkgFiles => Ok(dpkg::files(path, &text())),
        Wanted::OpkgStatus => Ok(dpkg::parse_opkg(&text())),
        Wanted::PacmanPackage => pacman::parse(&text()),
        Wanted::PacmanFiles => Ok(pacman::files(path, &text())),
        Wanted::ApkInstalled => Ok(apk::parse(&text())),
        Wanted::NodePackage | Wanted::StoredNodePackage => node::parse(path, &text()),
        Wanted::PythonMetadata => python::parse(&text()),
        Wanted::PythonEgg => egg::parse(&bytes),
        Wanted::Gem => ruby::parse(path, &text()),
        Wanted::ComposerInstalled => composer::parse(&text()),
        Wanted::DotNetLibraries => dotnet::parse(path, &text()),
        Wanted::CondaPackage => conda::parse(&text()),
        Wanted::ErlangApplication => erlang::parse(&text()),
        Wanted::RPackage => cran::parse(&text()),
        Wanted::BitnamiComponent => bitnami::parse(&bytes),
        Wanted::JavaArchive => java::parse(path, &bytes),
        Wanted::MavenProperties => java::parse_properties(&text()),
        Wanted::RpmDatabase => rpm::parse(&bytes),
        Wanted::RpmManifest => Ok(rpm::manifest(&text())),
        Wanted::Program | Wanted::RpmJournal | Wanted::PythonRecord | Wanted::Foreign(_) => {
            return Ok(None);
        }
    };
    Ok(Some(match listed {
        Ok(listed) => Says::Packages(listed),
        Err(reason) => Says::Unreadable(reason),
    }))
}

/// What is said of a file that tells of packages that are not read.
pub(crate) fn foreign(whose: &str) -> String {
    format!("tells of packages that are not read: those of {whose}")
}

/// What is said of a list that does not end where whoever writes it ends it.
pub(crate) const CUT: &str = "ends in the middle, so that packages may be missing";

/// Whether a list of paragraphs was cut: dpkg, opkg and apk write an empty line behind each of them, the last too.
fn is_cut(text: &str) -> bool {
    let last = text.lines().next_back();
    last.is_some_and(|last| !text.ends_with('\n') || !last.trim().is_empty())
}

/// The paragraphs of a text; between them are lines with nothing but spaces.
pub(crate) fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut start = None;
        let mut at = 0;
        for line in rest.split_inclusive('\n') {
            match (line.trim().is_empty(), start) {
                (false, None) => start = Some(at),
                (true, Some(start)) => {
                    let paragraph = rest.get(start..at);
                    rest = rest.get(at..).unwrap_or_default();
                    return paragraph;
                }
                _ => {}
            }
            at += line.len();
        }
        let paragraph = rest.get(start?..);
        rest = "";
        paragraph
    })
}

/// Paragraphs of `Field: value` lines as Debian and Python write them; folded lines belong to the field above.
pub(crate) fn fields(paragraph: &str) -> impl Iterator<Item = (&str, &str)> {
    paragraph
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .filter(|line| !line.starts_with([' ', '\t']))
        .filter_map(|line| line.split_once(':'))
        .map(|(field, value)| (field, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::paragraphs;

    #[test]
    fn a_line_of_spaces_ends_a_paragraph() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(paragraphs(text).collect::<Vec<_>>(), expected, "{text:?}");
        };
        check("", &[]);
        check(" \n\n", &[]);
        check("a\nb", &["a\nb"]);
        check("\na\nb\n\n\nc\n", &["a\nb\n", "c\n"]);
        check("a\n \t\nb\n", &["a\n", "b\n"]);
        check("a\r\n\r\nb", &["a\r\n", "b"]);
    }
}
