//! Rules over monitor.

use super::Rule;

/// In the order of their weight.
pub const RULES: &[&dyn Rule] = &[];
