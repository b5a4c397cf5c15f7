use ringwall_input::dockerfile::InstructionKind;

use crate::{Check, Findings, check, dockerfile::added::Added, judge::Build};

check! {
    /// ## What it finds
    /// An `ADD` of a URL without `--checksum`, and of a Git repository without `--checksum` and without a full commit hash behind `#`.
    ///
    /// ## Why it matters
    /// Whoever controls the server, or the way to it, decides what goes into the image.
    /// With a checksum the build fails when the file is another one.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// ADD https://example.com/tool.tar.gz /opt/ # <-
    /// ADD https://github.com/example/app.git#v1 /src # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/tool.tar.gz /opt/
    /// ADD https://github.com/example/app.git#5f3c1a9be0d4c7762d0d0e6c5c1fb6b1a9a1e0d2 /src
    /// ADD rootfs.tar.xz /
    /// ```
    ///
    /// ## Fix
    /// Add `--checksum=sha256:...` with the checksum the publisher names, or copy the file into the build context.
    UnverifiedRemoteAdd {
        id: "unverified-remote-add",
        title: "ADD of a URL without --checksum",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnverifiedRemoteAdd {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for outer in build.dockerfile.instructions() {
            let InstructionKind::Add(add) = &outer.innermost().kind else {
                continue;
            };
            if add.checksum.is_some() {
                continue;
            }
            for source in &add.sources {
                let what = match Added::of(source) {
                    Added::Url => "a file",
                    Added::Repository { pinned: false } => "a repository",
                    _ => continue,
                };
                findings
                    .add(Self::META)
                    .span(build.source, source.span)
                    .message(format!(
                        "ADD fetches {what} without a checksum: {}",
                        without_credentials(&source.value)
                    ));
            }
        }
    }
}

/// A URL without the user and password before `@`.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let host_end = rest.find('/').unwrap_or(rest.len());
    match rest.get(..host_end).and_then(|host| host.rfind('@')) {
        Some(at) => format!("{scheme}://{}", rest.get(at + 1..).unwrap_or("")),
        None => url.to_owned(),
    }
}
