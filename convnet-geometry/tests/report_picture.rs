//! The picture: a valid document, in which every layer stands where it can be seen.

mod zoo;

use convnet_geometry::{Architecture, Custom, Join, LayerKind, LossKind, Volume};
use roxmltree::{Document, Node};
use zoo::Net;

fn svg(architecture: &'static Architecture<'static>) -> String {
    architecture.report().svg().to_string()
}

fn elements<'a, 'i>(document: &'a Document<'i>, name: &str) -> Vec<Node<'a, 'i>> {
    document.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", name))).collect()
}

fn number(node: Node<'_, '_>, attribute: &str) -> i32 {
    node.attribute(attribute).and_then(|value| value.parse().ok()).expect("a whole number")
}

/// What a pointer over the boxes shows: a box each.
fn boxes(document: &Document<'_>) -> Vec<String> {
    let titles = elements(document, "title");
    titles.iter().skip(1).map(|title| title.text().unwrap_or_default().to_owned()).collect()
}

fn texts(document: &Document<'_>) -> Vec<String> {
    elements(document, "text").iter().map(|text| text.text().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_volume_has_a_box() {
    // A residual network's blocks that follow their like are drawn once: 8 of 16.
    let google = 1 + 3 + 4 + 9 * 8 + 2;
    let residual = 1 + 2 + 4 * (4 + 1) + 4 * (3 + 1) + 2;
    for (architecture, count) in
        [(zoo::le_net(), 8), (zoo::vgg_16(), 22), (zoo::goog_le_net(), google), (zoo::res_net_50(), residual)]
    {
        let text = svg(architecture);
        let document = Document::parse(&text).expect("valid XML");
        assert_eq!(boxes(&document).len(), count, "{}", architecture.name());
    }
}

#[test]
fn every_layer_is_told() {
    for architecture in [zoo::le_net(), zoo::vgg_16(), zoo::goog_le_net()] {
        let text = svg(architecture);
        let boxes = boxes(&Document::parse(&text).expect("valid XML")).join("\n");
        for layer in architecture.layers() {
            let line = format!("{}: {} {}", layer.name, layer.notation, layer.kind.output());
            assert!(boxes.lines().any(|told| told.starts_with(&line)), "{line} in\n{boxes}");
        }
    }
}

#[test]
fn it_fits_a_page_and_everything_lies_in_it() {
    for architecture in [zoo::le_net(), zoo::vgg_16(), zoo::goog_le_net(), zoo::res_net_50(), long()] {
        let text = svg(architecture);
        let document = Document::parse(&text).expect("valid XML");
        let (width, height) =
            (number(document.root_element(), "width"), number(document.root_element(), "height"));
        assert!(width <= 1600, "{}: {width} wide", architecture.name());
        let inside = |x: i32, y: i32| (0..=width).contains(&x) && (0..=height).contains(&y);
        for text in elements(&document, "text") {
            assert!(inside(number(text, "x"), number(text, "y")), "{text:?}");
        }
        for polygon in elements(&document, "polygon") {
            for point in polygon.attribute("points").unwrap_or_default().split(' ') {
                let (x, y) = point.split_once(',').expect("two coordinates");
                assert!(inside(x.parse().expect("x"), y.parse().expect("y")), "{point} of {width}x{height}");
            }
        }
    }
}

fn long() -> &'static Architecture<'static> {
    Net::of(32, 32, 3)
        .then(&"CONV3-16 -> RELU -> ".repeat(100))
        .then("GAP -> FC10")
        .end("ANameThatIsLongerThanAnOrdinaryOne", LossKind::Softmax)
}

#[test]
fn the_title_says_what_it_costs() {
    let text = svg(zoo::vgg_16());
    let texts = texts(&Document::parse(&text).expect("valid XML"));
    assert_eq!(texts[0], "Vgg16");
    assert_eq!(texts[1], "224×224×3 → 1×1×1000, 138,357,544 parameters, 15.5G multiply-accumulates");
    for entry in ["convolution", "pooling", "fully connected", "RELU", "DROPOUT(keep=0.5)"] {
        assert!(texts.iter().any(|text| text == entry), "{entry} in the legend");
    }
    assert!(!texts.iter().any(|text| text.starts_with("join")), "no entry without its layer");
}

#[test]
fn blocks_alike_are_drawn_once_and_counted() {
    let text = svg(zoo::res_net_50());
    let texts = texts(&Document::parse(&text).expect("valid XML"));
    let times: Vec<_> = texts.iter().filter(|text| text.starts_with('×')).collect();
    assert_eq!(times, ["×2", "×3", "×5", "×2"]);
    assert!(texts.iter().any(|text| text == "bottleneck9 … bottleneck13"), "{texts:?}");
}

/// Larger volumes have higher and thicker boxes, and the smallest can still be seen.
#[test]
fn boxes_are_in_proportion() {
    let text = svg(zoo::vgg_16());
    let document = Document::parse(&text).expect("valid XML");
    let fronts = elements(&document, "g").into_iter().skip(1).map(|group| {
        let front = group.children().find(|node| node.has_tag_name("polygon")).expect("a front");
        let points = front.attribute("points").unwrap_or_default();
        let points: Vec<Vec<i32>> = points
            .split(' ')
            .map(|point| point.split(',').map(|n| n.parse().expect("n")).collect())
            .collect();
        (points[2][0] - points[0][0], points[2][1] - points[0][1])
    });
    let fronts: Vec<_> = fronts.collect();
    let (input, first, last) = (fronts[0], fronts[1], fronts[fronts.len() - 1]);
    assert!(input.0 <= first.0 && input.1 == first.1, "{fronts:?}");
    assert!(fronts.windows(2).all(|pair| pair[0].1 >= pair[1].1), "{fronts:?}");
    assert!(last.0 >= 5 && last.1 >= 12, "{fronts:?}");
}

#[test]
fn names_are_escaped() {
    let mut net = Net::of(4, 4, 3).then("CONV3-8 -> RELU");
    let volume = Volume::new(4, 4, 8);
    net.push("(own::<T>(\"a\" & 'b'))", LayerKind::Custom(Custom::new(volume, volume, 0, 0)));
    let text = svg(net.then("FC2").end("A<B> & \u{1}\"C\"", LossKind::None));
    let document = Document::parse(&text).expect("valid XML");
    assert_eq!(texts(&document)[0], "A<B> &  \"C\"");
    assert!(boxes(&document).join("\n").contains("(own::<T>(\"a\" & 'b'))"), "{text}");
    assert!(texts(&document).iter().any(|text| text == "(own::<T>(\"a\" & '…"), "{:?}", texts(&document));
}

/// Pictures that were looked at, to the pixel. After a change that is meant, look at them again.
#[test]
fn pictures_are_as_they_were_looked_at() {
    let pictures = [zoo::le_net(), zoo::goog_le_net(), zoo::res_net_50(), long(), nested(), every_kind()];
    for architecture in pictures {
        insta::assert_snapshot!(architecture.name(), svg(architecture));
    }
}

/// A layer of every kind, some of them the only one of theirs.
fn every_kind() -> &'static Architecture<'static> {
    Net::of(40, 20, 3)
        .then("CONV3-16 -> BN -> RELU -> CONV3-16 -> PRELU -> LRN -> POOL2 -> AVGPOOL2 -> CONV3-8 -> TANH")
        .join(Join::Sum, &["CONV3-8", "ID"])
        .then("RELU -> LOCAL3-4 -> DROPOUT(keep=0.5) -> FC30 -> RELU -> FC10")
        .end("EveryKind", LossKind::Softmax)
}

/// Branches in branches, branches that do nothing, and ones that begin with bands.
fn nested() -> &'static Architecture<'static> {
    Net::of(64, 64, 3)
        .then("CONV3-16 -> RELU")
        .join_with(
            Join::Sum,
            &[
                &|net: Net| net.join(Join::Stack, &["BN -> RELU -> CONV1-8", "CONV3-8"]).then("BN -> RELU"),
                &|net: Net| net.join(Join::Sum, &["CONV3-16 -> TANH", "ID"]),
                &|net: Net| net,
            ],
        )
        .join(Join::Stack, &["ID", "ID"])
        .then("RELU -> GAP -> FC10")
        .end("Nested", LossKind::Softmax)
}

#[test]
fn nested_branches_are_all_drawn() {
    let text = svg(nested());
    let document = Document::parse(&text).expect("valid XML");
    // The input, a CONV; bands, CONV, CONV, CAT; CONV, ADD; ADD, CAT, GAP, FC.
    assert_eq!(boxes(&document).len(), 2 + 4 + 2 + 4, "{:?}", boxes(&document));
    // Several activations: the legend names none, each box does.
    let texts = texts(&document);
    assert!(
        texts.iter().any(|text| text == "activation") && texts.iter().any(|text| text == "TANH"),
        "{texts:?}"
    );
}
