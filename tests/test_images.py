"""Images: arrays and folders of them, their scaling, their splits, and detectors that take them."""

import warnings
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

import genad
from genad import AutoEncoder
from genad.data import ImageFolder, leave_one_class_out, one_class_out_of_all
from genad.data import images as images_module
from genad.data.choice import kind_of, make_view
from genad.data.images import ImageArray, Images, Pixels
from genad.errors import DataError, ParameterError

TYPES = ["uint8", "uint16", "float32", "float64", "bool"]
LAYOUTS = {"hw": (20, 8, 9), "hwc": (20, 8, 9, 3), "chw": (20, 2, 8, 9)}
CPU = torch.device("cpu")
tiny = partial(AutoEncoder, hidden=(4,), latent=2, epochs=2, random_state=0)


def pixels(shape, dtype="uint8", seed=0):
    """Return images with a bright square each, at a place of its own."""
    rng = np.random.default_rng(seed)
    if dtype == "bool":
        return rng.random(shape) < 0.3
    scale = {"uint8": 255, "uint16": 65535}.get(dtype, 3.0)
    return (rng.random(shape) * scale).astype(dtype)


class Estimator:
    """What a view notes the features on."""


def fitted(values, scaler="standard"):
    view = Images(scaler)
    source = view.read(values, Estimator(), reset=True)
    return view.fit(source), source


# ---------------------------------------------------------------- arrays


@pytest.mark.parametrize(
    ("shape", "layout", "expected"),
    [
        ((5, 28, 30), "hw", (1, 28, 30)),
        ((5, 28, 30, 1), "hwc", (1, 28, 30)),
        ((5, 28, 30, 10), "hwc", (10, 28, 30)),
        ((5, 3, 28, 30), "chw", (3, 28, 30)),
        ((5, 10, 28, 30), "chw", (10, 28, 30)),
        ((5, 3, 3, 3), "hwc", (3, 3, 3)),
        ((5, 4, 4, 3), "hwc", (3, 4, 4)),
    ],
)
def test_which_axis_counts_the_channels(shape, layout, expected):
    source = ImageArray(np.zeros(shape, np.uint8))
    assert (source.layout, source.shape, len(source)) == (layout, expected, 5)
    assert kind_of(source.values, None) == "image"


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("scaler", ["standard", "minmax", "none"])
def test_samples_go_back_to_the_images(dtype, layout, scaler):
    values = pixels(LAYOUTS[layout], dtype)
    view, source = fitted(values, scaler)
    samples = view.encode(source, 0, 20)
    assert samples.dtype == np.float32
    assert samples.shape == (20, *view.shape)
    decoded = view.decode(samples.astype(np.float64))
    assert decoded.dtype == (values.dtype if values.dtype.kind == "u" else np.float32)
    assert decoded.shape == values.shape
    np.testing.assert_allclose(decoded.astype(float), values.astype(float), atol=1e-5)
    assert view.spread(samples).shape == values.shape


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_channel_is_standardised_over_all_pixels(dtype, layout):
    values = pixels(LAYOUTS[layout], dtype)
    view, source = fitted(values)
    samples = view.encode(source, 0, 20)
    np.testing.assert_allclose(samples.mean((0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(samples.std((0, 2, 3)), 1, atol=1e-5)


def test_statistics_do_not_depend_on_the_blocks(monkeypatch):
    values = pixels((50, 6, 5, 3), "float64")
    whole = fitted(values)[0]
    monkeypatch.setattr(images_module, "_BLOCK_VALUES", 7 * 90)
    parts = fitted(values)[0]
    np.testing.assert_allclose(parts.centre, whole.centre, rtol=1e-12)
    np.testing.assert_allclose(parts.scale, whole.scale, rtol=1e-12)
    np.testing.assert_allclose(whole.scale, values.std((0, 1, 2)), rtol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "scaler", "low", "high"),
    [
        ("uint8", "minmax", 0, 1),
        ("uint8", "none", 0, 1),
        ("uint16", "minmax", 0, 1),
        ("float32", "none", -2, 6),
        ("float32", "minmax", 0, 1),
    ],
)
def test_ranges(dtype, scaler, low, high):
    ends = [0, np.iinfo(dtype).max] if dtype.startswith("u") else [-2.0, 6.0]
    values = np.array(ends, dtype).repeat(8).reshape(4, 2, 2)
    view, source = fitted(values, scaler)
    samples = view.encode(source, 0, 4)
    assert (samples.min(), samples.max()) == (low, high)


@pytest.mark.parametrize("value", [0, 7, 255])
@pytest.mark.parametrize("scaler", ["standard", "minmax"])
def test_images_of_one_constant(value, scaler):
    view, source = fitted(np.full((4, 3, 3), value, np.uint8), scaler)
    assert np.isfinite(view.encode(source, 0, 4)).all()
    other = view.read(np.full((2, 3, 3), 100, np.uint8), Estimator(), reset=False)
    assert 0.1 < np.abs(view.encode(other, 0, 2) - view.encode(source, 0, 1)).max() <= 1


@pytest.mark.parametrize("scaler", ["l2", "robust", "quantile"])
def test_scalers_that_are_not_for_images(scaler):
    with pytest.raises(ParameterError, match=f"'{scaler}' is not for images; take 'standard'"):
        make_view("image", scaler, None, 1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((8, 8)), r"not \(8, 8\); for one image give X\[None\]"),
        (np.zeros((2, 1, 1, 1, 1)), "Images have shape"),
        (np.zeros((3, 0, 4), np.uint8), "Images have shape"),
        (np.zeros((3, 4, 4), np.int64), r"not int64; convert them, as with X.astype\('uint8'\)"),
        (np.zeros((3, 4, 4), complex), "not complex128"),
        (np.array([[["a"]]]), "not <U1"),
        (np.zeros((1, 4, 4)), r"Found 1 image\(s\), but at least 2 are needed to learn"),
        (np.zeros((0, 4, 4)), r"Found 0 image\(s\)"),
    ],
)
def test_what_is_no_image(values, message):
    with pytest.raises(DataError, match=message):
        Images().read(values, Estimator(), reset=True)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_found(bad, monkeypatch):
    monkeypatch.setattr(images_module, "_BLOCK_VALUES", 40)
    values = pixels((9, 4, 4), "float32")
    values[7, 1, 2] = bad
    with pytest.raises(DataError, match="Image 7 holds NaN or an infinite value"):
        Images().read(values, Estimator(), reset=True)


