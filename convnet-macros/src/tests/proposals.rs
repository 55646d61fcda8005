//! What a message proposes must be right, or it sends its reader from one mistake to the next.

use super::mistakes;

/// The layers that a message says would do, and what comes out of each.
fn proposals(message: &str) -> Vec<(String, String)> {
    let proposal = |line: &str| {
        let (layer, output) = line.strip_prefix("help: `")?.split_once("` gives ")?;
        Some((layer.to_owned(), output.split(',').next()?.to_owned()))
    };
    message.lines().filter_map(proposal).collect()
}

/// Makes a mistake, then does as it is told.
#[track_caller]
fn are_right(before: &str, layer: &str, after: &str, count: usize) {
    let messages = mistakes(&format!("{before} {layer} {after}"));
    assert_eq!(messages.len(), 1, "{messages:?}");
    let proposals = proposals(&messages[0]);
    assert_eq!(proposals.len(), count, "{messages:?}");
    for (layer, output) in proposals {
        assert_eq!(mistakes(&format!("{before} {layer} : {output} {after}")), [""; 0], "{layer}");
    }
}

#[test]
fn where_the_size_does_not_divide() {
    are_right("INPUT[10x10x3] ->", "CONV3-8 s2 p0", "-> FC10", 4);
    are_right("INPUT[10x10x3] ->", "POOL3 s2", "-> FC10", 4);
    are_right("INPUT[224x224x3] ->", "CONV11-96 s4 p0 nobias", "-> FC10", 4);
    are_right("INPUT[10x10x3] ->", "CONV3x4-9 s2 p0 g3", "-> FC10", 3);
    are_right("INPUT[10x9x3] ->", "AVGPOOL2 uncounted", "-> FC10", 3);
}

#[test]
fn where_the_window_is_too_large() {
    are_right("INPUT[3x3x3] ->", "CONV5-8 p0", "-> FC10", 2);
    are_right("INPUT[1x1x3] ->", "POOL2", "-> FC10", 1);
}

#[test]
fn where_padding_is_as_wide_as_the_window() {
    are_right("INPUT[8x8x3] ->", "POOL3 s1 p3", "-> FC10", 2);
}

/// A change to a layer in a group acts on every repetition: `p1` repairs the last alone.
#[test]
fn in_a_repeated_group() {
    for (chain, layer) in [
        ("INPUT[20x20x3] -> [CONV3-8 -> POOL2]*3 -> FC10", "POOL2"),
        ("INPUT[32x32x3] -> [CONV3-8 -> RELU -> POOL2]*6 -> FC10", "POOL2"),
        ("INPUT[12x12x3] -> [CONV3-8 s2 p0]*2 -> FC10", "CONV3-8 s2 p0"),
    ] {
        let messages = mistakes(chain);
        assert_eq!(messages.len(), 1, "{messages:?}");
        for (proposal, _) in proposals(&messages[0]) {
            assert_eq!(mistakes(&chain.replace(layer, &proposal)), [""; 0], "{chain}: {proposal}");
        }
    }
}

#[test]
fn of_groups_and_of_padding() {
    let message = &mistakes("INPUT[8x8x12] -> CONV3-8 g3")[0];
    assert!(message.ends_with("help: 9 filters would do"), "{message}");
    let message = &mistakes("INPUT[8x8x12] -> CONV3-8 g5")[0];
    assert!(message.contains("help: `g1`, `g2`, `g4` divide both the depth of 12"), "{message}");
    for groups in ["g1", "g2", "g4"] {
        assert_eq!(mistakes(&format!("INPUT[8x8x12] -> CONV3-8 {groups}")), [""; 0]);
    }
    let message = &mistakes("INPUT[8x8x3] -> CONV4-8")[0];
    assert!(message.contains("`CONV4-8 p0` for none") && message.contains("`CONV4-8 p2:1`"), "{message}");
    assert_eq!(mistakes("INPUT[8x8x3] -> CONV4-8 p0 -> CONV4-8 p2:1"), [""; 0]);
}

/// Every layer and projection that the message on a source proposes, written where it points, is right; so many are
/// proposed. `wrong` is what the message points at, or the `ID` inside it.
#[track_caller]
fn repair(source: &str, wrong: &str, count: usize) {
    let messages = mistakes(source);
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(source.matches(wrong).count(), 1, "`{wrong}` must be found");
    let projection = |line: &str| {
        let (layer, _) = line.strip_prefix("help: write `")?.split_once("` for `ID`")?;
        Some(layer.to_owned())
    };
    let repairs = proposals(&messages[0]).into_iter().map(|(layer, _)| layer);
    let all: Vec<String> = repairs.chain(messages[0].lines().filter_map(projection)).collect();
    assert_eq!(all.len(), count, "{messages:?}");
    for proposal in all {
        assert_eq!(mistakes(&source.replace(wrong, &proposal)), [""; 0], "{proposal} for {wrong}: {source}");
    }
}

