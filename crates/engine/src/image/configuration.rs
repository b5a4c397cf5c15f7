//! How an image is configured: who it runs as, what it opens, which of its files have more rights than usual.

use ringwall_checks::distribution_support_end;
use ringwall_image::{Config, Contents, Notable};
use ringwall_input::dockerfile::is_root_user;
use ringwall_model::{Date, Finding, Severity};

use super::{findings::Flaw, refusable::CONFIGURATION};

/// Days after which an image has missed many fixes; base images are built anew every few weeks.
const OLD_AFTER_DAYS: i64 = 365;
/// Builds that give the same bytes each time date their images to the beginning of time.
const FIRST_IMAGES: (u16, u8, u8) = (2013, 3, 20);
/// Paths that a message names.
const MOST_NAMED: usize = 3;

/// What is wrong with the configuration of an image, or with the files alone where there is none.
pub(super) fn judge(
    contents: &Contents,
    config: Option<&Config>,
    image: &str,
    as_of: Date,
) -> Vec<Box<Finding>> {
    let mut flaws = Vec::new();
    let what = match config {
        Some(config) => {
            configured(config, contents, &mut flaws);
            age(config, as_of, &mut flaws);
            "the image"
        }
        None => "the file system",
    };
    support(what, contents, as_of, &mut flaws);
    files(what, contents, &mut flaws);
    debug_assert!(flaws.iter().all(|it| CONFIGURATION.contains(&&*it.check)));
    flaws.into_iter().map(|flaw| flaw.finding(image)).collect()
}

fn configured(config: &Config, contents: &Contents, flaws: &mut Vec<Flaw>) {
    // Windows has users, ports and health of other kinds.
    if config.os != "windows" {
        user(config, &contents.roots, flaws);
    }
    ports(config, flaws);
    if config.config.healthcheck.is_none() {
        flaws.push(Flaw::new(
            "missing-healthcheck-instruction",
            "the image has no HEALTHCHECK".to_owned(),
        ));
    }
    history(config, flaws);
}

/// Who it runs as; `roots` are names that the image gives to root. Docker and Podman look up numbers as names first.
fn user(config: &Config, roots: &[String], flaws: &mut Vec<Flaw>) {
    let user = config.config.user.trim();
    let name = user.split(':').next().unwrap_or_default();
    match ImageUser::of(user) {
        ImageUser::Name | ImageUser::Number if roots.iter().any(|root| root == name) => {
            flaws.push(Flaw::new(
                "root-image-user",
                format!("the image runs as {user}, which is root by its etc/passwd"),
            ));
        }
        ImageUser::Unset => flaws.push(Flaw::new(
            "unset-image-user",
            "the image sets no USER, so that it runs as root".to_owned(),
        )),
        ImageUser::Root => flaws.push(Flaw::new(
            "root-image-user",
            format!("the image runs as {user}"),
        )),
        ImageUser::Name => flaws.push(Flaw::new(
            "non-numeric-image-user",
            format!("the image runs as {user}, a name that runAsNonRoot cannot verify"),
        )),
        ImageUser::Number => {}
    }
}

/// What the `USER` of an image is to the kubelet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImageUser {
    /// Nobody is named, which is root.
    Unset,
    /// Root, by name or number.
    Root,
    /// Another name, whose number stands in the image: the kubelet does not look there.
    Name,
    /// Another number.
    Number,
}

impl ImageUser {
    /// By what stands before the group: `user`, `user:group`.
    pub(crate) fn of(user: &str) -> Self {
        let user = user.trim();
        let name = user.split(':').next().unwrap_or_default();
        let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        if user.is_empty() {
            Self::Unset
        } else if is_root_user(name) {
            Self::Root
        } else if is_number {
            Self::Number
        } else {
            Self::Name
        }
    }
}

fn ports(config: &Config, flaws: &mut Vec<Flaw>) {
    let exposed = config.config.exposed_ports.iter().flatten();
    for (port, _) in exposed {
        let ports = port.split('/').next().unwrap_or(port);
        // Not every builder expands `20-25`.
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) else {
            continue;
        };
        let range = first..=last;
        if range.contains(&22) {
            flaws.push(Flaw::new(
                "ssh-image-port",
                "the image exposes port 22, which is SSH's".to_owned(),
            ));
        }
        if let Some(number) = range
            .into_iter()
            .find(|it| (1..1024).contains(it) && *it != 22)
        {
            flaws.push(Flaw::new(
                "privileged-image-port",
                format!(
                    "the image exposes port {number}, which only root may open on some systems"
                ),
            ));
        }
    }
}

