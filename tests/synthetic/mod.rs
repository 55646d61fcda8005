//! The events of a training that never was: a small network on coloured images of ten classes, which overfits in the end.

use convnet::monitor::{
    EpochRecord, Event, Filters, Histogram, LayerRecord, Mistake, Png, Record, Run, Split, StepRecord, Stop,
    Summary, TensorRecord, advice,
};

/// Epochs of a whole training.
pub(crate) const EPOCHS: u64 = 30;
/// Steps in an epoch.
const STEPS: u64 = 100;

/// The classes.
const CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// Layers with weights: name, inputs of a unit, how large gradients are.
const WEIGHTS: [(&str, f64, f64); 5] = [
    ("conv1", 75.0, 4e-3),
    ("conv2", 800.0, 3e-3),
    ("conv3", 800.0, 2.5e-3),
    ("fc1", 1024.0, 2e-3),
    ("fc2", 64.0, 6e-3),
];

/// Chance by seed (SplitMix64).
struct Chance(u64);

impl Chance {
    /// From 0 to 1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Of mean 0 and deviation 1, nearly normal.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    fn histogram(&mut self, count: usize, number: impl Fn(f64) -> f64) -> Histogram {
        let numbers: Vec<f64> = (0..count).map(|_| number(self.normal())).collect();
        Histogram::of(numbers)
    }
}

/// A training of so many epochs and, beyond them, a few steps; its end only if all epochs are there.
pub(crate) fn events(epochs: u64, more_steps: u64) -> Vec<Event> {
    let mut chance = Chance(231);
    let mut record = Record::default();
    let mut events = vec![Event::Run(Box::new(run()))];
    let mut smoothed = 2.45;
    for step in 1..=epochs * STEPS + more_steps {
        let loss = loss(step) * (1.0 + 0.13 * chance.normal());
        smoothed = 0.97 * smoothed + 0.03 * loss;
        events.push(Event::Step(self::step(step, loss, smoothed, &mut chance)));
        record.push(events[events.len() - 1].clone());
        if step % STEPS == 0 {
            events.push(Event::Epoch(Box::new(epoch(step / STEPS, &mut chance))));
            record.push(events[events.len() - 1].clone());
        }
        // A training asks for advice after its epochs.
        if step % STEPS == 0 {
            for warning in advice::unsaid(&record) {
                events.push(Event::Warning(Box::new(warning.clone())));
                record.warnings.push(warning);
            }
        }
    }
    if epochs == EPOCHS {
        events.push(Event::Summary(Box::new(summary(&mut chance))));
    }
    events
}

fn run() -> Run {
    Run {
        network: "SmallNet".to_owned(),
        notation:
            "INPUT[32x32x3]\n-> CONV5-32 -> RELU -> POOL2 : [16x16x32]\n-> CONV5-32 -> RELU -> POOL2 : \
                   [8x8x32]\n-> CONV5-64 -> RELU -> POOL2 : [4x4x64]\n-> FC64 -> TANH -> FC10\n-> SOFTMAX"
                .to_owned(),
        parameters: 145_578,
        optimizer: "Momentum, learning rate 0.01, momentum 0.9; L2 of 0.0005".to_owned(),
        schedule: "half the learning rate every 10 epochs".to_owned(),
        batch: 100,
        seed: 231,
        images: 10_000,
        epochs: Some(EPOCHS),
        classes: 10,
        class_names: CLASSES.map(str::to_owned).to_vec(),
        start: 1_764_100_800,
    }
}

fn rate(step: u64) -> f64 {
    0.01 * 0.5_f64.powf(((step - 1) / (10 * STEPS)) as f64)
}

fn loss(step: u64) -> f64 {
    let epoch = step as f64 / STEPS as f64;
    0.2 + 1.25 * (-epoch / 9.0).exp() + 0.95 * (-epoch / 0.8).exp()
}

fn step(step: u64, loss: f64, smoothed_loss: f64, chance: &mut Chance) -> StepRecord {
    let accuracy = (1.0 - 0.37 * loss + 0.04 * chance.normal()).clamp(0.05, 1.0);
    StepRecord {
        step,
        epoch: step as f64 / STEPS as f64,
        loss,
        smoothed_loss,
        regularization_loss: 0.09 + 0.03 * (1.0 - (-(step as f64) / 900.0).exp()),
        learning_rate: rate(step),
        accuracy: (accuracy * 100.0).round() / 100.0,
    }
}

fn epoch(epoch: u64, chance: &mut Chance) -> EpochRecord {
    let time = epoch as f64;
    let loss = loss(epoch * STEPS - STEPS / 2);
    let validation = 0.755 - 0.42 * (-time / 4.0).exp() + 0.006 * chance.normal();
    EpochRecord {
        epoch,
        step: epoch * STEPS,
        loss,
        training_accuracy: 0.97 - 0.33 * loss + 0.003 * chance.normal(),
        validation_loss: Some(
            0.78 + 1.1 * (-time / 4.0).exp() + 0.000_35 * time.powi(2) + 0.012 * chance.normal(),
        ),
        validation_accuracy: Some(validation),
        learning_rate: rate(epoch * STEPS),
        seconds: 8.4 + 0.2 * chance.normal(),
        images_per_second: 1190.0 + 25.0 * chance.normal(),
        tensors: tensors(epoch, chance),
        layers: layers(epoch, chance),
    }
}

