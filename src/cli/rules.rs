//! Update rules, schedules and augmentation, as the options name them.

use convnet_runtime::data::Augmentation;
use convnet_runtime::optimizers::{Adagrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RmsProp, Sgd};
use convnet_runtime::regularization::Penalty;
use convnet_runtime::schedules::{OneCycle, Plateau, Schedule};
use convnet_runtime::train::{Clipping, LabelLoss, Trainer};
use convnet_runtime::{Error, Network};

use super::options::{AugmentOptions, Rates, Rule, RuleOptions};

/// Any update rule.
pub(super) type AnyRule = Box<dyn Optimizer<f32>>;

pub(super) fn optimizer(options: &RuleOptions) -> Result<AnyRule, Error> {
    let RuleOptions { rate, momentum, l2, .. } = *options;
    Ok(match options.optimizer {
        Rule::Sgd => Box::new(Sgd::new(rate)?),
        Rule::Momentum => Box::new(Momentum::new(rate, momentum)?),
        Rule::Nesterov => Box::new(Nesterov::new(rate, momentum)?),
        Rule::Adagrad => Box::new(Adagrad::new(rate)?),
        Rule::Rmsprop => Box::new(RmsProp::new(rate, momentum)?),
        Rule::Adam => Box::new(Adam::new(rate)?),
        Rule::Adamw => Box::new(AdamW::new(rate, l2)?),
    })
}

fn schedule(options: &RuleOptions, epochs: u32) -> Result<Schedule, Error> {
    let RuleOptions { factor, every, .. } = *options;
    let schedule = match options.schedule {
        Rates::Constant => Schedule::constant(),
        Rates::Step => Schedule::step(factor, every)?,
        Rates::Cosine => Schedule::cosine(epochs, 0.0)?,
        Rates::OneCycle => Schedule::one_cycle(OneCycle::new(epochs)?),
        Rates::Plateau => Schedule::on_plateau(Plateau::new(factor, every)?),
    };
    if options.warm_up == 0.0 { Ok(schedule) } else { schedule.with_warm_up(options.warm_up, 0.0) }
}

/// A trainer with all that the options ask for.
pub(super) fn trainer<N>(
    network: N,
    options: &RuleOptions,
    (batch, epochs, seed): (usize, u32, u64),
) -> Result<Trainer<N, AnyRule>, Error>
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let names: Vec<_> = options.freeze.iter().map(String::as_str).collect();
    let mut trainer = Trainer::new(network, optimizer(options)?, batch, seed)?
        .with_schedule(schedule(options, epochs)?)?
        .with_accumulation(options.accumulate)?
        .with_frozen(&names)?;
    // AdamW has a weight decay of its own.
    if options.l2 != 0.0 && options.optimizer != Rule::Adamw {
        trainer = trainer.with_regularization(Penalty::l2(options.l2)?)?;
    }
    if let Some(bound) = options.clip {
        trainer = trainer.with_clipping(Clipping::norm(bound)?);
    }
    if let Some(decay) = options.average {
        trainer = trainer.with_average(decay)?;
    }
    Ok(trainer)
}

/// How images are changed; nothing if they are not.
pub(super) fn augmentation(options: &AugmentOptions) -> Result<Option<Augmentation>, Error> {
    /// What a square is filled with that hides something.
    const GREY: u8 = 128;
    let mut augmentation = Augmentation::new();
    if options.flip {
        augmentation = augmentation.flip(0.5)?;
    }
    if let Some(padding) = options.crop {
        augmentation = augmentation.crop(padding)?;
    }
    if let Some(pixels) = options.shift {
        augmentation = augmentation.shift(pixels)?;
    }
    if let Some(degrees) = options.rotate {
        augmentation = augmentation.rotate(degrees)?;
    }
    if let Some(share) = options.colours {
        augmentation = augmentation.colours(share, share, share)?;
    }
    if let Some(side) = options.cutout {
        augmentation = augmentation.cutout(side, GREY)?;
    }
    Ok((!augmentation.is_empty()).then_some(augmentation))
}
