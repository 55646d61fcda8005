//! `report`: the network's table.

use std::error::Error;

use convnet_runtime::Network;

use super::options::ReportOptions;
use super::{Code, print_json};

pub(super) fn report<N: Network>(options: &ReportOptions) -> Result<Code, Box<dyn Error>> {
    let report = N::ARCHITECTURE.report();
    if options.json {
        print_json(&serde_json::to_value(report)?);
    } else if options.wide {
        println!("{}", report.wide());
    } else if options.svg {
        println!("{}", report.svg());
    } else {
        println!("{report}");
    }
    Ok(Code::Done)
}
