//! Update rules: their options, their state, their precision, and threads. What they compute is the oracle's to judge.

use convnet::optimizers::{Adam, Moments, Momentum, Optimizer, RmsProp, Sgd};
use convnet::{Error, Initialization, Network, Parameters, Scalar, network};

network! {
    /// More numbers than one piece of an update holds.
    struct Wide { INPUT[16x16x3] -> FC400 -> FC10 }
    struct Other { INPUT[1x1x2] -> FC3 }
}

fn made<N: Network>() -> Parameters<N::Scalar> {
    N::new(3, &Initialization::default()).expect("a network").parameters().clone()
}

/// Numbers after `steps` updates by gradients that change.
fn after<T: Scalar>(rule: &mut dyn Optimizer<T>, steps: u32) -> Vec<T>
where
    Wide<T>: Network<Scalar = T>,
{
    let (mut x, mut dx) = (made::<Wide<T>>(), made::<Wide<T>>());
    for step in 1..=steps {
        let numbers = dx.as_mut_slice().iter_mut().enumerate();
        numbers.for_each(|(i, dx)| *dx = T::from_f64((i as f64 * 0.7 + f64::from(step)).sin()));
        rule.update(&mut x, &dx).expect("an update");
    }
    x.as_slice().to_vec()
}

fn rules<T: Scalar>() -> [(&'static str, Box<dyn Optimizer<T>>); 5] {
    let adam = || Adam::new(0.01).expect("a rate");
    [
        ("SGD", Box::new(Sgd::new(0.01).expect("a rate"))),
        ("momentum", Box::new(Momentum::new(0.01, 0.9).expect("options"))),
        ("RMSprop", Box::new(RmsProp::new(0.01, 0.999).expect("options"))),
        ("Adam", Box::new(adam())),
        ("simplified Adam", Box::new(adam().without_correction())),
    ]
}

/// 1 - 0.999 is taken in f64: in f32 it would be off by one part in 77,000.
#[test]
fn single_precision_is_near_double() {
    for ((name, mut single), (_, mut double)) in rules::<f32>().into_iter().zip(rules::<f64>()) {
        let (found, expected) = (after(&mut *single, 10), after(&mut *double, 10));
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((f64::from(found) - expected).abs() < 2e-6, "{name}: {found} for {expected}");
        }
    }
}

#[cfg(feature = "threads")]
#[test]
fn threads_do_not_matter() {
    let in_pool = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| rules::<f32>().map(|(_, mut rule)| after(&mut *rule, 3)))
    };
    assert_eq!(in_pool(1), in_pool(4));
}

/// In its first update Adam moves every number by the rate, against the gradient's sign, whether that is small (if above epsilon) or large.
#[test]
fn the_first_step_of_adam() {
    let (mut x, mut dx) = (made::<Wide<f64>>(), made::<Wide<f64>>());
    let before = x.as_slice().to_vec();
    dx.as_mut_slice().iter_mut().enumerate().for_each(|(i, dx)| *dx = if i % 2 == 0 { 1e-3 } else { -50.0 });
    Adam::new(0.1).expect("a rate").update(&mut x, &dx).expect("an update");
    for (i, (before, after)) in before.iter().zip(x.as_slice()).enumerate() {
        let expected = if i % 2 == 0 { -0.1 } else { 0.1 };
        assert!((after - before - expected).abs() < 2e-6, "{}", after - before);
    }
}

/// What a rule keeps can be taken out and given to another, which goes on as the first would have.
#[test]
fn a_rule_goes_on_from_what_another_kept() {
    let mut adam = Adam::new(0.01).expect("a rate");
    after::<f64>(&mut adam, 5);
    let mut heir = Adam::new(0.01).expect("a rate").with_moments(adam.moments().clone());
    assert_eq!(after::<f64>(&mut heir, 5), after::<f64>(&mut adam, 5));
    assert_eq!(heir.moments().updates, 10);

    let mut rms_prop = RmsProp::new(0.01, 0.9).expect("options");
    after::<f64>(&mut rms_prop, 5);
    let mut heir = RmsProp::new(0.01, 0.9).expect("options").with_cache(rms_prop.cache().to_vec());
    assert_eq!(after::<f64>(&mut heir, 5), after::<f64>(&mut rms_prop, 5));
}