fn tensors(epoch: u64, chance: &mut Chance) -> Vec<TensorRecord> {
    let time = epoch as f64;
    let of = |(name, inputs, gradient): (&str, f64, f64), chance: &mut Chance| {
        let scale = (2.0 / inputs).sqrt() * (1.0 + 0.02 * time);
        let ratio = rate(epoch * STEPS) * gradient * 60.0 * (0.12 * chance.normal()).exp();
        let weights = chance.histogram(1500, |x| scale * (x + 0.02 * time * x.signum()));
        let gradient = chance.histogram(1500, |x| gradient * x.powi(3) / (1.0 + time.sqrt()));
        let norm = weights.root_mean_square() * 40.0;
        let name = format!("{name}.weights");
        TensorRecord { name, weight_norm: norm, update_norm: ratio * norm, ratio, gradient, weights }
    };
    let mut tensors: Vec<_> = WEIGHTS.into_iter().map(|layer| of(layer, chance)).collect();
    let bias = chance.histogram(64, |x| 0.01 * time * x);
    tensors.insert(
        1,
        TensorRecord { name: "conv1.bias".to_owned(), ratio: 0.02, weights: bias, ..tensors[0].clone() },
    );
    tensors
}

fn layers(epoch: u64, chance: &mut Chance) -> Vec<LayerRecord> {
    let time = epoch as f64;
    let relu = |name: &str, shift: f64, dead: f64, chance: &mut Chance| {
        let activation = chance.histogram(2500, |x| (x * (1.0 + 0.03 * time) - shift).max(0.0));
        LayerRecord { name: name.to_owned(), activation, dead: Some(dead), saturated: None }
    };
    let growth = 1.0 - (-time / 8.0).exp();
    let tanh = chance.histogram(2500, |x| (x * (0.6 + 1.6 * growth)).tanh());
    vec![
        relu("relu1", 0.1, 0.06 + 0.04 * growth, chance),
        relu("relu2", 0.4, 0.1 + 0.16 * growth, chance),
        relu("relu3", 0.8, 0.12 + 0.35 * growth, chance),
        LayerRecord {
            name: "tanh1".to_owned(),
            activation: tanh,
            dead: None,
            saturated: Some(0.02 + 0.31 * growth),
        },
    ]
}

/// The end of the training.
fn summary(chance: &mut Chance) -> Summary {
    let mistakes = [
        (3, 5, 0.998),
        (5, 3, 0.994),
        (9, 1, 0.991),
        (0, 8, 0.987),
        (2, 0, 0.981),
        (4, 7, 0.975),
        (6, 2, 0.969),
        (1, 9, 0.966),
        (8, 0, 0.951),
        (7, 5, 0.947),
        (3, 6, 0.94),
        (2, 4, 0.932),
    ];
    let mistake = |(label, predicted, probability)| Mistake {
        image: image(label, chance),
        index: 137 * label + 11 * predicted,
        label,
        predicted,
        probability,
    };
    Summary {
        stop: Stop::Finished,
        split: Split::Validation,
        mistakes: mistakes.into_iter().map(mistake).collect(),
        confusion: confusion(),
        filters: filters().map(|picture| Filters { layer: "conv1".to_owned(), picture }),
    }
}

/// Animals are taken for animals, vehicles for vehicles, cats for dogs.
fn confusion() -> Vec<Vec<u64>> {
    let animal = |class: usize| (2..8).contains(&class);
    let count = |row: usize, column: usize| match (row, column) {
        (3, 5) | (5, 3) => 19,
        (0, 8) | (8, 0) | (1, 9) | (9, 1) => 9,
        _ if animal(row) == animal(column) => 2 + (row * 7 + column * 3) as u64 % 4,
        _ => (row * 5 + column * 3) as u64 % 3,
    };
    let row = |row: usize| {
        let mut counts: Vec<u64> =
            (0..10).map(|column| if row == column { 0 } else { count(row, column) }).collect();
        counts[row] = 100 - counts.iter().sum::<u64>();
        counts
    };
    (0..10).map(row).collect()
}

/// The nearest byte.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float's cast saturates")]
fn byte(number: f64) -> u8 {
    number.round() as u8
}

/// An image of a bright blob before a coloured background.
fn image(class: usize, chance: &mut Chance) -> Png {
    let background = [chance.uniform(), chance.uniform(), chance.uniform()];
    let middle = [10.0 + 12.0 * chance.uniform(), 10.0 + 12.0 * chance.uniform()];
    let mut bytes = Vec::new();
    for place in 0..32 * 32_u32 {
        let [x, y] = [f64::from(place % 32) - middle[0], f64::from(place / 32) - middle[1]];
        let blob = (-(x * x / (30.0 + 6.0 * class as f64) + y * y / 40.0)).exp();
        for (channel, tone) in background.iter().enumerate() {
            let sky = 60.0 + 110.0 * tone + 1.5 * y;
            let color = [230.0, 200.0, 120.0][(channel + class) % 3];
            bytes.push(byte(sky * (1.0 - blob) + color * blob + 9.0 * chance.normal()));
        }
    }
    Png::of_bytes([32, 32, 3], &bytes).expect("a picture")
}

/// Gratings of several directions, and blobs of several colours.
fn filters() -> Option<Png> {
    let weight = |i: usize| {
        let (filter, pixel, channel) = (i / 75, i / 3 % 25, i % 3);
        let [x, y] = [(pixel % 5) as f64 - 2.0, (pixel / 5) as f64 - 2.0];
        let (angle, phase) = (filter as f64 * 0.41, filter as f64 * 1.3);
        let wave = (1.5 * (x * angle.cos() + y * angle.sin()) + phase).cos();
        let color = if filter % 3 == 0 { (filter as f64 + 2.1 * channel as f64).cos() } else { 0.8 };
        wave * color * (-(x * x + y * y) / 7.0).exp()
    };
    Png::of_filters([32, 5, 5, 3], (0..32 * 75).map(weight))
}
