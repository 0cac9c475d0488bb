//! Settings of an OTLP destination.

use std::time::Duration;

use crate::address::{Address, AddressError};
use crate::http::{HttpConfig, HttpConfigError};
use crate::profile::Profile;

/// How bodies are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// With gzip, at its fastest level. The default.
    #[default]
    Gzip,
}

/// How bodies are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// Protocol buffers. The default.
    #[default]
    Protobuf,
    /// OTLP's JSON.
    Json,
}

/// Settings of an OTLP destination.
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until a sink is made of them"]
pub struct OtlpConfig {
    pub(crate) endpoint: String,
    pub(crate) is_full_url: bool,
    pub(crate) name: Option<String>,
    pub(crate) insecure: bool,
    pub(crate) http: HttpConfig,
    pub(crate) compression: Compression,
    pub(crate) encoding: Encoding,
    pub(crate) profile: Profile,
    pub(crate) resource: Vec<(String, String)>,
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OtlpConfigError {
    /// The address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Headers or TLS.
    #[error(transparent)]
    Http(#[from] HttpConfigError),
}

impl OtlpConfig {
    /// A receiver at this base address; `/v1/traces` is put below it.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            is_full_url: false,
            name: None,
            insecure: false,
            http: HttpConfig::default(),
            compression: Compression::default(),
            encoding: Encoding::default(),
            profile: Profile::default(),
            resource: Vec::new(),
        }
    }

    /// The address is the whole URL to post to: nothing is put below it.
    pub fn full_url(mut self) -> Self {
        self.is_full_url = true;
        self
    }

    /// The name under which the store keeps this destination's cursor. Default `otlp:` and the address.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Allows plain `http` to another machine. Default false.
    pub fn insecure(mut self, insecure: bool) -> Self {
        self.insecure = insecure;
        self
    }

    /// Adds a header to every request. Its value is never shown.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.http.headers.push((name.into(), value.into()));
        self
    }

    /// The longest time for one request. Default 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.http.timeout = timeout;
        self
    }

    /// How bodies are compressed. Default gzip.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// How bodies are written. Default protocol buffers.
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// The vocabulary. Default [`Profile::GenAi`].
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Adds an attribute of the resource, such as `service.name`.
    pub fn resource(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.resource.push((key.into(), value.into()));
        self
    }

    /// Settings of TLS and requests.
    pub fn http(mut self, http: HttpConfig) -> Self {
        self.http = http;
        self
    }

    pub(crate) fn url(&self) -> Result<(Address, url::Url), OtlpConfigError> {
        let address = Address::parse(&self.endpoint, self.insecure)?;
        let url = if self.is_full_url { address.url().clone() } else { address.join("v1/traces") };
        Ok((address, url))
    }
}
