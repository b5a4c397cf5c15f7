//! Gems: the specification that RubyGems leaves of each one that is installed, and that Ruby brings of its own.
//!
//! A specification is a program in Ruby. RubyGems writes it, always in the same words, and nothing of it is run here:
//! name, version and platform are texts in quotes, the first comment has them again, and so has the file's name.
//!
//! See: <https://guides.rubygems.org/specification-reference/>.

use crate::{Ecosystem, Listed, Package};

pub(super) fn parse(path: &str, text: &str) -> Result<Listed, String> {
    let file = path.rsplit('/').next().unwrap_or(path);
    let file = file.strip_suffix(".gemspec").unwrap_or(file);
    let stub = stub(text);
    let name = field(text, "name").and_then(literal);
    let name = name.or(stub.map(|stub| stub.name));
    let version = field(text, "version").and_then(literal);
    let version = version.filter(|version| is_version(version));
    let version = version.or(stub.map(|stub| stub.version));
    // `version = Bundler::VERSION` is not known without running it, and then the file's name tells.
    let in_name = in_name(file, name);
    let name = name.or(in_name.map(|it| it.name));
    let version = version.or(in_name.map(|it| it.version));
    let (Some(name), Some(version)) = (name, version) else {
        return Err("is the specification of a gem, and names none or no version of it".to_owned());
    };
    let mut package = Package::new(Ecosystem::Gem, name, version);
    let platform = field(text, "platform").and_then(literal);
    let platform = platform.or(in_name.and_then(|it| it.platform));
    package.architecture = platform.filter(|it| *it != "ruby").map(str::to_owned);
    let licences = field(text, "licenses").or_else(|| field(text, "license"));
    package.licences = licences.map(literals).unwrap_or_default();
    Ok(vec![package].into())
}

/// What is put into a field: of `s.name = "rack".freeze`, what stands behind the equals sign.
fn field<'t>(text: &'t str, wanted: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (variable, rest) = line.trim_start().split_once('.')?;
        let is_variable = variable
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let value = rest.strip_prefix(wanted)?.trim_start().strip_prefix('=')?;
        // `==` compares.
        (is_variable && !variable.is_empty() && !value.starts_with('=')).then(|| value.trim())
    })
}

/// A text in quotes or in `%q{}` with nothing else before it, or inside `Gem::Version.new( )`.
fn literal(value: &str) -> Option<&str> {
    let value = value.strip_prefix("Gem::Version.new(").unwrap_or(value);
    let (text, _) = quoted(value.trim_start())?;
    // Written with escapes or made of parts.
    (!text.is_empty() && !text.contains(['\\', '#'])).then_some(text)
}

/// The texts of a list, or the one text.
fn literals(value: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = value.strip_prefix('[').unwrap_or(value);
    while let Some((text, after)) = quoted(rest.trim_start()) {
        texts.push(text.to_owned());
        let after = after.strip_prefix(".freeze").unwrap_or(after);
        match after.trim_start().strip_prefix(',') {
            Some(next) => rest = next,
            None => break,
        }
    }
    texts
}

/// A text at the start and what follows it.
fn quoted(value: &str) -> Option<(&str, &str)> {
    let (start, end) = match value.as_bytes() {
        [b'"', ..] => (1, '"'),
        [b'\'', ..] => (1, '\''),
        [b'%', b'q' | b'Q', open, ..] => {
            let end = match open {
                b'{' => '}',
                b'(' => ')',
                b'[' => ']',
                b'<' => '>',
                _ => return None,
            };
            (3, end)
        }
        _ => return None,
    };
    value.get(start..)?.split_once(end)
}

/// A gem as it is named in one line.
#[derive(Clone, Copy)]
struct Named<'t> {
    name: &'t str,
    version: &'t str,
    platform: Option<&'t str>,
}

/// `# stub: rack 2.2.22 ruby lib`, by which RubyGems itself knows gems that it does not use yet.
fn stub(text: &str) -> Option<Named<'_>> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("# stub: "))?;
    let mut words = line.split(' ');
    let (name, version) = (words.next()?, words.next()?);
    is_version(version).then_some(Named {
        name,
        version,
        platform: None,
    })
}

