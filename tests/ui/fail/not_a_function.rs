use spanloom::trace;

#[trace]
struct Service;

trait Backend {
    #[trace]
    fn ask(&self);
}

fn main() {}
