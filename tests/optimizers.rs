//! Update rules: their options, their state, their precision, and threads. What most of them compute is the oracle's to judge.

use convnet::geometry::Role;
use convnet::optimizers::{
    Adagrad, Adam, AdamW, Moments, Momentum, Nesterov, Optimizer, RmsProp, Sgd, clipping,
};
use convnet::{Error, Initialization, Network, Parameters, Scalar, network};

network! {
    /// More numbers than one piece of an update holds.
    struct Wide { INPUT[16x16x3] -> FC400 -> FC10 }
    struct Other { INPUT[1x1x2] -> FC3 }
    /// Tensors of every role, small ones.
    struct Roles { INPUT[4x4x2] -> CONV3-3 -> BN -> PRELU -> FC2 }
}

fn made<N: Network>() -> Parameters<N::Scalar> {
    N::new(3, &Initialization::default()).expect("a network").parameters().clone()
}

/// Numbers after `steps` updates by gradients that change.
fn after_on<N: Network>(rule: &mut dyn Optimizer<N::Scalar>, steps: u32) -> Vec<N::Scalar> {
    let (mut x, mut dx) = (made::<N>(), made::<N>());
    for step in 1..=steps {
        let numbers = dx.as_mut_slice().iter_mut().enumerate();
        numbers.for_each(|(i, dx)| *dx = N::Scalar::from_f64((i as f64 * 0.7 + f64::from(step)).sin()));
        rule.update(&mut x, &dx).expect("an update");
    }
    x.as_slice().to_vec()
}

fn after<T: Scalar>(rule: &mut dyn Optimizer<T>, steps: u32) -> Vec<T>
where
    Wide<T>: Network<Scalar = T>,
{
    after_on::<Wide<T>>(rule, steps)
}

