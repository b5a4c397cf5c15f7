use ringwall_input::dockerfile::{InstructionKind, Word};

use crate::{Check, Findings, check, dockerfile::image_path::plain, judge::Build};

check! {
    /// ## What it finds
    /// A `WORKDIR` or `VOLUME` that is a directory of the system: `/etc`, `/usr`, `/bin`, `/lib`, `/boot` and the like, or anything in `/proc`, `/sys` or `/dev`.
    ///
    /// ## Why it matters
    /// What is copied to a relative path lands among the programs and settings of the system and may replace them.
    /// A volume there hides the files of the image, or hands them to whoever mounts it.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// WORKDIR /etc # <-
    /// COPY . .
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// VOLUME ["/data", "/usr/bin/"] # <-
    /// WORKDIR /proc/self # <-
    /// WORKDIR /app/../etc # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// WORKDIR /usr/src/app
    /// VOLUME /var/lib/app
    /// WORKDIR /
    /// ```
    ///
    /// ## Fix
    /// Use a directory of the application's own, such as `/app` or `/srv/app`.
    SystemDirectoryWorkdir {
        id: "system-directory-workdir",
        title: "WORKDIR or VOLUME on a system directory",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for SystemDirectoryWorkdir {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for outer in build.dockerfile.instructions() {
            let instruction = outer.innermost();
            let paths = match &instruction.kind {
                InstructionKind::Workdir(path) => std::slice::from_ref(path),
                InstructionKind::Volume(paths) => paths.as_slice(),
                _ => continue,
            };
            for path in paths.iter().filter(|path| is_of_the_system(path)) {
                findings
                    .add(Self::META)
                    .span(build.source, path.span)
                    .message(format!(
                        "{} {} is a directory of the system",
                        instruction.name(),
                        path.value
                    ));
            }
        }
    }
}

/// See: <https://refspecs.linuxfoundation.org/FHS_3.0/fhs/index.html>
fn is_of_the_system(path: &Word) -> bool {
    const WHOLE: [&str; 16] = [
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/lib",
        "/lib32",
        "/lib64",
        "/libx32",
        "/proc",
        "/sbin",
        "/sys",
        "/usr",
        "/usr/bin",
        "/usr/lib",
        "/usr/lib64",
        "/usr/sbin",
    ];
    const WITH_CONTENT: [&str; 4] = ["/proc/", "/sys/", "/dev/", "/boot/"];
    let path = plain(&path.value);
    WHOLE.contains(&&*path) || WITH_CONTENT.iter().any(|root| path.starts_with(root))
}
