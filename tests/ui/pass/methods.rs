//! Methods: the receiver moves into the body as it would without tracing.
#![deny(warnings)]

use std::pin::Pin;
use std::sync::Arc;

use spanloom::trace;

struct Service {
    items: Vec<u8>,
    // Neither `Serialize` nor `Debug`, nor `Sync`.
    state: std::cell::Cell<u8>,
}

impl Service {
    #[trace]
    fn new(items: Vec<u8>) -> Self {
        Self { items, state: std::cell::Cell::new(0) }
    }

    #[trace(attributes(count = self.items.len()))]
    fn by_ref(&self, index: usize) -> Option<&u8> {
        self.state.set(1);
        self.items.get(index)
    }

    #[trace]
    fn by_mut(&mut self, index: usize) -> &mut u8 {
        &mut self.items[index]
    }

    #[trace]
    fn twice(&mut self) -> Result<&mut Self, String> {
        self.items.push(1);
        Ok(self)
    }

    #[trace]
    fn by_value(self) -> Vec<u8> {
        self.items
    }

    #[trace]
    fn by_value_mut(mut self, more: u8) -> Vec<u8> {
        self.items.push(more);
        self.items
    }

    #[trace]
    fn shared(self: Arc<Self>) -> usize {
        Arc::strong_count(&self)
    }

    #[trace]
    fn pinned(self: Pin<&mut Self>) -> u8 {
        self.state.get()
    }

    #[trace]
    async fn waits(&mut self, more: &[u8]) -> &[u8] {
        self.items.extend(more);
        &self.items
    }
}

trait Shape {
    type Area: PartialEq;

    fn area(&self) -> Self::Area;

    #[trace]
    fn same<T: Shape<Area = Self::Area>>(&self, other: &T) -> bool
    where
        Self: Sized,
    {
        self.area() == other.area()
    }

    #[trace]
    fn sides(&self) -> impl Iterator<Item = u8> {
        [1, 2].into_iter()
    }
}

impl Shape for Service {
    type Area = usize;

    #[trace]
    fn area(&self) -> Self::Area {
        self.items.len()
    }
}

struct Generic<'a, T>(&'a [T]);

impl<'a, T> Generic<'a, T> {
    #[trace]
    fn first(&self, _other: T) -> Option<&'a T> {
        self.0.first()
    }
}

impl<T: Clone> std::ops::Index<usize> for Generic<'_, T> {
    type Output = T;

    #[trace]
    fn index(&self, index: usize) -> &T {
        &self.0[index]
    }
}

fn main() {
    let mut service = Service::new(vec![1, 2]);
    assert_eq!(service.by_ref(1), Some(&2));
    *service.by_mut(0) += 4;
    service.twice().unwrap().twice().unwrap();
    assert_eq!(Pin::new(&mut service).pinned(), 1);
    assert_eq!(futures::executor::block_on(service.waits(&[9])), [5, 2, 1, 1, 9]);
    assert!(service.same(&service) && service.sides().count() == 2);
    assert_eq!(Service::new(vec![1]).by_value(), [1]);
    assert_eq!(Service::new(vec![1]).by_value_mut(2), [1, 2]);
    let shared = Arc::new(service);
    assert_eq!(shared.shared(), 1);
    assert_eq!(Generic(&["a"]).first("b"), Some(&"a"));
    assert_eq!(Generic(&[1, 2])[1], 2);
}
