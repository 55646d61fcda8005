//! Networks for the tests of reports, made from notation as the macro makes them, as far as these networks need it.
#![allow(dead_code, reason = "each test takes the networks that it needs")]

use convnet_geometry::{
    Activation, Architecture, Average, BatchNorm, ConvolutionSpec, Custom, DenseSpec, Dropout, Function,
    Join, Joint, Layer, LayerKind, Local, LossKind, Offsets, PRelu, Place, Pool, PoolingSpec, ResponseNorm,
    Rounding, Volume, Window,
};

/// A network in the making. Everything leaks: tests are short.
pub(crate) struct Net {
    places: Vec<Place>,
    layers: Vec<Layer<'static>>,
    offsets: Offsets,
    /// The place that the next layer takes.
    here: usize,
    /// Whether that place belongs to this chain alone, so that a layer may work in place.
    own: bool,
    /// The path of names before a layer's own.
    path: String,
}

impl Net {
    pub(crate) fn of(width: usize, height: usize, depth: usize) -> Self {
        let input =
            Place { volume: Volume::new(width, height, depth), training: 0, inference: 0, gradient: 0 };
        Self {
            places: vec![input],
            layers: Vec::new(),
            offsets: Offsets::FIRST,
            here: 0,
            own: false,
            path: String::new(),
        }
    }

    /// Layers in notation, with `->` between them.
    pub(crate) fn then(mut self, chain: &str) -> Self {
        for notation in chain.split("->").map(str::trim).filter(|notation| !notation.is_empty()) {
            let kind = kind(notation, self.volume());
            self.push(notation, kind);
        }
        self
    }

    /// Branches in notation, joined; `ID` is the empty one.
    pub(crate) fn join(self, join: Join, branches: &[&str]) -> Self {
        let all: Vec<_> = branches
            .iter()
            .map(|&branch| move |net: Self| net.then(branch.trim_start_matches("ID")))
            .collect();
        let all: Vec<&dyn Fn(Self) -> Self> = all.iter().map(|branch| branch as _).collect();
        self.join_with(join, &all)
    }

    /// Branches that a function makes, joined.
    pub(crate) fn join_with(mut self, join: Join, branches: &[&dyn Fn(Self) -> Self]) -> Self {
        let (from, path) = (self.here, self.path.clone());
        let keyword = join.keyword().to_lowercase();
        let name = format!("{path}{keyword}{}", self.ordinal(&keyword));
        let mut inputs = Vec::new();
        for (i, branch) in branches.iter().enumerate() {
            (self.here, self.own) = (from, false);
            self.path = format!("{name}.b{}.", i + 1);
            self = branch(self);
            inputs.push(self.here);
        }
        self.path = path;
        let volumes = inputs.iter().map(|&input| self.places[input].volume);
        let output = volumes.reduce(|a, b| join.with(a, b).expect("branches that fit")).expect("a branch");
        self.add(name, join.keyword(), LayerKind::Joint(Joint { join, output }), inputs);
        self
    }

    /// An instance of a block.
    pub(crate) fn block(mut self, name: &str, block: impl Fn(Self) -> Self) -> Self {
        let path = std::mem::replace(&mut self.path, format!("{name}."));
        self = block(self);
        self.path = path;
        self
    }

    /// The whole network.
    pub(crate) fn end(self, name: &'static str, loss: LossKind) -> &'static Architecture<'static> {
        let (places, layers) = (self.places.leak(), self.layers.leak());
        let architecture = Architecture::check(name, places, layers, loss).expect("layers that fit");
        Box::leak(Box::new(architecture))
    }

    /// A layer that this notation does not know.
    pub(crate) fn push(&mut self, notation: &str, kind: LayerKind) {
        let keyword: String = notation.chars().take_while(char::is_ascii_alphabetic).collect();
        let keyword = if keyword.is_empty() { "own".to_owned() } else { keyword.to_lowercase() };
        let name = format!("{}{keyword}{}", self.path, self.ordinal(&keyword));
        self.add(name, notation, kind, vec![self.here]);
    }

