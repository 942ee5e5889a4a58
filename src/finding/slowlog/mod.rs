//! Rules over slowlog.

mod advice;
mod blocking_delete;
pub(super) mod calls;
mod slow_command;
mod slow_script;
mod slowlog_overflow;

use super::Rule;

/// In the order of their weight.
pub const RULES: &[&dyn Rule] = &[
    &slow_command::SlowCommand,
    &blocking_delete::BlockingDelete,
    &slow_script::SlowScript,
    &slowlog_overflow::SlowlogOverflow,
];
