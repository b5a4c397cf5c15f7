//! XML as Go's `encoding/xml` splits it: starts, texts and ends, by local names.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use crate::{MAX_DEPTH, ParseError};

/// A piece of a file.
pub(crate) enum Token {
    Start {
        name: String,
        attributes: Vec<(String, String)>,
    },
    /// Text between two other pieces, references resolved. Comments end a text, and a CDATA section is
    /// one of its own.
    Text(String),
    End,
}

/// Every piece with the byte it starts at. Starts and ends are in pairs.
pub(crate) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ParseError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut tokens = Vec::new();
    let mut open: Vec<String> = Vec::new();
    // Text that references interrupt is one text.
    let mut run = String::new();
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let error = |message: String| ParseError::at(text, at, message);
        let event = reader
            .read_event()
            .map_err(|cause| error(cause.to_string()))?;
        match event {
            Event::Text(piece) => {
                if piece.contains("]]>") {
                    return Err(error("]]> outside of a CDATA section".to_owned()));
                }
                run.push_str(&piece);
                continue;
            }
            Event::GeneralRef(name) => {
                let escaped = format!("&{};", &*name);
                let character = quick_xml::escape::unescape(&escaped)
                    .map_err(|cause| error(cause.to_string()))?;
                run.push_str(&character);
                continue;
            }
            _ => {}
        }
        if !run.is_empty() {
            tokens.push((at, Token::Text(std::mem::take(&mut run))));
        }
        match event {
            Event::CData(piece) => tokens.push((at, Token::Text((*piece).to_owned()))),
            Event::PI(instruction) => {
                local_name(instruction.target()).map_err(error)?;
            }
            Event::Decl(declaration) => {
                if declaration.version().ok().as_deref() != Some("1.0") {
                    return Err(error("only version 1.0 is supported".to_owned()));
                }
                if let Some(Ok(encoding)) = declaration.encoding()
                    && !encoding.eq_ignore_ascii_case("utf-8")
                    && !encoding.eq_ignore_ascii_case("us-ascii")
                {
                    return Err(error(format!("encoding {encoding} is not supported")));
                }
            }
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return Err(error(format!("nested deeper than {MAX_DEPTH} levels")));
                }
                let (name, attributes) = element(&start).map_err(error)?;
                open.push(name.clone());
                tokens.push((at, Token::Start { name, attributes }));
            }
            Event::Empty(start) => {
                let (name, attributes) = element(&start).map_err(error)?;
                tokens.push((at, Token::Start { name, attributes }));
                tokens.push((at, Token::End));
            }
            Event::End(_) => {
                open.pop();
                tokens.push((at, Token::End));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    match open.pop() {
        Some(name) => Err(ParseError::at(
            text,
            text.len(),
            format!("<{name}> is not closed"),
        )),
        None => Ok(tokens),
    }
}

fn element(start: &BytesStart<'_>) -> Result<(String, Vec<(String, String)>), String> {
    let name = local_name(start.name().as_ref())?.to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|cause| cause.to_string())?;
        let name = local_name(attribute.key.as_ref())?.to_owned();
        if attribute.value.contains('<') {
            return Err("< in the value of an attribute".to_owned());
        }
        let value =
            quick_xml::escape::unescape(&attribute.value).map_err(|cause| cause.to_string())?;
        attributes.push((name, value.into_owned()));
    }
    Ok((name, attributes))
}

/// A name without its prefix, as Go splits it: a colon at either end is part of the name.
fn local_name(text: &str) -> Result<&str, String> {
    let is_start = |c: char| c.is_alphabetic() || c == '_' || c == ':';
    let is_inside = |c: char| is_start(c) || c.is_numeric() || matches!(c, '-' | '.' | '\u{b7}');
    if !text.starts_with(is_start) || !text.chars().all(is_inside) || text.matches(':').count() > 1
    {
        return Err(format!("{text:?} is no name"));
    }
    Ok(match text.split_once(':') {
        Some((prefix, local)) if !prefix.is_empty() && !local.is_empty() => local,
        _ => text,
    })
}
