//! The message of a panic. A panic is a defect of Attestry, and its message may contain data from AWS.
//!
//! This module must not know commands.

use std::io::Write as _;
use std::panic::{PanicHookInfo, set_hook};

use super::output;
use crate::failure::Failure;
use attestry_core::facts::scrub;
use attestry_core::verify::Exit;

/// Redacts the messages of all later panics.
pub(crate) fn redact() {
    set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        // A closed standard error is no problem here.
        let _ = writeln!(anstream::stderr(), "thread `{}` {}", thread.name().unwrap_or("?"), words(panic));
        // In the small verifier, no function gets the panic. Its process ends here, with the same exit code.
        if cfg!(panic = "abort") {
            exit();
        }
    }));
}

/// Returns the failure of a command that ended with a panic.
pub(crate) fn defect() -> Failure {
    Failure::new(Exit::Output, "this is a defect of Attestry, or the machine has too little memory")
}

#[expect(clippy::exit, reason = "the process cannot return from a panic without unwinding")]
fn exit() -> ! {
    let failure = defect();
    output::show(&failure);
    std::process::exit(failure.code().into())
}

fn words(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let message = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    format!("panicked at {place}: {}", scrub(message.unwrap_or("something that is no text")))
}

#[cfg(test)]
#[allow(clippy::panic, reason = "what is tested")]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_panic_tells_no_secret() {
        let told = Arc::new(Mutex::new(String::new()));
        let (kept, before) = (Arc::clone(&told), std::panic::take_hook());
        set_hook(Box::new(move |panic| {
            if let Ok(mut told) = kept.lock() {
                *told = words(panic);
            }
        }));
        let token = format!("glpat-{}", "x9Kq".repeat(6));
        let panicked = std::panic::catch_unwind(|| panic!("no such entry: {token}"));
        set_hook(before);
        let told = told.lock().map(|told| told.clone()).unwrap_or_default();
        assert!(panicked.is_err() && told.ends_with("no such entry: [redacted]"), "{told}");
    }
}
