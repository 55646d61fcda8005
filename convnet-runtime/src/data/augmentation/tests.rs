//! Every change on small images that can be worked out by hand, and what holds for all of them.

use ndarray::Array4;
use proptest::prelude::*;

use super::geometry::{Canvas, Motion};
use super::*;
use crate::data::{Dataset, LabelledImages};

const SHAPE: [usize; 3] = [7, 6, 3];

/// An image without two equal pixels side by side.
fn image([height, width, depth]: [usize; 3]) -> Vec<u8> {
    (0..height * width * depth).map(|i| u8::try_from(1 + (37 * i) % 251).expect("a byte")).collect()
}

fn augmented(augmentation: &Augmentation, shape: [usize; 3], seed: u64, epoch: u64, index: usize) -> Vec<u8> {
    let mut image = image(shape);
    let mut augmenter = Augmenter::new(augmentation, shape, seed).expect("an augmenter");
    augmenter.augment(&mut image, epoch, index);
    image
}

/// What a change of where pixels are makes of an image.
fn changed(image: &[u8], shape: [usize; 3], change: impl FnOnce(&mut Canvas<'_>)) -> Vec<u8> {
    let (mut image, mut before) = (image.to_vec(), vec![99; image.len()]);
    change(&mut Canvas { image: &mut image, before: &mut before, shape });
    image
}

/// An image whose left and right have changed places.
fn flipped(image: &[u8], shape: [usize; 3]) -> Vec<u8> {
    let (mut image, mut before) = (image.to_vec(), Vec::new());
    Canvas { image: &mut image, before: &mut before, shape }.flip();
    image
}

/// One of each change, always made.
fn every_change() -> Vec<Augmentation> {
    let new = || Augmentation::new().with_fill(Fill::Reflection);
    [
        new().flip(1.0),
        new().crop(3),
        Augmentation::new().crop(3),
        new().shift(2),
        new().rotate(40.0),
        Augmentation::new().rotate(40.0),
        new().colours(0.5, 0.5, 0.5),
        new().cutout(3, 128),
    ]
    .map(|augmentation| augmentation.expect("options"))
    .into()
}

fn all_changes() -> Augmentation {
    let augmentation = Augmentation::new().flip(0.5).and_then(|a| a.crop(3)).and_then(|a| a.rotate(40.0));
    let augmentation = augmentation.and_then(|a| a.colours(0.5, 0.5, 0.5));
    augmentation.and_then(|a| a.with_probability(0.5)?.cutout(3, 128)).expect("options")
}

#[test]
fn a_flip_mirrors_rows() {
    assert_eq!(flipped(&[1, 2, 3, 4, 5, 6], [2, 3, 1]), [3, 2, 1, 6, 5, 4]);
    assert_eq!(flipped(&[1, 2, 3, 4, 5, 6, 7, 8], [1, 4, 2]), [7, 8, 5, 6, 3, 4, 1, 2]);
}

#[test]
fn a_shift_fills_what_comes_from_outside() {
    let image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    let of = |offset, fill| changed(&image, [3, 3, 1], |canvas| canvas.shift(offset, fill));
    assert_eq!(of([0, 0], Fill::Grey(50)), image);
    assert_eq!(of([0, 1], Fill::Grey(50)), [2, 3, 50, 5, 6, 50, 8, 9, 50]);
    assert_eq!(of([0, -1], Fill::Reflection), [2, 1, 2, 5, 4, 5, 8, 7, 8]);
    assert_eq!(of([1, 2], Fill::Grey(0)), [6, 0, 0, 9, 0, 0, 0, 0, 0]);
    assert_eq!(of([-1, 0], Fill::Grey(7)), [7, 7, 7, 1, 2, 3, 4, 5, 6]);
    assert_eq!(of([2, 2], Fill::Reflection), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
}

#[test]
fn a_mirror_shows_the_outermost_pixel_once() {
    let row = |right| changed(&[1, 2, 3], [1, 3, 1], |canvas| canvas.shift([0, right], Fill::Reflection));
    assert_eq!(row(2), [3, 2, 1]);
    assert_eq!(row(-2), [3, 2, 1]);
    assert_eq!(row(3), [2, 1, 2]);
    let pixel = changed(&[5], [1, 1, 1], |canvas| canvas.shift([3, -2], Fill::Reflection));
    assert_eq!(pixel, [5]);
}

#[test]
fn rotations_turn_counter_clockwise() {
    let of = |image: &[u8], shape, degrees: f64, fill| {
        let motion = Motion::rotation(degrees.to_radians(), shape);
        changed(image, shape, |canvas| canvas.resample(motion, fill))
    };
    let image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    let square = |degrees| of(&image, [3, 3, 1], degrees, Fill::Grey(0));
    assert_eq!(square(0.0), image);
    assert_eq!(square(90.0), [3, 6, 9, 2, 5, 8, 1, 4, 7]);
    assert_eq!(square(-90.0), [7, 4, 1, 8, 5, 2, 9, 6, 3]);
    assert_eq!(square(180.0), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    // Corners of a square come from its sides' middles, root 2 away: 0.414 of the pixel outside.
    let side = f64::sqrt(2.0) - 1.0;
    let outside = of(&[100; 9], [3, 3, 1], 45.0, Fill::Grey(0));
    let expected = (100.0 * (1.0 - side)).round();
    assert!([0, 2, 6, 8].into_iter().all(|corner| f64::from(outside[corner]) == expected), "{outside:?}");
    assert_eq!(outside[4], 100);
    assert_eq!(of(&[100; 9], [3, 3, 1], 45.0, Fill::Reflection), [100; 9]);
}

/// A rotation, pixel by pixel, as its formula has it; numbers before they are rounded to bytes.
fn rotated(image: &[u8], [height, width, depth]: [usize; 3], angle: f64, grey: u8) -> Vec<f64> {
    let [cy, cx] = [height, width].map(|side| (side - 1) as f64 / 2.0);
    let shows = |y: f64, x: f64, c: usize| {
        let inside = (0.0..height as f64).contains(&y) && (0.0..width as f64).contains(&x);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "indices")]
        let number = || image[(y as usize * width + x as usize) * depth + c];
        f64::from(if inside { number() } else { grey })
    };
    let at = |i: usize| {
        let (y, x, c) = ((i / depth / width) as f64 - cy, (i / depth % width) as f64 - cx, i % depth);
        let y_from = cy + y * angle.cos() + x * angle.sin();
        let x_from = cx + x * angle.cos() - y * angle.sin();
        let (top, left) = (y_from.floor(), x_from.floor());
        let row = |y| (left + 1.0 - x_from) * shows(y, left, c) + (x_from - left) * shows(y, left + 1.0, c);
        (top + 1.0 - y_from) * row(top) + (y_from - top) * row(top + 1.0)
    };
    (0..image.len()).map(at).collect()
}

#[test]
fn rotations_interpolate() {
    for shape in [[5, 8, 3], [9, 4, 1], [1, 6, 2], [3, 1, 1], [12, 12, 3]] {
        for step in -18..=18 {
            let (angle, image) = (f64::from(step) * 0.17, image(shape));
            let motion = Motion::rotation(angle, shape);
            let found = changed(&image, shape, |canvas| canvas.resample(motion, Fill::Grey(99)));
            for (found, expected) in found.into_iter().zip(rotated(&image, shape, angle, 99)) {
                assert!((f64::from(found) - expected).abs() < 0.5 + 1e-9, "{found} for {expected}");
            }
        }
    }
}

#[test]
fn a_turn_there_and_back_is_the_identity_where_nothing_is_lost() {
    let shape = [5, 5, 3];
    let of = |image: &[u8], degrees: f64| {
        let motion = Motion::rotation(degrees.to_radians(), shape);
        changed(image, shape, |canvas| canvas.resample(motion, Fill::Grey(0)))
    };
    let original = image(shape);
    assert_ne!(of(&original, 90.0), original);
    assert_eq!(of(&of(&original, 90.0), -90.0), original);
}

#[test]
fn colours_are_scaled_about_black_about_the_mean_and_about_grey() {
    let of = |image: &[u8], depth, factors| {
        let mut image = image.to_vec();
        colour::Colours { factors }.apply(&mut image, depth);
        image
    };
    assert_eq!(of(&[0, 10, 101, 200], 1, [1.5, 1.0, 1.0]), [0, 15, 152, 255]);
    assert_eq!(of(&[10, 20, 30, 40], 1, [1.0, 2.0, 1.0]), [0, 15, 35, 55]);
    assert_eq!(of(&[10, 20, 30, 40], 1, [1.0, 0.0, 1.0]), [25; 4]);
    // The grey of pure red is 0.299 * 255 = 76.2.
    assert_eq!(of(&[255, 0, 0], 3, [1.0, 1.0, 0.0]), [76; 3]);
    assert_eq!(of(&[255, 0, 0], 3, [1.0, 0.0, 1.0]), [76; 3]);
    assert_eq!(of(&[200, 100, 0], 3, [1.0, 1.0, 0.5]), [159, 109, 59]);
    assert_eq!(of(&[7, 8, 9], 3, [1.0; 3]), [7, 8, 9]);
    // Every grey stays what it is, whatever the saturation.
    assert_eq!(of(&[40, 40, 40, 90, 90, 90], 3, [1.0, 1.0, 1.7]), [40, 40, 40, 90, 90, 90]);
}

#[test]
fn a_cutout_leaves_all_but_a_square() {
    let shape = [6, 5, 2];
    let original = image(shape);
    let hidden = |middle, side| {
        let cut = changed(&original, shape, |canvas| canvas.cut_out(middle, side, 0));
        let pixels = cut.chunks_exact(2).zip(original.chunks_exact(2)).enumerate();
        let mut hidden = Vec::new();
        for (index, (cut, original)) in pixels {
            assert!(cut == original || cut == [0, 0], "a pixel is left or hidden");
            if cut != original {
                hidden.push((index / 5, index % 5));
            }
        }
        hidden
    };
    assert_eq!(hidden([3, 2], 2), [(2, 1), (2, 2), (3, 1), (3, 2)]);
    assert_eq!(hidden([0, 4], 3), [(0, 3), (0, 4), (1, 3), (1, 4)]);
    assert_eq!(hidden([2, 2], 1), [(2, 2)]);
    assert_eq!(hidden([2, 1], 3).len(), 9);
}

#[test]
fn a_crop_shows_each_window_of_the_padded_image() {
    let (shape, padding) = ([3, 4, 1], 1_isize);
    let crop = Augmentation::new().with_fill(Fill::Reflection).crop(1).expect("a padding");
    let offsets = (-padding..=padding).flat_map(|y| (-padding..=padding).map(move |x| [y, x]));
    let windows: Vec<_> = offsets
        .map(|offset| changed(&image(shape), shape, |canvas| canvas.shift(offset, Fill::Reflection)))
        .collect();
    let mut seen = vec![0; windows.len()];
    for index in 0..900 {
        let found = augmented(&crop, shape, 1, 0, index);
        seen[windows.iter().position(|window| *window == found).expect("one of the windows")] += 1;
    }
    // Each of 9 is drawn 100 times on average, with a deviation of 9.4.
    assert!(seen.iter().all(|&count| (60..140).contains(&count)), "{seen:?}");
}

#[test]
fn a_change_is_made_as_often_as_its_probability_says() {
    for (probability, counts) in [(0.0, 0..=0), (0.3, 250..=350), (1.0, 1000..=1000)] {
        let flip = Augmentation::new().flip(probability).expect("a probability");
        let flipped = (0..1000).filter(|&i| augmented(&flip, SHAPE, 5, 2, i) != image(SHAPE)).count();
        assert!(counts.contains(&flipped), "{flipped} of 1,000 with {probability}");
    }
}

#[test]
fn probabilities_and_fills_act_on_what_comes_after_them() {
    let never = Augmentation::new().with_probability(0.0).expect("a probability");
    let never = never.crop(3).and_then(|a| a.shift(2)).and_then(|a| a.rotate(9.0)).expect("options");
    let never = never.colours(1.0, 1.0, 1.0).and_then(|a| a.cutout(4, 9)).expect("options");
    assert!((0..50).all(|index| augmented(&never, SHAPE, 3, 0, index) == image(SHAPE)));
    let before = Augmentation::new().cutout(4, 9).and_then(|a| a.with_probability(0.0)).expect("options");
    assert!((0..50).all(|index| augmented(&before, SHAPE, 3, 0, index) != image(SHAPE)));
    let white = Augmentation::new().with_fill(Fill::Grey(255)).shift(2).expect("options");
    assert!((0..50).any(|index| augmented(&white, SHAPE, 3, 0, index).contains(&255)));
    assert!((0..50).all(|index| !augmented(&white, SHAPE, 3, 0, index).contains(&0)));
}

#[test]
fn changes_are_made_in_the_order_in_which_they_were_added() {
    let both = [
        Augmentation::new().cutout(3, 200).and_then(|a| a.colours(1.0, 0.0, 0.0)),
        Augmentation::new().colours(1.0, 0.0, 0.0).and_then(|a| a.cutout(3, 200)),
    ];
    let [first, second] = both.map(|augmentation| augmentation.expect("options"));
    let bytes = |augmentation| augmented(augmentation, SHAPE, 0, 0, 0);
    assert!(bytes(&second).contains(&200));
    assert_ne!(bytes(&first), bytes(&second));
}

#[test]
fn a_change_draws_the_same_whether_or_not_those_before_it_are_made() {
    let with = |probability| {
        let flip = Augmentation::new().flip(probability).expect("a probability");
        flip.with_fill(Fill::Grey(0)).cutout(3, 0).expect("a side")
    };
    for index in 0..20 {
        let flipped = flipped(&image(SHAPE), SHAPE);
        let hidden = |cut: Vec<u8>, of: Vec<u8>| -> Vec<bool> {
            cut.into_iter().zip(of).map(|(cut, original)| cut != original).collect()
        };
        let [made, left] = [1.0, 0.0].map(|p| augmented(&with(p), SHAPE, 8, 1, index));
        assert_eq!(hidden(made, flipped), hidden(left, image(SHAPE)));
    }
}

#[test]
fn options_out_of_range_are_refused() {
    let new = Augmentation::new;
    let refused = [
        new().with_probability(-0.1),
        new().with_probability(f64::NAN),
        new().flip(1.1),
        new().crop(0),
        new().shift(0),
        new().rotate(0.0),
        new().rotate(180.5),
        new().rotate(f64::NAN),
        new().colours(-0.1, 0.0, 0.0),
        new().colours(0.0, 1.1, 0.0),
        new().colours(0.0, 0.0, f64::INFINITY),
        new().cutout(0, 0),
    ];
    for (number, augmentation) in refused.into_iter().enumerate() {
        assert!(matches!(augmentation, Err(Error::Option { .. })), "{number}");
    }
    let fits = |augmentation: Result<Augmentation, Error>, shape| {
        let augmenter = Augmenter::new(&augmentation.expect("options"), shape, 0);
        assert!(matches!(augmenter, Ok(_) | Err(Error::Option { .. })));
        augmenter.is_ok()
    };
    assert!(
        fits(new().crop(3), [4, 9, 1]) && !fits(new().crop(4), [4, 9, 1]) && !fits(new().crop(4), [9, 4, 1])
    );
    assert!(fits(new().shift(3), [9, 4, 1]) && !fits(new().shift(4), [9, 4, 1]));
    assert!(fits(new().cutout(4, 0), [9, 4, 1]) && !fits(new().cutout(5, 0), [9, 4, 1]));
    assert!(fits(new().colours(0.5, 0.5, 0.0), [4, 4, 2]) && !fits(new().colours(0.0, 0.0, 0.5), [4, 4, 2]));
    for shape in [[0, 4, 1], [4, 0, 1], [4, 4, 0], [usize::MAX, 2, 1]] {
        assert!(matches!(Augmenter::new(&new(), shape, 0), Err(Error::EmptyData)));
    }
}

#[test]
fn other_seeds_epochs_and_images_give_other_changes() {
    for augmentation in every_change().into_iter().skip(1) {
        let base = augmented(&augmentation, SHAPE, 0, 0, 0);
        let differs = |seeds: u64, epochs: u64, images: usize| {
            let many = (0..10).map(|i| (i * seeds, i * epochs, usize::try_from(i).expect("few") * images));
            many.filter(|&(seed, epoch, index)| augmented(&augmentation, SHAPE, seed, epoch, index) != base)
                .count()
        };
        for (what, count) in
            [("seed", differs(1, 0, 0)), ("epoch", differs(0, 1, 0)), ("image", differs(0, 0, 1))]
        {
            assert!(count >= 5, "{what}: {count} of 9 differ by {augmentation:?}");
        }
    }
}

#[test]
fn draws_are_the_same_everywhere() {
    // What a seed gives must not change unnoticed.
    let crop = Augmentation::new().shift(2).expect("a shift");
    let offsets = |seed, epoch, index| {
        let found = augmented(&crop, [5, 5, 1], seed, epoch, index);
        let windows = (-2..=2).flat_map(|y| (-2..=2).map(move |x| [y, x]));
        let is_it = |offset: &[isize; 2]| {
            changed(&image([5, 5, 1]), [5, 5, 1], |canvas| canvas.shift(*offset, Fill::Grey(0))) == found
        };
        windows.into_iter().find(is_it).expect("one of the windows")
    };
    let found = [offsets(231, 0, 0), offsets(231, 0, 1), offsets(231, 1, 0), offsets(232, 0, 0)];
    assert_eq!(found, GOLDEN);
}

/// Offsets of the first images of two epochs and two seeds.
const GOLDEN: [[isize; 2]; 4] = [[-1, -2], [-2, 1], [2, 2], [2, -2]];

#[test]
fn a_contact_sheet_shows_originals_and_what_becomes_of_them() {
    let images = Array4::from_shape_fn((4, 3, 2, 3), |(n, h, w, d)| {
        u8::try_from(60 * n + 20 * h + 10 * w + d).expect("a byte")
    });
    let data = LabelledImages::new(images, vec![0; 4], 1).expect("a data set");
    let flip = Augmentation::new().flip(1.0).expect("a probability");
    let sheet = contact_sheet(&data, &flip, 0, 2, 3).expect("a sheet");
    assert_eq!((sheet.width(), sheet.height(), sheet.channels()), (3 * 4 + 2, 2 * 5 + 2, 3));
    let pixels = |row: usize, column: usize| -> Vec<u8> {
        let lines = sheet.bytes().chunks_exact(14 * 3).skip(2 + row * 5).take(3);
        lines.flat_map(|line| line[(2 + column * 4) * 3..][..6].to_vec()).collect()
    };
    for (row, index) in [(0, 0), (1, 2)] {
        let original = data.bytes(index);
        assert_eq!(pixels(row, 0), original);
        let flipped = flipped(original, [3, 2, 3]);
        assert_eq!([pixels(row, 1), pixels(row, 2)], [&flipped[..]; 2]);
    }
    assert_eq!(contact_sheet(&data, &Augmentation::new(), 0, 4, 1).expect("a sheet").height(), 4 * 5 + 2);
    for (rows, columns) in [(0, 1), (1, 0), (5, 1)] {
        let sheet = contact_sheet(&data, &flip, 0, rows, columns);
        assert!(matches!(sheet, Err(Error::Option { .. })));
    }
    let sheet = contact_sheet(&data, &flip, 0, 1, usize::MAX);
    assert!(matches!(sheet, Err(Error::Picture { .. })), "refused before it is made");
    let data: &dyn Dataset = &data;
    assert!(contact_sheet(data, &flip, 0, 1, 1).is_ok(), "of any data set");
}

/// A shape that all changes can be made to.
fn shapes() -> impl Strategy<Value = [usize; 3]> {
    (4_usize..12, 4_usize..12).prop_map(|(height, width)| [height, width, 3])
}

proptest! {
    #[test]
    fn a_flip_made_twice_is_the_identity(height in 1_usize..6, width in 1_usize..9, depth in 1_usize..4) {
        let shape = [height, width, depth];
        let twice = flipped(&flipped(&image(shape), shape), shape);
        prop_assert_eq!(twice, image(shape));
    }

    #[test]
    fn what_becomes_of_an_image_depends_on_seed_epoch_and_index_alone(
        shape in shapes(), seed: u64, epoch: u64, indices in prop::collection::vec(0_usize..1 << 30, 1..6),
    ) {
        let augmentation = all_changes();
        let alone: Vec<_> =
            indices.iter().map(|&index| augmented(&augmentation, shape, seed, epoch, index)).collect();
        let mut augmenter = Augmenter::new(&augmentation, shape, seed).expect("an augmenter");
        for (&index, alone) in indices.iter().zip(&alone).rev() {
            let mut image = image(shape);
            augmenter.augment(&mut image, epoch, index);
            prop_assert_eq!(&image, alone);
        }
    }

    #[test]
    fn reflections_and_interpolations_stay_within_what_an_image_holds(shape in shapes(), index in 0_usize..1000) {
        for augmentation in every_change().into_iter().filter(|a| a.fill == Fill::Reflection).take(4) {
            let found = augmented(&augmentation, shape, 0, 0, index);
            let (original, mut channels) = (image(shape), 0..3);
            let within = channels.all(|channel| {
                let of = |image: &[u8]| -> Vec<u8> { image.iter().skip(channel).step_by(3).copied().collect() };
                let (found, original) = (of(&found), of(&original));
                found.iter().max() <= original.iter().max() && found.iter().min() >= original.iter().min()
            });
            prop_assert!(within, "{augmentation:?}");
        }
    }
}
