//! What a program calls its own things does not matter.
#![deny(warnings)]
#![expect(dead_code, reason = "the names are what matters")]

extern crate std as the_standard_library;

mod std {}
mod core {}
mod spanloom_api {}
struct Result;
struct Option;
struct Ok;
struct Err;
struct Some;
struct None;
struct String;
struct Box;
struct Vec;
struct Call;
struct Opening;
struct Value;
trait Send {}
trait Clone {}
trait Debug {}
trait Iterator {}

/// In scope, and on every type.
trait Everywhere: Sized {
    fn run(self) {}
    fn start(&self) {}
    fn give(self) {}
    fn split(self) {}
    fn follow(self) {}
    fn is_recording(self) {}
    fn attribute(self) {}
    fn inputs(self) {}
    fn outputs(self) {}
    fn failed(self) {}
}

impl<T> Everywhere for T {}

#[::spanloom::trace(attributes(call = call, own = Value))]
fn function(call: u8, opening: u8, inputs: u8, returned: u8, value: u8, error: u8, future: u8, kept: u8) -> u8 {
    call + opening + inputs + returned + value + error + future + kept
}

#[::spanloom::trace]
fn fallible(own: ::core::result::Result<u8, Err>) -> ::core::result::Result<u8, Err> {
    ::core::result::Result::Ok(own?)
}

#[::spanloom::trace]
async fn waits(call: Value) -> Call {
    let _: Value = call;
    Call
}

#[::spanloom::trace(output_reducer = |items: ::std::vec::Vec<u8>| items.len())]
fn items(items: u8, source: u8) -> impl ::core::iter::Iterator<Item = u8> {
    0..items + source
}

#[::spanloom::trace]
fn shadowed_inside() -> u8 {
    macro_rules! matches {
        () => {};
    }
    let call = 1;
    let returned = call;
    matches!();
    returned
}

fn main() {
    the_standard_library::assert_eq!(function(1, 1, 1, 1, 1, 1, 1, 1), 8);
    the_standard_library::assert!(fallible(::core::result::Result::Err(Err)).is_err());
    ::futures::executor::block_on(waits(Value));
    the_standard_library::assert_eq!(items(1, 2).count() as u8 + shadowed_inside(), 4);
}
