//! Schedules of rates and momenta, by hand; the notes' three are the oracle's to judge, too.

use convnet::Error;
use convnet::optimizers::{Momentum, Optimizer};
use convnet::schedules::{MomentumSchedule, OneCycle, Plateau, Schedule, Scheduler, SchedulerState};

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-14 * expected.abs().max(1e-3), "{found} for {expected}");
}

/// Rates at a base of 0.1, by epoch.
fn check(schedule: Result<Schedule, Error>, rates: &[(f64, f64)]) {
    let schedule = schedule.expect("options in range");
    let scheduler = Scheduler::new(schedule.clone(), 0.1).expect("a rate");
    for &(epoch, expected) in rates {
        close(schedule.rate(0.1, epoch), expected);
        assert_eq!(scheduler.rate(epoch), schedule.rate(0.1, epoch));
    }
    assert_eq!((scheduler.schedule(), scheduler.base()), (&schedule, 0.1));
    // Whatever it is asked for, a rate is what an optimizer takes.
    let first = schedule.rate(0.1, 0.0);
    for (epoch, expected) in [(-1.0, Some(first)), (f64::NAN, Some(first)), (f64::INFINITY, None)] {
        let rate = schedule.rate(0.1, epoch);
        assert!(
            rate.is_finite() && rate >= 0.0 && expected.is_none_or(|expected| rate == expected),
            "{rate}"
        );
    }
}

#[test]
fn rates_are_what_their_formulas_say() {
    check(Ok(Schedule::constant()), &[(0.0, 0.1), (7.5, 0.1)]);
    let halved = [(0.0, 0.1), (4.99, 0.1), (5.0, 0.05), (9.9, 0.05), (10.0, 0.025), (50.0, 0.1 / 1024.0)];
    check(Schedule::step(0.5, 5), &halved);
    check(Schedule::at(0.1, &[3, 8]), &[(2.99, 0.1), (3.0, 0.01), (7.0, 0.01), (8.0, 0.001), (99.0, 0.001)]);
    check(Schedule::at(0.1, &[]), &[(99.0, 0.1)]);
    check(
        Schedule::exponential(0.5),
        &[(0.0, 0.1), (2.0, 0.1 / std::f64::consts::E), (0.5, 0.1 * (-0.25_f64).exp())],
    );
    check(Schedule::exponential(0.0), &[(5.0, 0.1)]);
    check(Schedule::inverse(0.5), &[(0.0, 0.1), (2.0, 0.05), (18.0, 0.01), (0.5, 0.08)]);
    // A third of the way is three quarters of the height.
    let cosine =
        [(0.0, 0.1), (4.0, 0.02 + 0.75 * 0.08), (6.0, 0.06), (8.0, 0.04), (12.0, 0.02), (20.0, 0.02)];
    check(Schedule::cosine(12, 0.02), &cosine);
}

#[test]
fn warm_up_multiplies_what_the_schedule_says() {
    let warm =
        |schedule: Result<Schedule, Error>| schedule.and_then(|schedule| schedule.with_warm_up(4.0, 0.2));
    let rising = [(0.0, 0.02), (1.0, 0.04), (2.5, 0.07), (3.0, 0.08), (4.0, 0.1), (9.0, 0.1)];
    check(warm(Ok(Schedule::constant())), &rising);
    // Its epochs count from the beginning.
    check(warm(Schedule::at(0.5, &[2])), &[(1.0, 0.04), (2.0, 0.03), (4.0, 0.05)]);
    check(warm(Schedule::inverse(0.5)), &[(0.0, 0.02), (2.0, 0.6 * 0.05), (6.0, 0.025)]);
    check(Schedule::constant().with_warm_up(0.0, 0.0), &[(0.0, 0.1)]);
    check(Schedule::constant().with_warm_up(1.0, 0.0), &[(0.0, 0.0), (0.5, 0.05), (1.0, 0.1)]);
}

