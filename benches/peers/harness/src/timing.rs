//! The clock, and the line of a figure.

use std::time::{Duration, Instant};

use crate::{Mode, Result, Step};

/// The times of steps, in their order of length: at least 3, and about a budget's worth, after a warm-up.
pub(crate) fn times(mut step: Step, budget: Duration) -> Result<Vec<Duration>> {
    let mut step = || -> Result<()> {
        match step()? {
            value if value.is_finite() => Ok(()),
            value => Err(format!("a step gives {value}").into()),
        }
    };
    let (start, mut warm) = (Instant::now(), 0);
    while warm < 2 || start.elapsed() < budget.mul_f64(0.15) {
        step()?;
        warm += 1;
    }
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.len() < 3 || (start.elapsed() < budget && times.len() < 5000) {
        let start = Instant::now();
        step()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}

pub(crate) fn print(peer: &str, net: &str, mode: Mode, batch: usize, threads: usize, times: &[Duration]) {
    let (median, least) = (times[times.len() / 2].as_secs_f64(), times[0].as_secs_f64());
    println!(
        r#"{{"peer":"{peer}","net":"{net}","mode":"{mode}","batch":{batch},"threads":{threads},"images_per_s":{:.3},"ms_per_step_median":{:.4},"ms_per_step_min":{:.4},"peak_rss_mb":{:.1},"steps":{}}}"#,
        batch as f64 / median,
        1e3 * median,
        1e3 * least,
        peak_megabytes(),
        times.len(),
    );
}

/// The most memory that the process has had, in MiB; 0 where the system does not tell.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
