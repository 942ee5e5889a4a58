//! Whose script is running: MONITOR prints `lua` where the caller of a script's commands should stand.

use super::clients::{ClientIndex, INHERITED};

/// Who sent the nearest preceding EVAL or FCALL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Caller {
    /// No script call yet in this block: the answer stands in what comes before it.
    #[default]
    Before,
    /// The capture starts here, or started anew, and no script call was seen since.
    Nobody,
    /// This client.
    Client(ClientIndex),
}

impl Caller {
    /// The client to count a script's command under, given the number of the address `lua`.
    pub fn client(self, lua: impl FnOnce() -> ClientIndex) -> ClientIndex {
        match self {
            Caller::Before => INHERITED,
            Caller::Nobody => lua(),
            Caller::Client(client) => client,
        }
    }

    /// What holds behind a later block; `numbers` rename the later block's clients.
    pub fn merge(&mut self, later: Caller, numbers: &[ClientIndex]) {
        match later {
            Caller::Before => {}
            Caller::Nobody => *self = Caller::Nobody,
            Caller::Client(client) => {
                if let Some(number) = numbers.get(client as usize) {
                    *self = Caller::Client(*number);
                }
            }
        }
    }
}
