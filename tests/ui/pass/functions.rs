//! Functions of every shape.
#![deny(warnings)]

use std::borrow::Cow;
use std::fmt::{Debug, Display};

use spanloom::trace;

#[trace]
fn nothing() {}

#[trace()]
fn unit(_unused: i32, used: i32) -> () {
    if used > 0 {
        return;
    }
    nothing();
}

#[trace]
fn borrowed(text: &str) -> &str {
    text.trim()
}

#[trace]
fn named<'a, 'b>(a: &'a str, _b: &'b str) -> Cow<'a, str> {
    Cow::Borrowed(a)
}

#[trace]
fn longest<'a>(a: &'a mut Vec<u8>, b: &'a mut Vec<u8>) -> &'a mut Vec<u8> {
    if a.len() > b.len() { a } else { b }
}

#[trace]
fn generic<T, const N: usize>(items: [T; N]) -> Option<T>
where
    T: Clone,
{
    let first = items.first()?;
    Some(first.clone())
}

#[trace]
fn implemented(value: impl Display, f: impl Fn(String) -> String) -> impl Display {
    f(value.to_string())
}

#[trace]
fn nested(value: u8) -> Result<impl Debug, std::fmt::Error> {
    if value == 0 {
        return Err(std::fmt::Error);
    }
    Ok(value)
}

// What is returned follows from the return type alone.
#[trace]
fn settled() -> Result<impl Iterator<Item = Opaque>, Opaque> {
    Ok(std::iter::empty())
}

struct Opaque;

#[trace]
fn aliased(ok: bool) -> std::io::Result<u8> {
    if !ok {
        Err(std::io::ErrorKind::NotFound)?;
    }
    Ok(1)
}

#[trace]
fn coerced(text: &str) -> Result<Box<dyn Display>, Box<dyn std::error::Error>> {
    if text.is_empty() {
        return Ok(Box::new(0));
    }
    Ok(Box::new(text.parse::<i32>()?))
}

#[trace]
fn recursive(n: u64) -> u64 {
    if n < 2 { n } else { recursive(n - 1) + recursive(n - 2) }
}

#[trace]
fn never() -> ! {
    std::panic::resume_unwind(Box::new(7))
}

#[trace]
fn patterns((a, [b, ..]): (u8, [u8; 2]), Point { x, y: z }: Point) -> u8 {
    a + b + x + z
}

struct Point {
    x: u8,
    y: u8,
}

#[trace]
fn changed(mut items: Vec<u8>, &first: &u8, r#type: u8, _: u8) -> Vec<u8> {
    items.extend([first, r#type]);
    items
}

#[trace]
fn conditional(#[cfg(all())] here: u8, #[cfg(any())] _gone: Missing) -> u8 {
    here
}

#[trace]
fn callbacks(call: &mut dyn FnMut() -> u8, once: Box<dyn FnOnce() -> u8>) -> u8 {
    call() + call() + once()
}

#[trace]
fn closure(step: u8) -> impl Fn(u8) -> u8 {
    move |x| x + step
}

#[trace]
fn pointer(f: fn(u8) -> u8) -> fn(u8) -> u8 {
    f
}

#[trace]
fn with_items() -> u8 {
    #![expect(non_upper_case_globals, reason = "an inner attribute is wanted")]
    const inner: u8 = 2;
    fn helper() -> u8 {
        inner
    }
    'outer: loop {
        break 'outer helper();
    }
}

#[trace]
async fn with_inner_attribute() -> u8 {
    #![expect(non_upper_case_globals, reason = "an inner attribute is wanted")]
    const inner: u8 = 2;
    inner
}

/// # Safety
/// `pointer` can be read.
#[trace]
unsafe fn dangerous(pointer: *const u8) -> u8 {
    unsafe { *pointer }
}

#[trace]
extern "C" fn foreign(x: u8) -> u8 {
    x
}

#[must_use]
#[trace]
#[inline]
pub(crate) fn attributed(x: u8) -> u8 {
    x
}

macro_rules! traced {
    ($name:ident($argument:ident: $type:ty) -> $output:ty $body:block) => {
        #[trace]
        fn $name($argument: $type) -> $output $body
    };
}

traced!(from_macro(x: u8) -> Option<u8> { Some(x.checked_add(1)?) });

fn main() {
    unit(0, 1);
    assert_eq!(borrowed(" a "), "a");
    assert_eq!(named("a", "b"), "a");
    longest(&mut vec![1], &mut vec![]).push(2);
    assert_eq!(generic([1, 2]), Some(1));
    assert_eq!(implemented(1, |text| text + "!").to_string(), "1!");
    assert!(nested(0).is_err() && nested(1).is_ok());
    assert!(settled().is_ok_and(|items| items.count() == 0));
    assert_eq!(aliased(false).map_err(|error| error.kind()), Err(std::io::ErrorKind::NotFound));
    assert_eq!(coerced("3").unwrap().to_string(), "3");
    assert!(coerced("x").is_err());
    assert_eq!(recursive(10), 55);
    assert_eq!(std::panic::catch_unwind(|| never()).unwrap_err().downcast_ref(), Some(&7));
    assert_eq!(patterns((1, [2, 0]), Point { x: 3, y: 4 }), 10);
    assert_eq!(changed(vec![1], &2, 3, 4), [1, 2, 3]);
    assert_eq!(conditional(1), 1);
    let mut n = 0;
    let mut count = || {
        n += 1;
        n
    };
    assert_eq!(callbacks(&mut count, Box::new(|| 10)), 13);
    assert_eq!(closure(1)(2), 3);
    assert_eq!(pointer(|x| x)(1), 1);
    assert_eq!(with_items(), 2);
    drop(with_inner_attribute());
    assert_eq!(unsafe { dangerous(&1) }, 1);
    assert_eq!(foreign(1) + attributed(1), 2);
    assert_eq!(from_macro(1), Some(2));
}
