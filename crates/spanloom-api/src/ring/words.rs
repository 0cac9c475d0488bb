//! The ring of words.
//!
//! The writer's fast path is one comparison with a private limit, plain stores, and one release store of the tail. It
//! looks at the reader's position only at the borders of segments, in a cold function. The reader publishes its
//! position once a segment, so the two cores seldom touch each other's lines.
#![expect(unsafe_code, reason = "the ring: see the SAFETY arguments and the loom models")]

use std::marker::PhantomData;

use crossbeam::utils::CachePadded;

use super::sync::{Arc, AtomicU64, Cell, Ordering, store_before_loads};
use super::{SEGMENTS, decode, encode};
use crate::record::Record;

/// The part that writer and reader share.
#[derive(Debug)]
pub(super) struct Words {
    cells: Box<[Cell]>,
    mask: u64,
    /// Next position to be written. Stored by the writer only.
    tail: CachePadded<AtomicU64>,
    /// Next position to be read. Stored by the reader only.
    head: CachePadded<AtomicU64>,
}

// SAFETY: each cell is accessed by one side at a time: by the writer while its position is outside `head..tail`, by the
// reader while it is inside. Ownership passes with the release store and acquire load of `tail` (to the reader) and of
// `head` (back to the writer). Pointers that records carry are to `Send` data.
unsafe impl Sync for Words {}
// SAFETY: as above; the words themselves are plain integers.
unsafe impl Send for Words {}

/// The writing end. One per ring; it may move between threads.
#[derive(Debug)]
pub struct Writer {
    words: Arc<Words>,
    /// The first of the cells of `words`, which stay where they are.
    base: *const Cell,
    mask: u64,
    tail: u64,
    /// Up to here may be written without looking at the reader's position.
    limit: u64,
    /// More than half of the ring was unread at the last look.
    pressed: bool,
    wake: fn(),
}

// SAFETY: `base` points into `words`, which is `Send + Sync` and lives as long as the writer.
unsafe impl Send for Writer {}

/// The reading end. One per ring; it may move between threads.
#[derive(Debug)]
pub struct Reader {
    words: Arc<Words>,
    head: u64,
}

/// A ring of `capacity` words, a power of two and at least 16. `wake` is called by the writer, at most once a segment,
/// while more than half of the ring is unread.
///
/// # Panics
/// When the capacity is no power of two, or below 16.
pub fn ring(capacity: usize, wake: fn()) -> (Writer, Reader) {
    assert!(capacity.is_power_of_two() && capacity >= 16, "a ring has a power of two of words, at least 16");
    let words = Arc::new(Words {
        cells: zeroed_cells(capacity),
        mask: capacity as u64 - 1,
        tail: CachePadded::new(AtomicU64::new(0)),
        head: CachePadded::new(AtomicU64::new(0)),
    });
    let (base, mask) = (words.cells.as_ptr(), words.mask);
    let writer = Writer { words: Arc::clone(&words), base, mask, tail: 0, limit: 0, pressed: false, wake };
    (writer, Reader { words, head: 0 })
}

/// Memory that the system hands out zeroed: pages are touched on the first lap only.
#[cfg(not(loom))]
fn zeroed_cells(capacity: usize) -> Box<[Cell]> {
    let words: *mut [u64] = Box::into_raw(vec![0; capacity].into_boxed_slice());
    // SAFETY: `Cell` is a transparent wrapper of `UnsafeCell<u64>`, which has the size, the alignment and the valid
    // values of `u64`; the pointer comes from a box of the same layout, which is given up.
    unsafe { Box::from_raw(words as *mut [Cell]) }
}

#[cfg(loom)]
fn zeroed_cells(capacity: usize) -> Box<[Cell]> {
    (0..capacity).map(|_| Cell::new(0)).collect()
}

impl Words {
    fn capacity(&self) -> u64 {
        self.mask + 1
    }

    #[inline(always)]
    fn index(&self, position: u64) -> usize {
        (position & self.mask) as usize
    }
}

