//! The answer to a question out of traces in memory.

use super::Question;
use crate::{Trace, TracePage};

/// One page of the traces that fit, in the order that was asked for.
pub fn answer(mut question: Question, traces: impl IntoIterator<Item = Trace>) -> TracePage {
    let order = question.order().clone();
    let fits = |trace: &Trace| {
        question.experiment().is_none_or(|experiment| experiment == trace.info.experiment_id)
            && question.filter().matches(trace)
            && !question.was_seen(trace.info.trace_id)
    };
    let mut found: Vec<_> = traces.into_iter().filter(fits).map(|trace| (order.position(&trace.info), trace)).collect();
    if let Some(after) = question.after() {
        found.retain(|(position, _)| order.compare(after, position).is_lt());
    }
    found.sort_by(|(left, _), (right, _)| order.compare(left, right));
    found.dedup_by_key(|(_, trace)| trace.info.trace_id);
    let more = found.len() > question.limit();
    found.truncate(question.limit());
    let last = found.last().map(|(position, _)| position.clone()).filter(|_| more);
    let traces: Vec<_> = found.into_iter().map(|(_, trace)| trace).collect();
    traces.iter().for_each(|trace| question.note(&trace.info));
    let token = last.and_then(|position| question.token(position));
    let without_spans = question.without_spans();
    let shown = |mut trace: Trace| {
        if without_spans {
            trace.data.spans.clear();
        }
        trace
    };
    TracePage::new(traces.into_iter().map(shown).collect(), token)
}

#[cfg(test)]
mod tests {
    use crate::{SearchTraces, TraceId, TraceInfo, TraceState};

    use super::*;

    fn trace(number: u128, duration: Option<u64>) -> Trace {
        let mut info = TraceInfo::new(TraceId::from_u128(number).expect("not zero"), number as u64 * 1_000_000);
        info.execution_duration_ms = duration;
        info.state = if duration.is_some() { TraceState::Ok } else { TraceState::InProgress };
        Trace::new(info, Vec::new())
    }

    fn ask(search: SearchTraces, traces: &[Trace]) -> (Vec<u128>, Option<String>) {
        let page = answer(Question::of(&search).expect("understood"), traces.to_vec());
        (page.traces.iter().map(|trace| trace.info.trace_id.to_u128()).collect(), page.next_page_token)
    }

    #[test]
    fn pages_follow_each_other_in_every_order() {
        let traces: Vec<_> = (1..=9).map(|n| trace(n, (n % 3 != 0).then_some(n as u64 % 4))).collect();
        for order in ["timestamp_ms", "timestamp_ms DESC", "execution_time_ms", "execution_time_ms DESC", "status"] {
            let (whole, none) = ask(SearchTraces::new().order_by(order), &traces);
            assert_eq!((whole.len(), none), (9, None));
            let (mut paged, mut token) = ask(SearchTraces::new().order_by(order).max_results(2), &traces);
            while let Some(next) = token {
                let (more, after) = ask(SearchTraces::new().page_token(next), &traces);
                paged.extend(more);
                token = after;
            }
            assert_eq!(paged, whole, "{order}");
        }
    }

    #[test]
    fn an_open_trace_that_completes_between_pages_comes_once() {
        let open = [trace(1, None), trace(2, None), trace(3, Some(1))];
        let (first, token) = ask(SearchTraces::new().order_by("execution_time_ms DESC").max_results(2), &open);
        assert_eq!(first, [3, 2]);
        let done = [trace(1, None), trace(2, Some(0)), trace(3, Some(1))];
        let (second, _) = ask(SearchTraces::new().page_token(token.expect("one is left")), &done);
        assert_eq!(second, [1]);
        // Here the completed one comes behind the page's end, once more.
        let (first, token) = ask(SearchTraces::new().order_by("status ASC").max_results(1), &open[1..]);
        assert_eq!(first, [2]);
        let (second, _) = ask(SearchTraces::new().page_token(token.expect("one is left")), &done[1..]);
        assert_eq!(second, [3]);
    }
}
