//! The open files of the process: as many as the machine allows, of which MQTT has a reserve that
//! HTTP cannot take.
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are no connections: the store, its journal and readers, the log, listeners, timers.
const OTHER_FILES: usize = 64;
/// HTTP has at most one in this many of the descriptors that connections may use.
const HTTP_SHARE: usize = 4;

/// How many connections of each kind the process can have at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptors {
    pub(crate) http: usize,
    pub(crate) mqtt: usize,
}

impl Descriptors {
    /// Raises the limit of open files of this process (`RLIMIT_NOFILE`) to the hard limit, and
    /// divides it.
    pub(crate) fn of_process() -> Self {
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let mut limit = maximum;
        if current != maximum
            && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        {
            tracing::warn!("the limit of open files cannot be raised: {error}");
            limit = current;
        }
        Self::divide(limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX))
    }

    fn divide(limit: usize) -> Self {
        let connections = limit.saturating_sub(OTHER_FILES).max(HTTP_SHARE);
        let http = connections / HTTP_SHARE;
        Self { http, mqtt: connections - http }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_and_most_of_it_is_for_mqtt() {
        assert_eq!(Descriptors::divide(1024), Descriptors { http: 240, mqtt: 720 });
        assert_eq!(Descriptors::divide(0), Descriptors { http: 1, mqtt: 3 });
        let of_process = Descriptors::of_process();
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        assert_eq!(current, maximum);
        assert_eq!(Descriptors::of_process(), of_process);
    }
}