impl Writer {
    /// Writes a record, or gives it back when there is no room. Never waits.
    #[inline(always)]
    pub fn push<'a>(&mut self, record: Record<'a>) -> Result<(), Record<'a>> {
        self.write(record, Ordering::Release)
    }

    /// As [`push`](Self::push), and ordered before every later load of this thread: what it then reads of the reader's
    /// sleep flag is not older than the record.
    #[inline(always)]
    pub fn push_before_load<'a>(&mut self, record: Record<'a>) -> Result<(), Record<'a>> {
        self.write(record, Ordering::SeqCst)
    }

    #[inline(always)]
    fn write<'a>(&mut self, record: Record<'a>, order: Ordering) -> Result<(), Record<'a>> {
        let words = encode::len(&record) as u64;
        if self.tail + words > self.limit && !self.extend(words) {
            return Err(record);
        }
        encode::write(record, &mut self.slots());
        self.publish(self.tail + words, order);
        Ok(())
    }

    /// The words at the tail. As many of them as `limit` allows are free, and none of those is past the end.
    #[inline(always)]
    fn slots(&self) -> Slots<'_> {
        // SAFETY: the mask keeps the offset within the cells.
        Slots { first: unsafe { self.base.add((self.tail & self.mask) as usize) }, _cells: PhantomData }
    }

    #[inline(always)]
    fn publish(&mut self, tail: u64, order: Ordering) {
        self.tail = tail;
        if order == Ordering::SeqCst {
            store_before_loads(&self.words.tail, tail);
        } else {
            self.words.tail.store(tail, Ordering::Release);
        }
    }

    /// Makes room for a record of `words` words without straddling the end. False when there is none.
    #[cold]
    #[inline(never)]
    fn extend(&mut self, words: u64) -> bool {
        let capacity = self.words.capacity();
        let to_end = capacity - (self.tail & self.words.mask);
        let skip = if words > to_end { to_end } else { 0 };
        let unread = self.unread();
        let free = capacity - unread;
        self.pressed = unread + words + skip > capacity / 2;
        if self.pressed {
            (self.wake)();
        }
        if free < words + skip {
            return false;
        }
        if skip > 0 {
            encode::write_skip(skip as usize, &mut self.slots());
            self.publish(self.tail + skip, Ordering::Release);
        }
        let to_end = capacity - (self.tail & self.words.mask);
        let ahead = words.max(capacity / SEGMENTS).min(to_end).min(free - skip);
        self.limit = self.tail + ahead;
        true
    }

    /// Words that the reader has not taken yet.
    fn unread(&self) -> u64 {
        self.tail - self.words.head.load(Ordering::Acquire)
    }

    /// Whether more than half of the ring was unread when the writer last looked. `refresh` looks now.
    #[inline(always)]
    pub fn pressed(&self) -> bool {
        self.pressed
    }

    /// Looks at the reader's position now.
    pub fn refresh(&mut self) -> bool {
        self.pressed = self.unread() > self.words.capacity() / 2;
        self.pressed
    }

    /// Bytes above which a value is better moved than copied into this ring.
    #[inline(always)]
    pub fn inline_limit(&self) -> usize {
        ((self.words.capacity() / 16) as usize * 8).min(8 * 1024)
    }

    /// The position after everything that was written.
    pub fn position(&self) -> u64 {
        self.tail
    }
}

impl Reader {
    /// Whether there is something to read.
    pub fn is_empty(&self) -> bool {
        self.words.tail.load(Ordering::Acquire) == self.head
    }

    /// The position up to which everything was read.
    pub fn position(&self) -> u64 {
        self.head
    }

    /// Reads what was written before this call, at most about `budget` words, and gives each record to `take`.
    /// Returns the words read. If `take` panics, its record is taken all the same and the next call goes on after it.
    #[inline]
    pub fn drain(&mut self, budget: u64, mut take: impl FnMut(Record<'_>)) -> u64 {
        let tail = self.words.tail.load(Ordering::Acquire).min(self.head.saturating_add(budget.max(1)).max(self.head));
        self.drain_to(tail, &mut take)
    }

    fn drain_to(&mut self, tail: u64, take: &mut impl FnMut(Record<'_>)) -> u64 {
        let from = self.head;
        let words = Arc::clone(&self.words);
        let segment = words.capacity() / SEGMENTS;
        let mut progress = Progress { words: &words, head: &mut self.head, published: from };
        while *progress.head < tail {
            let at = words.index(*progress.head);
            let slots = Slots { first: &raw const words.cells[at], _cells: PhantomData };
            let len = decode::len(&slots) as u64;
            *progress.head += len;
            // SAFETY: positions in `head..tail` were published by the writer's release store, which the load of `tail`
            // acquired; the writer does not touch them until `head` is published past them. Every record is decoded
            // once: `head` moves on before the record is handed out.
            unsafe { decode::read(&slots, take) };
            if *progress.head - progress.published >= segment {
                progress.publish();
            }
        }
        drop(progress);
        self.head - from
    }
}

/// Hands read words back to the writer, also when the taker of a record panics.
struct Progress<'a> {
    words: &'a Words,
    head: &'a mut u64,
    published: u64,
}

impl Progress<'_> {
    fn publish(&mut self) {
        self.published = *self.head;
        self.words.head.store(*self.head, Ordering::Release);
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.publish();
    }
}

