//! Folders of images, written here by the crate `image`, and files in them that are not what they should be.

use std::io::Cursor;
use std::path::Path;

use convnet::data::folder::{Channels, Fit, ImageFolder, ImageOptions, read_folders};
use convnet::{network, prelude::*};
use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage};
use ndarray::Array3;

use super::scratch::Folder;

/// An image that differs from pixel to pixel.
fn picture(width: u32, height: u32) -> RgbImage {
    let byte = |number: u32| u8::try_from(number % 256).expect("a byte");
    RgbImage::from_fn(width, height, |x, y| Rgb([byte(9 * x + 5 * y), byte(40 + 3 * y), byte(200 + 7 * x)]))
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).expect("memory");
    bytes.into_inner()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(picture(width, height), ImageFormat::Png)
}

fn options(height: usize, width: usize, fit: Fit) -> ImageOptions {
    ImageOptions::new(height, width, Channels::Rgb).expect("sides").with_fit(fit)
}

/// The image of a folder with one file.
fn read(name: &str, file: &str, contents: &[u8], options: ImageOptions) -> Result<Array3<u8>, String> {
    let folder = Folder::new(name);
    folder.write(&format!("class/{file}"), contents);
    let images = ImageFolder::open(folder.path(), options).expect("one image");
    TestSet::new(images).image(0).map_err(|error| {
        assert!(matches!(error, Error::ImageFile { .. }), "{error}");
        folder.message(&error)
    })
}

#[test]
fn classes_and_files_in_the_order_of_their_names() {
    let folder = Folder::new("order");
    for (name, width) in [("b dog/2.png", 5), ("b dog/1.PNG", 4), ("a cat/z.png", 3), ("b dog/11.png", 6)] {
        folder.write(name, &png(width, 3));
    }
    // What is hidden is passed over, and so is what stands beside the classes and is no image.
    folder.write("a cat/.hidden", b"");
    folder.write(".git/config", b"");
    folder.write("README.md", b"about");
    let images = ImageFolder::open(folder.path(), options(3, 3, Fit::Stretch)).expect("four images");
    assert_eq!((images.len(), images.classes(), images.shape()), (4, 2, [3, 3, 3]));
    assert_eq!(images.class_names(), ["a cat", "b dog"]);
    let files: Vec<_> =
        (0..4).map(|index| images.path(index).strip_prefix(folder.path()).expect("in the folder")).collect();
    assert_eq!(files, ["a cat/z.png", "b dog/1.PNG", "b dog/11.png", "b dog/2.png"].map(Path::new));
    let loaded = images.load().expect("good files");
    assert_eq!((loaded.labels(), loaded.class_names()), (&[0, 1, 1, 1][..], images.class_names()));
    let mut image = [0; 27];
    images.read(3, &mut image).expect("a good file");
    assert_eq!(image, loaded.bytes(3));
    assert!(matches!(images.read(4, &mut image), Err(Error::ImageIndex { index: 4, count: 4 })));
    assert!(matches!(images.read(0, &mut image[1..]), Err(Error::ImageBytes { found: 26, .. })));
}

#[test]
fn png_is_exact_and_jpeg_is_near() {
    let picture = picture(9, 7);
    let exact = read("exact", "a.png", &png(9, 7), options(7, 9, Fit::Exact)).expect("a good file");
    assert_eq!(exact.as_slice(), Some(picture.as_raw().as_slice()));
    // A smooth image, since JPEG is lossy.
    let byte = |number: u32| u8::try_from(number).expect("a byte");
    let smooth = RgbImage::from_fn(16, 16, |x, y| Rgb([byte(100 + 4 * x), byte(100 + 4 * y), 120]));
    let jpeg = encoded(smooth.clone(), ImageFormat::Jpeg);
    let near = read("near", "a.jpeg", &jpeg, options(16, 16, Fit::Exact)).expect("a good file");
    let apart = near.iter().zip(smooth.as_raw()).map(|(found, byte)| found.abs_diff(*byte)).max();
    assert!(apart <= Some(16), "{apart:?}");
}

