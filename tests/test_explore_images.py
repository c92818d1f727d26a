"""`genad explore` on images: what it counts and draws, and one sentence for all that is wrong."""

import json
import re
from functools import partial

import numpy as np
import pytest
from PIL import Image

from genad.data.images import ImageArray
from genad.files import ImageTable, holds_images, open_images
from genad.profiles import open_any_images, profile_images
from genad.profiles.pixels import look_at_pixels
from genad.report import explore_page
from genad.report.explore_images import images_content


def noise(n, *shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), np.uint8)


def save(folder, images, mode=None):
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images):
        Image.fromarray(image, mode).save(folder / f"{number:02}.png")


@pytest.fixture
def run(run):
    """Run the command in an empty folder."""
    return partial(run, "explore")


def table(images, classes=None, names=()):
    return ImageTable("toy", ImageArray(images), classes, names)


# What is counted.


def test_pixels_are_counted_as_numpy_counts_them():
    images = noise(50, 6, 5, 3)
    images[:, 0, 0] = 7
    images[3] = images[9]
    classes = np.arange(50) % 3
    rows = np.sort(np.random.default_rng(0).choice(50, 40, replace=False))
    found = look_at_pixels(ImageArray(images), rows, classes[rows], 3)
    chosen = images[rows].astype(float)
    assert found.means == pytest.approx(chosen.mean((0, 1, 2)))
    assert found.deviations == pytest.approx(chosen.std((0, 1, 2)))
    assert (found.low, found.high) == (chosen.min(), chosen.max())
    assert found.constant == 3
    assert found.copies == int({3, 9} <= set(rows.tolist()))
    for name in range(3):
        mean = chosen[classes[rows] == name].mean(0).transpose(2, 0, 1)
        assert found.class_means[name] == pytest.approx(mean)
    assert np.array_equal(found.shrunk, chosen.transpose(0, 3, 1, 2))


def test_blocks_change_nothing(monkeypatch):
    images, rows, classes = ImageArray(noise(30, 4, 4) / 7 + 1e6), np.arange(30), np.zeros(30, int)
    whole = look_at_pixels(images, rows, classes, 1)
    monkeypatch.setattr("genad.profiles.pixels._BLOCK_VALUES", 16 * 7)
    parts = look_at_pixels(images, rows, classes, 1)
    for name in ("means", "deviations", "class_means"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name), rel=1e-9)
    assert np.array_equal(parts.shrunk, whole.shrunk)


def test_large_images_are_shrunk_to_means_of_squares():
    images = noise(2, 70, 40).astype(np.uint8)
    found = look_at_pixels(ImageArray(images), np.arange(2), np.zeros(2, int), 1)
    assert found.shrunk.shape == (2, 1, 23, 13)
    assert found.shrunk[1, 0, 2, 3] == pytest.approx(images[1, 6:9, 9:12].mean())


