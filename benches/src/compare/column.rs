//! What a cell says about an engine.

/// What a cell says about an engine; the columns of the tables, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    /// CPU of the threads that create the spans, per span.
    Foreground,
    /// Wall time of those threads, per span.
    Wall,
    /// CPU of the whole process until the flush returned, per span.
    Total,
    /// Wall time until the flush returned, per span.
    Flushed,
    /// Spans that had not reached the sink after the flush.
    Lost,
    /// Growth of the peak of resident memory.
    PeakRss,
    /// Resident memory per live span.
    LiveBytes,
    /// Size of the handle, which is part of it.
    Handle,
}

impl Column {
    pub(super) const ALL: [Self; 8] = [
        Self::Foreground,
        Self::Wall,
        Self::Total,
        Self::Flushed,
        Self::Lost,
        Self::PeakRss,
        Self::LiveBytes,
        Self::Handle,
    ];

    /// The name between the child process and its parent.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Foreground => "fg",
            Self::Wall => "wall",
            Self::Total => "total",
            Self::Flushed => "flushed",
            Self::Lost => "lost",
            Self::PeakRss => "peak_rss",
            Self::LiveBytes => "live_bytes",
            Self::Handle => "handle",
        }
    }

    /// The head of the column.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Foreground => "fg CPU, ns",
            Self::Wall => "fg wall, ns",
            Self::Total => "total CPU, ns",
            Self::Flushed => "until flushed, ns",
            Self::Lost => "lost, %",
            Self::PeakRss => "peak RSS, +MiB",
            Self::LiveBytes => "bytes per live span",
            Self::Handle => "of these the handle",
        }
    }

    /// Whether a ratio against the baseline stands beside it.
    pub(super) const fn has_ratio(self) -> bool {
        matches!(self, Self::Foreground | Self::Total | Self::Flushed | Self::LiveBytes)
    }
}
