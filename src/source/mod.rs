//! Where the bytes come from: mapped files, standard input, compressed streams and archives, cut into
//! blocks that start at records. The one place with unsafe code.