/// `nokogiri-1.15.4-x86_64-linux`: what follows the name, or the first part that is a version.
fn in_name<'t>(file: &'t str, known: Option<&str>) -> Option<Named<'t>> {
    let split = |at: usize| {
        let (name, rest) = file.split_at_checked(at)?;
        let rest = rest.strip_prefix('-')?;
        let (version, platform) = match rest.split_once('-') {
            Some((version, platform)) => (version, Some(platform)),
            None => (rest, None),
        };
        (!name.is_empty() && is_version(version)).then_some(Named {
            name,
            version,
            platform,
        })
    };
    match known {
        Some(name) if file.starts_with(name) => split(name.len()),
        Some(_) => None,
        None => file.match_indices('-').find_map(|(at, _)| split(at)),
    }
}

/// Digits, and more parts with dots between them.
fn is_version(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: (&str, &str, Option<&str>)) -> Package {
        let package = parse(path, text).unwrap().packages.remove(0);
        let read = (
            &*package.name,
            &*package.version,
            package.architecture.as_deref(),
        );
        assert_eq!(read, expected, "{path}");
        package
    }

    #[test]
    fn specifications_are_read_in_the_words_of_each_age() {
        let of_today = "# -*- encoding: utf-8 -*-\n# stub: kettle 3.1.4 ruby lib\n\n\
            Gem::Specification.new do |s|\n  s.name = \"kettle\".freeze\n  s.version = \"3.1.4\".freeze\n\n\
            \x20 s.required_rubygems_version = Gem::Requirement.new(\">= 0\".freeze) if s.respond_to? :x=\n\
            \x20 s.description = \"Boils.\\nThe s.version = \\\"9\\\" of it.\".freeze\n\
            \x20 s.licenses = [\"MIT\".freeze, \"Ruby\".freeze]\n\
            \x20 s.rubygems_version = \"3.5.0\".freeze\nend\n";
        let package = check(
            "specifications/kettle-3.1.4.gemspec",
            of_today,
            ("kettle", "3.1.4", None),
        );
        assert_eq!(package.licences, ["MIT", "Ruby"]);
        let old = "Gem::Specification.new do |spec|\n  spec.name = %q{old-kettle}\n  spec.version = Gem::Version.new('0.9')\n  spec.license = 'BSD'\nend\n";
        let package = check("old-kettle-0.9.gemspec", old, ("old-kettle", "0.9", None));
        assert_eq!(package.licences, ["BSD"]);
    }

    #[test]
    fn gems_for_a_platform_have_it() {
        let text =
            "s.name = \"tea\"\ns.version = \"1.2.0.pre1\"\ns.platform = \"x86_64-linux\".freeze\n";
        let package = check(
            "tea-1.2.0.pre1-x86_64-linux.gemspec",
            text,
            ("tea", "1.2.0.pre1", Some("x86_64-linux")),
        );
        assert_eq!(
            package.purl(None).unwrap().to_string(),
            "pkg:gem/tea@1.2.0.pre1?platform=x86_64-linux"
        );
        // What the text does not say.
        let text = "s.name = \"tea\"\ns.version = TEA\n";
        check("tea-1.2-java.gemspec", text, ("tea", "1.2", Some("java")));
        check(
            "tea-1.2.gemspec",
            "s.platform = \"ruby\"\n",
            ("tea", "1.2", None),
        );
    }

    #[test]
    fn what_is_not_written_out_is_told_by_the_comment_and_by_the_name() {
        let text = "# stub: cup 2.0 ruby lib\ns.name = NAME\ns.version = Cup::VERSION\n";
        check("x.gemspec", text, ("cup", "2.0", None));
        let text = "s.name = \"net-cup-2go\"\ns.version = File.read(\"VERSION\")\n";
        check(
            "net-cup-2go-4.5.gemspec",
            text,
            ("net-cup-2go", "4.5", None),
        );
        let text = "s.name = \"cup#{1}\"\ns.version = \"#{x}\"\n";
        check("cup-9.1.gemspec", text, ("cup", "9.1", None));
        check("cup-9.1.gemspec", "\u{0}\u{fffd}", ("cup", "9.1", None));
    }

    #[test]
    fn what_names_no_gem_is_damage() {
        for (path, text) in [
            ("cup.gemspec", "s.name = \"cup\"\n"),
            ("cup.gemspec", ""),
            ("-1.gemspec", ""),
            ("tea-1.gemspec", "s.name = \"cup\"\ns.version == \"1\"\n"),
        ] {
            assert!(parse(path, text).is_err(), "{path}: {text}");
        }
    }
}
