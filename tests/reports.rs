//! The table of a network, as it is printed and as it stands in the struct's documentation.

use convnet::geometry::{Bytes, UpdateRule};
use convnet::{network, prelude::*};

network! {
    /// Two 3x3 convolutions, as small as a VGG gets.
    pub struct CardNet {
        INPUT[32x32x3] -> [CONV3-64 -> RELU]*2 -> POOL2 -> FC10
    }
    assert parameters == 202_570;
    assert output == [1x1x10];
    assert memory <= 603KB;

    /// LeNet-5 with ReLUs and maximum pooling.
    pub struct LeNet {
        INPUT[28x28x1]
        -> CONV5-6 -> RELU -> POOL2        : [14x14x6]
        -> CONV5-16 p0 -> RELU -> POOL2    : [5x5x16]
        -> FC120 -> RELU -> FC84 -> RELU -> FC10
    }
    assert parameters == 61_706;

    /// VGG-16, configuration D.
    pub struct Vgg16 {
        INPUT[224x224x3]
        -> [CONV3-64  -> RELU]*2 -> POOL2 : [112x112x64]
        -> [CONV3-128 -> RELU]*2 -> POOL2
        -> [[CONV3-256 -> RELU]*3 -> POOL2]
        -> [[CONV3-512 -> RELU]*3 -> POOL2]*2 : [7x7x512]
        -> [FC4096 -> RELU]*2 -> FC1000
    }
    assert parameters == 138_357_544;
    assert memory <= 61MB;

    /// The first layer of AlexNet: (227 - 11)/4 + 1 = 55.
    pub struct AlexNetFirst { INPUT[227x227x3] -> CONV11-96 s4 p0 }
    assert parameters == 34_944;
    assert output == [55x55x96];
}

#[test]
fn reports_of_four_networks() {
    insta::assert_snapshot!("card_net", CardNet::report());
    insta::assert_snapshot!("le_net", LeNet::report());
    insta::assert_snapshot!("vgg_16", Vgg16::report());
    insta::assert_snapshot!("alex_net_first", AlexNetFirst::report());
}

/// The figures of the notes' own table of VGG-16: `memory: 224*224*64=3.2M weights: (3*3*3)*64 = 1,728`.
#[test]
fn vgg_16_reads_as_in_the_notes() {
    let report = Vgg16::report().to_string();
    let line =
        |start: &str| report.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
    let first = line("CONV3-64:");
    assert!(first.contains("[224x224x64]") && first.contains("memory: 224*224*64=3.2M"), "{first}");
    assert!(first.contains("weights: (3*3*3)*64 = 1,728"), "{first}");
    assert!(line("FC4096:").contains("weights: 7*7*512*4096 = 102,760,448"), "{report}");
    assert!(line("total parameters").contains("138,357,544"), "{report}");
    // The notes' last line says 24M numbers and 93 MB; the volumes that they list add up to this.
    assert!(line("total memory").contains("15,237,608 numbers * 4 bytes = 61 MB"), "{report}");
    assert!(line("pattern").ends_with("with N = 2, 2, 3, 3, 3, M = 5, K = 2"), "{report}");
}

/// The README shows a line as it is printed.
#[test]
fn the_readme_quotes_the_report() {
    let report = CardNet::report().to_string();
    let line = report.lines().nth(2).expect("the first layer");
    assert!(include_str!("../README.md").contains(line), "{line}");
}