/// Without gradients what a rule keeps ends at 0, and is no denormal number on the way, which would cost time at every update;
/// beside a gradient it stays what it is, however small.
#[test]
fn nothing_kept_is_denormal_for_want_of_gradients() {
    let (mut x, mut dx) = (made::<Other<f32>>(), made::<Other<f32>>());
    let mut momentum = Momentum::new(1e-3, 0.5).expect("options");
    let mut rms_prop = RmsProp::new(1e-3, 0.5).expect("options");
    let mut adam = Adam::new(1e-3).expect("a rate").betas(0.5, 0.75).expect("betas");
    for step in 0..600 {
        dx.as_mut_slice().fill(if step == 0 { 1e-10 } else { 0.0 });
        let rules: [&mut dyn Optimizer<f32>; 3] = [&mut momentum, &mut rms_prop, &mut adam];
        for rule in rules {
            rule.update(&mut x, &dx).expect("an update");
        }
        let Moments { first, second, .. } = adam.moments();
        let kept = [momentum.velocity(), rms_prop.cache(), &first[..]];
        assert!(kept.iter().copied().flatten().all(|number| !number.is_subnormal()), "{step}: {kept:?}");
        let is_gone = first.iter().all(|&number| number == 0.0);
        assert!(!is_gone || second.iter().all(|number| !number.is_subnormal()), "{step}: {second:?}");
        if step == 599 {
            assert!(kept.iter().copied().chain([&second[..]]).flatten().all(|&number| number == 0.0));
        }
    }
    dx.as_mut_slice().fill(1e-21);
    let mut rms_prop = RmsProp::new(1e-3, 0.5).expect("options").epsilon(1e-30).expect("an epsilon");
    let before = x.as_slice().to_vec();
    rms_prop.update(&mut x, &dx).expect("an update");
    let moved = before.iter().zip(x.as_slice()).all(|(before, after)| (before - after).abs() < 1e-2);
    assert!(moved && rms_prop.cache().iter().all(|&cache| cache > 0.0), "{:?}", rms_prop.cache());
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
    for rate in [-0.1, f64::NAN, f64::INFINITY] {
        refused(Adam::<f32>::new(rate), "learning_rate");
        refused(RmsProp::<f32>::new(rate, 0.9), "learning_rate");
        for mut rule in rules::<f32>().map(|(_, rule)| rule) {
            refused(rule.set_learning_rate(rate), "learning_rate");
            assert_eq!(rule.learning_rate(), 0.01);
        }
    }
    for share in [-0.1, 1.0, f64::NAN] {
        refused(RmsProp::<f32>::new(0.1, share), "decay");
        refused(Adam::<f32>::new(0.1).and_then(|adam| adam.betas(share, 0.999)), "beta1");
        refused(Adam::<f32>::new(0.1).and_then(|adam| adam.betas(0.9, share)), "beta2");
    }
    // The last of these are 0 and an infinity in f32.
    for epsilon in [0.0, -1e-8, f64::NAN, f64::INFINITY, 1e-46, 1e39] {
        refused(Adam::<f32>::new(0.1).and_then(|adam| adam.epsilon(epsilon)), "epsilon");
        refused(RmsProp::<f32>::new(0.1, 0.9).and_then(|rule| rule.epsilon(epsilon)), "epsilon");
    }
}

#[test]
fn numbers_of_another_network_are_refused() {
    for (name, mut rule) in rules::<f64>() {
        let (mut x, other) = (made::<Wide<f64>>(), made::<Other<f64>>());
        let before = x.as_slice().to_vec();
        let error = rule.update(&mut x, &other).expect_err(name);
        assert!(matches!(error, Error::ParameterCount { .. }), "{name}: {error}");
        assert_eq!(x.as_slice(), before, "{name}");
    }
    let kept = Moments { first: vec![0.0; 9], second: vec![0.0; 9], updates: 1 };
    let mut adam = Adam::new(0.1).expect("a rate").with_moments(kept);
    let (mut x, dx) = (made::<Wide<f64>>(), made::<Wide<f64>>());
    assert!(matches!(adam.update(&mut x, &dx), Err(Error::ParameterCount { found: 9, .. })));
    assert_eq!(adam.moments().updates, 1);
    let kept = Moments { first: vec![0.0; x.len()], second: Vec::new(), updates: 1000 };
    let mut adam = Adam::new(0.1).expect("a rate").with_moments(kept);
    assert!(matches!(adam.update(&mut x, &dx), Err(Error::ParameterCount { found: 0, .. })));
}

#[test]
fn rules_know_what_they_keep() {
    let kept = rules::<f32>().map(|(_, rule)| rule.rule().kept_per_parameter());
    assert_eq!(kept, [0, 1, 1, 2, 2]);
}
