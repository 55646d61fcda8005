//! stub
use crate::architecture::Architecture;
use core::fmt;
pub(super) fn write(_architecture: &Architecture<'_>, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
    Ok(())
}
