//! Marks in Dockerfiles: comments before an instruction, or for the whole file.

use ringwall_input::dockerfile::{Dockerfile, InstructionKind};
use ringwall_model::{Acceptance, AcceptanceSource, Source, Span};

use super::{Broken, Cover, Ids, Marks, grammar, peers};

/// The marks of a Dockerfile.
///
/// A comment covers the instruction it stands before; before a FROM it covers the whole stage.
pub(crate) fn covers(source: &Source, dockerfile: &Dockerfile, marks: &mut Marks) {
    let whole = Span::new(0, source.text.len());
    for comment in &dockerfile.comments {
        let location = || source.location(comment.span);
        let next = next_covered(source, dockerfile, comment.span);
        match grammar::comment(&comment.text) {
            Some(mark) => {
                let result = mark.terms.and_then(|terms| {
                    next.map(|span| (terms, span))
                        .ok_or_else(|| "no instruction follows it".to_owned())
                });
                match result {
                    Ok((terms, span)) => {
                        let acceptance = Acceptance {
                            source: AcceptanceSource::Comment,
                            reason: terms.reason,
                            owner: terms.owner,
                            until: terms.until,
                            location: Some(location()),
                        };
                        let ids = Ids::Some(mark.ids);
                        marks
                            .covers
                            .push(Cover::new(ids, span, acceptance, location()));
                    }
                    Err(message) => marks.broken.push(Broken {
                        location: location(),
                        message,
                    }),
                }
            }
            None => {
                for mark in peers::comment(&comment.text) {
                    let span = if mark.whole_file { Some(whole) } else { next };
                    if let Some(span) = span {
                        let acceptance = mark.acceptance(location());
                        marks
                            .covers
                            .push(Cover::new(mark.ids, span, acceptance, location()));
                    }
                }
            }
        }
    }
}

fn next_covered(source: &Source, dockerfile: &Dockerfile, comment: Span) -> Option<Span> {
    // A comment between the lines of an instruction covers that instruction.
    let instruction = dockerfile.instructions().find(|instruction| {
        instruction.span.contains(comment) || instruction.span.start >= comment.end
    })?;
    if !matches!(instruction.kind, InstructionKind::From(_)) {
        return Some(instruction.span);
    }
    let next_stage = dockerfile
        .stages
        .iter()
        .filter_map(|stage| stage.instructions.first())
        .map(|from| from.span.start)
        .find(|&start| start > instruction.span.start);
    let end = next_stage.map_or(source.text.len(), |start| start as usize);
    Some(Span::new(instruction.span.start as usize, end))
}