/// `ADD` of something in the network, which is another thing tomorrow.
fn history(config: &Config, flaws: &mut Vec<Flaw>) {
    for entry in &config.history {
        let command = entry.instruction();
        let words = command.strip_prefix("ADD ");
        let address = words
            .into_iter()
            .flat_map(str::split_whitespace)
            .find(|word| word.starts_with("http://") || word.starts_with("https://"));
        if let Some(address) = address
            && !command.contains("--checksum")
        {
            flaws.push(Flaw::new(
                "unverified-remote-add",
                format!("the build added {address} without a checksum"),
            ));
        }
    }
}

fn support(what: &str, contents: &Contents, as_of: Date, flaws: &mut Vec<Flaw>) {
    let end = contents
        .distribution
        .as_ref()
        .and_then(|it| distribution_support_end(&it.id, &it.version_id));
    if let Some((name, day)) = end
        && day < as_of
    {
        flaws.push(Flaw::new(
            "end-of-life-base-image",
            format!("{what} is {name}, which had support until {day}"),
        ));
    }
}

fn age(config: &Config, as_of: Date, flaws: &mut Vec<Flaw>) {
    let created = config.created.as_deref().and_then(|stamp| stamp.get(..10));
    let created: Option<Date> = created.and_then(|day| day.parse().ok());
    let (year, month, day) = FIRST_IMAGES;
    if let (Some(created), Some(first)) = (created, Date::new(year, month, day)) {
        let days = as_of.days_since(created);
        if created >= first && days > OLD_AFTER_DAYS {
            flaws.push(Flaw::new(
                "stale-image",
                format!("the image was built on {created}, {days} days ago, and has no fix of later days"),
            ));
        }
    }
}

fn files(what: &str, contents: &Contents, flaws: &mut Vec<Flaw>) {
    let of = |notable: Notable, of_distribution: bool| -> Vec<&str> {
        let all = contents.notable.iter();
        all.filter(|it| it.notable == notable && it.is_of_distribution == of_distribution)
            .map(|it| &*it.path)
            .collect()
    };
    for path in of(Notable::SetId, false) {
        let message = format!(
            "/{path} runs with the rights of its owner or group, and belongs to no package"
        );
        flaws.push(Flaw::new("setuid-image-file", message).at(path));
    }
    let usual = of(Notable::SetId, true);
    if let Some(first) = usual.first() {
        let message = format!(
            "{} of the distribution run with the rights of their owner or group: {}",
            programs(usual.len()),
            named(&usual)
        );
        flaws.push(Flaw {
            severity: Some(Severity::Low),
            ..Flaw::new("setuid-image-file", message).at(first)
        });
    }
    for (notable, flaw) in [
        (Notable::WritableFile, "may be changed by everybody"),
        (
            Notable::WritableFolder,
            "is a folder in which everybody may replace the files of others",
        ),
    ] {
        for is_of_distribution in [false, true] {
            for path in of(notable, is_of_distribution) {
                let message = format!("/{path} {flaw}");
                flaws.push(Flaw::new("world-writable-image-file", message).at(path));
            }
        }
    }
    for (notable, check, tools) in [
        (Notable::Shell, "shell-in-image", "shells"),
        (
            Notable::PackageManager,
            "package-manager-in-image",
            "package managers",
        ),
    ] {
        let paths = [of(notable, false), of(notable, true)].concat();
        if let Some(first) = paths.first() {
            let message = format!("{what} has {tools}: {}", named(&paths));
            flaws.push(Flaw::new(check, message).at(first));
        }
    }
}

fn programs(count: usize) -> String {
    match count {
        1 => "1 program".to_owned(),
        count => format!("{count} programs"),
    }
}

/// The first of some paths, and how many more there are.
fn named(paths: &[&str]) -> String {
    let first: Vec<_> = paths
        .iter()
        .take(MOST_NAMED)
        .map(|path| format!("/{path}"))
        .collect();
    match paths.len().saturating_sub(MOST_NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
