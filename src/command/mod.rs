//! What Redis and Valkey know of each command: arity, flags, categories, access, key positions,
//! TTL, complexity, and why it can harm a server.
