//! Every live span by its number: which trace, how many handles, whether it has ended.
//!
//! No hash: a span's number is its place, a page of 256 in its lane. A page is recycled when all of its spans are gone,
//! so one forgotten span keeps 6 KiB, not the trace of its neighbours. Lanes outlive registries: of the page with which a
//! table begins, the places before are of spans that it will never hear of.

use spanloom_api::raw_id::RawId;

/// What the registry knows of one span, 24 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SpanState {
    /// Slot of its trace plus one; 0 when there is no such span.
    trace: u32,
    /// Handles. Negative for a moment when a release is seen before the retain that it belongs to.
    pub(crate) handles: i32,
    /// It has ended, by an end or with its last handle.
    pub(crate) ended: bool,
    /// It was ended by an end: handles make no difference any more.
    pub(crate) ended_for_good: bool,
    /// It had ended when its trace was handed on: what is said about it now comes too late.
    pub(crate) handed_on: bool,
    /// It is counted as dropped, and known only for its handles.
    pub(crate) ghost: bool,
    /// Ticks of the latest release: its end, if it ends with its last handle.
    pub(crate) latest_release: u64,
}

impl SpanState {
    /// A span that has just begun, with one handle.
    pub(crate) fn begun(slot: u32) -> Self {
        Self { trace: slot + 1, handles: 1, ..Self::default() }
    }

    /// Slot of its trace.
    pub(crate) fn slot(self) -> u32 {
        self.trace - 1
    }
}

const PAGE: usize = 256;
const POOLED_PAGES: usize = 1_024;

#[derive(Debug)]
struct Page {
    spans: [SpanState; PAGE],
    /// Places that have been left for good.
    left: u32,
}

/// The pages of one lane; `first` is the number of the first one kept.
#[derive(Debug, Default)]
struct LanePages {
    first: usize,
    /// The page with which this table began, and how many of its places came before.
    begin: (usize, u32),
    pages: std::collections::VecDeque<Option<Box<Page>>>,
}

/// All live spans.
#[derive(Debug, Default)]
pub(crate) struct SpanTable {
    lanes: Vec<LanePages>,
    pool: Vec<Box<Page>>,
    pub(super) pages: usize,
}

impl SpanTable {
    /// Says with which number a lane begins here; before it hears any other of that lane.
    pub(crate) fn begin_lane(&mut self, lane: u32, next_sequence: u64) {
        let (page, before) = place(RawId::new(0, lane, next_sequence));
        self.lane(lane).begin = (page, before as u32);
    }

    fn lane(&mut self, lane: u32) -> &mut LanePages {
        let lane = lane as usize;
        if lane >= self.lanes.len() {
            self.lanes.resize_with(lane + 1, LanePages::default);
        }
        &mut self.lanes[lane]
    }

    #[inline]
    pub(crate) fn get(&mut self, span: RawId) -> Option<&mut SpanState> {
        let (page, place) = place(span);
        let lane = self.lanes.get_mut(span.lane() as usize)?;
        let page = lane.pages.get_mut(page.checked_sub(lane.first)?)?.as_mut()?;
        Some(&mut page.spans[place]).filter(|state| state.trace != 0)
    }

    /// Puts a span in its place. Spans of one lane come in the order of their numbers.
    #[inline]
    pub(crate) fn insert(&mut self, span: RawId, state: SpanState) {
        let (_, place) = place(span);
        self.page(span).spans[place] = state;
    }

    /// Takes a span out.
    pub(crate) fn remove(&mut self, span: RawId) {
        if let Some(state) = self.get(span) {
            *state = SpanState::default();
            self.leave(span);
        }
    }

    /// Says that a number was given out for which there will be no span.
    pub(crate) fn skip(&mut self, span: RawId) {
        self.page(span);
        self.leave(span);
    }

