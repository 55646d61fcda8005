//! Words that are none of ours: what other libraries call our layers, and what is nearest to a misspelt one.

use super::{KEYWORDS, Keyword, keyword, split};

/// What other libraries call our layers: PyTorch, Keras, Caffe.
const FOREIGN: &[(&str, &str)] = &[
    ("MAXPOOL", "POOL"),
    ("MAXPOOL2D", "POOL"),
    ("MAXPOOLING2D", "POOL"),
    ("AVGPOOL2D", "AVGPOOL"),
    ("AVERAGEPOOLING2D", "AVGPOOL"),
    ("MEANPOOL", "AVGPOOL"),
    ("LPPOOL2D", "L2POOL"),
    ("FRACTIONALMAXPOOL2D", "FRACPOOL"),
    ("GLOBALAVERAGEPOOLING2D", "GAP"),
    ("GLOBALAVGPOOL", "GAP"),
    ("ADAPTIVEAVGPOOL2D", "GAP"),
    ("CONV2D", "CONV"),
    ("CONVOLUTION", "CONV"),
    ("LOCALLYCONNECTED2D", "LOCAL"),
    ("DENSE", "FC"),
    ("LINEAR", "FC"),
    ("INNERPRODUCT", "FC"),
    ("FULLYCONNECTED", "FC"),
    ("LEAKYRELU", "LRELU"),
    ("BATCHNORM", "BN"),
    ("BATCHNORM2D", "BN"),
    ("BATCHNORM1D", "BN"),
    ("BATCHNORMALIZATION", "BN"),
    ("LOCALRESPONSENORM", "LRN"),
    ("CONCAT", "CAT"),
    ("CONCATENATE", "CAT"),
    ("SUM", "ADD"),
    ("RESIDUAL", "ADD"),
    ("IDENTITY", "ID"),
    ("CROSSENTROPY", "SOFTMAX"),
    ("CROSSENTROPYLOSS", "SOFTMAX"),
    ("SOFTMAXWITHLOSS", "SOFTMAX"),
    ("MULTIMARGINLOSS", "SVM"),
    ("BCEWITHLOGITSLOSS", "LOGISTIC"),
    ("MSELOSS", "L2"),
    ("MSE", "L2"),
    ("L1LOSS", "L1"),
    ("MAE", "L1"),
];

/// What other libraries have layers for, and we have not.
const INSTEAD: &[(&str, &str)] = &[
    ("FLATTEN", "remove it: `FC` flattens by itself"),
    ("RESHAPE", "remove it: `FC` flattens by itself"),
    ("ZEROPADDING2D", "padding is an option of the layer behind it: `CONV3-64 p1`"),
    ("ZEROPAD2D", "padding is an option of the layer behind it: `CONV3-64 p1`"),
    ("DEPTHWISECONV2D", "write as many groups as the volume is deep: `CONV3-64 g64`"),
    ("ACTIVATION", "activations are layers: `RELU`, `LRELU(0.01)`, `SIGMOID`, `TANH`"),
    ("SEQUENTIAL", "layers are joined by `->`, and stand in brackets to be repeated"),
];

/// What to write for another library's layer that we have not.
pub(crate) fn instead(word: &str) -> Option<&'static str> {
    let upper = word.to_ascii_uppercase().replace('_', "");
    INSTEAD.iter().find(|(foreign, _)| *foreign == upper).map(|(_, instead)| *instead)
}

/// The keyword that a word was probably meant to be, with its numbers: `CONVV3` is `CONV3`, `MAXPOOL2` is `POOL2`.
pub(crate) fn nearest(word: &str) -> Option<(&'static Keyword, String)> {
    let upper = word.to_ascii_uppercase().replace('_', "");
    let foreign =
        |name: &str| FOREIGN.iter().find(|(foreign, _)| *foreign == name).and_then(|(_, ours)| keyword(ours));
    let (name, numbers) = split(&upper);
    if let Some(known) = foreign(&upper) {
        return Some((known, String::new()));
    }
    let by_distance = || {
        let distance = |keyword: &&Keyword| edit_distance(name, keyword.name);
        KEYWORDS.iter().min_by_key(distance).filter(|keyword| distance(keyword) <= 1 + name.len() / 4)
    };
    let found = foreign(name).or_else(|| keyword(name)).or_else(by_distance)?;
    Some((found, numbers.replace('X', "x")))
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
pub(crate) fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
