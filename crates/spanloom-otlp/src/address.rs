//! Where a destination is.

use std::fmt;

use url::{Host, Url};

/// The address of a destination; its credentials, if it has some, are never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: Url,
    /// `user:password` that stood in the text.
    credentials: Option<(String, String)>,
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It is no URL of this kind.
    #[error("`{text}` is no address of a server: give one such as `http://127.0.0.1:5000`")]
    NotHttp {
        /// What was given, without credentials.
        text: String,
    },
    /// Traces would travel in the clear.
    #[error(
        "`{text}` is not this machine, and plain http would send traces in the clear: use https, or allow it with `insecure`"
    )]
    InTheClear {
        /// What was given, without credentials.
        text: String,
    },
}

impl Address {
    /// Reads an address. Plain `http` is taken for this machine only, unless `insecure`.
    ///
    /// # Errors
    /// When it is no `http` or `https` URL with a host, or plain `http` to elsewhere.
    pub fn parse(text: &str, insecure: bool) -> Result<Self, AddressError> {
        let mut url = Url::parse(text.trim()).map_err(|_| AddressError::NotHttp { text: without_credentials(text) })?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(AddressError::NotHttp { text: without_credentials(text) });
        }
        let credentials = (!url.username().is_empty())
            .then(|| (decoded(url.username()), decoded(url.password().unwrap_or_default())));
        // Both can be set on every URL that has a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        if url.scheme() == "http" && !insecure && !is_this_machine(&url) {
            url.set_query(None);
            return Err(AddressError::InTheClear { text: url.to_string() });
        }
        Ok(Self { url, credentials })
    }

    /// A path below the address, whose own path comes first.
    pub fn join(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_path(&format!("{}/{}", self.url.path().trim_end_matches('/'), path.trim_start_matches('/')));
        url
    }

    /// The address itself.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The user and the password that stood in the text.
    pub fn credentials(&self) -> Option<&(String, String)> {
        self.credentials.as_ref()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.url)
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn without_credentials(text: &str) -> String {
    let text = text.split('?').next().unwrap_or_default();
    match text.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for here in ["http://127.0.0.1:5000", "http://localhost:5000/p", "http://[::1]:1", "https://example.org"] {
            assert!(Address::parse(here, false).is_ok(), "{here}");
        }
        assert!(matches!(Address::parse("http://10.0.0.1", false), Err(AddressError::InTheClear { .. })));
        assert!(Address::parse("http://10.0.0.1", true).is_ok());
        for bad in ["", "mlflow", "ftp://x", "http://", "file:///x"] {
            assert!(matches!(Address::parse(bad, true), Err(AddressError::NotHttp { .. })), "{bad}");
        }
    }

    #[test]
    fn credentials_are_taken_out_and_never_shown() {
        let address = Address::parse("https://me:s%40crt@example.org/p/", false).unwrap();
        assert_eq!(address.credentials(), Some(&("me".to_owned(), "s@crt".to_owned())));
        assert_eq!(address.to_string(), "https://example.org/p/");
        assert!(!format!("{address:?}").contains("crt"));
        let error = Address::parse("ftp://me:hush@example.org", false).unwrap_err();
        assert!(!error.to_string().contains("hush"));
    }

    #[test]
    fn a_path_is_put_below_the_address_s_own() {
        let address = Address::parse("http://localhost:5000/mlflow/", false).unwrap();
        assert_eq!(address.join("/v1/traces").as_str(), "http://localhost:5000/mlflow/v1/traces");
    }
}