    fn page(&mut self, span: RawId) -> &mut Page {
        let (number, _) = place(span);
        self.lane(span.lane());
        let lane = &mut self.lanes[span.lane() as usize];
        if lane.pages.is_empty() {
            lane.first = number;
        }
        // Spans that had to wait for their root come after later ones.
        while number < lane.first {
            lane.pages.push_front(None);
            lane.first -= 1;
        }
        let index = number - lane.first;
        while index >= lane.pages.len() {
            lane.pages.push_back(None);
        }
        let before = if number == lane.begin.0 { lane.begin.1 } else { 0 };
        lane.pages[index].get_or_insert_with(|| {
            self.pages += 1;
            let recycled = self.pool.pop();
            let mut page = recycled.unwrap_or_else(|| Box::new(Page { spans: [SpanState::default(); PAGE], left: 0 }));
            page.left = before;
            page
        })
    }

    fn leave(&mut self, span: RawId) {
        let (number, _) = place(span);
        let Some(lane) = self.lanes.get_mut(span.lane() as usize) else { return };
        let index = number.saturating_sub(lane.first);
        let Some(entry) = lane.pages.get_mut(index) else { return };
        let Some(page) = entry.as_mut() else { return };
        page.left += 1;
        if page.left as usize == PAGE {
            page.left = 0;
            self.pages -= 1;
            self.pool.extend(entry.take().filter(|_| self.pool.len() < POOLED_PAGES));
            while lane.pages.front().is_some_and(Option::is_none) {
                lane.pages.pop_front();
                lane.first += 1;
            }
        }
    }
}

#[inline(always)]
fn place(span: RawId) -> (usize, usize) {
    let sequence = span.sequence() as usize;
    (sequence / PAGE, sequence % PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(lane: u32, sequence: u64) -> RawId {
        RawId::new(1, lane, sequence)
    }

    #[test]
    fn spans_come_and_go_in_any_order_and_pages_are_reused() {
        let mut table = SpanTable::default();
        for sequence in 0..1_000 {
            table.insert(id(3, sequence), SpanState::begun(sequence as u32));
        }
        assert_eq!(table.get(id(3, 700)).map(|s| s.slot()), Some(700));
        assert_eq!(table.get(id(2, 700)), None);
        for sequence in (0..1_000).rev() {
            table.remove(id(3, sequence));
            assert_eq!(table.get(id(3, sequence)), None);
        }
        // 1,000 is not a multiple of the page: the last page is still to be filled.
        assert_eq!(table.pages, 1);
        table.insert(id(3, 1_000), SpanState::begun(7));
        assert_eq!(table.get(id(3, 1_000)).map(|s| s.slot()), Some(7));
    }

    #[test]
    fn spans_that_waited_for_their_root_may_come_after_later_ones() {
        let mut table = SpanTable::default();
        table.insert(id(1, 600), SpanState::begun(2));
        for sequence in 0..600 {
            table.insert(id(1, sequence), SpanState::begun(1));
        }
        assert_eq!(table.get(id(1, 88)).map(|s| s.slot()), Some(1));
        assert_eq!(table.get(id(1, 600)).map(|s| s.slot()), Some(2));
        (0..512).for_each(|sequence| table.remove(id(1, sequence)));
        assert_eq!((table.pages, table.get(id(1, 599)).map(|s| s.slot())), (1, Some(1)));
    }

    #[test]
    fn what_a_table_that_is_gone_has_heard_keeps_no_page_of_the_next() {
        let mut table = SpanTable::default();
        table.begin_lane(1, 300);
        // The first of them waits for its root.
        for sequence in (301..2_560).chain([300]) {
            table.insert(id(1, sequence), SpanState::begun(1));
        }
        (301..2_560).for_each(|sequence| table.remove(id(1, sequence)));
        assert_eq!((table.pages, table.get(id(1, 300)).map(|s| s.slot())), (1, Some(1)), "one is left on its page");
        table.remove(id(1, 300));
        assert_eq!((table.pages, table.lanes[1].pages.len()), (0, 0));
    }

    #[test]
    fn numbers_without_a_span_do_not_keep_a_page() {
        let mut table = SpanTable::default();
        for sequence in 0..256 {
            table.skip(id(1, sequence));
        }
        assert_eq!(table.pages, 0);
    }
}