/// What records left unread own is freed with the ring.
impl Drop for Words {
    fn drop(&mut self) {
        let tail = self.tail.load(Ordering::Acquire);
        let mut head = self.head.load(Ordering::Acquire);
        while head < tail {
            let at = self.index(head);
            let slots = Slots { first: &raw const self.cells[at], _cells: PhantomData };
            head += decode::len(&slots) as u64;
            // SAFETY: both ends are gone, so the words are ours alone, and `head..tail` holds whole records that no one
            // has decoded.
            unsafe { decode::read(&slots, &mut |_| {}) };
        }
    }
}

/// Consecutive words that one side owns at present: the words of one record, which never straddles the physical end.
///
/// The writer makes them when it has found room for the record (`Writer::extend`), the reader when it has seen the tail
/// past the record. `encode` and `decode` stay within the length in the record's header.
pub(super) struct Slots<'a> {
    first: *const Cell,
    _cells: PhantomData<&'a [Cell]>,
}

impl<'a> Slots<'a> {
    #[inline(always)]
    fn cell(&self, index: usize) -> &'a Cell {
        // SAFETY: `index` is within the record, whose cells live as long as the ring, which `'a` borrows.
        unsafe { &*self.first.add(index) }
    }

    #[inline(always)]
    pub(super) fn set(&mut self, index: usize, word: u64) {
        // SAFETY: the writer made these slots from words outside `head..tail`, which are its own.
        self.cell(index).with_mut(|cell| unsafe { *cell = word });
    }

    #[inline(always)]
    pub(super) fn get(&self, index: usize) -> u64 {
        // SAFETY: the reader made these slots from words inside `head..tail`, which are its own.
        self.cell(index).with(|cell| unsafe { *cell })
    }

    /// Copies bytes into the words from `index` on; the last word's rest is left as it is.
    #[cfg(not(loom))]
    #[inline(always)]
    pub(super) fn set_bytes(&mut self, index: usize, bytes: &[u8]) {
        // SAFETY: the record's words from `index` on span at least `bytes.len()` bytes, which the writer owns (see `set`),
        // and `Cell` is transparent over `UnsafeCell<u64>`, through which a shared reference may be written.
        unsafe {
            let to = self.first.add(index).cast_mut().cast::<u8>();
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        }
    }

    #[cfg(loom)]
    pub(super) fn set_bytes(&mut self, index: usize, bytes: &[u8]) {
        for (i, chunk) in bytes.chunks(8).enumerate() {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.set(index + i, u64::from_ne_bytes(word));
        }
    }

    /// The bytes in the words from `index` on. They stay valid while the reader holds these words.
    #[cfg(not(loom))]
    #[inline(always)]
    pub(super) fn bytes(&self, index: usize, len: usize) -> std::borrow::Cow<'a, [u8]> {
        // SAFETY: the record's words from `index` on hold at least `len` initialised bytes, which the reader owns (see
        // `get`) until it publishes its position past them, and that is after the record was handed out.
        std::borrow::Cow::Borrowed(unsafe { std::slice::from_raw_parts(self.first.add(index).cast::<u8>(), len) })
    }

    #[cfg(loom)]
    pub(super) fn bytes(&self, index: usize, len: usize) -> std::borrow::Cow<'a, [u8]> {
        let mut bytes: Vec<u8> = (0..len.div_ceil(8)).flat_map(|i| self.get(index + i).to_ne_bytes()).collect();
        bytes.truncate(len);
        std::borrow::Cow::Owned(bytes)
    }
}