#[test]
fn one_cycle_goes_up_and_down() {
    let cycle = OneCycle::new(10).expect("epochs");
    let rates = [(0.0, 0.004), (1.5, 0.052), (3.0, 0.1), (10.0, 4e-7), (11.0, 4e-7)];
    check(Ok(Schedule::one_cycle(cycle)), &rates);
    // Halfway down: between the peak and the end.
    check(Ok(Schedule::one_cycle(cycle)), &[(6.5, 0.5 * (0.1 + 4e-7))]);
    let cycle = cycle.rising(0.4).and_then(|cycle| cycle.between(0.5, 0.1)).expect("shares");
    check(
        Ok(Schedule::one_cycle(cycle)),
        &[(0.0, 0.05), (2.0, 0.075), (4.0, 0.1), (7.0, 0.055), (10.0, 0.01)],
    );
    // Without a rise it begins at the peak.
    let falling = cycle.rising(0.0).expect("a share");
    check(Ok(Schedule::one_cycle(falling)), &[(0.0, 0.1), (5.0, 0.055), (10.0, 0.01)]);
    let momentum = cycle.momentum(0.85, 0.95).expect("momenta");
    for (epoch, expected) in
        [(-1.0, 0.95), (0.0, 0.95), (2.0, 0.9), (4.0, 0.85), (7.0, 0.9), (10.0, 0.95), (99.0, 0.95)]
    {
        close(momentum.momentum(epoch), expected);
    }
}

#[test]
fn momentum_is_annealed() {
    let schedule = MomentumSchedule::linear(0.5, 0.9, 4).expect("momenta");
    for (epoch, expected) in [(f64::NAN, 0.5), (0.0, 0.5), (1.0, 0.6), (2.5, 0.75), (4.0, 0.9), (1e9, 0.9)] {
        close(schedule.momentum(epoch), expected);
    }
    let mut rule = Momentum::<f32>::new(0.1, 0.5).expect("options");
    rule.set_momentum(schedule.momentum(4.0)).expect("a momentum");
    assert_eq!(rule.momentum(), Some(0.9));
}

fn on_plateau(plateau: Plateau) -> Scheduler {
    Scheduler::new(Schedule::on_plateau(plateau), 0.1).expect("a rate")
}

#[test]
fn a_plateau_lowers_the_rate() {
    let plateau = Plateau::new(0.5, 2).and_then(|plateau| plateau.minimum(0.02)).expect("options");
    let mut scheduler = on_plateau(plateau);
    assert_eq!(scheduler.rate(0.0), 0.1);
    let errors = [0.9, 0.5, 0.5, 0.4, 0.4, 0.45, 0.41, 0.39, f64::NAN, 0.39, 1.0, f64::INFINITY, 0.1];
    let rates = [0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.025, 0.025, 0.02, 0.02];
    for (epoch, (error, expected)) in errors.into_iter().zip(rates).enumerate() {
        scheduler.validated(error);
        close(scheduler.rate(epoch as f64), expected);
    }
    assert_eq!(scheduler.state(), SchedulerState { best: Some(0.1), bad_epochs: 0, reductions: 3 });
    for _ in 0..5000 {
        scheduler.validated(0.5);
    }
    assert_eq!(scheduler.rate(1.0), 0.02);
}

#[test]
fn a_plateau_has_a_threshold() {
    let plateau = Plateau::new(0.1, 1).and_then(|plateau| plateau.threshold(0.125)).expect("options");
    let mut scheduler = on_plateau(plateau);
    for (error, expected) in [(1.0, 0.1), (0.75, 0.1), (0.625, 0.01), (0.5, 0.01), (0.4, 0.001)] {
        scheduler.validated(error);
        close(scheduler.rate(0.0), expected);
    }
    let warm = Schedule::on_plateau(plateau).with_warm_up(2.0, 0.5).expect("options");
    let mut scheduler = Scheduler::new(warm, 0.1).expect("a rate");
    scheduler.validated(1.0);
    scheduler.validated(1.0);
    close(scheduler.rate(1.0), 0.0075);
    close(scheduler.schedule().rate(0.1, 1.0), 0.075);
}

/// At whatever epoch a scheduler is saved, another goes on as it would have.
#[test]
fn a_scheduler_goes_on_from_its_state() {
    let plateau = Plateau::new(0.5, 3).expect("options");
    let errors: Vec<_> = (0..40).map(|epoch| (f64::from(epoch) * 1.7).sin() / f64::from(epoch + 1)).collect();
    for saved_after in 0..errors.len() {
        let (mut scheduler, mut heir) = (on_plateau(plateau), on_plateau(plateau));
        errors[..saved_after].iter().for_each(|&error| scheduler.validated(error));
        heir.restore(scheduler.state()).expect("a state");
        for &error in &errors[saved_after..] {
            assert_eq!(heir, scheduler);
            scheduler.validated(error);
            heir.validated(error);
        }
        assert!(scheduler.rate(40.0) < 0.1);
    }
    let mut scheduler = on_plateau(plateau);
    let state = SchedulerState { best: Some(f64::NAN), bad_epochs: 1, reductions: 1 };
    assert!(scheduler.restore(state).is_err());
    assert_eq!(scheduler.state(), SchedulerState::default());
}

