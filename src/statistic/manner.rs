//! What a command means to the statistics, found once for all of its calls.

use std::sync::LazyLock;

use super::commands::CommandIndex;
use super::sign::Watch;
use crate::command::{self, Access, Effect, Expiry, Keys, Spec};

/// How a call's uses of keys count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Neither of these.
    Other,
    /// [`Access::Read`].
    Read,
    /// [`Access::Write`].
    Write,
    /// [`Access::Delete`].
    Delete,
}

/// What is to be counted of a use of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// The use itself, no more: times to live and collections stay as they are.
    Use,
    /// What is done to the collection too: times to live stay as they are.
    Collection,
    /// Everything.
    All,
}

/// What a client says of itself by a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// Nothing.
    Nothing,
    /// CLIENT SETNAME.
    Name,
    /// CLIENT SETINFO.
    Library,
    /// HELLO: user and name.
    Hello,
    /// AUTH: user.
    User,
    /// RESET: that it has no name any more.
    NoName,
}

/// What a command means to the statistics.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// What Redis knows of it; `None` for a command that no table holds.
    pub spec: Option<&'static Spec>,
    /// Whether its one key is right behind its name.
    pub has_key: bool,
    /// Whether it can harm a server.
    pub is_dangerous: bool,
    /// How uses of its keys count.
    pub class: Class,
    /// What it does to collections.
    pub effect: Effect,
    /// What is to be counted of its uses of keys.
    pub touch: Touch,
    /// Whether it writes to a stream or reads on in one, as is done to a queue.
    pub works_stream: bool,
    /// Whether times to live stay as they are, whatever its arguments.
    pub keeps_ttl: bool,
    /// What is looked for in it.
    pub watch: Watch,
    /// What it says of its client.
    pub tells: Tells,
    /// Whether a script's calls follow it.
    pub runs_script: bool,
    /// Whether two calls ask the same only if all of their arguments are the same.
    pub asks: bool,
    /// Whether it reads, changes or removes data, FLUSHALL and the like left out.
    pub uses_data: bool,
    /// Whether its single calls are looked at, for danger or what is watched for, for what they tell or run.
    pub is_special: bool,
}

/// What is known of a command that no table holds.
static UNKNOWN: Manner = Manner {
    spec: None,
    has_key: false,
    is_dangerous: false,
    class: Class::Other,
    effect: Effect::None,
    touch: Touch::Use,
    works_stream: false,
    keeps_ttl: true,
    watch: Watch::Nothing,
    tells: Tells::Nothing,
    runs_script: false,
    asks: false,
    uses_data: false,
    is_special: false,
};

/// By number of the command.
static MANNERS: LazyLock<Vec<Manner>> =
    LazyLock::new(|| command::all().map(|id| Manner::of(id.spec(), command::effect(id))).collect());

/// The manner of a command.
pub fn manner(command: CommandIndex) -> &'static Manner {
    MANNERS.get(command as usize).unwrap_or(&UNKNOWN)
}

/// Whether a command of this name looks at a stream, and may do so again and again: those that write to one or read
/// on in it (XADD, XREADGROUP, XACK …) do to it what a queue is for.
pub fn looks_at_stream(name: &[u8]) -> bool {
    const LOOKS: [&[u8]; 4] = [b"XLEN", b"XPENDING", b"XRANGE", b"XREVRANGE"];
    LOOKS.contains(&name) || name.starts_with(b"XINFO|")
}

impl Manner {
    fn of(spec: &'static Spec, effect: Effect) -> Manner {
        let class = match spec.access {
            Access::Read => Class::Read,
            Access::Write => Class::Write,
            Access::Delete => Class::Delete,
            _ => Class::Other,
        };
        let tells = match spec.name {
            "CLIENT|SETNAME" => Tells::Name,
            "CLIENT|SETINFO" => Tells::Library,
            "HELLO" => Tells::Hello,
            "AUTH" => Tells::User,
            "RESET" => Tells::NoName,
            _ => Tells::Nothing,
        };
        let watch = Watch::of(spec);
        let runs_script =
            matches!(spec.name, "EVAL" | "EVALSHA" | "EVAL_RO" | "EVALSHA_RO" | "FCALL" | "FCALL_RO");
        let works_stream = spec.group == "stream" && !looks_at_stream(spec.name.as_bytes());
        // Those who wait for a time to come ask for all up to now, which is never the same.
        let waits = matches!(spec.name, "ZCOUNT" | "ZRANGEBYSCORE" | "ZREVRANGEBYSCORE");
        Manner {
            spec: Some(spec),
            has_key: spec.keys == Keys::FIRST,
            is_dangerous: spec.danger.is_some(),
            class,
            effect,
            keeps_ttl: spec.expiry == Expiry::Keep,
            touch: match effect {
                _ if spec.expiry != Expiry::Keep || class == Class::Delete || works_stream => Touch::All,
                Effect::None => Touch::Use,
                _ if effect.is_any() => Touch::Collection,
                _ => Touch::All,
            },
            works_stream,
            watch,
            tells,
            runs_script,
            asks: class == Class::Read && !waits,
            uses_data: class != Class::Other && spec.danger.is_none(),
            is_special: spec.danger.is_some()
                || watch != Watch::Nothing
                || tells != Tells::Nothing
                || runs_script,
        }
    }
}
