use ringwall_input::dockerfile::{InstructionKind, Word};

use crate::{
    Check, Findings, Safety, check,
    dockerfile::{added::Added, rewrite},
    judge::Build,
};

check! {
    /// ## What it finds
    /// An `ADD` of local files or folders that are no archives.
    /// `ADD` of a URL, of a Git repository and of a tar archive does what `COPY` cannot, and is left alone.
    ///
    /// ## Why it matters
    /// `ADD` unpacks what looks like an archive and fetches what looks like a URL.
    /// `COPY` does neither, so that a file in the build context cannot become something else.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// ADD app /usr/bin/app # <-
    /// ADD config.yaml data/ /etc/app/ # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// COPY app /usr/bin/app
    /// ADD rootfs.tar.xz /
    /// ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/a /a
    /// ADD https://github.com/example/app.git#v1 /src
    /// ```
    ///
    /// ## Fix
    /// Write `COPY` instead of `ADD`.
    AddInsteadOfCopy {
        id: "add-instead-of-copy",
        title: "ADD used for plain files",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for AddInsteadOfCopy {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for outer in build.dockerfile.instructions() {
            let instruction = outer.innermost();
            let InstructionKind::Add(add) = &instruction.kind else {
                continue;
            };
            let all_plain = add
                .sources
                .iter()
                .all(|source| Added::of(source) == Added::File);
            // These flags are only there for what ADD can do and COPY cannot.
            let has_own_flag = ["checksum", "keep-git-dir", "unpack"]
                .iter()
                .any(|flag| instruction.flag(flag).is_some());
            if !all_plain || has_own_flag {
                continue;
            }
            // An archive among the files of a pattern is unpacked by ADD only.
            let safety = if add.sources.iter().any(is_pattern) {
                Safety::Unsafe
            } else {
                Safety::Safe
            };
            let what = match add.sources.first() {
                Some(source) => source.value.as_str(),
                None => "an inline file",
            };
            findings
                .add(Self::META)
                .span(build.source, instruction.keyword.span)
                .message(format!("ADD of {what} does what COPY does"))
                .fix(
                    safety,
                    rewrite::replace(build, instruction.keyword.span, "COPY"),
                );
        }
    }
}

fn is_pattern(source: &Word) -> bool {
    source.value.contains(['*', '?', '['])
}
