//! The fixtures: where they are, what they hold once decompressed.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::PathBuf;

/// A file or folder below `fixtures/`.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A fixture's content, decompressed by the suffix of its name.
pub fn content(name: &str) -> Vec<u8> {
    let path = path(name);
    let file = BufReader::new(File::open(&path).unwrap());
    let mut content = Vec::new();
    match path.extension().unwrap().to_str().unwrap() {
        "gz" => flate2::read::MultiGzDecoder::new(file).read_to_end(&mut content).unwrap(),
        "xz" => liblzma::read::XzDecoder::new(file).read_to_end(&mut content).unwrap(),
        "bz2" => bzip2::read::BzDecoder::new(file).read_to_end(&mut content).unwrap(),
        "zst" => zstd::Decoder::new(file).unwrap().read_to_end(&mut content).unwrap(),
        _ => {
            content = fs::read(&path).unwrap();
            content.len()
        }
    };
    content
}
