//! SLOWLOG and COMMANDLOG: every form gives the same entries, whatever the block size.

mod slow {
    pub mod read;
}

use slow::read::{Entry, read_file};

const SERVERS: [&str; 4] = ["redis-2.8.24", "redis-6.2.14", "redis-7.0.15", "valkey-8.0.1"];

fn capture(server: &str, file: &str) -> Vec<Entry> {
    read_file(&format!("captures-slowlog/{server}/{file}"))
}

#[test]
fn all_forms_of_a_slow_log_give_the_same_entries() {
    for server in SERVERS {
        let json = capture(server, "slowlog-json.log");
        assert!(json.len() > 18, "{server}");
        for file in ["slowlog-csv.log", "slowlog-noraw.log", "slowlog-resp3.log", "slowlog-tty.log"] {
            assert_eq!(capture(server, file), json, "{server} {file}");
        }
        for (file, separator) in [("slowlog-raw.log", b'\n'), ("slowlog-redispy.txt", b' ')] {
            let joined = capture(server, file);
            assert_eq!(joined.len(), json.len(), "{server} {file}");
            for (entry, known) in joined.iter().zip(&json) {
                assert_eq!(entry.without_args(), known.without_args(), "{server} {file}");
                if entry.exact {
                    assert_eq!(entry.args, known.args, "{server} {file}");
                }
                assert_eq!(entry.args.join(&separator), known.args.join(&separator), "{server} {file}");
            }
        }
    }
}
