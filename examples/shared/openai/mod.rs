//! What the examples that talk to OpenAI share: a server on this machine that answers like OpenAI's, a client for it,
//! and the spans of its calls, made by hand.
//!
//! Nothing leaves the machine, and every answer is known beforehand, so that what an example prints can be checked.

mod client;
mod server;
mod traced;

pub use client::{BadRequestError, Client};
pub use server::Server;
pub use traced::{TracedClient, completion_of};
