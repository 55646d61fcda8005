//! Files of a test's own.

use std::path::{Path, PathBuf};

/// A folder of this test's own, removed when it ends.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("convnet-data-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, in a folder that is made if it does not exist.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    /// An error's message without the folder.
    pub(crate) fn message(&self, error: &convnet::Error) -> String {
        let message = error.to_string();
        message.strip_prefix(&format!("{}/", self.0.display())).unwrap_or(&message).to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder left behind does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
