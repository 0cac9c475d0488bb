//! What a trace holds, as a function of a seed and the trace's number.
//!
//! Compiled into the victim, which records it, and into the tests, which compare what is stored with it.

use serde_json::{Value, json};

/// One span: the first of a trace is the root.
pub(crate) struct PlannedSpan {
    /// Unique within its trace.
    pub(crate) name: String,
    /// Position of its parent in the trace.
    pub(crate) parent: Option<usize>,
    pub(crate) inputs: Value,
    pub(crate) outputs: Value,
    /// Value of the attribute [`ATTRIBUTE`].
    pub(crate) attribute: Value,
    /// Value of the attribute of its one event.
    pub(crate) event: Value,
    /// The span ends with this error.
    pub(crate) error: Option<String>,
}

/// The key of each span's attribute, and the name of its event and of that event's attribute.
pub(crate) const ATTRIBUTE: &str = "planned";

/// The spans of trace `number`, with about `bytes` of payload in the root's inputs and an eighth of that in others'.
pub(crate) fn planned(seed: u64, number: u64, bytes: usize) -> Vec<PlannedSpan> {
    let mut random = Random(seed ^ number.wrapping_mul(0xA076_1D64_78BD_642F));
    let children = random.below(7);
    let mut spans = vec![span(&mut random, format!("trace {number}"), None, bytes)];
    for child in 1..=children {
        let parent = if random.below(3) == 0 { child - 1 } else { 0 };
        spans.push(span(&mut random, format!("part {child}"), Some(parent), bytes / 8));
    }
    spans
}

fn span(random: &mut Random, name: String, parent: Option<usize>, bytes: usize) -> PlannedSpan {
    let inputs = json!({"text": random.text(bytes), "numbers": [random.below(1 << 40), -1, 0.5, null, true]});
    let outputs = json!(random.text(bytes / 2));
    let error = (parent.is_some() && random.below(5) == 0).then(|| random.text(20));
    let attribute = json!({"z": random.below(100), "a": random.text(12)});
    PlannedSpan { name, parent, inputs, outputs, attribute, event: json!(random.below(1_000)), error }
}

/// FNV-1a over everything in these spans: both sides must have meant the same.
pub(crate) fn checksum(spans: &[PlannedSpan]) -> u64 {
    let values = spans.iter().flat_map(|span| [&span.inputs, &span.outputs, &span.attribute, &span.event]);
    let text = values.map(Value::to_string).chain(spans.iter().map(|span| format!("{} {:?}", span.name, span.error)));
    text.flat_map(String::into_bytes)
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below a bound, which is far below 2^64.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }

    /// Text with everything in it that encodings trip over, and nothing that looks like a secret.
    fn text(&mut self, length: usize) -> String {
        const CHARACTERS: [char; 32] = [
            'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'k', 'm', 'n', 'o', 'p', 'r', 's', 't', 'u', 'x', ' ', '"', '\\',
            '\n', '\t', '\u{1}', '\u{7f}', 'é', '漢', '🦀', '{', ']', '\'', '\u{2028}',
        ];
        let mut bits = Bits { random: self, left: 0, word: 0 };
        (0..length).map(|_| CHARACTERS[bits.five()]).collect()
    }
}

/// Five random bits at a time.
struct Bits<'a> {
    random: &'a mut Random,
    left: u32,
    word: u64,
}

impl Bits<'_> {
    fn five(&mut self) -> usize {
        if self.left == 0 {
            (self.word, self.left) = (self.random.next(), 12);
        }
        self.left -= 1;
        let five = self.word & 31;
        self.word >>= 5;
        usize::try_from(five).expect("five bits")
    }
}