#[test]
fn grey_and_colour_become_each_other() {
    let grey = GrayImage::from_fn(4, 4, |x, y| image::Luma([u8::try_from(60 * x + y).expect("a byte")]));
    let colours =
        read("colours", "a.png", &encoded(grey.clone(), ImageFormat::Png), options(4, 4, Fit::Exact));
    let colours = colours.expect("a good file");
    assert!(
        colours.rows().into_iter().zip(grey.as_raw()).all(|(pixel, grey)| pixel.iter().all(|c| c == grey))
    );
    let options = ImageOptions::new(4, 4, Channels::Grey).expect("sides");
    let pure =
        RgbImage::from_fn(4, 4, |x, _| Rgb([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255; 3]][x as usize]));
    let found = read("grey", "a.png", &encoded(pure, ImageFormat::Png), options).expect("a good file");
    assert_eq!(found.dim(), (4, 4, 1));
    // The luminance of red, green, blue and white: 0.2126, 0.7152, 0.0722 and 1.
    for (x, luminance) in [54.2, 182.4, 18.4, 255.0].into_iter().enumerate() {
        assert!((f64::from(found[[0, x, 0]]) - luminance).abs() <= 1.0, "{}", found[[0, x, 0]]);
    }
    // 16 bits and transparency.
    let deep: image::ImageBuffer<image::Rgba<u16>, _> =
        image::ImageBuffer::from_pixel(4, 4, image::Rgba([65_535, 0, 257 * 99, 12_345]));
    let found = read("deep", "a.png", &encoded(deep, ImageFormat::Png), self::options(4, 4, Fit::Exact));
    assert!(found.expect("a good file").rows().into_iter().all(|pixel| pixel.to_vec() == [255, 0, 99]));
}

#[test]
fn other_sizes_are_cropped_stretched_or_refused() {
    let wide = picture(10, 4);
    let cropped = read("crop", "a.png", &png(10, 4), options(4, 4, Fit::Crop)).expect("a good file");
    for (x, y) in (0..4).flat_map(|x| (0..4).map(move |y| (x, y))) {
        let pixel = cropped.slice(ndarray::s![y as usize, x as usize, ..]);
        assert_eq!(pixel.to_vec(), wide.get_pixel(x + 3, y).0);
    }
    // Stretched to this height, the line would take gigabytes: only its middle is enlarged.
    let long = read("long", "a.png", &png(60_000, 1), options(64, 64, Fit::Crop)).expect("a good file");
    let line = picture(60_000, 1);
    let (left, right) = (line.get_pixel(29_998, 0).0, line.get_pixel(30_000, 0).0);
    for pixel in long.rows() {
        assert!((0..3).all(|channel| (left[channel]..=right[channel]).contains(&pixel[channel])), "{pixel}");
    }
    let stretched = read("stretch", "a.png", &png(10, 4), options(2, 5, Fit::Stretch)).expect("a good file");
    assert_eq!(stretched.dim(), (2, 5, 3));
    let refused = read("refuse", "a.png", &png(10, 4), options(4, 4, Fit::Exact)).expect_err("another size");
    assert_eq!(refused, "class/a.png: the image is 10x4, not 4x4");
    for (height, width) in [(0, 4), (4, 0), (65_536, 4), (4, usize::MAX)] {
        assert!(matches!(ImageOptions::new(height, width, Channels::Grey), Err(Error::Option { .. })));
    }
}

/// Good files, cut off after every length, or with any byte changed: an error that names the file, or an image; no panic.
#[test]
fn files_that_end_anywhere_or_are_damaged() {
    let folder = Folder::new("damaged");
    let small = picture(8, 8);
    for (file, format) in [("class/a.png", ImageFormat::Png), ("class/a.jpg", ImageFormat::Jpeg)] {
        let good = encoded(small.clone(), format);
        let path = folder.write(file, &good);
        let images = ImageFolder::open(folder.path(), options(8, 8, Fit::Crop)).expect("one image");
        let mut image = [0; 192];
        images.read(0, &mut image).expect("a good file");
        for length in 0..good.len() {
            std::fs::write(&path, &good[..length]).expect("a file");
            let error = images.read(0, &mut image).expect_err("it was cut off");
            assert!(folder.message(&error).starts_with(file), "{length}: {error}");
        }
        for at in 0..good.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = good.clone();
                damaged[at] ^= flip;
                std::fs::write(&path, &damaged).expect("a file");
                if let Err(error) = images.read(0, &mut image) {
                    assert!(folder.message(&error).starts_with(file), "{at}: {error}");
                }
            }
        }
        // What follows the end does no harm.
        std::fs::write(&path, [&good[..], &[0xff, 0, 1, 2]].concat()).expect("a file");
        images.read(0, &mut image).expect("a good file and more");
        std::fs::remove_file(&path).expect("it was written");
    }
}

/// The checksum of a chunk of a PNG file (ISO 3309), bit by bit.
fn checksum(bytes: &[u8]) -> u32 {
    let all = bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1)))
    });
    !all
}

