//! Listings of folders: names of files and names of folders, links followed.

use std::fs;

use rustc_hash::FxHashSet;

#[derive(Default)]
pub struct Listing {
    pub files: FxHashSet<String>,
    pub folders: FxHashSet<String>,
}

impl Listing {
    /// Both empty where the folder cannot be read. Names that are not UTF-8 name no module.
    pub fn read(folder: &str) -> Self {
        let mut listing = Self::default();
        let Ok(entries) = fs::read_dir(folder) else {
            return listing;
        };
        for entry in entries.map_while(Result::ok) {
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let is_folder = match entry.file_type() {
                Ok(kind) if kind.is_symlink() => fs::metadata(entry.path()).is_ok_and(|target| target.is_dir()),
                Ok(kind) => kind.is_dir(),
                Err(_) => false,
            };
            if is_folder { &mut listing.folders } else { &mut listing.files }.insert(name);
        }
        listing
    }
}
