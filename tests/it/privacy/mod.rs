//! What of a program's data is kept, and what it is made to first.

mod capture;
mod processors;
mod redaction;
