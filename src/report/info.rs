//! INFO dumps.

use serde::Serialize;

/// INFO dumps.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Info {
    /// In the order of the inputs.
    pub snapshots: Vec<InfoSnapshot>,
}

/// One dump.
#[derive(Clone, Debug, Serialize)]
pub struct InfoSnapshot {}
