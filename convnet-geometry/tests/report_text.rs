//! The notes' table, the wide one, and what is counted in them.

mod zoo;

use convnet_geometry::{Architecture, Grouped, Join, LossKind, UpdateRule};
use zoo::Net;

/// A layer of every kind with parameters, and both joints.
fn every_kind() -> &'static Architecture<'static> {
    Net::of(16, 16, 3)
        .then("LOCAL3-4 -> BN -> PRELU -> CONV3-8 g2 -> PRELU(shared)")
        .join(Join::Stack, &["CONV1-8 -> RELU", "ID"])
        .join(Join::Sum, &["CONV3-16 nobias -> BN", "ID"])
        .then("RELU -> (path::Scale, parameters=64) -> FC10")
        .end("EveryKind", LossKind::Softmax)
}

/// The numbers behind `= ` or the last colon of the column of weights, and of that of biases.
fn parameters_of(row: &str) -> u64 {
    let columns = row.split("  ").map(str::trim);
    let is_count = |column: &&str| {
        ["weights:", "biases:", "scales, shifts:", "slopes:", "parameters:"]
            .iter()
            .any(|head| column.starts_with(head))
    };
    let number = |column: &str| {
        let number = column.rsplit([' ', ':']).next().unwrap_or_default().replace(',', "");
        number.parse::<u64>().unwrap_or_else(|_| panic!("{column} ends in a number"))
    };
    columns.filter(is_count).map(number).sum()
}

#[test]
fn the_columns_add_up_to_the_total() {
    for architecture in [every_kind(), zoo::le_net(), zoo::vgg_16(), zoo::goog_le_net(), zoo::res_net_50()] {
        let text = architecture.report().to_string();
        let rows = text.lines().skip(2).take(architecture.layers().len());
        assert_eq!(rows.map(parameters_of).sum::<u64>(), architecture.parameters() as u64, "{text}");
    }
}

#[test]
fn every_kind_shows_its_parameters() {
    let text = every_kind().report().to_string();
    for part in [
        "weights: (3*3*3)*1,024 = 27,648",
        "scales, shifts: 4+4 = 8",
        "slopes: 4",
        "weights: (3*3*2)*8 = 144",
        "slopes: 1",
        "parameters: 64",
        "cat1 = 8 of b1.relu1 | 8 of prelu2",
        "add1 = b1.bn1 + cat1",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

/// The table of a chain is what it was before there were branches.
#[test]
fn chains_read_as_ever() {
    let card = Net::of(32, 32, 3).then("CONV3-64 -> RELU -> CONV3-64 -> RELU -> POOL2 -> FC10");
    let alex = Net::of(227, 227, 3).then("CONV11-96 s4 p0");
    let mut vgg = Net::of(224, 224, 3);
    for (filters, layers) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)] {
        vgg = vgg.then(&format!("CONV3-{filters} -> RELU -> ").repeat(layers)).then("POOL2");
    }
    let vgg = vgg.then("FC4096 -> RELU -> FC4096 -> RELU -> FC1000");
    for (architecture, snapshot) in [
        (zoo::le_net(), include_str!("../../tests/snapshots/reports__le_net.snap")),
        (
            card.end("CardNet", LossKind::Softmax),
            include_str!("../../tests/snapshots/reports__card_net.snap"),
        ),
        (vgg.end("Vgg16", LossKind::Softmax), include_str!("../../tests/snapshots/reports__vgg_16.snap")),
        (
            alex.end("AlexNetFirst", LossKind::None),
            include_str!("../../tests/snapshots/reports__alex_net_first.snap"),
        ),
    ] {
        let table = snapshot.splitn(3, "---\n").nth(2).expect("a snapshot");
        assert_eq!(architecture.report().to_string(), table);
    }
}

#[test]
fn published_counts() {
    assert_eq!(zoo::vgg_16().parameters(), 138_357_544);
    assert_eq!(zoo::res_net_50().parameters(), 25_557_032);
    assert_eq!(zoo::goog_le_net().parameters(), 6_998_552);
}

/// The notes: 290,400 neurons, each with 11*11*3 weights and a bias, 105,705,600 of them; shared 34,944.
#[test]
fn alex_nets_first_layer_as_the_notes_work_it() {
    let net = Net::of(227, 227, 3).then("CONV11-96 s4 p0").end("AlexNetFirst", LossKind::None);
    let report = net.report();
    let totals = report.totals();
    assert_eq!((totals.neurons, totals.unshared, totals.parameters), (290_400, 105_705_600, 34_944));
    assert_eq!((totals.weights, totals.biases), (34_848, 96));
    let wide = report.wide().to_string();
    let row = wide.lines().find(|line| line.starts_with("conv1")).expect("a row");
    let cells: Vec<_> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(
        cells,
        [
            "conv1",
            "CONV11-96 s4 p0",
            "[227x227x3]",
            "[55x55x96]",
            "11x11 s4 p0",
            "direct",
            "290,400",
            "105,705,600",
            "34,848",
            "96",
            "105,705,600",
            "1,161,600",
            "11x11",
            "105,415,200"
        ]
    );
}

