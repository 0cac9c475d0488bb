//! Which traces are kept follows from their ids: every process that is asked gives the same answer.

use spanloom::{SpanContext, SpanId, TraceId};

use crate::universe::Universe;

fn records(universe: &Universe, id: u128) -> bool {
    let caller = SpanContext::new(TraceId::from_u128(id).expect("not zero"), SpanId::from_u64(1).expect("not zero"));
    universe.root_span("handler").remote_parent(caller).start().is_recording()
}

#[test]
fn a_trace_is_kept_when_the_low_half_of_its_id_is_below_the_share() {
    for ratio in [0.0, 0.1, 0.5, 0.999, 1.0] {
        let universe = Universe::with(|builder| builder.sampling_ratio(ratio));
        let bound = (ratio * 2_f64.powi(64)) as u128;
        for low in [0, 1, bound.saturating_sub(1), bound, bound + 1, bound + 4_096, u128::from(u64::MAX)] {
            let id = 7 << 64 | low.min(u128::from(u64::MAX));
            assert_eq!(records(&universe, id), ratio == 1.0 || (id as u64 as u128) < bound, "{ratio} {id:x}");
        }
    }
}

#[test]
fn two_engines_of_one_share_keep_the_same_traces_and_about_that_share() {
    let [one, other] = [(); 2].map(|()| Universe::with(|builder| builder.sampling_ratio(0.25)));
    let source = Universe::new();
    let ids: Vec<u128> = (0..2_000).map(|_| source.root_span("id").start().trace_id().to_u128()).collect();
    let kept: Vec<_> = ids.iter().filter(|id| records(&one, **id)).collect();
    assert!(kept.iter().all(|id| records(&other, **id)));
    assert!(ids.iter().filter(|id| !kept.contains(id)).all(|id| !records(&other, *id)));
    // Six standard deviations.
    assert!((384..=616).contains(&kept.len()), "{}", kept.len());
}
