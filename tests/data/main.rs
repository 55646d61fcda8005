//! Data from files to roles: readers, and what they say of files that are not what they should be; subsets, splits and roles.

mod cifar;
mod emnist;
#[cfg(feature = "image")]
mod folder;
mod real;
mod roles;
mod scratch;
