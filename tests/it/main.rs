//! What Spanloom promises to the program that it is part of, one module a promise.
//!
//! Every test has an engine of its own and runs beside all others; `process` has what needs a process of its own.

mod alone;
mod assessments;
mod auto_traits;
mod carrying;
mod client;
mod completeness;
mod exporting;
mod golden;
mod handles;
mod limits;
mod live;
mod loss_accounting;
mod model_calls;
mod privacy;
mod process;
mod query;
mod reentrant;
mod scope;
mod span_tree;
mod tenants;
mod tidy;
mod universe;
mod values;
