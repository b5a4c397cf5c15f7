use ringwall_input::dockerfile::InstructionKind;
use ringwall_model::Span;

use crate::{
    Check, Findings, Safety, check,
    dockerfile::{image_path::file_name, rewrite},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A `COPY` or `ADD` of two or more sources whose destination does not end in `/` and is not `.` or `..`, which are directories in any case.
    ///
    /// ## Why it matters
    /// Several files need a directory to go to.
    /// Some builders refuse the instruction, others make the directory; only the slash means the same everywhere.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM node:24
    /// WORKDIR /app
    /// COPY package.json package-lock.json /app # <-
    /// COPY ["a.js", "b.js", "lib"] # <-
    /// ```
    /// ```dockerfile pass
    /// FROM node:24
    /// WORKDIR /app
    /// COPY package.json package-lock.json /app/
    /// COPY src /app/src
    /// COPY a.js b.js $SOMEWHERE
    /// COPY a.js b.js .
    /// ```
    ///
    /// ## Fix
    /// End the destination with `/`.
    AmbiguousCopyDestination {
        id: "ambiguous-copy-destination",
        title: "COPY of several sources to a destination not ending in slash",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for AmbiguousCopyDestination {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for outer in build.dockerfile.instructions() {
            let instruction = outer.innermost();
            let (InstructionKind::Copy(copy) | InstructionKind::Add(copy)) = &instruction.kind
            else {
                continue;
            };
            let destination = &copy.destination;
            let sources = copy.sources.len() + copy.heredocs.len();
            if sources < 2 || !destination.resolved || destination.value.ends_with(['/', '\\']) {
                continue;
            }
            if [".", ".."].contains(&file_name(&destination.value)) {
                continue;
            }
            let written = build.source.slice(destination.span);
            let quotes = usize::from(written.ends_with(['"', '\'']));
            let end = destination.span.range().end - quotes;
            findings
                .add(Self::META)
                .span(build.source, destination.span)
                .message(format!(
                    "{} of {sources} sources to {}, which does not end in a slash",
                    instruction.name(),
                    destination.value
                ))
                .fix(Safety::Safe, rewrite::replace(build, Span::at(end), "/"));
        }
    }
}
