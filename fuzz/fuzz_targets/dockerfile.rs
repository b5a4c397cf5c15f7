//! A Dockerfile is any text: parsing it neither panics nor hangs, and what is read lies in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_input::dockerfile::{self, Instruction, InstructionKind};
use ringwall_model::Span;

fuzz_target!(|text: &str| {
    let (dockerfile, diagnostics) = dockerfile::parse(text);
    for diagnostic in &diagnostics {
        lies_in(text, diagnostic.span);
    }
    for directive in &dockerfile.directives {
        lies_in(text, directive.span);
        lies_in(text, directive.value_span);
    }
    for comment in &dockerfile.comments {
        lies_in(text, comment.span);
        assert!(text[comment.span.range()].starts_with('#'));
    }
    let mut end = 0;
    for found in dockerfile.instructions() {
        assert!(
            found.span.start >= end,
            "instructions stand one after another"
        );
        end = found.span.end;
        instruction(text, found);
    }
    for stage in &dockerfile.stages {
        lies_in(text, stage.from.span);
        // Questions that follow references from stage to stage end.
        let _ = dockerfile.effective_user(stage);
        assert!(dockerfile.ancestors(stage).count() <= dockerfile.stages.len());
        for at in &stage.instructions {
            let _ = dockerfile.effective_shell(stage, at);
        }
    }
});

fn instruction(text: &str, found: &Instruction) {
    lies_in(text, found.span);
    lies_in(text, found.keyword.span);
    assert!(found.span.contains(found.keyword.span));
    for flag in &found.flags {
        lies_in(text, flag.span);
        assert!(found.span.contains(flag.span));
    }
    match &found.kind {
        InstructionKind::Run(run) => lies_in(text, run.span),
        InstructionKind::Cmd(line) | InstructionKind::Entrypoint(line) => lies_in(text, line.span),
        InstructionKind::Copy(copy) | InstructionKind::Add(copy) => {
            lies_in(text, copy.span);
            for word in copy.sources.iter().chain([&copy.destination]) {
                lies_in(text, word.span);
            }
        }
        InstructionKind::Env(pairs)
        | InstructionKind::Arg(pairs)
        | InstructionKind::Label(pairs) => {
            for pair in pairs {
                lies_in(text, pair.span);
            }
        }
        InstructionKind::OnBuild(inner) => instruction(text, inner),
        _ => {}
    }
}

fn lies_in(text: &str, span: Span) {
    assert!(
        text.get(span.range()).is_some(),
        "{span:?} is not in the text"
    );
}
