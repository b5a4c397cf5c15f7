//! Texts that are nearly right: pieces of a right one cut out, doubled, swapped, replaced.

/// Mutants of each text.
const MUTANTS: usize = 100;

/// Pieces that mean something in one format or another.
const PIECES: [&str; 28] = [
    "\n", " ", "\t", "#", "\"", "'", "\\", "{", "}", "[", "]", "(", ")", ":", "=", "-", "---\n",
    "$", "${", "<", "<<", "&", "*", "%", ",", "0", "\r\n", "é",
];

/// The same mutants for the same text, always.
pub(crate) fn mutants(text: &str) -> impl Iterator<Item = String> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ text.len() as u64);
    for byte in text.bytes() {
        random.0 = random.0.rotate_left(5) ^ u64::from(byte);
    }
    let characters: Vec<char> = text.chars().collect();
    (0..MUTANTS).map(move |_| {
        let mut mutant = characters.clone();
        for _ in 0..=random.below(2) {
            mutate(&mut mutant, &mut random);
        }
        mutant.into_iter().collect()
    })
}

fn mutate(text: &mut Vec<char>, random: &mut Random) {
    let start = random.below(text.len() + 1);
    let end = (start + random.below(6)).min(text.len());
    let to = random.below(text.len() + 1);
    match random.below(4) {
        0 => {
            text.drain(start..end);
        }
        1 => {
            let piece: Vec<char> = text[start..end].to_vec();
            text.splice(to..to, piece);
        }
        2 => {
            let piece = PIECES[random.below(PIECES.len())];
            text.splice(start..start, piece.chars());
        }
        _ => {
            let piece = PIECES[random.below(PIECES.len())];
            text.splice(start..end, piece.chars());
        }
    }
}

/// xorshift64*, which is random enough to cut texts with.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let value = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(value).unwrap() % limit.max(1)
    }
}
