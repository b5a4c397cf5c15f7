//! Marks in Dockerfiles: comments before an instruction, or for the whole file.

use ringwall_input::dockerfile::{Dockerfile, Instruction, InstructionKind};
use ringwall_model::{Acceptance, AcceptanceSource, Source, Span};

use super::peers::Reach;
use super::{Broken, Cover, Ids, Marks, grammar, peers};

/// The marks of a Dockerfile.
///
/// A comment covers the instruction it stands before; before a FROM one of ours covers the whole
/// stage, one of hadolint's the FROM alone, as it has a form of its own for stages.
pub(crate) fn covers(source: &Source, dockerfile: &Dockerfile, marks: &mut Marks) {
    let whole = Span::new(0, source.text.len());
    for comment in &dockerfile.comments {
        let location = || source.location(comment.span);
        let next = next_instruction(dockerfile, comment.span);
        match grammar::comment(&comment.text) {
            Some(mark) => {
                let result = mark.terms.and_then(|terms| {
                    next.map(|next| (terms, or_its_stage(source, dockerfile, next)))
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
                    let span = match mark.reach {
                        Reach::Next => next.map(|next| next.span),
                        Reach::Stage => stage_around(source, dockerfile, comment.span),
                        Reach::File => Some(whole),
                    };
                    let Some(span) = span else {
                        continue;
                    };
                    let acceptance = mark.acceptance(location());
                    let (ids, variables) = without_secrets(mark.ids);
                    let places = variables.then(|| variables_in(dockerfile, span));
                    for place in places.into_iter().flatten() {
                        let secrets = Ids::Some(vec![SECRETS.to_owned()]);
                        let cover = Cover::new(secrets, place, acceptance.clone(), location());
                        marks.covers.push(cover);
                    }
                    if !matches!(&ids, Ids::Some(ids) if ids.is_empty()) {
                        marks
                            .covers
                            .push(Cover::new(ids, span, acceptance, location()));
                    }
                }
            }
        }
    }
}

/// Our check of secrets looks at more than those of others, which know names of variables alone.
const SECRETS: &str = "plaintext-secret-in-dockerfile";

/// The ids of a peer's mark without that of secrets, and whether it was among them.
fn without_secrets(ids: Ids) -> (Ids, bool) {
    match ids {
        Ids::Some(mut ids) => {
            let before = ids.len();
            ids.retain(|id| id != SECRETS);
            let had = ids.len() < before;
            (Ids::Some(ids), had)
        }
        of_peer @ Ids::OfPeer(_) => (of_peer, false),
    }
}

/// The instructions within a place that set variables.
fn variables_in(dockerfile: &Dockerfile, place: Span) -> impl Iterator<Item = Span> {
    let instructions = dockerfile.instructions().filter(move |instruction| {
        let kind = &instruction.innermost().kind;
        let is_variable = matches!(kind, InstructionKind::Env(_) | InstructionKind::Arg(_));
        is_variable && place.contains(instruction.span)
    });
    instructions.map(|instruction| instruction.span)
}

/// The instruction that a comment stands before, or between whose lines it stands.
fn next_instruction(dockerfile: &Dockerfile, comment: Span) -> Option<&Instruction> {
    dockerfile.instructions().find(|instruction| {
        instruction.span.contains(comment) || instruction.span.start >= comment.end
    })
}

/// The place of an instruction; of a FROM that of its whole stage.
fn or_its_stage(source: &Source, dockerfile: &Dockerfile, instruction: &Instruction) -> Span {
    if matches!(instruction.kind, InstructionKind::From(_)) {
        stage_from(source, dockerfile, instruction.span.start)
    } else {
        instruction.span
    }
}

/// The stage whose FROM a comment stands before, or else that it stands in.
fn stage_around(source: &Source, dockerfile: &Dockerfile, comment: Span) -> Option<Span> {
    let next = next_instruction(dockerfile, comment)?;
    let from = starts(dockerfile)
        .take_while(|&start| start <= next.span.start)
        .last()?;
    Some(stage_from(source, dockerfile, from))
}

/// From a FROM to the next one, or to the end of the file.
fn stage_from(source: &Source, dockerfile: &Dockerfile, from: u32) -> Span {
    let next = starts(dockerfile).find(|&start| start > from);
    let end = next.map_or(source.text.len(), |start| start as usize);
    Span::new(from as usize, end)
}

/// Where the stages start.
fn starts(dockerfile: &Dockerfile) -> impl Iterator<Item = u32> {
    dockerfile
        .stages
        .iter()
        .filter_map(|stage| stage.instructions.first())
        .map(|from| from.span.start)
}
