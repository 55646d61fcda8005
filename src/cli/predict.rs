//! `predict`: what is on these pictures?

use std::error::Error;

use convnet_runtime::Network;
use convnet_runtime::checkpoint::{Guess, Model};
use convnet_runtime::train::LabelLoss;
use ndarray::Axis;
use serde_json::json;

use super::eval::model;
use super::options::PredictOptions;
use super::{Code, data, print_json};

pub(super) fn predict<N>(options: &PredictOptions) -> Result<Code, Box<dyn Error>>
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let (model, pictures) = (model::<N>(&options.model)?, data::pictures::<N>()?);
    let mut all = Vec::new();
    for path in &options.images {
        let image = pictures.read(path)?;
        let guesses = model.classify(image.view().insert_axis(Axis(0)))?.concat();
        let top = &guesses[..options.top.min(guesses.len())];
        if options.json {
            let guess = |guess: &Guess| json!({ "class": guess.class, "name": model.class_name(guess.class), "probability": guess.probability });
            all.push(json!({ "image": path, "guesses": top.iter().map(guess).collect::<Vec<_>>() }));
        } else {
            print(&model, &path.display().to_string(), top);
        }
    }
    if options.json {
        print_json(&all.into());
    }
    Ok(Code::Done)
}

fn print<N: Network>(model: &Model<N>, path: &str, guesses: &[Guess]) {
    println!("{path}");
    for Guess { class, probability } in guesses {
        println!("  {:6.2} %  {}", 100.0 * probability, model.class_name(*class));
    }
}