def test_samples_are_drawn_by_the_seed_and_from_their_class():
    images = np.arange(60, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8)
    classes = np.repeat([0, 1, 2], 20)
    toy = table(images, classes, ("a", "b", "c"))
    first, again, other = (
        profile_images([toy], "toy", each=4, random_state=seed) for seed in (0, 0, 1)
    )
    for number, samples in enumerate(first.samples):
        values = samples[:, 0, 0, 0]
        assert len(set(values)) == 4
        assert set(values // 20) == {number}
    assert all(np.array_equal(a, b) for a, b in zip(first.samples, again.samples, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first.samples, other.samples, strict=True))


# Where images come from.


def test_arrays_are_told_from_tables(tmp_path):
    images = noise(5, 4, 4)
    cases = {
        "x.npy": (images, True),
        "table.npy": (images[0], False),
        "images.npz": ({"X": images, "y": np.arange(5)}, True),
        "alone.npz": ({"digits": images}, True),
        "table.npz": ({"X": images[:, 0], "y": np.arange(5)}, False),
        "several.npz": ({"a": images, "b": images}, False),
    }
    for name, (held, expected) in cases.items():
        np.save(tmp_path / name, held) if name.endswith("y") else np.savez(tmp_path / name, **held)
        assert holds_images(tmp_path / name) is expected, name
    found = open_images(tmp_path / "images.npz")
    assert np.array_equal(found.images.pixels(slice(None))[:, 0], images)
    assert found.class_names == tuple("01234")
    assert isinstance(open_images(tmp_path / "x.npy").images.values, np.memmap)


def test_a_folder_of_mixed_forms_is_brought_to_one(tmp_path):
    save(tmp_path / "images", [*noise(3, 8, 8), noise(1, 9, 6)[0], noise(1, 8, 8, 3)[0]])
    found = open_any_images(tmp_path / "images")
    assert found.images.shape == (3, 8, 8)
    assert found.images.pixels(slice(None)).shape == (5, 3, 8, 8)
    assert found.notes == [
        "The images are of 2 sizes, 8 x 8 (4), 9 x 6 (1); here all are scaled to 8 x 8, the most "
        "common.",
        "4 images are grey and 1 in colour; here all are in colour.",
    ]
    assert open_any_images(tmp_path / "images", size=(4, 5)).images.shape == (3, 4, 5)


# The command.


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(("good", "scratched")):
        save(tmp_path / "scans" / name, noise(6 - number, 8, 8, seed=number))
    return "scans"


def test_a_folder_becomes_one_page(run, folder, tmp_path):
    ended = run(folder)
    assert (ended.code, ended.err) == (0, "")
    assert max(map(len, ended.out.splitlines())) <= 80
    assert "11 images of 2 classes" in ended.out
    page = (tmp_path / "explore.html").read_text()
    for section in ("samples", "classes", "pixels", "maps", "next"):
        assert f'id="{section}"' in page
    assert page.count("<img") == 11 + 2  # all of them, and the mean of each class
    assert set(re.findall(r'src="([^,]+),', page)) == {"data:image/png;base64"}
    assert not re.search(r"url\(|@import|https?://|<script|nan", page)


def test_json_holds_the_figures(run, folder):
    ended = run(folder, "--json", "--out", "pages", "-n", 2)
    found = json.loads(ended.out)
    assert found["kind"] == "images"
    assert found["class_names"] == ["good", "scratched"]
    assert found["parts"] == [{"name": "scans", "counts": [6, 5]}]
    assert found["pixels"]["images"] == 11
    assert found["files"] == {"page": "pages/explore.html"}


def test_an_array_and_16_bits_are_shown(run, tmp_path):
    np.savez(tmp_path / "deep.npz", X=(noise(4, 6, 6).astype(np.uint16) * 16))
    ended = run("deep.npz", "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    page = (tmp_path / "explore.html").read_text()
    assert "4 images" in page
    assert "uint16" in page
    assert 'id="classes"' not in page


@pytest.mark.parametrize("images", [noise(1, 1, 1), noise(2, 3, 1, 4), np.ones((3, 2, 2)) * 0.5])
def test_the_smallest_images_are_shown(images):
    profile = profile_images([table(images)], "toy")
    page = explore_page(images_content(profile, "toy"))
    assert f"{len(images)} image" in page
    assert "nan" not in page.partition("</style>")[2]


def test_more_classes_than_can_be_shown_are_counted():
    images, classes = noise(60, 2, 2), np.arange(60) % 30
    names = tuple(f"class {j}" for j in range(30))
    content = images_content(profile_images([table(images, classes, names)], "toy"), "toy")
    assert (len(content.samples), len(content.classes), len(content.keys)) == (20, 30, 10)
    assert content.left_out == "Not shown: samples of 10 more classes."


def test_the_same_seed_makes_the_same_page():
    images, classes = noise(40, 6, 6), np.arange(40) % 2
    toy = table(images, classes, ("a", "b"))

    def page(seed):
        profile = profile_images([toy], "toy", each=3, random_state=seed)
        return explore_page(images_content(profile, "toy", random_state=seed))

    assert page(0) == page(0) != page(1)


# What is wrong.


def test_a_damaged_image_is_named_and_skipped_by_choice(run, fails, folder, tmp_path):
    (tmp_path / folder / "good" / "bad.png").write_bytes(b"no image")
    assert "good/bad.png is damaged or no image" in fails(1, folder)
    ended = run(folder, "--on-error", "skip", "--json")
    found = json.loads(ended.out)
    assert found["parts"][0]["counts"] == [6, 5]
    assert any("good/bad.png" in finding for finding in found["findings"])
    assert "raise or skip" in fails(2, folder, "--on-error", "ignore", "--out", "x.html")


def test_what_cannot_be_explored_is_said_in_one_sentence(fails, folder, tmp_path):
    (tmp_path / folder / "empty").mkdir()
    assert "empty holds no PNG" in fails(1, folder)
    np.savez(tmp_path / "labels.npz", X=noise(3, 4, 4), y=np.arange(2))
    assert "one label for each image" in fails(1, "labels.npz")
    np.save(tmp_path / "objects.npy", np.array([None, {}], dtype=object))
    assert "Python objects" in fails(1, "objects.npy")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 and no more")
    assert "is damaged" in fails(1, "broken.npz")
    assert "as in 28x32" in fails(2, folder, "--size", "3 by 4")
    assert "leave out --time" in fails(2, folder, "--time", "at")
