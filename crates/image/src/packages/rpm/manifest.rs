//! The list of packages in images of Azure Linux without the database of RPM: `container-manifest-2`.
//!
//! What `rpm -qa` prints when it is asked for ten fields with tabs between them: name, version and release, when it
//! was installed, when it was built, vendor, epoch, size, architecture, epoch as a number, source package.
//!
//! See: <https://github.com/microsoft/azurelinux>, <https://github.com/microsoft/marinara>.

use super::{
    super::room::{FULL, Room},
    package::{KEY, source_of},
};
use crate::{Ecosystem, Listed, Package};

pub(crate) fn parse(text: &str) -> Listed {
    parse_within(text, Room::default())
}

fn parse_within(text: &str, mut room: Room) -> Listed {
    let mut listed = Listed::default();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        match package(line) {
            Some(package) if package.name == KEY => {}
            Some(package) if room.has_for(&package) => listed.packages.push(package),
            Some(_) => {
                listed.damage = Some(FULL.to_owned());
                break;
            }
            None => {
                let reason = "has not the ten fields of a package";
                listed.damage = Some(format!("line {number} {reason}"));
            }
        }
    }
    listed
}

fn package(line: &str) -> Option<Package> {
    let fields: Vec<_> = line.splitn(11, '\t').map(str::trim).collect();
    let [
        name,
        version,
        _,
        _,
        _,
        epoch,
        _,
        architecture,
        number,
        source,
    ] = *fields
    else {
        return None;
    };
    if name.is_empty() || version.is_empty() {
        return None;
    }
    let stated = |text: &str| !matches!(text, "" | "(none)");
    // Some images have no epoch in the first of both fields, whatever it is.
    let epoch = Some(epoch).filter(|epoch| stated(epoch));
    let epoch = epoch.or_else(|| Some(number).filter(|number| stated(number) && *number != "0"));
    let version = match epoch {
        Some(epoch) => format!("{epoch}:{version}"),
        None => version.to_owned(),
    };
    let source = stated(source).then(|| source_of(source.to_owned(), &version));
    let mut package = Package::new(Ecosystem::Rpm, name, version);
    package.source = source.flatten();
    package.architecture = stated(architecture).then(|| architecture.to_owned());
    Some(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_packages() {
        let text = "tea\t1.2-3.cm2\t1700000000\t1690000000\tCups\t(none)\t1234\tx86_64\t0\tteapot-1.2-3.cm2.src.rpm\n\
                    milk\t4.0-1.cm2\t1\t2\tCups\t1\t3\tnoarch\t1\tmilk-4.0-1.cm2.src.rpm\n\
                    sugar\t5-1.cm2\t1\t2\tCups\t(none)\t3\tnoarch\t2\tsugar-5-1.cm2.src.rpm\n\
                    gpg-pubkey\t3135ce90-5e6fda74\t1\t2\t(none)\t(none)\t0\t(none)\t0\t(none)\n";
        let listed = parse(text);
        assert_eq!(listed.damage, None);
        let versions = listed.packages.iter();
        let versions: Vec<_> = versions
            .map(|it| {
                (
                    &*it.name,
                    &*it.version,
                    &*it.source.as_ref().unwrap().version,
                )
            })
            .collect();
        assert_eq!(
            versions,
            [
                ("tea", "1.2-3.cm2", "1.2-3.cm2"),
                ("milk", "1:4.0-1.cm2", "1:4.0-1.cm2"),
                ("sugar", "2:5-1.cm2", "2:5-1.cm2"),
            ]
        );
        let tea = &listed.packages[0];
        assert_eq!(tea.source.as_ref().unwrap().name, "teapot");
        assert_eq!(tea.architecture.as_deref(), Some("x86_64"));
    }

    #[test]
    fn other_lines_are_damage_and_the_rest_is_read() {
        let good = "tea\t1-3\t1\t2\tCups\t(none)\t3\tx86_64\t0\t(none)";
        for bad in [
            "tea-1-3.x86_64",
            "\t1-3\t1\t2\tc\t0\t3\tx\t0\ts",
            &format!("{good}\tmore"),
        ] {
            let listed = parse(&format!("{bad}\n{good}\n"));
            assert_eq!(listed.packages.len(), 1, "{bad}");
            assert!(listed.damage.unwrap().starts_with("line 1 "), "{bad}");
        }
    }

    #[test]
    fn what_has_no_room_is_damage() {
        let line = "tea\t1-3\t1\t2\tCups\t(none)\t3\tx86_64\t0\t(none)\n";
        let listed = parse_within(&line.repeat(3), Room::of(1200));
        assert_eq!(listed.packages.len(), 2);
        assert_eq!(listed.damage.as_deref(), Some(FULL));
    }
}
