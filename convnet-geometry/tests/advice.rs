//! What the notes would advise against: each rule fires where it should, and is silent on networks that follow them.

mod zoo;

use convnet_geometry::{Advice, Architecture, Join, LossKind};
use zoo::Net;

fn texts(architecture: &'static Architecture<'static>) -> Vec<String> {
    architecture.advice().map(|advice| advice.to_string()).collect()
}

fn rules(architecture: &'static Architecture<'static>) -> Vec<&'static str> {
    architecture.advice().map(|advice| advice.rule()).collect()
}

fn chain(side: usize, chain: &str) -> &'static Architecture<'static> {
    Net::of(side, side, 3).then(chain).end("Net", LossKind::Softmax)
}

#[test]
fn ordinary_networks_get_none() {
    assert_eq!(texts(zoo::vgg_16()), [""; 0]);
    // Those of 224 with stride 2 do not fit: the notes would say so, once.
    assert!(rules(zoo::res_net_50()).iter().all(|&rule| rule == "rounded"), "{:?}", texts(zoo::res_net_50()));
    let report = zoo::res_net_50().report().to_string();
    assert_eq!(report.lines().filter(|line| line.contains("the windows do not fit")).count(), 1, "{report}");
    assert!(report.ends_with("choose sizes so that they do (and 7 more)\n"), "{report}");
    let google = rules(zoo::goog_le_net());
    assert!(google.iter().all(|rule| ["rounded", "response_norm"].contains(rule)), "{google:?}");
}

#[test]
fn inputs_should_be_halved_as_often_as_layers_do() {
    assert_eq!(rules(chain(15, "CONV3-8 -> RELU -> FC2")), ["odd_input"]);
    assert_eq!(
        texts(chain(28, "POOL2 -> POOL2 -> POOL3 s2 p1 floor -> FC2"))[0],
        "INPUT[28x28x3] can be halved twice, and the layers halve it 3 times: \
         sides divisible by 2 many times (32, 64, 96, 224, 384) pool without remainder",
    );
    assert_eq!(rules(chain(28, "POOL2 -> POOL2 -> GAP -> FC2")), [""; 0]);
    // A window over all that is left is not a halving.
    assert_eq!(rules(chain(28, "POOL2 -> POOL2 -> AVGPOOL7 s2 -> FC2")), [""; 0]);
}

#[test]
fn large_filters_could_be_stacked() {
    assert_eq!(
        texts(chain(32, "CONV3-64 -> RELU -> CONV7-64 -> RELU -> FC2")),
        ["conv2: a 7x7 filter has (7*7*64)*64 = 200,704 weights; \
          three 3x3 have 3*(3*3*64)*64 = 110,592, see as much and have more activations"]
    );
    assert_eq!(
        texts(chain(32, "CONV3-64 -> RELU -> CONV5-32 -> RELU -> FC2")),
        ["conv2: a 5x5 filter has (5*5*64)*32 = 51,200 weights; \
          two 3x3 have (3*3*64)*32 + (3*3*32)*32 = 27,648, see as much and have more activations"]
    );
    // The first layer sees the image; a stack that needs more weights is no advice; a whole plane is an FC.
    assert_eq!(rules(chain(32, "CONV7-64 -> RELU -> CONV3-6 -> RELU -> CONV5-64 -> RELU -> FC2")), [""; 0]);
    assert_eq!(rules(chain(8, "CONV3-64 -> RELU -> POOL2 -> CONV4-64 p0 -> RELU -> FC2")), [""; 0]);
    assert_eq!(rules(chain(32, "CONV11-8 -> RELU -> FC2")), ["large_filter"]);
}

#[test]
fn poolings_larger_than_3() {
    assert_eq!(rules(chain(32, "CONV3-8 -> RELU -> POOL4 -> FC2")), ["large_pool"]);
    assert_eq!(rules(chain(32, "CONV3-8 -> RELU -> AVGPOOL32 -> FC2")), [""; 0]);
}

#[test]
fn sigmoids_in_deep_networks() {
    let shallow = "FC8 -> SIGMOID -> FC8 -> SIGMOID -> FC2";
    assert_eq!(rules(chain(4, shallow)), [""; 0]);
    let deep = chain(4, "FC8 -> SIGMOID -> FC8 -> RELU -> FC8 -> TANH -> FC2 -> SIGMOID");
    assert_eq!(
        texts(deep),
        ["sigmoid1: SIGMOID saturates, which kills gradients on their way through 4 layers of weights, \
          and is not centred on zero; RELU, or TANH"]
    );
}

#[test]
fn regression_and_dropout() {
    let net = Net::of(4, 4, 3).then("FC8 -> RELU -> DROPOUT(keep=0.5) -> FC1").end("Net", LossKind::L2);
    assert_eq!(rules(net), ["dropout_before_l2", "l2_loss"]);
    assert_eq!(net.advice().next().and_then(|advice| advice.layer()), Some("dropout1"));
    assert_eq!(rules(chain(4, "FC8 -> RELU -> DROPOUT(keep=0.5) -> FC2")), [""; 0]);
}

#[test]
fn normalizations() {
    assert_eq!(rules(chain(4, "CONV3-8 -> RELU -> LRN -> FC2")), ["response_norm"]);
    let before = chain(4, "FC8 -> RELU -> BN -> DROPOUT(keep=0.5) -> FC2");
    assert_eq!(
        before.advice().collect::<Vec<_>>(),
        [Advice::DropoutBesideBatchNorm { layer: "dropout1", norm: "bn1" }]
    );
    assert_eq!(
        rules(chain(4, "FC8 -> RELU -> DROPOUT(keep=0.5) -> BN -> FC2")),
        ["dropout_beside_batch_norm"]
    );
}

#[test]
fn activations_are_missed_along_branches() {
    let no_activation = |architecture: &'static Architecture<'static>| -> Vec<_> {
        let pairs = architecture.advice().filter_map(|advice| match advice {
            Advice::NoActivation { layer, next } => Some((layer, next)),
            _ => None,
        });
        pairs.collect()
    };
    assert_eq!(no_activation(chain(4, "CONV3-8 -> BN -> CONV3-8 -> RELU -> FC2")), [("conv1", "conv2")]);
    assert_eq!(no_activation(chain(4, "FC8 -> DROPOUT(keep=0.5) -> FC2")), [("fc1", "fc2")]);
    assert_eq!(no_activation(chain(4, "CONV3-8 -> PRELU -> FC2")), []);
    let net = Net::of(4, 4, 3)
        .then("CONV3-8")
        .join(Join::Stack, &["CONV3-8 -> BN", "RELU -> CONV3-8 -> RELU", "ID"])
        .then("CONV1-8 -> RELU -> FC2")
        .end("Net", LossKind::Softmax);
    assert_eq!(
        no_activation(net),
        [("conv1", "cat1.b1.conv1"), ("conv1", "conv2"), ("cat1.b1.conv1", "conv2")]
    );
    // The branches of a sum end in linear layers on purpose.
    let net = Net::of(4, 4, 3)
        .then("CONV3-8 -> RELU")
        .join(Join::Sum, &["CONV3-8 -> RELU -> CONV3-8", "ID"])
        .then("CONV3-8 -> RELU -> FC2")
        .end("Net", LossKind::Softmax);
    assert_eq!(no_activation(net), []);
}
