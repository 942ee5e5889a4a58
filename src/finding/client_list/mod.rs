//! Rules over client_list.

use super::Rule;

/// In the order of their weight.
pub const RULES: &[&dyn Rule] = &[];
