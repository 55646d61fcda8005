//! What layers draw.

use rand::Rng;

use super::DRAW;
use crate::random::Draw;

#[test]
fn every_number_of_an_image_has_its_word() {
    let mut all = DRAW.generator(3, 0);
    for number in 0..300 {
        assert_eq!(DRAW.generator(3, number).next_u32(), all.next_u32(), "{number}");
    }
}

#[test]
fn images_steps_layers_and_seeds_have_draws_of_their_own() {
    let first = |draw: Draw, image| draw.generator(image, 0).next_u64();
    let draws = [
        first(DRAW, 0),
        first(DRAW, 1),
        first(DRAW, 1 << 20),
        first(Draw { step: 6, ..DRAW }, 0),
        first(Draw { layer: 3, ..DRAW }, 0),
        first(Draw { seed: 12, ..DRAW }, 0),
    ];
    for (i, draw) in draws.iter().enumerate() {
        assert!(!draws[..i].contains(draw), "{draws:?}");
    }
}

#[test]
fn certain_numbers_are_kept_and_impossible_ones_dropped() {
    assert!(DRAW.kept(0, 0, 1.0).take(10_000).all(|kept| kept));
    assert!(!DRAW.kept(0, 0, 0.0).take(10_000).any(|kept| kept));
}