/// LeNet's first layer has too few filters for a vector, its second one too few channels backward.
#[test]
fn the_column_of_algorithms() {
    let wide = zoo::le_net().report().wide().to_string();
    let rows =
        |name: &str, text: &str| wide.lines().any(|line| line.starts_with(name) && line.contains(text));
    assert!(rows("conv1", "  planes  ") && rows("conv2", "  direct, dx: planes  "), "{wide}");
    assert!(rows("fc1", "  product  ") && !rows("pool1", "product"), "{wide}");
    let wide = zoo::vgg_16().report().wide().to_string();
    assert!(wide.lines().any(|line| line.starts_with("conv2") && line.contains("  Winograd  ")), "{wide}");
}

/// The notes' two networks of neurons, whose inputs they do not count.
#[test]
fn the_notes_fully_connected_networks() {
    let totals = |chain: &str| Net::of(1, 1, 3).then(chain).end("Net", LossKind::Softmax).report().totals();
    let two = totals("FC4 -> RELU -> FC2");
    assert_eq!((two.neurons, two.weights, two.biases, two.parameters), (6, 20, 6, 26));
    let three = totals("FC4 -> RELU -> FC4 -> RELU -> FC1");
    assert_eq!((three.neurons, three.weights, three.biases, three.parameters), (9, 32, 9, 41));
    assert_eq!(three.connections, 41);
}

/// S2 and C3 of LeNet-5: poolings see the cells of their windows.
#[test]
fn poolings_have_connections_and_no_neurons() {
    let net = Net::of(28, 28, 6).then("POOL2").end("S2", LossKind::None);
    let totals = net.report().totals();
    assert_eq!((totals.neurons, totals.connections, totals.unshared), (0, 14 * 14 * 6 * 4, 0));
}

#[test]
fn the_wide_table_is_aligned_and_adds_up() {
    let net = every_kind();
    let wide = net.report().wide().to_string();
    let lines: Vec<_> = wide.lines().collect();
    assert_eq!(lines.len(), 1 + 1 + 1 + net.layers().len() + 1 + 4, "{wide}");
    assert!(lines[1].starts_with("layer") && lines[1].ends_with("MACs"), "{wide}");
    let total = lines[lines.len() - 5];
    assert!(total.starts_with("total") && total.len() <= lines[1].len(), "{wide}");
    assert!(total.contains(&format!("{} parameters", Grouped(net.parameters() as u64))), "{wide}");
    for part in ["[16x16x(8+8)]", "2*[16x16x16]", "3x3 s1 p1 g2"] {
        assert!(wide.contains(part), "{part} in\n{wide}");
    }
    assert!(lines.iter().all(|line| !line.ends_with(' ')), "{wide}");
}

#[test]
fn the_largest_batch_fits_and_one_more_does_not() {
    for architecture in [every_kind(), zoo::le_net(), zoo::vgg_16()] {
        for rule in UpdateRule::ALL {
            for (bytes, scalar) in [(100_000_000, 4), (12_000_000_000, 4), (12_345_678_901, 8), (u64::MAX, 4)]
            {
                let total = |batch| architecture.memory(batch, rule, scalar).total();
                match architecture.largest_batch(bytes, rule, scalar) {
                    None => assert!(total(1) > bytes),
                    Some(batch) => {
                        assert!(batch >= 1 && total(batch) <= bytes);
                        assert!(bytes == u64::MAX || total(batch + 1) > bytes, "{batch} of {rule:?}");
                    }
                }
            }
        }
    }
    let net = zoo::le_net();
    let one = net.memory(1, UpdateRule::Adam, 4).total();
    assert_eq!(net.largest_batch(one, UpdateRule::Adam, 4), Some(1));
    assert_eq!(net.largest_batch(one - 1, UpdateRule::Adam, 4), None);
    assert_eq!(net.largest_batch(0, UpdateRule::Sgd, 4), None);
}

/// Where branches part, the second gradient to come is written beside the first: the largest such volume counts.
#[test]
fn memory_counts_the_gradient_that_is_added() {
    let residual = |branches: &[&str]| {
        Net::of(5, 5, 3).then("CONV3-4").join(Join::Sum, branches).then("FC2").end("Net", LossKind::Softmax)
    };
    let net = residual(&["CONV3-4", "ID"]);
    assert_eq!(net.largest_parting(), 100);
    let gradients = net.memory(7, UpdateRule::Sgd, 4).volume_gradients;
    assert_eq!(gradients, 7 * 4 * (net.gradient_numbers() as u64 + 100));
    assert_eq!(residual(&["ID", "ID"]).largest_parting(), 100);
    assert_eq!(zoo::le_net().largest_parting(), 0);
}

#[test]
fn update_rules_keep_what_the_notes_say() {
    let kept = UpdateRule::ALL.map(UpdateRule::kept_per_parameter);
    assert_eq!(kept, [0, 1, 1, 1, 1, 2, 2]);
}
