//! What cannot be wrapped.

struct NotSerialize;

fn main() {
    spanloom::wrap("argument", |_: NotSerialize| 1);
    spanloom::wrap("result", || NotSerialize);
    spanloom::wrap("nine", |_: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8| 1);
    spanloom::try_wrap("no result", |n: u8| n);
    spanloom::wrap_async("no future", |n: u8| n);
}
