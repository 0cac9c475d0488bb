//! Servers that traces are sent to: from settings and the environment to sinks.

use std::time::Duration;

use spanloom_core::Sink;
#[cfg(feature = "mlflow")]
use spanloom_mlflow::{Credentials, MlflowConfig, MlflowSink};
#[cfg(feature = "otlp")]
use spanloom_otlp::{Compression, Encoding, OtlpConfig, OtlpSink, Profile};

use crate::environment::{SWITCH, parsed, switch};
use crate::error::Error;

/// The servers that were named, each with its settings.
#[derive(Debug, Default)]
pub(crate) struct Destinations {
    #[cfg(feature = "mlflow")]
    pub(crate) mlflow: Vec<MlflowConfig>,
    #[cfg(feature = "otlp")]
    pub(crate) otlp: Vec<OtlpConfig>,
    /// Plain `http` to other machines is allowed.
    pub(crate) insecure_http: bool,
}

impl Destinations {
    /// Their sinks. Does no I/O.
    pub(crate) fn into_sinks(self, timeout: Duration) -> Result<Vec<Box<dyn Sink>>, Error> {
        let insecure = self.insecure_http;
        let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
        #[cfg(feature = "mlflow")]
        for config in self.mlflow {
            let config = config.timeout(timeout);
            sinks.push(Box::new(MlflowSink::new(&if insecure { config.insecure(true) } else { config })?));
        }
        #[cfg(feature = "otlp")]
        for config in self.otlp {
            let config = config.timeout(timeout);
            sinks.push(Box::new(OtlpSink::new(&if insecure { config.insecure(true) } else { config })?));
        }
        Ok(sinks)
    }

