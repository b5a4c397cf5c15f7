//! Gzip (RFC 1952) as it streams by, at the pace of the fastest decoders there are, in safe code alone.
//!
//! Most of the time of an image goes here. `fdeflate` decodes half as fast again as `miniz_oxide`, but knows zlib
//! only: it gets a header of zlib before the data, and takes the first half of gzip's trailer for zlib's checksum,
//! which it does not look at. The trailer is compared here.

use std::{
    io::{self, BufRead, Read},
    mem,
    ops::Range,
};

use fdeflate::{DecompressionError, Decompressor};

/// How far back a match may reach.
const WINDOW: usize = 32 << 10;

/// Bytes that are unpacked at a time, at least.
const ROOM: usize = 256 << 10;

/// Bytes that are read at a time.
const PACKED: usize = 64 << 10;

/// Bytes that the decoder gets at a time: what it made of those in which it finds an error is lost.
const STEP: usize = 16 << 10;

/// Checksum and length, four bytes each.
const TRAILER: usize = 8;

/// What zlib has before the data: deflate, a window of 32 KiB, no dictionary.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

/// Unpacks all members of a gzip file.
///
/// Ends with [`io::ErrorKind::UnexpectedEof`] where the file does before a member has, and with
/// [`io::ErrorKind::InvalidData`] where the data is none, or what follows a member is none. All that was unpacked
/// before is read first.
pub struct Gunzip<R> {
    source: R,
    packed: Box<[u8]>,
    /// Where the next packed byte stands, and where they end. Those before it stay for a while: see [`Self::trailer`].
    next: usize,
    end: usize,
    unpacked: Box<[u8]>,
    /// Where the member begins, before which no match reaches; 0 if that was further back than the window.
    start: usize,
    /// Where the next byte to give away stands, and where they end.
    given: usize,
    made: usize,
    member: Option<Member>,
    /// Whether there was a member yet.
    began: bool,
    failure: Option<io::Error>,
}

/// A member whose data has begun.
struct Member {
    decoder: Decompressor,
    checksum: crc32fast::Hasher,
    length: u64,
}

impl<R: Read> Gunzip<R> {
    /// Unpacks what a reader gives, which needs no buffer of its own.
    pub fn new(source: R) -> Self {
        Self {
            source,
            packed: vec![0; PACKED].into(),
            next: 0,
            end: 0,
            unpacked: Self::buffer(),
            start: 0,
            given: 0,
            made: 0,
            member: None,
            began: false,
            failure: None,
        }
    }

    /// A buffer to unpack to.
    pub(crate) fn buffer() -> Box<[u8]> {
        vec![0; WINDOW + ROOM].into()
    }

    /// Unpacks as much as there is room for, and gives the whole buffer away for another one: no byte is copied but
    /// those of the window. Which bytes of it are new; none where the file ends.
    pub(crate) fn swap(&mut self, buffer: &mut Box<[u8]>) -> io::Result<Range<usize>> {
        while self.has_room() {
            let before = self.made;
            self.make()?;
            if self.made == before {
                break;
            }
        }
        let new = self.given..self.made;
        let window = self.window();
        let kept = window.len();
        if let (Some(to), Some(from)) = (buffer.get_mut(..kept), self.unpacked.get(window)) {
            to.copy_from_slice(from);
        }
        mem::swap(&mut self.unpacked, buffer);
        (self.start, self.given, self.made) = (0, kept, kept);
        Ok(new)
    }

    fn has_room(&self) -> bool {
        self.unpacked.len() - self.made >= ROOM / 2
    }

    /// What matches may reach.
    fn window(&self) -> Range<usize> {
        self.start.max(self.made.saturating_sub(WINDOW))..self.made
    }

    /// Packed bytes that were read and not used.
    fn rest(&self) -> &[u8] {
        self.packed.get(self.next..self.end).unwrap_or_default()
    }