#[test]
fn constants_say_what_the_network_is() {
    assert_eq!(CardNet::INPUT, Volume::new(32, 32, 3));
    assert_eq!(CardNet::OUTPUT, Volume::new(1, 1, 10));
    assert_eq!(CardNet::PARAMETERS, 202_570);
    assert_eq!(format!("{:?}", CardNet::new(1)), "CardNet [32x32x3] -> [1x1x10], 202,570 parameters");
    let net = CardNet::new(1);
    assert_eq!(net.conv2().weights().dim(), (64, 3, 3, 64));
    assert_eq!(net.fc1().weights().dim(), (10, 16_384));
    assert_eq!(net.fc1().bias().map(|bias| bias.len()), Some(10));
    let by_name = net.parameters().get("conv1.weights").expect("a stable name");
    assert_eq!(by_name.shape(), [64, 3, 3, 3]);
    assert_eq!(by_name.iter().next(), net.conv1().weights().iter().next());
    assert!(net.parameters().get("conv3.weights").is_none());
}

/// The notes' memory question, for a batch of 64 with momentum.
#[test]
fn memory_counts_what_training_keeps() {
    let memory = CardNet::memory(64, UpdateRule::Momentum);
    assert_eq!(memory.volumes, 64 * 150_538 * 4);
    assert_eq!(memory.parameters, 202_570 * 4);
    assert_eq!(memory.parameter_gradients, 202_570 * 4);
    assert_eq!(memory.optimizer, 202_570 * 4);
    assert_eq!(memory.switches, 64 * 16 * 16 * 64 * 4);
    // Two neighbouring volumes of gradients live at a time.
    assert_eq!(memory.volume_gradients, 64 * 2 * 65_536 * 4);
    let workspace = TrainingWorkspace::<f32>::of(&CardNet::new(0), 64).expect("a workspace");
    let planned = memory.total() - memory.parameters - memory.optimizer;
    assert!(workspace.bytes() as u64 >= planned, "{} of {}", Bytes(workspace.bytes() as u64), Bytes(planned));
    // Beside it stand what products share, here sums of the filters' gradient, and what each thread works in.
    let (shared, worker) = (4 << 21, 4 << 18);
    let workers = worker * std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    assert!(workspace.bytes() as u64 <= planned + shared + workers, "scratch is small and bounded");
}

#[test]
fn inference_keeps_two_neighbouring_volumes() {
    let architecture = <Vgg16 as Network>::ARCHITECTURE;
    let neighbours =
        architecture.places().windows(2).map(|pair| pair[0].volume.count() + pair[1].volume.count());
    assert_eq!(Some(architecture.inference_numbers()), neighbours.max());
}

network! {
    /// What the macro implements by itself, derived by hand.
    #[derive(Clone, Debug)]
    struct Derived { INPUT[4x4x1] -> FC2 }
}

#[test]
fn traits_may_be_derived() {
    assert!(format!("{:?}", Derived::new(1).clone()).starts_with("Derived {"));
}

/// A network may be defined inside a function, and its items used there.
#[test]
fn networks_in_functions() {
    network! { INPUT[8x8x1] -> AVGPOOL2 -> FC3 -> SVM(delta=0.5); assert parameters == 51; assert output == [1x1x3]; }
    assert_eq!(Net::new(1).loss().delta(), 0.5);
}

mod elsewhere {
    pub(crate) use convnet as renamed;
}

network! {
    #[convnet(crate = crate::elsewhere::renamed)]
    pub(crate) struct Renamed { INPUT[4x4x1] -> CONV3-2 -> RELU -> FC2 }
}

#[test]
fn the_crate_may_have_another_name() {
    assert_eq!(Renamed::PARAMETERS, Renamed::new(1).parameters().len());
}

/// Networks called like things of ours, among things called like the prelude's.
mod names_of_ours {
    #[expect(dead_code, reason = "it is there to be in the way")]
    type Result<T> = std::result::Result<T, String>;

    convnet::network! {
        struct Softmax { INPUT[4x4x1] -> FC2 }
        struct Layer { INPUT[4x4x1] -> CONV3-2 -> FC2 -> SVM }
        #[cfg(any())]
        struct Absent { INPUT[4x4x1] -> FC2 }
    }

    #[test]
    fn networks_may_be_called_anything() {
        assert_eq!((Softmax::PARAMETERS, Layer::PARAMETERS), (34, 86));
    }
}
