//! What several examples share: a stand-in for OpenAI, and a printer of traces.

pub mod openai;
pub mod show;
