//! No thread dies in silence: a panic anywhere is logged, and logboom stops in good order and ends with an error, so
//! that whoever supervises it starts it again.

use std::sync::LazyLock;

use tokio::sync::watch;

static PANICKED: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::channel(false).0);

/// From now on every panic is logged and noted.
pub fn watch_all() {
    LazyLock::force(&PANICKED);
    std::panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text =
            text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
        tracing::error!(thread, place, "logboom has a fault and stops: {text}");
        PANICKED.send_replace(true);
    }));
}

/// Whether some thread has panicked.
pub fn happened() -> bool {
    *PANICKED.borrow()
}

/// Ends when some thread has panicked.
pub async fn next() {
    let mut panicked = PANICKED.subscribe();
    // The sender is static, so the channel never closes.
    let _ = panicked.wait_for(|panicked| *panicked).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_any_thread_is_noted() {
        let before = std::panic::take_hook();
        watch_all();
        assert!(std::thread::spawn(|| panic!("a fault")).join().is_err());
        std::panic::set_hook(before);
        assert!(happened());
    }
}
