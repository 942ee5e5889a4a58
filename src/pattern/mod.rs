//! Key to pattern: `user:7:profile` and `user:8:profile` are both `user:*:profile`.
