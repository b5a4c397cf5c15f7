use ringwall_input::dockerfile::{Command, Copy, Instruction, InstructionKind, Script, Stage};

use crate::{
    Check, Findings, check,
    dockerfile::{added::is_tar_archive, image_path::file_name},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A tar archive of the build context that `COPY` brings in and `tar` unpacks in the same stage.
    ///
    /// ## Why it matters
    /// The archive stays in its layer beside what was unpacked: the image carries the same files twice.
    /// `ADD` unpacks it while copying.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// COPY rootfs.tar.gz /tmp/ # <-
    /// RUN tar -xzf /tmp/rootfs.tar.gz -C / && rm /tmp/rootfs.tar.gz
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ADD rootfs.tar.gz /
    /// COPY backup.tar.gz /data/
    /// RUN tar -tzf /data/backup.tar.gz
    /// ```
    ///
    /// ## Fix
    /// Write `ADD rootfs.tar.gz /` and remove the extraction.
    ManualArchiveExtraction {
        id: "manual-archive-extraction",
        title: "COPY plus extraction where ADD would unpack",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for ManualArchiveExtraction {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for stage in &build.dockerfile.stages {
            for instruction in &stage.instructions {
                let InstructionKind::Copy(copy) = &instruction.kind else {
                    continue;
                };
                if copy.from.is_some() {
                    continue;
                }
                for source in &copy.sources {
                    let is_archive = is_tar_archive(&source.value.to_ascii_lowercase());
                    if is_archive && is_unpacked(stage, instruction, copy, &source.value) {
                        findings
                            .add(Self::META)
                            .span(build.source, source.span)
                            .message(format!(
                                "archive {} is copied and then unpacked",
                                source.value
                            ));
                    }
                }
            }
        }
    }
}

/// Whether a later command of the stage unpacks the file under its own or its new name.
fn is_unpacked(stage: &Stage, at: &Instruction, copy: &Copy, source: &str) -> bool {
    let names = [file_name(source), file_name(&copy.destination.value)];
    stage
        .instructions
        .iter()
        .filter(|instruction| instruction.span.start > at.span.start)
        .filter_map(Instruction::script)
        .flat_map(Script::commands)
        .any(|command| {
            unpacks(command)
                && command
                    .args
                    .iter()
                    .any(|word| names.contains(&file_name(word.value())))
        })
}

/// `tar -xzf`, `tar xf`, `tar --extract`.
fn unpacks(command: &Command) -> bool {
    let old_style = command.args.first().is_some_and(|word| {
        let letters = word.value();
        !letters.starts_with('-')
            && letters.contains('x')
            && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    command.is_any(&["tar", "bsdtar"])
        && (old_style || command.has_flag(&["-x", "--extract", "--get"]))
}