    fn add(&mut self, name: String, notation: &str, kind: LayerKind, inputs: Vec<usize>) {
        let output =
            if self.own && kind.can_be_in_place() { self.here } else { self.new_place(kind.output()) };
        (self.here, self.own) = (output, true);
        let (name, notation, inputs) = (name.leak(), notation.to_owned().leak(), inputs.leak());
        self.layers.push(Layer { name, notation, kind, inputs, output, offsets: self.offsets });
        self.offsets = self.offsets.after(&kind.counts()).expect("counts");
    }

    fn new_place(&mut self, volume: Volume) -> usize {
        let last = self.places[self.places.len() - 1];
        let training = last.training + last.volume.count();
        self.places.push(Place { volume, training, inference: training, gradient: training });
        self.places.len() - 1
    }

    pub(crate) fn volume(&self) -> Volume {
        self.places[self.here].volume
    }

    fn ordinal(&self, keyword: &str) -> usize {
        let of_this = |name: &str| {
            name.strip_prefix(&*self.path)
                .and_then(|rest| rest.strip_prefix(keyword))
                .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
        };
        self.layers.iter().filter(|layer| of_this(layer.name)).count() + 1
    }
}

/// The geometry of a layer in notation.
fn kind(notation: &str, input: Volume) -> LayerKind {
    let (word, options) = notation.split_once(' ').unwrap_or((notation, ""));
    let split = word.find(|c: char| c.is_ascii_digit() || c == '(').unwrap_or(word.len());
    // L2POOL2
    let split = if word.starts_with("L2POOL") { 6 } else { split };
    let (keyword, rest) = word.split_at(split);
    let numbers: Vec<usize> = rest.split('-').filter_map(|number| number.parse().ok()).collect();
    match keyword {
        "CONV" => LayerKind::Convolution(convolution(input, &numbers, options).check().expect("fits")),
        "LOCAL" => LayerKind::Local(Local::check(convolution(input, &numbers, options)).expect("fits")),
        "POOL" => pool(input, window(numbers[0], numbers[0], 0, options), Pool::Max),
        "AVGPOOL" => pool(input, window(numbers[0], numbers[0], 0, options), Pool::Average(Average::Counted)),
        "L2POOL" => pool(input, window(numbers[0], numbers[0], 0, options), Pool::L2),
        "GAP" => pool(input, Window::new(input.width, input.height), Pool::Average(Average::Counted)),
        "FC" => LayerKind::Dense(DenseSpec::new(input, numbers[0]).check().expect("fits")),
        "RELU" => LayerKind::Activation(Activation::new(input, Function::Relu)),
        "SIGMOID" => LayerKind::Activation(Activation::new(input, Function::Sigmoid)),
        "TANH" => LayerKind::Activation(Activation::new(input, Function::Tanh)),
        "PRELU" => LayerKind::PRelu(PRelu::new(input, rest == "(shared)")),
        "BN" => LayerKind::BatchNorm(BatchNorm::new(input, BatchNorm::MOMENTUM, BatchNorm::EPSILON)),
        "LRN" => LayerKind::ResponseNorm(ResponseNorm::new(input)),
        "DROPOUT" => LayerKind::Dropout(Dropout::new(input, 0.5)),
        "" => LayerKind::Custom(Custom::new(input, input, 64, 8)),
        other => panic!("{other} is not known here"),
    }
}

fn pool(input: Volume, window: Window, pool: Pool) -> LayerKind {
    LayerKind::Pooling(PoolingSpec::new(input, window, pool).check().expect("fits"))
}

fn convolution(input: Volume, numbers: &[usize], options: &str) -> ConvolutionSpec {
    let [side, filters] = *numbers else { panic!("F and K") };
    let mut spec = ConvolutionSpec::new(input, window(side, 1, (side - 1) / 2, options), filters);
    for option in options.split_whitespace() {
        match option.split_at(1) {
            ("g", groups) => spec = spec.groups(groups.parse().expect("a number")),
            ("n", _) => spec = spec.without_bias(),
            _ => {}
        }
    }
    spec
}

