#![doc = include_str!("../README.md")]

mod config;
mod error;
mod experiments;
mod info;
mod route;
mod server;
mod sink;

pub use config::{Credentials, MlflowConfig, SpanPath};
pub use error::MlflowConfigError;
pub use sink::MlflowSink;
