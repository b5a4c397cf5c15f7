//! Lists and objects with brackets, on one line.

use super::{FLOW, Kind, PlainReader, Waiting, ends_word, scalar::MAX_KEY};

impl PlainReader<'_> {
    /// A list or object from its opening to its closing bracket.
    pub(super) fn flow(&mut self) -> Option<()> {
        let (kind, closing) = match self.peek()? {
            b'[' => (Kind::Sequence, b']'),
            _ => (Kind::Mapping, b'}'),
        };
        self.open(kind, 0, self.at, FLOW)?;
        self.at += 1;
        self.skip_spaces();
        if self.peek()? == closing {
            self.close_flow();
            return Some(());
        }
        loop {
            if kind == Kind::Mapping {
                self.flow_key()?;
            }
            match self.peek()? {
                b'[' | b'{' => self.flow()?,
                _ => {
                    let scalar = self.flow_scalar()?;
                    self.add(scalar);
                }
            }
            self.skip_spaces();
            match self.peek()? {
                b',' => {
                    self.at += 1;
                    self.skip_spaces();
                }
                byte if byte == closing => {
                    self.close_flow();
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// A key, its colon and the blanks behind it.
    fn flow_key(&mut self) -> Option<()> {
        let key = self.flow_scalar()?;
        self.skip_spaces();
        if self.peek()? != b':' || self.at - key.span.start as usize > MAX_KEY {
            return None;
        }
        self.at += 1;
        // JSON needs no blank behind the colon of a quoted key.
        if key.kind != Kind::Text && !ends_word(self.bytes.get(self.at)) {
            return None;
        }
        self.add_key(key)?;
        self.skip_spaces();
        Some(())
    }

    fn close_flow(&mut self) {
        self.at += 1;
        self.end = super::offset(self.at);
        self.close();
        self.waiting = Waiting::Entry;
    }
}
