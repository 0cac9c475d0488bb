//! Places in a program from which something may be called.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use spanloom::Spanloom;

use super::Call;
use crate::Outcome;

/// Callers at once in `concurrent`.
const CALLERS: usize = 4;

/// Makes the call from a place, with the only handle there is.
pub(super) fn make(place: &str, call: Call, loom: Spanloom) -> Outcome {
    match place {
        "no-runtime" => call.make_blocking(loom),
        "current-thread" => {
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(call.make(loom))
        }
        "one-worker" => on_workers(1, call, loom)?,
        "four-workers" => on_workers(4, call, loom)?,
        "actix-system" => actix_rt::System::new().block_on(call.make(loom)),
        "spawn-blocking" => {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            let job = runtime.spawn_blocking(move || call.make_blocking(loom));
            runtime.block_on(job)?;
        }
        "unwinding" => while_unwinding(call, loom),
        "panic-hook" => in_a_panic_hook(call, loom),
        "thread-exit" => at_thread_exit(call, loom)?,
        "dead-runtime" => after_the_runtime(call, loom)?,
        "second" => {
            call.make_blocking(loom.clone());
            call.make_blocking(loom);
        }
        "concurrent" => std::thread::scope(|scope| {
            for _ in 1..CALLERS {
                let loom = loom.clone();
                scope.spawn(move || call.make_blocking(loom));
            }
            scope.spawn(move || call.make_blocking(loom));
        }),
        other => return Err(format!("`{other}` is no place").into()),
    }
    Ok(())
}

fn on_workers(workers: usize, call: Call, loom: Spanloom) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    let task = runtime.spawn(call.make(loom));
    Ok(runtime.block_on(task)?)
}

/// Calls when it is dropped.
struct AtDrop(Call, Option<Spanloom>);

impl Drop for AtDrop {
    fn drop(&mut self) {
        if let Some(loom) = self.1.take() {
            self.0.make_blocking(loom);
        }
    }
}

fn while_unwinding(call: Call, loom: Spanloom) {
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _at_drop = AtDrop(call, Some(loom));
        panic!("on purpose");
    }));
    assert!(unwound.is_err(), "the panic goes on");
}

fn in_a_panic_hook(call: Call, loom: Spanloom) {
    let loom = Mutex::new(Some(loom));
    std::panic::set_hook(Box::new(move |_| {
        let loom = loom.lock().ok().and_then(|mut loom| loom.take());
        if let Some(loom) = loom {
            call.make_blocking(loom);
        }
    }));
    assert!(catch_unwind(|| panic!("on purpose")).is_err(), "the panic goes on");
}

fn at_thread_exit(call: Call, loom: Spanloom) -> Outcome {
    thread_local! {
        static AT_EXIT: RefCell<Option<AtDrop>> = const { RefCell::new(None) };
    }
    let thread = std::thread::spawn(move || AT_EXIT.with(|slot| *slot.borrow_mut() = Some(AtDrop(call, Some(loom)))));
    thread.join().map_err(|_| "the thread panicked".into())
}

/// The spans were recorded in tasks, and the runtime that ran them is gone.
fn after_the_runtime(call: Call, loom: Spanloom) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let root = loom.root_span("in a task").start();
    runtime.block_on(runtime.spawn(async move { root.set_inputs("in a task") }))?;
    drop(runtime);
    call.make_blocking(loom);
    Ok(())
}