fn rules<T: Scalar>() -> [(&'static str, Box<dyn Optimizer<T>>); 8] {
    let adam = || Adam::new(0.01).expect("a rate");
    [
        ("SGD", Box::new(Sgd::new(0.01).expect("a rate"))),
        ("momentum", Box::new(Momentum::new(0.01, 0.9).expect("options"))),
        ("Nesterov", Box::new(Nesterov::new(0.01, 0.9).expect("options"))),
        ("Adagrad", Box::new(Adagrad::new(0.01).expect("a rate"))),
        ("RMSprop", Box::new(RmsProp::new(0.01, 0.999).expect("options"))),
        ("Adam", Box::new(adam())),
        ("simplified Adam", Box::new(adam().without_correction())),
        ("AdamW", Box::new(AdamW::new(0.01, 0.05).expect("options"))),
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
    let one = in_pool(1);
    assert_eq!(one, in_pool(2));
    assert_eq!(one, in_pool(4));
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

type Saved<T> = Vec<(String, Vec<T>)>;

/// What a rule keeps, as a file would hold it.
fn saved<T: Scalar>(rule: &dyn Optimizer<T>) -> (Saved<T>, u64) {
    let kept = rule.kept();
    let tensors = kept.tensors.into_iter().map(|(name, numbers)| (name.to_owned(), numbers.to_vec()));
    (tensors.collect(), kept.updates)
}

fn go_on<N: Network>() {
    for steps in [0, 1, 4, 9] {
        for ((name, mut rule), (_, mut heir)) in rules::<N::Scalar>().into_iter().zip(rules()) {
            after_on::<N>(&mut *rule, steps);
            let (mut tensors, updates) = saved(&*rule);
            let keeps = if steps == 0 { 0 } else { rule.rule().kept_per_parameter() };
            assert_eq!(tensors.len(), keeps, "{name}");
            // Whatever the order, and whatever the heir was before.
            tensors.reverse();
            after_on::<N>(&mut *heir, 2);
            heir.restore(&tensors, updates).expect(name);
            assert_eq!(after_on::<N>(&mut *heir, 3), after_on::<N>(&mut *rule, 3), "{name} after {steps}");
            assert_eq!(saved(&*heir), saved(&*rule), "{name} after {steps}");
        }
    }
}

#[test]
fn every_rule_goes_on_bit_for_bit() {
    go_on::<Roles<f32>>();
    go_on::<Roles<f64>>();
}

#[test]
fn what_another_rule_kept_is_refused() {
    let tensor = |name: &str, length| (name.to_owned(), vec![0.5; length]);
    for (name, mut rule) in rules::<f64>() {
        after_on::<Roles<f64>>(&mut *rule, 1);
        let before = saved(&*rule);
        let (tensors, updates) = before.clone();
        let mut wrong = vec![vec![tensor("mean", 4)], [&tensors[..], &[tensor("mean", 4)]].concat()];
        if let [first, second] = &tensors[..] {
            wrong.push(vec![first.clone()]);
            wrong.push(vec![first.clone(), first.clone()]);
            wrong.push(vec![first.clone(), (second.0.clone(), second.1[1..].to_vec())]);
        }
        for tensors in wrong {
            let error = rule.restore(&tensors, updates + 1).expect_err(name);
            assert!(matches!(error, Error::Kept { .. }), "{name}: {error}");
            assert_eq!(saved(&*rule), before, "{name}");
        }
        if let Some((kept, _)) = tensors.first() {
            let others: Vec<_> = tensors.iter().map(|(name, _)| tensor(name, 4)).collect();
            rule.restore(&others, 1).expect("another network's, which it cannot know");
            let (mut x, dx) = (made::<Roles<f64>>(), made::<Roles<f64>>());
            let error = rule.update(&mut x, &dx).expect_err(name);
            assert!(matches!(error, Error::ParameterCount { found: 4, .. }), "{name}, {kept}: {error}");
        }
    }
    let tensors = [tensor("second moment", 3), tensor("first moment", 2)];
    let error = Adam::new(0.1).expect("a rate").restore(&tensors, 1).expect_err("lengths").to_string();
    let reason = "there are 2 of first moment, 3 of second moment, but there must be as many of each";
    assert_eq!(error, format!("adam cannot go on from what was kept: {reason}"));
    let mut sgd = Sgd::new(0.1).expect("a rate");
    let error = sgd.restore(&[tensor("velocity", 2)], 0).expect_err("a velocity").to_string();
    assert_eq!(error, "sgd cannot go on from what was kept: it keeps nothing, and was given velocity");
}

#[test]
fn momentum_can_be_changed_where_there_is_one() {
    for (name, mut rule) in rules::<f64>() {
        let has_momentum = ["momentum", "Nesterov"].contains(&name);
        assert_eq!(rule.momentum(), has_momentum.then_some(0.9), "{name}");
        match rule.set_momentum(0.5) {
            Ok(()) => assert!(has_momentum, "{name}"),
            Err(Error::NoMomentum { rule }) => assert!(!has_momentum && !rule.is_empty(), "{name}"),
            Err(other) => panic!("{name}: {other}"),
        }
        assert_eq!(rule.momentum(), has_momentum.then_some(0.5), "{name}");
    }
    let mut rules: [Box<dyn Optimizer<f64>>; 2] = [
        Box::new(Momentum::new(0.5, 0.0).expect("options")),
        Box::new(Nesterov::new(0.5, 0.0).expect("options")),
    ];
    // By hand: v = -0.5, then 0.75 * -0.5 - 0.5 = -0.875.
    for (rule, expected) in rules.iter_mut().zip([-0.5 - 0.875, -0.5 + 0.375 - 1.75 * 0.875]) {
        let (mut x, mut dx) = (made::<Other<f64>>(), made::<Other<f64>>());
        x.as_mut_slice().fill(0.0);
        dx.as_mut_slice().fill(1.0);
        rule.update(&mut x, &dx).expect("an update");
        rule.set_momentum(0.75).expect("a momentum");
        rule.update(&mut x, &dx).expect("an update");
        assert!(x.as_slice().iter().all(|&x| x == expected), "{}: {:?}", rule.name(), x.as_slice());
    }
}

/// The formulas of Loshchilov and Hutter, in PyTorch's form, written down once more: two updates at a rate of 0.1, two at 0.02.
fn check_adam_w<N: Network<Scalar = f64>>(rule: AdamW<f64>, decays: impl Fn(Role) -> bool) {
    const DECAY: f64 = 0.3;
    let (beta1, beta2, epsilon): (f64, f64, f64) = (0.8, 0.95, 1e-6);
    let mut rule = rule.betas(beta1, beta2).and_then(|rule| rule.epsilon(epsilon)).expect("options");
    let (mut x, mut dx) = (made::<N>(), made::<N>());
    x.as_mut_slice().iter_mut().enumerate().for_each(|(i, x)| *x = (i as f64 * 0.3).cos());
    let mut expected: Vec<_> = x.as_slice().iter().map(|&x| (x, 0.0, 0.0)).collect();
    for t in 1..=4 {
        let rate = if t <= 2 { 0.1 } else { 0.02 };
        rule.set_learning_rate(rate).expect("a rate");
        let gradient = |i: usize| (i as f64 * 0.7 + f64::from(t)).sin();
        dx.as_mut_slice().iter_mut().enumerate().for_each(|(i, dx)| *dx = gradient(i));
        rule.update(&mut x, &dx).expect("an update");
        for (tensor, _) in dx.iter() {
            for i in tensor.range() {
                let (x, m, v) = &mut expected[i];
                if decays(tensor.role) {
                    *x -= rate * DECAY * *x;
                }
                *m = beta1 * *m + (1.0 - beta1) * gradient(i);
                *v = beta2 * *v + (1.0 - beta2) * gradient(i) * gradient(i);
                let (mean, square) = (*m / (1.0 - beta1.powi(t)), *v / (1.0 - beta2.powi(t)));
                *x -= rate * mean / (square.sqrt() + epsilon);
            }
        }
        for (i, (found, (expected, ..))) in x.as_slice().iter().zip(&expected).enumerate() {
            assert!((found - expected).abs() < 1e-13, "{i} in update {t}: {found} for {expected}");
        }
    }
}

#[test]
fn adam_w_decays_weights_beside_their_gradients() {
    let rule = || AdamW::new(0.1, 0.3).expect("options");
    assert_eq!(rule().weight_decay(), 0.3);
    check_adam_w::<Wide<f64>>(rule(), |role| role == Role::Weights);
    check_adam_w::<Roles<f64>>(rule(), |role| role == Role::Weights);
    let also = rule().also_on(Role::Bias).and_then(|rule| rule.also_on(Role::Slope)).expect("learned roles");
    check_adam_w::<Roles<f64>>(also, |role| [Role::Weights, Role::Bias, Role::Slope].contains(&role));
    for role in [Role::Mean, Role::Variance, Role::OwnState] {
        assert!(matches!(rule().also_on(role), Err(Error::UnlearnedRole { .. })));
    }
}

#[test]
fn adam_w_without_decay_is_adam() {
    let (mut adam, mut adam_w) = (Adam::new(0.01).expect("a rate"), AdamW::new(0.01, 0.0).expect("options"));
    assert_eq!(after::<f32>(&mut adam_w, 5), after::<f32>(&mut adam, 5));
    assert_eq!(adam_w.moments(), adam.moments());
}

/// Without gradients what a rule keeps ends at 0, and is no denormal number on the way, which would cost time at every update;
/// beside a gradient it stays what it is, however small.
#[test]
fn nothing_kept_is_denormal_for_want_of_gradients() {
    let (mut x, mut dx) = (made::<Other<f32>>(), made::<Other<f32>>());
    let mut momentum = Momentum::new(1e-3, 0.5).expect("options");
    let mut nesterov = Nesterov::new(1e-3, 0.5).expect("options");
    let mut rms_prop = RmsProp::new(1e-3, 0.5).expect("options");
    let mut adam = Adam::new(1e-3).expect("a rate").betas(0.5, 0.75).expect("betas");
    for step in 0..600 {
        dx.as_mut_slice().fill(if step == 0 { 1e-10 } else { 0.0 });
        let rules: [&mut dyn Optimizer<f32>; 4] = [&mut momentum, &mut nesterov, &mut rms_prop, &mut adam];
        for rule in rules {
            rule.update(&mut x, &dx).expect("an update");
        }
        let Moments { first, second, .. } = adam.moments();
        let kept = [momentum.velocity(), nesterov.velocity(), rms_prop.cache(), &first[..]];
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

/// The sum of squares of Adagrad does not shrink: it is denormal beside a small gradient, and 0 where there is none.
#[test]
fn a_denormal_sum_is_gone_without_gradients() {
    let (mut x, mut dx) = (made::<Other<f32>>(), made::<Other<f32>>());
    let mut adagrad = Adagrad::new(1e-3).and_then(|rule| rule.epsilon(1e-30)).expect("options");
    dx.as_mut_slice().fill(1e-21);
    let before = x.as_slice().to_vec();
    adagrad.update(&mut x, &dx).expect("an update");
    let moved = before.iter().zip(x.as_slice()).all(|(before, after)| (before - after).abs() < 1e-2);
    assert!(moved && adagrad.cache().iter().all(|&cache| cache > 0.0), "{:?}", adagrad.cache());
    dx.as_mut_slice().fill(0.0);
    adagrad.update(&mut x, &dx).expect("an update");
    assert!(adagrad.cache().iter().all(|&cache| cache == 0.0), "{:?}", adagrad.cache());
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
        refused(Adagrad::<f32>::new(rate), "learning_rate");
        refused(Nesterov::<f32>::new(rate, 0.9), "learning_rate");
        refused(AdamW::<f32>::new(rate, 0.1), "learning_rate");
        refused(AdamW::<f32>::new(0.1, rate), "weight_decay");
        for mut rule in rules::<f32>().map(|(_, rule)| rule) {
            refused(rule.set_learning_rate(rate), "learning_rate");
            assert_eq!(rule.learning_rate(), 0.01);
        }
    }
    for share in [-0.1, 1.0, f64::NAN] {
        refused(RmsProp::<f32>::new(0.1, share), "decay");
        refused(Nesterov::<f32>::new(0.1, share), "momentum");
        let mut momentum = Momentum::<f32>::new(0.1, 0.9).expect("options");
        refused(momentum.set_momentum(share), "momentum");
        assert_eq!(momentum.momentum(), Some(0.9));
        refused(AdamW::<f32>::new(0.1, 0.1).and_then(|rule| rule.betas(0.9, share)), "beta2");
        refused(Adam::<f32>::new(0.1).and_then(|adam| adam.betas(share, 0.999)), "beta1");
        refused(Adam::<f32>::new(0.1).and_then(|adam| adam.betas(0.9, share)), "beta2");
    }
    // The last of these are 0 and an infinity in f32.
    for epsilon in [0.0, -1e-8, f64::NAN, f64::INFINITY, 1e-46, 1e39] {
        refused(Adam::<f32>::new(0.1).and_then(|adam| adam.epsilon(epsilon)), "epsilon");
        refused(RmsProp::<f32>::new(0.1, 0.9).and_then(|rule| rule.epsilon(epsilon)), "epsilon");
        refused(Adagrad::<f32>::new(0.1).and_then(|rule| rule.epsilon(epsilon)), "epsilon");
        refused(AdamW::<f32>::new(0.1, 0.1).and_then(|rule| rule.epsilon(epsilon)), "epsilon");
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
    assert_eq!(kept, [0, 1, 1, 1, 1, 2, 2, 2]);
    let names = rules::<f32>().map(|(_, rule)| rule.name());
    assert_eq!(names, ["sgd", "momentum", "nesterov", "adagrad", "rms_prop", "adam", "adam", "adam_w"]);
}

fn filled<N: Network>(number: impl Fn(usize) -> f64) -> Parameters<N::Scalar> {
    let mut filled = made::<N>();
    let numbers = filled.as_mut_slice().iter_mut().enumerate();
    numbers.for_each(|(i, x)| *x = N::Scalar::from_f64(number(i)));
    filled
}

fn norm<T: Scalar>(numbers: &Parameters<T>) -> f64 {
    numbers.as_slice().iter().map(|x| x.as_f64().powi(2)).sum::<f64>().sqrt()
}

#[test]
fn gradients_are_clipped_by_their_norm() {
    let mut gradients = filled::<Wide<f32>>(|i| (i as f64).sin());
    let before = gradients.clone();
    let found = clipping::by_global_norm(&mut gradients, 5.0).expect("a bound");
    assert!((found / norm(&before) - 1.0).abs() < 1e-12 && found > 100.0, "{found}");
    assert!((norm(&gradients) / 5.0 - 1.0).abs() < 1e-6, "{}", norm(&gradients));
    for (after, before) in gradients.as_slice().iter().zip(before.as_slice()) {
        assert!((f64::from(*after) - f64::from(*before) * 5.0 / found).abs() < 1e-8);
    }
    let clipped = gradients.clone();
    let found = clipping::by_global_norm(&mut gradients, 6.0).expect("a bound");
    assert!((found / 5.0 - 1.0).abs() < 1e-6 && gradients.as_slice() == clipped.as_slice());
    // 3-4-5, and a norm that is the bound.
    let mut gradients = filled::<Other<f64>>(|i| [3.0, -4.0, 0.0][i.min(2)]);
    assert_eq!(clipping::by_global_norm(&mut gradients, 5.0).expect("a bound"), 5.0);
    assert_eq!(clipping::by_global_norm(&mut gradients, 1.0).expect("a bound"), 5.0);
    assert!((gradients.as_slice()[1] + 0.8).abs() < 1e-15, "{:?}", gradients.as_slice());
}

#[test]
fn gradients_are_clipped_by_value() {
    let mut gradients = filled::<Wide<f32>>(|i| (i as f64).sin());
    let before = gradients.clone();
    let found = clipping::by_value(&mut gradients, 0.25).expect("a bound");
    assert!((found / norm(&before) - 1.0).abs() < 1e-12);
    for (&after, &before) in gradients.as_slice().iter().zip(before.as_slice()) {
        assert_eq!(after, before.clamp(-0.25, 0.25));
    }
}

/// Whoever looks for gradients that are not finite finds them after clipping too.
#[test]
fn clipping_hides_nothing() {
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let gradients = filled::<Other<f64>>(|i| if i == 4 { odd } else { 2.0 });
        let (mut by_norm, mut by_value) = (gradients.clone(), gradients.clone());
        assert!(!clipping::by_global_norm(&mut by_norm, 1.0).expect("a bound").is_finite());
        assert!(!clipping::by_value(&mut by_value, 1.0).expect("a bound").is_finite());
        let bits = |x: f64| x.to_bits();
        assert!(by_norm.as_slice().iter().zip(gradients.as_slice()).all(|(&a, &b)| bits(a) == bits(b)));
        assert_eq!(bits(by_value.as_slice()[4]), bits(odd));
        assert_eq!(by_value.as_slice()[..4], [1.0; 4]);
    }
    for bound in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut gradients = filled::<Other<f64>>(|_| 2.0);
        assert!(matches!(clipping::by_global_norm(&mut gradients, bound), Err(Error::Option { .. })));
        assert!(matches!(clipping::by_value(&mut gradients, bound), Err(Error::Option { .. })));
        assert!(gradients.as_slice().iter().all(|&x| x == 2.0));
    }
}

#[cfg(feature = "threads")]
#[test]
fn clipping_does_not_depend_on_threads() {
    let in_pool = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let mut gradients = filled::<Wide<f32>>(|i| (i as f64).sin());
            let norms =
                [clipping::by_value(&mut gradients, 0.9), clipping::by_global_norm(&mut gradients, 1.0)];
            (norms.map(|norm| norm.expect("a bound").to_bits()), gradients.as_slice().to_vec())
        })
    };
    let one = in_pool(1);
    assert_eq!(one, in_pool(2));
    assert_eq!(one, in_pool(4));
}
