//! Catalogues: what a file says about packages, one file of code per format.

mod apk;
mod dpkg;
mod go;
mod node;
mod os_release;
mod program;
mod python;
mod rust;

use std::io::{self, Read};

use crate::{Listed, layer::Says, wanted::Wanted};

/// Reads a file for what it says; `None` where it says nothing that anybody asks for.
pub(crate) fn read(
    wanted: Wanted,
    path: &str,
    content: &mut impl Read,
) -> io::Result<Option<Says>> {
    let parse: fn(&str, &str) -> Result<Listed, String> = match wanted {
        Wanted::OsRelease => {
            let text = text(content)?;
            return Ok(Some(Says::Distribution(os_release::parse(&text))));
        }
        Wanted::DpkgFiles => {
            let text = text(content)?;
            return Ok(Some(Says::Packages(dpkg::files(&text))));
        }
        Wanted::DpkgStatus | Wanted::DpkgStatusPart => dpkg::parse,
        Wanted::ApkInstalled => apk::parse,
        Wanted::NodePackage => node::parse,
        Wanted::PythonMetadata => python::parse,
        Wanted::RpmDatabase => return unread("a database of RPM"),
        Wanted::JavaArchive => return unread("a Java archive"),
        Wanted::Program => return program::read(content),
    };
    let text = text(content)?;
    Ok(Some(match parse(path, &text) {
        Ok(listed) => Says::Packages(listed),
        Err(reason) => Says::Unreadable(reason),
    }))
}

fn text(content: &mut impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    content.read_to_end(&mut bytes)?;
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "as the functions beside it")]
fn unread(what: &str) -> io::Result<Option<Says>> {
    Ok(Some(Says::Unreadable(format!(
        "is {what}, which is not read"
    ))))
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
