//! What the store promises, through its public interface.

mod assessments;
mod commit;
mod conformance;
mod crash;
mod damage;
mod evaluators;
mod example;
mod files;
mod journal;
mod outbox;
mod paging;
mod processes;
mod retention;
mod searching;
