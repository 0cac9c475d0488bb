//! The number by which handles and the registry know a span.

use std::sync::OnceLock;

use spanloom_core::SpanId;

/// The number by which handles and the registry know a span: which engine, which ring, the how-manieth span of it.
/// Never used again, so that a late message cannot hit another span. 0 stands for "not recording".
///
/// ```text
///  63        62..56   55..42   41..0
///  handle's  tenant   lane     sequence
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct RawId(pub u64);

const SEQUENCE_BITS: u32 = 42;
const LANE_BITS: u32 = 14;
const TENANT_SHIFT: u32 = SEQUENCE_BITS + LANE_BITS;

/// Lanes are numbered below this.
pub const MAX_LANES: u32 = 1 << LANE_BITS;
/// Tenants are numbered from 1 to below this.
pub const MAX_TENANTS: usize = 128;
/// Spans of one lane are numbered below this: 4.4 × 10¹², which at a million spans a second lasts 50 days of one thread.
pub const MAX_SEQUENCE: u64 = 1 << SEQUENCE_BITS;

const CLONE_FLAG: u64 = 1 << 63;
const PLACE_MASK: u64 = (1 << TENANT_SHIFT) - 1;

impl RawId {
    /// Not recording.
    pub const NONE: Self = Self(0);

    /// As the root of what is current: a scope has switched recording off here. Of no engine, so what it counts is no
    /// one's.
    pub(crate) const OFF: Self = Self(1);

    /// As the root of what is current: a scope has switched recording on again, where nothing was current before it had
    /// been switched off.
    pub(crate) const CLEAR: Self = Self(2);

    /// As the root of what is current: work that was to continue a span and had none; see [`carry`](crate::carry()).
    pub(crate) const LOST: Self = Self(3);

    /// Whether what starts under this root begins a trace of its own.
    #[inline]
    pub(crate) const fn leaves_room(self) -> bool {
        self.0 == Self::CLEAR.0 || self.0 == Self::LOST.0
    }

    /// A span's number.
    #[inline(always)]
    pub const fn new(tenant: u8, lane: u32, sequence: u64) -> Self {
        Self((tenant as u64) << TENANT_SHIFT | (lane as u64) << SEQUENCE_BITS | sequence)
    }

    /// The same place in another tenant.
    #[inline(always)]
    pub const fn of_tenant(self, other: Self) -> Self {
        Self(self.0 & PLACE_MASK | other.0 & !PLACE_MASK & !CLONE_FLAG)
    }

    /// The engine it belongs to.
    #[inline(always)]
    pub const fn tenant(self) -> u8 {
        (self.0 >> TENANT_SHIFT) as u8 & 0x7f
    }

    /// The ring whose thread started it.
    #[inline(always)]
    pub const fn lane(self) -> u32 {
        (self.0 >> SEQUENCE_BITS) as u32 & (MAX_LANES - 1)
    }

    /// Its position among the spans of that ring.
    #[inline(always)]
    pub const fn sequence(self) -> u64 {
        self.0 & (MAX_SEQUENCE - 1)
    }

    /// The number without what only handles know.
    #[inline(always)]
    pub const fn plain(self) -> Self {
        Self(self.0 & !CLONE_FLAG)
    }

    /// Whether this is the number in a handle that was cloned from another.
    #[inline(always)]
    pub const fn is_clone(self) -> bool {
        self.0 & CLONE_FLAG != 0
    }

    /// The number in a cloned handle.
    #[inline(always)]
    pub const fn cloned(self) -> Self {
        Self(self.0 | CLONE_FLAG)
    }

    /// The number in a cloned handle, or as it is.
    #[inline(always)]
    pub const fn cloned_if(self, cloned: bool) -> Self {
        if cloned { self.cloned() } else { self }
    }

    /// Stands for a trace of this tenant that found no room: spans under it are counted, not recorded.
    #[inline(always)]
    pub const fn shed(tenant: u8) -> Self {
        Self::new(tenant, 0, 0)
    }

    /// The place whose span has this identity, in no engine; `None` when it is not of this process.
    pub fn place_of(id: SpanId) -> Option<Self> {
        if let Some(resumed) = crate::carried::root_of_alias(id) {
            return Some(Self(resumed.0 & PLACE_MASK));
        }
        let place = unmix(id.to_u64()) ^ seed();
        (place & !PLACE_MASK == 0).then_some(Self(place))
    }

    /// The span's public identity: a one-to-one mix of the place with a number that is random for each process.
    pub fn span_id(self) -> SpanId {
        let id = mix(self.0 & PLACE_MASK ^ seed());
        // The seed has bits above every place, so the input of the mix is never 0, nor is its result.
        SpanId::from_u64(id).unwrap_or(FALLBACK)
    }
}

const FALLBACK: SpanId = match SpanId::from_u64(1) {
    Some(id) => id,
    None => unreachable!(),
};

fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(|| random_u64() | 1 << 62)
}

/// A number from the operating system's source of randomness.
pub(crate) fn random_u64() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    // Keyed by the system once a thread and counted up from there: enough for seeds, not for secrets.
    let mut hasher = std::hash::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish()
}

/// The finaliser of splitmix64: one-to-one, 0 to 0.
#[inline(always)]
pub(crate) const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What [`mix`] was given: each of its steps can be taken back.
const fn unmix(mut z: u64) -> u64 {
    z = (z ^ (z >> 31) ^ (z >> 62)).wrapping_mul(0x3196_42B2_D24D_8EC3);
    z = (z ^ (z >> 27) ^ (z >> 54)).wrapping_mul(0x96DE_1B17_3F11_9089);
    z ^ (z >> 30) ^ (z >> 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_number_come_back() {
        let id = RawId::new(127, MAX_LANES - 1, MAX_SEQUENCE - 1);
        assert_eq!((id.tenant(), id.lane(), id.sequence()), (127, MAX_LANES - 1, MAX_SEQUENCE - 1));
        assert_eq!(id.cloned().plain(), id);
        assert!(id.cloned().is_clone() && !id.is_clone());
        assert_eq!(id.cloned().tenant(), 127);
        assert_eq!(RawId::new(0, 3, 9).of_tenant(id.cloned()), RawId::new(127, 3, 9));
    }

    #[test]
    fn the_place_of_a_span_is_found_by_its_identity() {
        for id in [RawId::new(3, 1, 0), RawId::new(127, MAX_LANES - 1, MAX_SEQUENCE - 1), RawId::new(1, 9, 1 << 33)] {
            assert_eq!(RawId::place_of(id.span_id()).map(|place| place.of_tenant(id)), Some(id));
            assert_eq!(RawId::place_of(id.cloned().span_id()), RawId::place_of(id.span_id()));
        }
        let foreign = (1..1_000).filter_map(SpanId::from_u64).filter(|id| RawId::place_of(*id).is_some());
        assert!(foreign.count() < 100, "one in 256 at random");
    }

    #[test]
    fn span_ids_of_neighbours_differ() {
        let ids: std::collections::HashSet<_> = (0..1000).map(|n| RawId::new(1, 1, n).span_id()).collect();
        assert_eq!(ids.len(), 1000);
    }
}