def test_huge_values_stay_finite():
    view, _ = fitted(pixels((9, 4, 4), "float64"))
    values = view.read(np.full((1, 4, 4), 1e300), Estimator(), reset=False)
    assert np.isfinite(np.square(view.encode(values, 0, 1))).all()


@pytest.mark.parametrize("shape", [(3, 8, 8), (3, 28, 29), (3, 28, 28, 3)])
def test_images_of_another_form_are_refused(shape):
    detector = tiny().fit(pixels((10, 28, 28)))
    with pytest.raises(DataError, match=r"were 28 x 28 pixels with 1 channel\(s\) of uint8; give"):
        detector.anomaly_score(np.zeros(shape, np.uint8))


def test_images_of_another_type_are_refused():
    detector = tiny().fit(pixels((10, 8, 8)))
    with pytest.raises(DataError, match=r"of float32, but the training images were .* of uint8"):
        detector.anomaly_score(np.zeros((3, 8, 8)))


@pytest.mark.parametrize("order", ["<", ">"])
def test_byte_order_and_memory_order_do_not_matter(order):
    values = pixels((10, 8, 9), "uint16")
    other = np.asfortranarray(values.astype(f"{order}u2"))
    expected = ImageArray(values).pixels(slice(None))
    assert (ImageArray(other).pixels(slice(None)) == expected).all()


# ---------------------------------------------------------------- samples


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_samples_are_the_same_however_they_are_kept(dtype, layout, monkeypatch):
    view, source = fitted(pixels(LAYOUTS[layout], dtype))
    resident = view.samples(source, CPU)
    monkeypatch.setattr(images_module, "_RESIDENT", 0)
    streamed = view.samples(source, CPU)
    assert isinstance(resident.stored, torch.Tensor)
    assert streamed.stored is source
    encoded = torch.from_numpy(view.encode(source, 0, 20))
    for key in (slice(None), slice(3, 7), slice(0, 0), torch.tensor([5, 1, 5])):
        assert torch.equal(resident[key], encoded[key])
        assert torch.equal(streamed[key], encoded[key])
    assert len(resident) == len(streamed) == 20