    /// Reads more packed bytes behind those that are there; `false` where there are no more.
    fn read_more(&mut self) -> io::Result<bool> {
        if self.end == self.packed.len() {
            let kept = self.next.saturating_sub(TRAILER);
            self.packed.copy_within(kept..self.end, 0);
            self.next -= kept;
            self.end -= kept;
        }
        let room = self.packed.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.source.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    let count = read?;
                    self.end += count;
                    return Ok(count > 0);
                }
            }
        }
    }

    /// Takes a packed byte of a header.
    fn byte(&mut self) -> io::Result<u8> {
        loop {
            if let Some(byte) = self.rest().first().copied() {
                self.next += 1;
                return Ok(byte);
            }
            if !self.read_more()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Takes a header; what it says of the file is passed over.
    fn header(&mut self) -> io::Result<()> {
        const HEADER_CHECKSUM: u8 = 1 << 1;
        const EXTRA: u8 = 1 << 2;
        const NAME: u8 = 1 << 3;
        const COMMENT: u8 = 1 << 4;
        for expected in [0x1f, 0x8b, 8] {
            if self.byte()? != expected {
                return Err(invalid("is no gzip header"));
            }
        }
        let flags = self.byte()?;
        // Time, how hard the packer tried, and on what system.
        for _ in 0..6 {
            self.byte()?;
        }
        if flags & EXTRA != 0 {
            let length = u16::from_le_bytes([self.byte()?, self.byte()?]);
            for _ in 0..length {
                self.byte()?;
            }
        }
        for text in [NAME, COMMENT] {
            while flags & text != 0 && self.byte()? != 0 {}
        }
        if flags & HEADER_CHECKSUM != 0 {
            self.byte()?;
            self.byte()?;
        }
        Ok(())
    }

    /// Begins the next member; `false` where the file ends.
    fn begin(&mut self) -> io::Result<bool> {
        if self.rest().is_empty() && !self.read_more()? {
            return if self.began {
                Ok(false)
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            };
        }
        self.header()?;
        let mut decoder = Decompressor::new();
        decoder.ignore_adler32();
        decoder
            .read(&ZLIB_HEADER, &mut [], 0, false)
            .map_err(|error| undecodable(&error))?;
        self.start = self.made;
        self.member = Some(Member {
            decoder,
            checksum: crc32fast::Hasher::new(),
            length: 0,
        });
        self.began = true;
        Ok(true)
    }

    /// Compares the trailer of a member.
    ///
    /// The decoder has taken half of the trailer for the checksum of zlib and read up to three bytes ahead, nobody
    /// knows how many: it ends one to four bytes on. Where it could end in several places, as one of nothing but
    /// zeros does, the data before ended in some of them.
    fn trailer(&mut self, member: &Member) -> io::Result<()> {
        let checksum = u64::from(member.checksum.clone().finalize());
        // The length stands there modulo 2^32.
        let expected = (member.length << 32 | checksum).to_le_bytes();
        while self.rest().len() < TRAILER / 2 && self.read_more()? {}
        for ahead in (1..=TRAILER / 2).rev() {
            let end = self.next + ahead;
            let there = end.checked_sub(TRAILER).map(|start| start..end);
            if end <= self.end
                && there.and_then(|there| self.packed.get(there)) == Some(&expected[..])
            {
                self.next = end;
                return Ok(());
            }
        }
        Err(invalid(
            "has another checksum or length than its end says, or ends before",
        ))
    }

    /// Unpacks more; nothing where the file ends. Fails once all that was unpacked has been given away.
    fn make(&mut self) -> io::Result<()> {
        if self.failure.is_none() {
            self.failure = self.unpack().err();
        }
        match &self.failure {
            Some(error) if self.given == self.made => {
                Err(io::Error::new(error.kind(), error.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn unpack(&mut self) -> io::Result<()> {
        loop {
            let Some(mut member) = self.member.take() else {
                if self.begin()? {
                    continue;
                }
                return Ok(());
            };
            if !self.has_room() {
                let window = self.window();
                let kept = window.len();
                self.unpacked.copy_within(window, 0);
                (self.start, self.given, self.made) = (0, kept, kept);
            }
            let step = self.next..self.end.min(self.next + STEP);
            let step = self.packed.get(step).unwrap_or_default();
            let room = self.unpacked.get_mut(self.start..).unwrap_or_default();
            let (used, count) = (member.decoder)
                .read(step, room, self.made - self.start, false)
                .map_err(|error| undecodable(&error))?;
            self.next += used;
            let made = self.made..self.made + count;
            self.made = made.end;
            member
                .checksum
                .update(self.unpacked.get(made).unwrap_or_default());
            member.length += count as u64;
            if member.decoder.is_done() {
                self.trailer(&member)?;
            } else {
                self.member = Some(member);
                if used == 0 && count == 0 && !self.read_more()? {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            if count > 0 {
                return Ok(());
            }
        }
    }
}

impl<R: Read> BufRead for Gunzip<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.given == self.made {
            self.make()?;
        }
        Ok(self.unpacked.get(self.given..self.made).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.given = (self.given + count).min(self.made);
    }
}

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn undecodable(error: &DecompressionError) -> io::Error {
    let reason = format!("is no deflated data: {error:?}");
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read, Write};

    use flate2::{Compression, GzBuilder, write::GzEncoder};

    use super::{Gunzip, ROOM, WINDOW};

    /// Reads a few bytes at a time.
    struct Slow<'b>(&'b [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let room = buffer.len().min(self.1);
            self.0.read(&mut buffer[..room])
        }
    }

    fn packed(content: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// All that is unpacked, and what is said then, read by pieces or by buffers.
    fn unpacked(packed: &[u8], at_a_time: usize) -> (Vec<u8>, Result<(), io::ErrorKind>) {
        let mut content = Vec::new();
        let read = Gunzip::new(Slow(packed, at_a_time)).read_to_end(&mut content);
        let read = read.map(drop).map_err(|error| error.kind());
        let mut gunzip = Gunzip::new(Slow(packed, at_a_time));
        let mut buffer = Gunzip::<Slow<'_>>::buffer();
        let mut by_buffers = Vec::new();
        let end = loop {
            match gunzip.swap(&mut buffer) {
                Ok(new) if new.is_empty() => break Ok(()),
                Ok(new) => by_buffers.extend_from_slice(&buffer[new]),
                Err(error) => break Err(error.kind()),
            }
        };
        assert_eq!(read, end);
        assert!(content == by_buffers);
        (content, read)
    }

    /// Bytes without a pattern, the same every time (xorshift).
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[0]
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    #[test]
    fn what_packers_make_is_unpacked() {
        let text = "one of many lines, 0123456789\n".repeat(9_000);
        let far = [noise(WINDOW), noise(WINDOW), noise(2 * WINDOW)].concat();
        let contents = [
            Vec::new(),
            b"x".to_vec(),
            text.into_bytes(),
            vec![0; 3 * ROOM],
            noise(3 * ROOM + 1),
            far,
        ];
        for content in &contents {
            for level in [0, 1, 6, 9] {
                let packed = packed(content, level);
                for at_a_time in [1, 4_093, usize::MAX] {
                    let (read, end) = unpacked(&packed, at_a_time);
                    assert_eq!(end, Ok(()), "{} by {level}", content.len());
                    assert!(read == *content, "{} by {level}", content.len());
                }
            }
        }
    }

    #[test]
    fn members_follow_each_other_and_have_headers_of_all_sorts() {
        let named = GzBuilder::new()
            .filename("layer.tar")
            .comment("a comment")
            .extra(vec![0; 300])
            .mtime(1)
            .write(Vec::new(), Compression::fast());
        let mut named = named;
        named.write_all(b"named").unwrap();
        let named = named.finish().unwrap();
        // The flag of a checksum of the header, which two bytes behind it are.
        let mut checked = packed(b"checked", 6);
        checked[3] |= 2;
        checked.splice(10..10, [0xab, 0xcd]);
        // Where data and trailer end cannot be told from the zeros of an empty member alone.
        let empty = packed(b"", 6);
        let all = [&*empty, &named, &empty, &checked, &named, &empty].concat();
        for at_a_time in [1, 3, usize::MAX] {
            let (read, end) = unpacked(&all, at_a_time);
            assert_eq!((&*read, end), (&b"namedcheckednamed"[..], Ok(())));
        }
    }

    #[test]
    fn a_match_into_the_member_before_is_refused() {
        // Three bytes from one back, before there are any; the trailer is that of the bytes of the member before.
        const MATCH: [u8; 3] = [0x03, 0x02, 0x00];
        let (one, mut reaching) = (packed(b"a", 0), packed(b"aaa", 9));
        let trailer = reaching.split_off(reaching.len() - 8);
        reaching.truncate(10);
        let (read, end) = unpacked(&[&*one, &reaching, &MATCH, &trailer].concat(), 7);
        assert_eq!((&*read, end), (&b"a"[..], Err(io::ErrorKind::InvalidData)));
    }

    #[test]
    fn what_is_cut_or_changed_is_never_taken_for_whole() {
        let content = "a few words and a few more words ".repeat(20).into_bytes();
        for level in [0, 1, 9] {
            let packed = packed(&content, level);
            for cut in 0..packed.len() {
                let (read, end) = unpacked(&packed[..cut], 5);
                assert!(end.is_err(), "cut at {cut} of {}", packed.len());
                assert!(content.starts_with(&read), "cut at {cut}");
            }
            for at in 0..packed.len() * 8 {
                let mut changed = packed.clone();
                changed[at / 8] ^= 1 << (at % 8);
                let (read, end) = unpacked(&changed, usize::MAX);
                // Some bits say nothing of the content: the time in the header, those before a stored block.
                let is_trailer = at / 8 + 8 >= packed.len();
                let is_right = end.is_err() || (read == content && !is_trailer);
                assert!(is_right, "bit {at} of {} by {level}", packed.len() * 8);
            }
            for behind in [&b"\0"[..], b"\0\0\0\0\0\0\0\0\0\0\0\0", b"\x1f", b"tail"] {
                let (read, end) = unpacked(&[&packed, behind].concat(), usize::MAX);
                assert!(end.is_err() && read == content, "{behind:?}");
            }
        }
    }
}
