//! `eval`: how well a trained model does on the test images.

use std::error::Error;
use std::path::Path;

use convnet_runtime::Network;
use convnet_runtime::checkpoint::{Keeper, Model};
use convnet_runtime::train::{Examination, LabelLoss, examine};
use serde_json::json;

use super::options::EvalOptions;
use super::train::{CHECKPOINTS, MODEL};
use super::{Code, data, print_json};

/// Images of a batch, and mistakes that are named.
const BATCH: usize = 64;
const MISTAKES: usize = 10;

pub(super) fn eval<N>(options: &EvalOptions) -> Result<Code, Box<dyn Error>>
where
    N: Network<Scalar = f32, Loss: LabelLoss<f32>>,
{
    let model = model::<N>(&options.model)?;
    let (_, test) = data::read::<N>(&options.data)?;
    let found = examine(&model.network, &test, &model.preprocessing, BATCH, MISTAKES)?;
    if options.json {
        print_json(&json!({
            "images": found.images(),
            "accuracy": found.accuracy(),
            "top5": found.top5,
            "loss": found.loss,
            "classes": model.class_names,
            "confusion": found.confusion,
            "mistakes": found.mistakes.iter().map(|mistake| json!({
                "image": mistake.index, "label": mistake.label, "predicted": mistake.predicted,
                "probability": mistake.probability,
            })).collect::<Vec<_>>(),
        }));
    } else {
        print(&model, &found);
    }
    Ok(Code::Done)
}

/// The model of a file or of a folder: the one that a finished training has left, or the best or newest checkpoint.
pub(super) fn model<N: Network>(path: &Path) -> Result<Model<N>, Box<dyn Error>> {
    if !path.is_dir() {
        return Ok(Model::load(path)?);
    }
    let whole = path.join(MODEL);
    if whole.exists() {
        return Ok(Model::load(whole)?);
    }
    let folder = [path.join(CHECKPOINTS), path.to_owned()].into_iter().find(|folder| folder.is_dir());
    let folder = folder.unwrap_or_else(|| path.to_owned());
    let search = Keeper::open(&folder)?.best()?;
    let found =
        search.found.ok_or_else(|| format!("there is no model in {}: `train` makes one", path.display()))?;
    Ok(Model::from_checkpoint(&found.checkpoint)?)
}

fn print<N: Network>(model: &Model<N>, found: &Examination) {
    println!(
        "{} test images: {:.2} % right, loss {:.4}",
        found.images(),
        100.0 * found.accuracy(),
        found.loss
    );
    if found.confusion.len() > 5 {
        println!("among the five most probable classes: {:.2} %", 100.0 * found.top5);
    }
    println!("\nrows: the class of an image; columns: what it was taken for");
    let width = found.confusion.iter().flatten().max().map_or(1, |count| count.to_string().len()).max(3);
    for (class, row) in found.confusion.iter().enumerate() {
        row.iter().for_each(|count| print!(" {count:>width$}"));
        println!("  {}", model.class_name(class));
    }
    if !found.mistakes.is_empty() {
        println!("\nthe surest mistakes:");
    }
    for mistake in &found.mistakes {
        let [label, predicted] = [mistake.label, mistake.predicted].map(|class| model.class_name(class));
        println!(
            "image {} is {label}, taken for {predicted} with {:.1} %",
            mistake.index,
            100.0 * mistake.probability
        );
    }
}