def test_bytes_stay_bytes_until_they_are_needed():
    view, source = fitted(pixels((20, 8, 8)))
    stored = view.samples(source, CPU).stored
    assert stored.dtype == torch.uint8
    before = stored.clone()
    view.samples(source, CPU)[:].zero_()
    assert torch.equal(stored, before)
    floats = Pixels(torch.ones(2, 1, 2, 2), np.zeros(1), np.ones(1), CPU)
    floats[:].zero_()
    assert (floats.stored == 1).all()


def test_a_split_shares_out_every_image_once():
    view, source = fitted(np.arange(100, dtype=np.uint8).repeat(4).reshape(100, 2, 2))
    kept, held = view.split(source, 0.2, seed=0)
    numbers = [part.pixels(slice(None))[:, 0, 0, 0] for part in (kept, held)]
    assert [len(part) for part in numbers] == [80, 20]
    assert sorted(np.concatenate(numbers)) == list(range(100))
    assert (kept[slice(10, 12)].pixels(slice(None))[:, 0, 0, 0] == numbers[0][10:12]).all()
    again = view.split(source, 0.2, seed=0)[1].pixels(slice(None))[:, 0, 0, 0]
    assert (again == numbers[1]).all()
    assert view.split(source, 0.0, seed=0) == (source, None)


def test_a_memory_map_is_read_as_an_array(tmp_path, monkeypatch):
    values = pixels((30, 8, 8))
    np.save(tmp_path / "images.npy", values)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    expected = tiny().fit(values).anomaly_score(values)
    monkeypatch.setattr(images_module, "_RESIDENT", 0)
    np.testing.assert_array_equal(tiny().fit(mapped).anomaly_score(mapped), expected)


# ---------------------------------------------------------------- detectors


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_detector_of_images(layout, tmp_path):
    values = pixels(LAYOUTS[layout])
    detector = tiny().fit(values)
    scores, maps = detector.anomaly_score(values), detector.anomaly_map(values)
    assert scores.shape == (20,)
    assert maps.shape == (20, 8, 9)
    np.testing.assert_allclose(maps.sum((1, 2)), scores, rtol=1e-5)
    assert detector.explain(values).shape == values.shape
    reconstruction = detector.reconstruct(values)
    assert (reconstruction.shape, reconstruction.dtype) == (values.shape, np.uint8)
    assert detector.n_features_in_ == values[0].size
    detector.save(tmp_path / "model")
    loaded = genad.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.anomaly_score(values), scores)
    np.testing.assert_array_equal(loaded.reconstruct(values), reconstruction)


def test_a_score_depends_on_its_image_alone():
    values = pixels((300, 28, 28))
    detector = tiny(hidden=(8, 16)).fit(values)
    scores = detector.anomaly_score(values)
    order = np.random.default_rng(0).permutation(300)
    np.testing.assert_array_equal(detector.anomaly_score(values[order]), scores[order])
    alone = np.concatenate([detector.anomaly_score(values[i : i + 1]) for i in range(5)])
    np.testing.assert_array_equal(alone, scores[:5])


def test_an_image_that_differs_in_one_place_is_marked_there():
    rng = np.random.default_rng(0)
    values = (rng.random((200, 1, 1)) * 200 + 20 + rng.normal(size=(200, 12, 12))).astype(np.uint8)
    detector = AutoEncoder(hidden=(8,), latent=2, epochs=40, random_state=0).fit(values)
    odd = values[:5].copy()
    odd[:, 3:5, 7:9] ^= 128
    maps = detector.anomaly_map(odd)
    marked = [np.unravel_index(each.argmax(), each.shape) for each in maps]
    assert all(3 <= row < 5 and 7 <= column < 9 for row, column in marked)
    assert (detector.anomaly_score(odd) > detector.anomaly_score(values[:5])).all()