/// Changes the size that a PNG file claims.
fn claiming(mut png: Vec<u8>, width: u32, height: u32) -> Vec<u8> {
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = checksum(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    png
}

#[test]
fn files_that_claim_too_much() {
    assert_eq!(claiming(png(8, 8), 8, 8), png(8, 8), "the checksum");
    let small = options(8, 8, Fit::Crop);
    let reason = |name: &str, file: &str, bytes: &[u8]| read(name, file, bytes, small).expect_err("a bomb");
    let bomb = reason("bomb", "a.png", &claiming(png(8, 8), 60_000, 60_000));
    assert!(
        bomb.starts_with("class/a.png: an image of 60000x60000 takes 10800000000 bytes, and 16777216"),
        "{bomb}"
    );
    let sides = reason("sides", "a.png", &claiming(png(8, 8), 70_000, 1));
    assert!(sides.starts_with("class/a.png: the image cannot be decoded: "), "{sides}");
    let lying = reason("lying", "a.png", &claiming(png(8, 8), 800, 800));
    assert!(lying.starts_with("class/a.png: the image cannot be decoded: "), "{lying}");
    // In a JPEG file the size stands in the segment that 0xffc0 begins.
    let mut jpeg = encoded(picture(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).expect("a frame");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    let bomb = reason("jpeg", "a.jpg", &jpeg);
    assert!(bomb.starts_with("class/a.jpg: an image of 65535x65535 takes 12884508675 bytes"), "{bomb}");
    // One colour: much smaller than what DEFLATE makes of it, and an honest image.
    let flat = encoded(GrayImage::new(3000, 3000), ImageFormat::Png);
    assert!(flat.len() < 100_000, "{}", flat.len());
    read("flat", "a.png", &flat, small).expect("a good file");
    // A file of 1 TB, which takes no room on the disk.
    let folder = Folder::new("terabyte");
    let file = std::fs::File::create(folder.write("class/a.png", b"")).expect("a file");
    if file.set_len(1 << 40).is_ok() {
        let images = ImageFolder::open(folder.path(), small).expect("one image");
        let error = images.read(0, &mut [0; 192]).expect_err("a terabyte");
        assert!(folder.message(&error).starts_with("class/a.png: a file of 1099511627776 bytes"), "{error}");
    }
}

#[test]
fn files_that_are_not_what_their_names_say() {
    let small = options(8, 8, Fit::Crop);
    let reason =
        |name: &str, file: &str, bytes: &[u8]| read(name, file, bytes, small).expect_err("no such image");
    assert_eq!(reason("png", "a.jpg", &png(8, 8)), "class/a.jpg: the name says JPEG, but the file holds PNG");
    let jpeg = encoded(picture(8, 8), ImageFormat::Jpeg);
    assert_eq!(reason("jpg", "a.png", &jpeg), "class/a.png: the name says PNG, but the file holds JPEG");
    assert_eq!(
        reason("html", "a.png", b"<html>not found</html>"),
        "class/a.png: the name says PNG, but the file holds something else"
    );
    assert_eq!(reason("nothing", "a.png", b""), "class/a.png: the file is empty");
}

/// The message of a folder that cannot be opened.
fn refused(folder: &Folder) -> String {
    let error = ImageFolder::open(folder.path(), options(8, 8, Fit::Crop)).expect_err("a bad folder");
    let message = folder.message(&error);
    message.strip_prefix(&folder.path().display().to_string()).unwrap_or(&message).to_owned()
}

#[test]
fn folders_that_are_none() {
    let folder = Folder::new("none");
    assert_eq!(
        refused(&folder),
        ": there is no folder of a class in it: each class needs one, with its images"
    );
    folder.write("a.png", &png(2, 2));
    assert_eq!(refused(&folder), "a.png: an image belongs into the folder of its class");
    std::fs::remove_file(folder.path().join("a.png")).expect("it was written");
    folder.write("cat/a.png", &png(2, 2));
    std::fs::create_dir(folder.path().join("dog")).expect("a folder");
    let empty = "dog: there is no image in it: remove the folder, or add images of this class";
    assert_eq!(refused(&folder), empty);
    folder.write("dog/.DS_Store", b"");
    assert_eq!(refused(&folder), empty);
    let text = folder.write("dog/notes.txt", b"");
    let others = "the folder of a class holds files that end in .png, .jpg or .jpeg, and no others";
    assert_eq!(refused(&folder), format!("dog/notes.txt: {others}"));
    std::fs::rename(text, folder.path().join("dog/notes")).expect("it was written");
    assert_eq!(refused(&folder), format!("dog/notes: {others}"));
    std::fs::remove_file(folder.path().join("dog/notes")).expect("it was written");
    std::fs::create_dir(folder.path().join("dog/b.png")).expect("a folder");
    assert_eq!(refused(&folder), "dog/b.png: the folder of a class holds images, not folders");
    let missing =
        ImageFolder::open(folder.path().join("no"), options(8, 8, Fit::Crop)).expect_err("no folder");
    assert!(matches!(&missing, Error::Io { path, .. } if path.ends_with("no")), "{missing}");
}

/// Links are followed; those that lead nowhere, or to themselves, are errors, and so is what is no file.
#[cfg(unix)]
#[test]
fn links() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new("links");
    folder.write("cat/a.png", &png(2, 2));
    let link = folder.path().join("cat/b.png");
    symlink("a.png", &link).expect("a link");
    symlink("cat", folder.path().join("dog")).expect("a link");
    let images = ImageFolder::open(folder.path(), options(2, 2, Fit::Exact)).expect("links to files");
    assert_eq!((images.len(), images.classes()), (4, 2));
    assert_eq!(images.load().expect("good files").len(), 4);
    for target in ["nowhere.png", "b.png", "/dev/null"] {
        std::fs::remove_file(&link).expect("it was made");
        symlink(target, &link).expect("a link");
        let message = refused(&folder);
        assert!(message.starts_with("cat/b.png: "), "{message}");
    }
    // A file that disappears after the folder was opened, and a folder in its place.
    std::fs::remove_file(&link).expect("it was made");
    let images = ImageFolder::open(folder.path(), options(2, 2, Fit::Exact)).expect("links to files");
    let path = folder.path().join("cat/a.png");
    std::fs::remove_file(&path).expect("it was written");
    let gone = images.read(0, &mut [0; 12]).expect_err("no file");
    assert!(matches!(&gone, Error::Io { path: named, .. } if *named == path), "{gone}");
    std::fs::create_dir(&path).expect("a folder");
    assert!(matches!(images.read(0, &mut [0; 12]), Err(Error::Io { .. })));
}

#[test]
fn training_and_test_folders() {
    let folder = Folder::new("both");
    folder.write("train/cat/a.png", &png(2, 2));
    folder.write("train/dog/a.png", &png(2, 2));
    folder.write("test/dog/b.png", &png(2, 2));
    let open = || read_folders(folder.path(), options(2, 2, Fit::Exact));
    let expected = ": `train` and `test` need the same classes, and only one of them has `cat`";
    let message = open().expect_err("no test image of a cat").to_string();
    assert_eq!(message, format!("{}{expected}", folder.path().display()));
    folder.write("test/cat/b.png", &png(2, 2));
    let (training, test) = open().expect("the same classes");
    assert_eq!((training.len(), test.len(), test.class_names()), (2, 2, training.class_names()));
    folder.write("test/frog/b.png", &png(2, 2));
    assert!(open().expect_err("no frog to train on").to_string().ends_with("has `frog`"));
}

/// From files to a trained network, lazily.
#[test]
fn a_network_learns_from_a_folder() {
    network! { struct Colours { INPUT[4x4x3] -> FC2 } }
    let folder = Folder::new("learn");
    for image in 0..12_u8 {
        let (class, red) = if image % 2 == 0 { ("blue", 0) } else { ("red", 255) };
        let plain = RgbImage::from_pixel(6, 5, Rgb([red, 10 * image, 255 - red]));
        folder.write(&format!("{class}/{image}.png"), &encoded(plain, ImageFormat::Png));
    }
    let images = ImageFolder::open(folder.path(), options(4, 4, Fit::Crop)).expect("twelve images");
    let (training, validation) = TrainingSet::new(images).split_stratified(1.0 / 3.0, 7).expect("a share");
    let scaling = Scaling::fit(&training).expect("good files");
    let optimizer = Momentum::new(0.01, 0.9).expect("options");
    let mut trainer = Trainer::new(Colours::new(7), optimizer, 4, 7).expect("a trainer");
    for _ in 0..10 {
        trainer.epoch(&training, &scaling, |_| {}).expect("an epoch");
    }
    let found = evaluate(&trainer.into_network(), &validation, &scaling, 4).expect("an evaluation");
    assert_eq!((found.images, found.accuracy), (4, 1.0));
}
