//! A trace is the tree that the program's calls are: whatever threads, tasks and handles they went through.

mod content;
mod ends;
mod items;
mod parents;
mod pools;
mod status;
mod tasks;
mod threads;
mod whole;
mod wrap;
