//! Destinations that behave in a given way.

use spanloom::{Batch, Builder, ExportError, ExportFuture, Sink};

/// How a destination answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// At once.
    Ok,
    /// Never: its future stays pending.
    Pending,
    /// Never: its call blocks the thread.
    Blocked,
    /// That it cannot at present.
    Refused,
}

impl Answer {
    pub(crate) fn of(name: &str) -> Result<Self, String> {
        match name {
            "ok" => Ok(Self::Ok),
            "pending" => Ok(Self::Pending),
            "blocked" => Ok(Self::Blocked),
            "refused" => Ok(Self::Refused),
            other => Err(format!("`{other}` is no answer of a destination")),
        }
    }
}

#[derive(Debug)]
struct Scripted(Answer);

impl Sink for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn export(&mut self, batch: Batch) -> ExportFuture<'_> {
        match self.0 {
            Answer::Ok => Box::pin(std::future::ready(Ok(()))),
            Answer::Pending => Box::pin(std::future::pending()),
            Answer::Blocked => loop {
                std::thread::park();
            },
            Answer::Refused => {
                let (rest, source) = (batch, "refused by the script".into());
                let refused = ExportError::Retryable { sink: "scripted", rest, retry_after: None, source };
                Box::pin(std::future::ready(Err(refused)))
            }
        }
    }
}

/// Adds a destination that answers so.
pub(crate) fn scripted(builder: Builder, answer: Answer) -> Builder {
    builder.sink(Scripted(answer))
}
