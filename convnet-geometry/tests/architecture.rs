//! What tells architectures apart.

use convnet_geometry::{Architecture, Custom, GeometryError, Layer, LayerKind, LossKind, Place, Volume};

/// The hash of a network of a user's layer of one text.
fn hash(own: Custom) -> u64 {
    let volume = own.input();
    let places = Place::in_order([Place::new(volume, 0, 0), Place::new(volume, 16, 16)]);
    let layers = Layer::in_order([Layer::new("own1", "(Own) : [2x2x4]", LayerKind::Custom(own), &[0], 1)]);
    Architecture::new("Net", &places, &layers, LossKind::None).hash()
}

/// Users' layers of the same text need not be the same type: workspaces of one do not fit the other.
#[test]
fn layers_of_one_text_and_other_numbers() {
    let volume = Volume::new(2, 2, 4);
    let own = |parameters, state| Custom::new(volume, volume, parameters, state);
    let all = [own(4, 0), own(5, 0), own(4, 1), own(4, 0).saving(16), own(4, 0).saving(17)];
    assert_eq!(hash(all[0]), hash(own(4, 0)));
    for (i, one) in all.iter().enumerate() {
        for other in &all[i + 1..] {
            assert_ne!(hash(*one), hash(*other), "{one:?} {other:?}");
        }
    }
}

/// Each layer takes the volume of its place: another is refused, not computed with.
#[test]
fn layers_that_do_not_fit_together_are_refused() {
    let (expected, found) = (Volume::new(2, 2, 4), Volume::new(2, 2, 5));
    let own = Custom::new(expected, expected, 0, 0);
    let places = Place::in_order([Place::new(found, 0, 0), Place::new(expected, 20, 20)]);
    let layers = Layer::in_order([Layer::new("own1", "(Own) : [2x2x4]", LayerKind::Custom(own), &[0], 1)]);
    let checked = Architecture::check("Net", &places, &layers, LossKind::None);
    assert_eq!(checked, Err(GeometryError::Volumes { expected, found }));
}
