//! A trace goes on: in another task that has only headers, in another process, later.

mod continuing;
mod pausing;
mod sampling;
