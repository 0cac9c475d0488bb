//! What an exporter promises, on a System whose clock is paused; and what only real threads show.

mod fakes;
mod paused;
mod threads;

pub(super) use fakes::{batch_of, stored, with_spans};
