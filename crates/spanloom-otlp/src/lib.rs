#![doc = include_str!("../README.md")]

mod address;
mod any_certificate;
mod chat;
mod config;
mod encode;
pub mod http;
pub mod json;
pub mod message;
mod profile;
mod sink;
mod value;
mod verdict;
mod wire_json;

pub use address::{Address, AddressError};
pub use config::{Compression, Encoding, OtlpConfig, OtlpConfigError};
pub use encode::{Encoder, to_bytes};
pub use profile::Profile;
pub use sink::OtlpSink;
pub use verdict::Verdict;