    /// Adds what the environment names; `set` looks a variable up, and gives none for an empty one.
    pub(crate) fn add_from_environment(&mut self, set: &impl Fn(&'static str) -> Option<String>) -> Result<(), Error> {
        const INSECURE: &str = "SPANLOOM_INSECURE_HTTP";
        self.insecure_http = parsed(INSECURE, set(INSECURE), SWITCH, switch)?.unwrap_or(self.insecure_http);
        #[cfg(feature = "mlflow")]
        self.mlflow.extend(mlflow_from_environment(set)?);
        #[cfg(feature = "otlp")]
        self.otlp.extend(otlp_from_environment(set)?);
        Ok(())
    }
}

/// The server of `MLFLOW_TRACKING_URI`, as MLflow's own client would reach it.
#[cfg(feature = "mlflow")]
fn mlflow_from_environment(set: &impl Fn(&'static str) -> Option<String>) -> Result<Option<MlflowConfig>, Error> {
    const URI: &str = "MLFLOW_TRACKING_URI";
    let Some(uri) = set(URI) else { return Ok(None) };
    if !uri.starts_with("http://") && !uri.starts_with("https://") {
        return Err(Error::Config { key: URI, value: uri, expected: "the http or https address of a tracking server" });
    }
    let mut config = MlflowConfig::new(uri);
    if let (Some(user), Some(password)) = (set("MLFLOW_TRACKING_USERNAME"), set("MLFLOW_TRACKING_PASSWORD")) {
        config = config.credentials(Credentials::Basic { user, password });
    } else if let Some(token) = set("MLFLOW_TRACKING_TOKEN") {
        config = config.credentials(Credentials::Bearer(token));
    }
    let mut http = spanloom_otlp::http::HttpConfig::default();
    const ANY_CERTIFICATE: &str = "MLFLOW_TRACKING_INSECURE_TLS";
    http.accept_any_certificate = parsed(ANY_CERTIFICATE, set(ANY_CERTIFICATE), SWITCH, switch)?.unwrap_or(false);
    http.certificates_pem = pem("MLFLOW_TRACKING_SERVER_CERT_PATH", set)?;
    http.identity_pem = pem("MLFLOW_TRACKING_CLIENT_CERT_PATH", set)?;
    Ok(Some(config.http(http)))
}

/// The receiver of the standard variables of OpenTelemetry; those for traces win over those for all signals.
#[cfg(feature = "otlp")]
fn otlp_from_environment(set: &impl Fn(&'static str) -> Option<String>) -> Result<Option<OtlpConfig>, Error> {
    let either = |traces: &'static str, all: &'static str| {
        set(traces).map(|v| (traces, v)).or_else(|| set(all).map(|v| (all, v)))
    };
    let config = match (set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), set("OTEL_EXPORTER_OTLP_ENDPOINT")) {
        (Some(url), _) => OtlpConfig::new(url).full_url(),
        (None, Some(base)) => OtlpConfig::new(base),
        (None, None) => return Ok(None),
    };
    let mut config = config;
    if let Some((key, value)) = either("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL") {
        config = config.encoding(match value.as_str() {
            "http/protobuf" => Encoding::Protobuf,
            "http/json" => Encoding::Json,
            _ => return Err(Error::Config { key, value, expected: "`http/protobuf` or `http/json`" }),
        });
    }
    if let Some((key, value)) = either("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION") {
        config = config.compression(match value.as_str() {
            "gzip" => Compression::Gzip,
            "none" => Compression::None,
            _ => return Err(Error::Config { key, value, expected: "`gzip` or `none`" }),
        });
    }
    for key in ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"] {
        for (name, value) in pairs(key, set)? {
            config = config.header(name, value);
        }
    }
    if let Some(value) = set("SPANLOOM_OTLP_PROFILE") {
        let Some(profile) = Profile::from_name(&value) else {
            return Err(Error::Config { key: "SPANLOOM_OTLP_PROFILE", value, expected: Profile::NAMES });
        };
        config = config.profile(profile);
    }
    const INSECURE: &str = "OTEL_EXPORTER_OTLP_INSECURE";
    config = config.insecure(parsed(INSECURE, set(INSECURE), SWITCH, switch)?.unwrap_or(false));
    resource_from_environment(config, set).map(Some)
}

#[cfg(feature = "otlp")]
fn resource_from_environment(
    mut config: OtlpConfig,
    set: &impl Fn(&'static str) -> Option<String>,
) -> Result<OtlpConfig, Error> {
    let service = set("OTEL_SERVICE_NAME");
    for (key, value) in pairs("OTEL_RESOURCE_ATTRIBUTES", set)? {
        if key != "service.name" || service.is_none() {
            config = config.resource(key, value);
        }
    }
    Ok(match service {
        Some(service) => config.resource("service.name", service),
        None => config,
    })
}

/// `key=value,key=value`, percent-encoded, as OpenTelemetry writes lists. Values may be secrets and are not repeated.
#[cfg(feature = "otlp")]
fn pairs(key: &'static str, set: &impl Fn(&'static str) -> Option<String>) -> Result<Vec<(String, String)>, Error> {
    let Some(text) = set(key) else { return Ok(Vec::new()) };
    let decoded =
        |part: &str| percent_encoding::percent_decode_str(part.trim()).decode_utf8().map(|text| text.into_owned());
    let pair = |part: &str| {
        let (name, value) = part.split_once('=')?;
        Some((decoded(name).ok()?, decoded(value).ok()?)).filter(|(name, _)| !name.is_empty())
    };
    let parts = text.split(',').filter(|part| !part.trim().is_empty());
    parts.map(pair).collect::<Option<Vec<_>>>().ok_or(Error::Config {
        key,
        value: "…".to_owned(),
        expected: "a list such as `key=value,other=value`, percent-encoded",
    })
}

#[cfg(feature = "mlflow")]
fn pem(key: &'static str, set: &impl Fn(&'static str) -> Option<String>) -> Result<Option<Vec<u8>>, Error> {
    let Some(path) = set(key) else { return Ok(None) };
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(_) => Err(Error::Config { key, value: path, expected: "a PEM file that can be read" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(of: &[(&'static str, &str)]) -> Result<Destinations, Error> {
        let mut destinations = Destinations::default();
        let set = |name: &'static str| of.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        destinations.add_from_environment(&set)?;
        Ok(destinations)
    }

    #[test]
    fn nothing_is_sent_anywhere_unless_it_was_named() {
        let sinks = from(&[("OTEL_SERVICE_NAME", "s")]).unwrap().into_sinks(Duration::from_secs(1)).unwrap();
        assert!(sinks.is_empty());
    }

    #[test]
    fn the_standard_variables_name_servers() {
        let found = from(&[
            ("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret%20one,x=y"),
        ]);
        let sinks = found.unwrap().into_sinks(Duration::from_secs(1)).unwrap();
        let names: Vec<_> = sinks.iter().map(|sink| sink.name().to_owned()).collect();
        assert_eq!(names, ["mlflow:http://127.0.0.1:5000/", "otlp:http://127.0.0.1:4318/v1/traces"]);
    }

    #[test]
    fn a_variable_that_does_not_parse_is_named() {
        let check = |key: &'static str, value: &str| {
            let base =
                [("MLFLOW_TRACKING_URI", "http://127.0.0.1:1"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:2")];
            let all: Vec<_> = [(key, value)].into_iter().chain(base).collect();
            let error = from(&all).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
            error
        };
        check("MLFLOW_TRACKING_URI", "sqlite:///x.db");
        check("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        check("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd");
        check("MLFLOW_TRACKING_SERVER_CERT_PATH", "/nowhere.pem");
        check("SPANLOOM_INSECURE_HTTP", "perhaps");
        assert!(!check("OTEL_EXPORTER_OTLP_HEADERS", "hush").contains("hush"));
    }

    #[test]
    fn plain_http_to_elsewhere_is_refused_until_allowed() {
        let there = ("MLFLOW_TRACKING_URI", "http://198.51.100.1:5000");
        assert!(from(&[there]).unwrap().into_sinks(Duration::from_secs(1)).is_err());
        let allowed = from(&[there, ("SPANLOOM_INSECURE_HTTP", "1")]).unwrap();
        assert!(allowed.into_sinks(Duration::from_secs(1)).is_ok());
    }
}
