//! The data of a folder, whatever its format.

use std::path::Path;

use convnet_runtime::data::{Dataset, TestSet, cifar, idx};
use convnet_runtime::data::{LabelledImages, folder};
use convnet_runtime::{Error, Network};

use super::options::{DataOptions, Format};

/// Images of any origin.
pub(super) type Images = Box<dyn Dataset>;

/// The images to train on, and those to test on, of the size that the network takes.
pub(super) fn read<N: Network>(
    options: &DataOptions,
) -> Result<(Images, TestSet<Images>), Box<dyn std::error::Error>> {
    let directory = &options.data;
    let format = match options.format {
        Format::Auto => recognise(directory).ok_or_else(|| unknown(directory))?,
        format => format,
    };
    let boxed = |(training, test): (LabelledImages, TestSet<LabelledImages>)| -> (Images, TestSet<Images>) {
        (Box::new(training), test.boxed())
    };
    Ok(match format {
        Format::Mnist => boxed(idx::read_mnist(directory)?),
        Format::Cifar10 => boxed(cifar::read_cifar10(directory)?),
        Format::Cifar100 => boxed(cifar::read_cifar100(directory, cifar::Labels::Fine)?),
        Format::Folders | Format::Auto => {
            let (training, test) = folder::read_folders(directory, pictures::<N>()?)?;
            (Box::new(training), test.boxed())
        }
    })
}

/// How pictures become what the network takes.
pub(super) fn pictures<N: Network>() -> Result<folder::ImageOptions, Error> {
    let input = N::ARCHITECTURE.input();
    let channels = if input.depth == 1 { folder::Channels::Grey } else { folder::Channels::Rgb };
    folder::ImageOptions::new(input.height, input.width, channels)
}

/// The format of a folder, by the names of what lies in it.
fn recognise(directory: &Path) -> Option<Format> {
    let has = |name: &str| directory.join(name).exists();
    if has("train-images-idx3-ubyte") || has("train-images-idx3-ubyte.gz") {
        Some(Format::Mnist)
    } else if has("data_batch_1.bin") {
        Some(Format::Cifar10)
    } else if has("train.bin") {
        Some(Format::Cifar100)
    } else if directory.join("train").is_dir() && directory.join("test").is_dir() {
        Some(Format::Folders)
    } else {
        None
    }
}

fn unknown(directory: &Path) -> String {
    format!(
        "{} holds neither MNIST's files (train-images-idx3-ubyte), nor CIFAR's (data_batch_1.bin, train.bin), nor the folders `train` \
         and `test`: give another --data, or a --format",
        directory.display()
    )
}