def test_a_table_after_images_and_the_other_way():
    detector = tiny()
    rows = np.random.default_rng(0).normal(size=(20, 3))
    detector.fit(rows)
    detector.fit(pixels((10, 8, 8)))
    assert detector.n_features_in_ == 64
    with pytest.raises(ParameterError, match="An anomaly map is of images"):
        tiny().fit(rows).anomaly_map(rows)


# ---------------------------------------------------------------- folders


def save(path, shape=(8, 9), seed=0, mode=None, **options):
    """Write one image and return its pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels(shape, seed=seed))
    (image if mode is None else image.convert(mode)).save(path, **options)
    return np.asarray(image)


@pytest.fixture
def folder(tmp_path):
    """Return a folder of two classes with 12 and 8 grey images."""
    for i in range(20):
        save(tmp_path / ("good" if i < 12 else "torn") / f"{i:02}.png", seed=i)
    return tmp_path


def test_a_folder_of_classes(folder):
    (folder / "good" / "notes.txt").write_text("nothing")
    (folder / "good" / "deep" / ".hidden").mkdir(parents=True)
    save(folder / "good" / "deep" / "20.PNG", seed=20)
    save(folder / "good" / "deep" / ".hidden" / "21.png")
    save(folder / ".thumbnails" / "22.png")
    images = ImageFolder(folder)
    assert images.class_names == ("good", "torn")
    assert images.classes.tolist() == [0] * 13 + [1] * 8
    assert (len(images), images.shape, images.dtype) == (21, (1, 8, 9), np.uint8)
    assert repr(images).endswith("21 images of good, torn)")
    expected = np.stack([pixels((8, 9), seed=i) for i in (*range(12), 20, *range(12, 20))])
    np.testing.assert_array_equal(images.pixels(slice(None))[:, 0], expected)
    np.testing.assert_array_equal(images[3], expected[3])
    torn = images.of("torn")
    np.testing.assert_array_equal(torn[slice(2, 4)].pixels(slice(None))[:, 0], expected[15:17])
    np.testing.assert_array_equal(images[images.classes == 1][0], expected[13])
    assert images.of("good", "torn").paths == images.paths
    with pytest.raises(ParameterError, match="no class 'bent'; take one of 'good', 'torn'"):
        images.of("bent")


def test_images_beside_the_classes_are_a_class_too(folder):
    save(folder / "00.png")
    images = ImageFolder(folder)
    assert images.class_names == tuple(sorted(("good", "torn", folder.name)))
    assert [images.class_names[i] for i in images.classes] == [
        folder.name,
        *["good"] * 12,
        *["torn"] * 8,
    ]


@pytest.mark.parametrize("resident", [True, False])
def test_a_folder_is_fitted_and_scored_as_its_array(folder, resident, monkeypatch):
    images = ImageFolder(folder)
    values = images.pixels(slice(None))[:, 0]
    expected = tiny().fit(values).anomaly_score(values)
    if not resident:
        monkeypatch.setattr(images_module, "_RESIDENT", 0)
    detector = tiny().fit(images)
    np.testing.assert_array_equal(detector.anomaly_score(images), expected)
    np.testing.assert_array_equal(detector.anomaly_score(values), expected)
    np.testing.assert_array_equal(detector.anomaly_score(images.of("torn")), expected[12:])


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "webp"])
@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 3)])
def test_formats(tmp_path, suffix, shape):
    options = {"lossless": True} if suffix == "webp" else {"quality": 100} if "j" in suffix else {}
    original = np.full(shape, 90, np.uint8)
    original[:, 4:] = 160
    Image.fromarray(original).save(tmp_path / f"a.{suffix}", **options)
    read = ImageFolder(tmp_path, channels=1 if len(shape) == 2 else 3)[0]
    assert read.shape == shape
    assert np.abs(read.astype(int) - original).max() <= (4 if "j" in suffix else 0)


def test_every_size_is_scaled_by_the_stated_rule(tmp_path):
    Image.new("L", (40, 20), 200).save(tmp_path / "wide.png")
    half = np.zeros((10, 30), np.uint8)
    half[:, 10:20] = 100
    Image.fromarray(half).save(tmp_path / "third.png")
    stretched = ImageFolder(tmp_path, size=(10, 6))
    assert stretched.shape == (1, 10, 6)
    third, wide = (stretched[i] for i in range(2))
    assert (wide == 200).all()
    assert third[5, 2] > 80 > 20 > third[5, 0]
    cropped = ImageFolder(tmp_path, size=10, resize="crop")
    assert (cropped[0] == 100).all()
    assert ImageFolder(tmp_path, size=12)[1].shape == (12, 12)


def test_mixed_sizes_need_one_size(tmp_path):
    save(tmp_path / "a.png", (8, 9))
    save(tmp_path / "b.png", (9, 8))
    with pytest.raises(DataError, match=r"b.png is 9 x 8 pixels, .* is 8 x 9; give size=\(8, 9\)"):
        tiny().fit(ImageFolder(tmp_path))


@pytest.mark.parametrize(("first", "second"), [("L", "RGB"), ("RGB", "L"), ("LA", "RGBA")])
def test_mixed_channels_need_one_count(tmp_path, first, second):
    save(tmp_path / "a.png", mode=first)
    save(tmp_path / "b.png", mode=second)
    with pytest.raises(DataError, match=r"b.png is (grey|in colour), .* give channels=1 or"):
        tiny().fit(ImageFolder(tmp_path))
    assert ImageFolder(tmp_path, channels=1)[1].shape == (8, 9)
    assert ImageFolder(tmp_path, channels=3).pixels(slice(None)).shape == (2, 3, 8, 9)
    assert ImageFolder(tmp_path, channels=4)[0].shape == (8, 9, 4)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P", "CMYK"])
def test_every_mode_is_read(tmp_path, mode):
    values = np.full((4, 4, 3), (255, 0, 0), np.uint8)
    name = "a.jpg" if mode == "CMYK" else "a.png"
    Image.fromarray(values).convert(mode).save(tmp_path / name)
    grey = mode in ("1", "L", "LA")
    images = ImageFolder(tmp_path)
    assert images.shape == (1 if grey else 3, 4, 4)
    if not grey:
        assert np.abs(images[0].astype(int) - values).max() < 12


def test_a_palette_with_transparent_colours(tmp_path):
    image = Image.fromarray(pixels((4, 4, 3))).quantize(8)
    image.save(tmp_path / "a.png", transparency=bytes([0, 128] + [255] * 6))
    expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(ImageFolder(tmp_path)[0], expected)
    assert ImageFolder(tmp_path, channels=4)[0].shape == (4, 4, 4)


def test_sixteen_bits(tmp_path):
    values = pixels((4, 5), "uint16")
    Image.fromarray(values).save(tmp_path / "a.png")
    images = ImageFolder(tmp_path)
    assert images.dtype == np.uint16
    np.testing.assert_array_equal(images[0], values)
    flat = np.full((4, 4), 40_000, np.uint16)
    Image.fromarray(flat).save(tmp_path / "a.png")
    assert (ImageFolder(tmp_path, size=7)[0] == 40_000).all()
    save(tmp_path / "b.png", (4, 4))
    with pytest.raises(DataError, match=r"b.png has 8 bits per pixel, but the first .* has 16"):
        ImageFolder(tmp_path).pixels(slice(None))


def test_an_image_is_turned_as_its_tag_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter to the right
    original = save(tmp_path / "a.png", (4, 6), exif=exif)
    np.testing.assert_array_equal(ImageFolder(tmp_path)[0], np.rot90(original, -1))


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_a_file_cut_anywhere_is_named(tmp_path, suffix):
    save(tmp_path / f"a.{suffix}", (16, 16, 3))
    path = tmp_path / f"b.{suffix}"
    save(path, (16, 16, 3), seed=1)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 20, max(1, len(whole) // 40)):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=rf"b.{suffix} is damaged or no image .*'skip'"):
            ImageFolder(tmp_path, channels=3).pixels(slice(None))


def test_damaged_files_are_skipped_or_named(folder):
    (folder / "good" / "05.png").write_bytes(b"no image")
    (folder / "torn" / "15.png").write_bytes((folder / "torn" / "15.png").read_bytes()[:60])
    with pytest.raises(DataError, match=r"good/05.png is damaged or no image"):
        tiny().fit(ImageFolder(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        images = ImageFolder(folder, on_error="skip")
    assert [path.name for path in images.broken] == ["05.png", "15.png"]
    assert np.bincount(images.classes).tolist() == [11, 7]
    assert tiny().fit(images).anomaly_score(images).shape == (18,)
    with pytest.warns(UserWarning, match=r"2 damaged image\(s\) are left out: .*05.png, .*15.png"):
        ImageFolder(folder, on_error="warn")


def test_a_class_without_a_whole_image_is_named(folder):
    for path in (folder / "torn").iterdir():
        path.write_bytes(b"no image")
    with pytest.raises(DataError, match=r"Every image of the class 'torn' in .* is damaged"):
        ImageFolder(folder, on_error="skip")


def test_folders_without_images(folder):
    with pytest.raises(DataError, match="missing is not a folder; give one that holds PNG"):
        ImageFolder(folder / "missing")
    (folder / "new").mkdir()
    with pytest.raises(DataError, match=r"The class folder .*new holds no PNG, JPEG or WebP file"):
        ImageFolder(folder)
    with pytest.raises(DataError, match="new holds no PNG, JPEG or WebP file"):
        ImageFolder(folder / "new")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "size is a height and a width of at least 1 pixel, not 0"),
        ({"size": (3, 4, 5)}, "size is a height and a width"),
        ({"size": (3.5, 4)}, "size is a height and a width"),
        ({"resize": "zoom"}, "no resize 'zoom'; take one of 'stretch', 'crop'"),
        ({"channels": 2}, "no channels 2; take one of None, 1, 3, 4"),
        ({"on_error": "ignore"}, "no on_error 'ignore'; take one of 'raise', 'warn', 'skip'"),
    ],
)
def test_options_of_a_folder(folder, options, message):
    with pytest.raises(ParameterError, match=message):
        ImageFolder(folder, **options)


# ---------------------------------------------------------------- splits

CLASSES = np.repeat([3, 1, 2], 50)


@pytest.mark.parametrize("chosen", [1, 2, 3])
def test_leaving_a_class_out(chosen):
    split = leave_one_class_out(CLASSES, chosen, random_state=1)
    assert (len(split.train), len(split.test)) == (80, 70)
    assert sorted([*split.train, *split.test]) == list(range(150))
    assert not (CLASSES[split.train] == chosen).any()
    assert ((CLASSES[split.test] == chosen) == split.test_labels).all()
    assert split.test_labels.sum() == 50
    assert 0.3 < split.test_labels[:30].mean() < 0.98  # shuffled


def test_one_class_of_all_keeps_the_share_of_anomalies():
    split = one_class_out_of_all(CLASSES, 1, random_state=1)
    assert len(split.test) == 30
    assert not (CLASSES[split.train] == 1).any()
    assert ((CLASSES[split.test] == 1) == split.test_labels).all()
    assert set(split.train).isdisjoint(split.test)
    assert len(split.train) == 100 - (30 - split.test_labels.sum())


@pytest.mark.parametrize("protocol", [leave_one_class_out, one_class_out_of_all])
def test_the_seed_chooses_the_split(protocol):
    first, same, other = (protocol(CLASSES, 1, random_state=seed).test for seed in (0, 0, 1))
    assert first.tolist() == same.tolist() != other.tolist()
    names = np.array(["a", "b", "c"])[CLASSES - 1]
    assert protocol(names, "a", random_state=0).test.tolist() == first.tolist()


@pytest.mark.parametrize(("classes", "chosen"), [([0, 0], 0), ([0, 0], 1), ([], 0)])
@pytest.mark.parametrize("protocol", [leave_one_class_out, one_class_out_of_all])
def test_a_split_needs_both_kinds(protocol, classes, chosen):
    with pytest.raises(DataError, match="a split needs both; the classes are"):
        protocol(classes, chosen)
