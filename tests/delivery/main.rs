//! Delivery to real servers: an MLflow tracking server, read back by MLflow's own Python client.
//!
//! `cargo xtask test` installs MLflow into a virtual environment of its own and says where it is; that is why these tests
//! are behind the feature `servers`.

mod fixtures;
mod mlflow;
mod outage;
mod round_trip;
mod values;