#[test]
fn schedules_that_look_at_no_error_learn_nothing() {
    let mut scheduler = Scheduler::new(Schedule::constant(), 0.1).expect("a rate");
    (0..50).for_each(|_| scheduler.validated(1.0));
    assert_eq!((scheduler.rate(50.0), scheduler.state()), (0.1, SchedulerState::default()));
    scheduler.restore(SchedulerState::default()).expect("nothing");
    let state = SchedulerState { reductions: 2, ..SchedulerState::default() };
    let error = scheduler.restore(state).expect_err("a plateau's").to_string();
    assert!(error.starts_with("the number of reductions is 2"), "{error}");
}

#[test]
fn options_are_checked() {
    fn refused<R>(made: Result<R, Error>, expected: &str) {
        match made {
            Err(Error::Option { option, .. }) => assert_eq!(option, expected),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{expected} is out of range"),
        }
    }
    for factor in [0.0, 1.0, -0.5, f64::NAN, f64::INFINITY] {
        refused(Schedule::step(factor, 5), "factor");
        refused(Schedule::at(factor, &[5]), "factor");
        refused(Plateau::new(factor, 5), "factor");
    }
    for negative in [-1e-9, f64::NAN, f64::INFINITY] {
        refused(Schedule::exponential(negative), "decay");
        refused(Schedule::inverse(negative), "decay");
        refused(Schedule::cosine(5, negative), "the minimum of the rate");
        refused(Schedule::constant().with_warm_up(negative, 0.5), "the epochs of warm-up");
        refused(
            Plateau::new(0.5, 1).and_then(|plateau| plateau.minimum(negative)),
            "the minimum of the rate",
        );
        refused(
            Plateau::new(0.5, 1).and_then(|plateau| plateau.threshold(negative)),
            "the threshold of the error",
        );
        refused(Scheduler::new(Schedule::constant(), negative), "learning_rate");
    }
    for share in [-0.1, 1.1, f64::NAN] {
        let from = "the share of the rate that warm-up begins with";
        refused(Schedule::constant().with_warm_up(1.0, share), from);
        let cycle = OneCycle::new(5).expect("epochs");
        refused(cycle.rising(share), "the share of rising epochs");
        refused(cycle.between(share, 0.0), "the share of the peak that a cycle begins with");
        refused(cycle.between(0.0, share), "the share of the peak that a cycle ends with");
        refused(cycle.momentum(share, 0.9), "momentum");
        refused(cycle.momentum(0.9, share), "momentum");
        refused(MomentumSchedule::linear(share, 0.9, 5), "momentum");
        refused(MomentumSchedule::linear(0.9, share, 5), "momentum");
    }
    refused(OneCycle::new(5).and_then(|cycle| cycle.rising(1.0)), "the share of rising epochs");
    refused(MomentumSchedule::linear(0.9, 1.0, 5), "momentum");
    refused(Schedule::step(0.5, 0), "the epochs of a step");
    refused(Schedule::cosine(0, 0.0), "the epochs of a cosine");
    refused(OneCycle::new(0), "the epochs of one cycle");
    refused(Plateau::new(0.5, 0), "patience");
    refused(MomentumSchedule::linear(0.5, 0.9, 0), "the epochs of the momentum");
    for epochs in [&[0, 1][..], &[3, 3], &[5, 4]] {
        refused(Schedule::at(0.5, epochs), "an epoch at which the rate changes");
    }
    let high = Schedule::cosine(5, 0.2).expect("a minimum");
    refused(Scheduler::new(high.clone(), 0.1), "learning_rate");
    assert!(Scheduler::new(high, 0.2).is_ok());
    let high = Plateau::new(0.5, 1).and_then(|plateau| plateau.minimum(0.2)).expect("a minimum");
    refused(Scheduler::new(Schedule::on_plateau(high), 0.1), "learning_rate");
}
