//! The files of uploaded pictures. A file never changes: another picture has another id.

use crate::domain::picture::{Format, Picture};
use api::ids::ImageId;
use base::Error;
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

/// The folder of pictures.
#[derive(Debug)]
pub(crate) struct Pictures {
    folder: PathBuf,
}

impl Pictures {
    /// Pictures below `data_dir`.
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("images") }
    }

    /// Where a size of a picture is. The last digits of an id are random, which spreads the files.
    fn path(&self, id: ImageId, size: Option<u32>, format: Format) -> PathBuf {
        let name = id.uuid().simple().to_string();
        let size = size.map(|size| format!("-{size}")).unwrap_or_default();
        self.folder.join(&name[30..]).join(format!("{name}{size}.{}", format.extension()))
    }

    /// Stores all sizes of a picture; they are on disk when it returns.
    ///
    /// # Errors
    /// 503 if the disk does not take them.
    pub(crate) async fn store(&self, id: ImageId, picture: &Picture) -> Result<(), Error> {
        for (size, bytes) in &picture.files {
            let path = self.path(id, *size, picture.format);
            write(&path, bytes)
                .await
                .map_err(|error| Error::unavailable("the picture cannot be stored now").caused_by(error))?;
        }
        Ok(())
    }

    /// The bytes of the size `size` of a picture, or of the whole one if it has no such size.
    ///
    /// # Errors
    /// If the file is there but cannot be read.
    pub(crate) async fn load(
        &self,
        id: ImageId,
        size: Option<u32>,
        format: Format,
    ) -> Result<Option<Vec<u8>>, Error> {
        for size in size.map(Some).into_iter().chain([None]) {
            match fs::read(self.path(id, size, format)).await {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::internal(error)),
            }
        }
        Ok(None)
    }

    /// Removes all sizes of a picture, as far as they are there.
    pub(crate) async fn remove(&self, id: ImageId, format: Format) {
        let sizes = crate::domain::picture::SIZES.map(Some);
        for size in sizes.into_iter().chain([None]) {
            if let Err(error) = fs::remove_file(self.path(id, size, format)).await
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(%id, %error, "a file of a removed picture stays behind");
            }
        }
    }
}

/// Writes beside the place and renames, so that nobody reads half a file.
async fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).await?;
    }
    let beside = path.with_extension("part");
    let mut file = fs::File::create(&beside).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    fs::rename(&beside, path).await
}