#[test]
fn in_branches() {
    repair("INPUT[10x10x3] -> CAT{ CONV3-8 s2 p0 | POOL2 } -> FC10", "CONV3-8 s2 p0", 2);
    repair("INPUT[10x10x3] -> CAT{ CONV3-8 s2 p0 | POOL2 } -> POOL5 -> FC10", "CONV3-8 s2 p0", 2);
    repair("INPUT[9x9x3] -> ADD{ ID | POOL2 -> CONV3-3 } -> FC10", "POOL2", 0);
    repair("INPUT[32x32x3] -> ADD{ CONV3-16 s2 | CONV1-16 s2 floor } -> FC10", "CONV3-16 s2", 2);
    // In both repetitions, and in a branch of a branch.
    repair("INPUT[17x17x4] -> [CAT{ ADD{ ID | POOL3 s1 } | ID }]*2 -> FC10", "POOL3 s1", 0);
    repair("INPUT[16x16x4] -> [CAT{ POOL3 s2 | POOL2 -> ADD{ ID | ID } }]*2 -> FC10", "POOL3 s2", 2);
}

/// What fits the layers behind is proposed before what fits here alone.
#[test]
fn that_fit_the_rest_of_the_network() {
    repair("INPUT[10x10x3] -> CONV3-8 s2 p0 -> POOL2 -> FC10", "CONV3-8 s2 p0", 2);
    repair("INPUT[10x10x3] -> CONV3-8 s2 p0 -> CONV1-4 : [4x4x4] -> FC10", "CONV3-8 s2 p0", 1);
}

/// The text to replace stands in the block, and parameters stay what they are.
#[test]
fn in_blocks() {
    let halve = "block halve(k) = CONV3-k s2 p0 -> RELU;";
    repair(&format!("{halve} INPUT[33x33x3] -> halve(8) -> halve(16) -> POOL2 -> FC10"), "CONV3-k s2 p0", 1);
    repair(&format!("{halve} INPUT[32x32x3] -> halve(8) -> FC10"), "CONV3-k s2 p0", 4);
    repair(
        &format!("{halve} INPUT[33x33x3] -> halve(8) -> halve(16) -> halve(32) -> FC10"),
        "CONV3-k s2 p0",
        3,
    );
    let slide = "block slide(s) = CONV3-8 s(s) p0 -> RELU;";
    repair(&format!("{slide} INPUT[33x33x3] -> slide(2) -> slide(4) -> FC10"), "CONV3-8 s(s) p0", 3);
    let inception = "block mix(k) = CAT{ CONV1-k s2 | CONV3-(2*k) s2 floor };";
    repair(&format!("{inception} INPUT[32x32x3] -> [mix(8)]*2 -> mix(16) -> FC10"), "CONV1-k s2", 2);
}

#[test]
fn projections() {
    repair("INPUT[8x8x3] -> ADD{ CONV3-16 | ID } -> FC10", "ID", 1);
    repair("INPUT[8x8x3] -> ADD{ ID | CONV3-16 s2 floor -> BN } -> POOL2 -> FC10", "ID", 1);
    repair("INPUT[9x9x3] -> ADD{ POOL3 s2 -> CONV1-4 | CONV3-4 s2 | ID } -> FC10", "ID", 0);
    repair("INPUT[9x9x3] -> ADD{ CONV3-4 s2 | CONV5-4 s2 p2 | ID } -> FC10", "ID", 1);
    repair("INPUT[9x8x3] -> ADD{ CONV3-4 s2x1 | ID } -> FC10", "ID", 1);
    repair("INPUT[9x8x3] -> ADD{ CONV3x1-4 s2x1 floor -> CAT{ CONV1-4 | RELU } | ID } -> FC10", "ID", 1);
    repair("INPUT[8x8x3] -> [ADD{ CONV3-16 | ID } -> POOL2]*3 -> FC10", "ID", 1);
    // Nothing makes a volume larger.
    repair("INPUT[8x8x3] -> ADD{ CONV1-4 p1 | ID } -> FC10", "ID", 0);
}

/// In a block a projection has the numbers of each use.
#[test]
fn projections_in_blocks() {
    let residual = "block residual(k) = ADD{ CONV3-k -> RELU | ID } -> RELU;";
    repair(&format!("{residual} INPUT[8x8x16] -> residual(16) -> residual(32) -> FC10"), "ID", 1);
    repair(&format!("{residual} INPUT[8x8x3] -> [residual(4)]*2 -> residual(8) -> FC10"), "ID", 1);
    let wide = "block wide(k) = ADD{ CONV1-k -> CONV3-(4*k) | ID };";
    repair(&format!("{wide} INPUT[8x8x16] -> wide(4) -> wide(8) -> FC10"), "ID", 1);
    let down = "block down(k, s) = ADD{ CONV3-k s(s) floor -> BN | ID } -> RELU;";
    repair(&format!("{down} INPUT[32x32x3] -> down(8, 1) -> down(16, 2) -> down(32, 4) -> FC10"), "ID", 1);
    repair(&format!("{down} INPUT[32x32x8] -> down(8, 1) -> down(16, 2) -> FC10"), "ID", 1);
}