fn window(side: usize, stride: usize, padding: usize, options: &str) -> Window {
    let mut window = Window::square(side).stride(stride).padding(padding);
    for option in options.split_whitespace() {
        let number = option.get(1..).and_then(|number| number.parse().ok());
        window = match (option.split_at(1).0, number) {
            ("s", Some(stride)) => window.stride(stride),
            ("p", Some(padding)) => window.padding(padding),
            ("d", Some(dilation)) => window.dilation(dilation),
            ("f", _) => window.rounding(Rounding::Floor),
            ("c", _) => window.rounding(Rounding::Ceil),
            _ => window,
        };
    }
    window
}

/// LeNet-5 with ReLUs and maximum pooling.
pub(crate) fn le_net() -> &'static Architecture<'static> {
    Net::of(28, 28, 1)
        .then("CONV5-6 -> RELU -> POOL2 -> CONV5-16 p0 -> RELU -> POOL2")
        .then("FC120 -> RELU -> FC84 -> RELU -> FC10")
        .end("LeNet", LossKind::Softmax)
}

/// VGG-16, configuration D.
pub(crate) fn vgg_16() -> &'static Architecture<'static> {
    let mut net = Net::of(224, 224, 3);
    for (filters, layers) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)] {
        net = net.then(&format!("CONV3-{filters} -> RELU -> ").repeat(layers)).then("POOL2");
    }
    net.then(&"FC4096 -> RELU -> DROPOUT(keep=0.5) -> ".repeat(2))
        .then("FC1000")
        .end("Vgg16", LossKind::Softmax)
}

/// GoogLeNet without its auxiliary classifiers (Szegedy et al. 2014).
pub(crate) fn goog_le_net() -> &'static Architecture<'static> {
    let pool = "POOL3 s2 ceil";
    let mut net = Net::of(224, 224, 3)
        .then("CONV7-64 s2 p3 floor -> RELU")
        .then(pool)
        .then("LRN")
        .then("CONV1-64 -> RELU -> CONV3-192 -> RELU -> LRN")
        .then(pool);
    for [one, three_in, three, five_in, five, pooled] in [
        [64, 96, 128, 16, 32, 32],
        [128, 128, 192, 32, 96, 64],
        [0; 6],
        [192, 96, 208, 16, 48, 64],
        [160, 112, 224, 24, 64, 64],
        [128, 128, 256, 24, 64, 64],
        [112, 144, 288, 32, 64, 64],
        [256, 160, 320, 32, 128, 128],
        [0; 6],
        [256, 160, 320, 32, 128, 128],
        [384, 192, 384, 48, 128, 128],
    ] {
        net = if one == 0 {
            net.then(pool)
        } else {
            net.join(
                Join::Stack,
                &[
                    &format!("CONV1-{one} -> RELU"),
                    &format!("CONV1-{three_in} -> RELU -> CONV3-{three} -> RELU"),
                    &format!("CONV1-{five_in} -> RELU -> CONV5-{five} -> RELU"),
                    &format!("POOL3 s1 p1 -> CONV1-{pooled} -> RELU"),
                ],
            )
        };
    }
    net.then("GAP -> DROPOUT(keep=0.6) -> FC1000").end("GoogLeNet", LossKind::Softmax)
}

/// ResNet-50 (He et al. 2015), the stride in the 3x3 convolution.
pub(crate) fn res_net_50() -> &'static Architecture<'static> {
    let mut net = Net::of(224, 224, 3).then("CONV7-64 s2 p3 floor nobias -> BN -> RELU -> POOL3 s2 p1 floor");
    let mut instances = 0;
    for (stage, (filters, blocks)) in [(64, 3), (128, 4), (256, 6), (512, 3)].into_iter().enumerate() {
        for block in 0..blocks {
            let (wide, stride) = (4 * filters, if stage > 0 && block == 0 { " s2 floor" } else { "" });
            let main = format!(
                "CONV1-{filters} nobias -> BN -> RELU -> CONV3-{filters}{stride} nobias -> BN -> RELU -> CONV1-{wide} nobias -> BN"
            );
            let short =
                if block == 0 { format!("CONV1-{wide}{stride} nobias -> BN") } else { "ID".to_owned() };
            instances += 1;
            net = net.block(&format!("bottleneck{instances}"), |net| {
                net.join(Join::Sum, &[&main, &short]).then("RELU")
            });
        }
    }
    net.then("GAP -> FC1000").end("ResNet50", LossKind::Softmax)
}
