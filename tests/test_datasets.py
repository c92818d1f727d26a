"""Named data sets: the registry, the splits, the checks, and the real files where they are."""

import gzip
import http.server
import io
import os
import shutil
import tarfile
import threading
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from genad.data import (
    fetch_dataset,
    list_datasets,
    load_dataset,
    load_images,
    load_series,
)
from genad.data.datasets import cifar10, ecg5000, fetch, nab
from genad.data.datasets.base import ImageSet, Series, one_class_split
from genad.data.datasets.fetch import Home, fetch_files, pinned_files, verify
from genad.data.datasets.idx import read_idx
from genad.errors import DataError, DatasetError, ParameterError

REAL = os.environ.get("GENAD_DATA_HOME")
real_data = pytest.mark.skipif(not REAL, reason="GENAD_DATA_HOME does not name a folder of data")
KDD = "kddcup99/kddcup.data_10_percent.gz"
DIGITS = "mnist/t10k-labels-idx1-ubyte.gz"

# Columns, training rows, test rows and anomalies in test, counted by hand from the raw files.
TABLES = {
    "ai4i2020": (6, 4_830, 5_170, 339),
    "grid_stability": (12, 1_810, 8_190, 6_380),
    "adbench/2_annthyroid": (6, 3_333, 3_867, 534),
    "adbench/38_thyroid": (6, 1_839, 1_933, 93),
    "adbench/10_cover": (10, 141_650, 144_398, 2_747),
    "adbench/42_WBC": (9, 106, 117, 10),
}


# ---------------------------------------------------------------- the registry


def test_facts_are_complete_and_names_unique():
    infos = list_datasets()
    assert len({info.name for info in infos}) == len(infos) == 34
    for info in infos:
        assert all(getattr(info, field) for field in info.__dataclass_fields__), info.name
        assert info.source.startswith("http")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kdd", "kddcup99"),
        ("adbench/thyroids", "adbench/thyroid"),
        ("cifar", "cifar10"),
        ("brest_cancer", "breast_cancer"),
        ("", "genad data list"),
        ("quux", "genad data list"),
    ],
)
@pytest.mark.parametrize("call", [load_dataset, fetch_dataset, load_series, load_images])
def test_unknown_name_lists_the_nearest(call, name, expected):
    with pytest.raises(ParameterError, match=f"no data set '{name}': .*{expected}") as raised:
        call(name)
    names = str(raised.value).rpartition(" are ")[2].rstrip(".").split(", ")
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["breast_cancer", "Breast-Cancer", " breast_cancer "])
def test_breast_cancer(name):
    dataset = load_dataset(name)
    assert dataset.name == "breast_cancer"
    assert dataset.train.num_columns == dataset.test.num_columns == 30
    assert (dataset.train.num_rows, dataset.test.num_rows) == (178, 391)
    assert dataset.test_labels.sum() == 212
    radius = dataset.test["mean radius"].to_numpy()
    assert radius[dataset.test_labels].mean() > radius[~dataset.test_labels].mean() + 4
    assert repr(dataset) == "Dataset(name='breast_cancer')"


def test_random_state_chooses_the_split():
    same = load_dataset("breast_cancer", random_state=0).train
    other = load_dataset("breast_cancer", random_state=1).train
    assert load_dataset("breast_cancer").train.equals(same)
    assert not other.equals(same)


def test_options_that_do_not_apply():
    with pytest.raises(ParameterError, match="breast_cancer has no classes"):
        load_dataset("breast_cancer", normal_class=1)


# ---------------------------------------------------------------- splits


def test_one_class_split_shares_out_every_row_once():
    table = pa.table({"row": np.arange(100)})
    is_anomaly = np.arange(100) % 10 == 0
    dataset = one_class_split("toy", table, is_anomaly, random_state=3)
    train, test = dataset.train["row"].to_numpy(), dataset.test["row"].to_numpy()
    assert sorted([*train, *test]) == list(range(100))
    assert len(train) == 45
    assert not is_anomaly[train].any()
    assert (is_anomaly[test] == dataset.test_labels).all()


@pytest.mark.parametrize("is_anomaly", [[False] * 4, [True] * 4, [True, True, True, False]])
def test_one_class_split_needs_both_kinds(is_anomaly):
    with pytest.raises(DatasetError, match="at least one anomaly and two normal rows"):
        one_class_split("toy", pa.table({"row": range(4)}), np.array(is_anomaly), 0)


def images():
    classes = np.array([0, 1, 2, 1])
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 2, 2)
    return ImageSet("toy", pixels, classes, pixels[::-1], classes[::-1], ("a", "b", "c"))


@pytest.mark.parametrize(
    ("options", "train", "labels"),
    [
        ({}, [0], [True, True, True, False]),
        ({"normal_class": 1}, [1, 3], [False, True, False, True]),
        ({"anomaly_class": 1}, [0, 2], [True, False, True, False]),
        ({"anomaly_class": 0}, [1, 2, 3], [False, False, False, True]),
    ],
)
def test_images_as_one_class(options, train, labels):
    dataset = images().one_class(**options)
    assert (dataset.train == images().train[train]).all()
    assert dataset.test_labels.tolist() == labels
    assert dataset.test.shape == (4, 2, 2)


@pytest.mark.parametrize(
    "options", [{"normal_class": 3}, {"anomaly_class": -1}, {"normal_class": "a"}]
)
def test_class_out_of_range(options):
    with pytest.raises(ParameterError, match=r"choose from 0 \(a\), 1 \(b\), 2 \(c\)"):
        images().one_class(**options)


def test_two_classes_at_once():
    with pytest.raises(ParameterError, match="give one"):
        images().one_class(normal_class=0, anomaly_class=1)


def test_series_labels_and_dataset():
    series = Series("s", np.arange(8.0).reshape(-1, 1), ((2, 3), (5, 7)), train_end=2)
    assert np.flatnonzero(series.labels).tolist() == [2, 5, 6]
    dataset = series.dataset()
    assert dataset.train.ravel().tolist() == [0, 1]
    assert np.flatnonzero(dataset.test_labels).tolist() == [0, 3, 4]


# ---------------------------------------------------------------- files: found, checked, downloaded


@pytest.fixture
def pin(monkeypatch):
    """Pin digests for files made up by a test."""

    def add(**digests):
        made_up = {key.replace("__", "/"): value for key, value in digests.items()}
        monkeypatch.setattr(fetch, "_pinned", lambda: made_up)

    return add


@pytest.fixture
def cache(tmp_path, monkeypatch):
    import pooch

    monkeypatch.delenv("GENAD_DATA_HOME", raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache" / "genad"


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Serve a folder on this machine; yields the folder and its address."""
    root = tmp_path / "served"
    root.mkdir()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=root))
    thread = threading.Thread(target=served.serve_forever, args=(0.01,))
    thread.start()
    yield root, f"http://127.0.0.1:{served.server_port}/"
    served.shutdown()
    thread.join()
    served.server_close()


SHA = {  # sha256 of the two contents below
    b"alpha": "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8",
    b"beta": "f44e64e75f3948e9f73f8dfa94721c4ce8cbb4f265c4790c702b2d41cfbf2753",
}


def pin_two(pin):
    pin(toy__a=("sha256", SHA[b"alpha"]), toy__sub__b=("sha256", SHA[b"beta"]))


def test_download_once_from_the_first_address_that_answers(pin, cache, server):
    pin_two(pin)
    root, url = server
    (root / "sub").mkdir()
    (root / "a").write_bytes(b"alpha")
    (root / "sub" / "b").write_bytes(b"beta")
    home = Home("toy", ("a", "sub/b"), ("http://127.0.0.1:9/", url))
    assert fetch_files(home) == cache / "toy"
    shutil.rmtree(root)
    assert (fetch_files(home) / "sub" / "b").read_bytes() == b"beta"
    assert sorted(path.name for path in (cache / "toy").iterdir()) == ["a", "sub"]


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def tarred(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize(("name", "pack"), [("x.zip", zipped), ("x.tar.gz", tarred)])
def test_download_of_an_archive(pin, cache, server, name, pack):
    pin_two(pin)
    root, url = server
    (root / name).write_bytes(pack({"deep/down/a": b"alpha", "b": b"beta", "more": b"?"}))
    folder = fetch_files(Home("toy", ("a", "sub/b"), (url + name,)))
    assert (folder / "a").read_bytes() == b"alpha"
    assert (folder / "sub" / "b").read_bytes() == b"beta"
    assert sorted(path.name for path in folder.iterdir()) == ["a", "sub"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.zip", zipped({"a": b"alpha"}), "does not hold b"),
        ("x.zip", zipped({"a": b"alpha", "b": b"other"}), f"expected {SHA[b'beta']}"),
        ("x.zip", b"PK not really", "x.zip is damaged"),
        ("x.tar.gz", gzip.compress(b"not a tar file"), "x.tar.gz is damaged"),
    ],
    ids=["member missing", "member changed", "damaged zip", "damaged tar"],
)
def test_archive_that_cannot_be_used(pin, cache, server, name, content, expected):
    pin_two(pin)
    root, url = server
    (root / name).write_bytes(content)
    with pytest.raises(DatasetError, match=expected):
        fetch_files(Home("toy", ("a", "sub/b"), (url + name,)))
    left = [path for path in (cache / "toy").rglob("*") if path.is_file()]
    assert [path.name for path in left if path.name != "a"] == []


def test_download_that_is_not_the_file(pin, cache, server):
    pin_two(pin)
    root, url = server
    (root / "a").write_bytes(b"beta")
    expected = f"a is not what it should be.* is {SHA[b'beta']}, expected {SHA[b'alpha']}"
    with pytest.raises(DatasetError, match=expected):
        fetch_files(Home("toy", ("a",), (url,)))
    assert list((cache / "toy").iterdir()) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "nonsense:/"])
def test_download_that_fails_names_the_way_out(cache, monkeypatch, url):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(DatasetError, match=r"cannot be downloaded .* toy/a .* GENAD_DATA_HOME"):
        fetch_files(Home("toy", ("a",), (url,)))


def test_cache_that_cannot_be_made(cache):
    cache.parent.mkdir()
    cache.write_text("a file where the folder should be")
    with pytest.raises(DatasetError, match="cannot be kept in"):
        fetch_files(Home("toy", ("a",), ("http://127.0.0.1:9/",)))


def test_own_folder_without_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("GENAD_DATA_HOME", str(tmp_path))
    expected = f"{tmp_path / KDD} is missing: put it there, or unset GENAD_DATA_HOME"
    with pytest.raises(DatasetError, match=expected):
        load_dataset("kddcup99")


def test_damaged_idx_file(tmp_path):
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x01\0\0\0\x03" + b"ab"))
    with pytest.raises(DatasetError, match="not an idx file"):
        read_idx(path)


def test_every_loader_has_pinned_files():
    assert len(pinned_files("nab")) == 59
    assert len(pinned_files("ucr-anomaly")) == 40
    assert len(pinned_files("smd")) == 9
    assert len(pinned_files("adbench")) == 22
    for home in (nab._HOME, cifar10._HOME, ecg5000._HOME):
        assert set(home.files) <= set(pinned_files(home.folder))


def test_probationary_period_of_nab():
    assert [nab._probationary_period(n) for n in (100, 4_032, 22_695)] == [15, 604, 750]


# ---------------------------------------------------------------- the real files


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Copy a real file into a folder of data of its own, perhaps with other content."""

    def make(key, change=lambda content: content):
        content = change((Path(REAL) / key).read_bytes())
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_bytes(content)
        monkeypatch.setenv("GENAD_DATA_HOME", str(tmp_path))
        return tmp_path / key

    return make


@real_data
@pytest.mark.parametrize("name", TABLES)
def test_tables(name):
    columns, train, test, anomalies = TABLES[name]
    dataset = load_dataset(name)
    assert dataset.train.schema == dataset.test.schema
    assert dataset.train.shape == (train, columns)
    assert dataset.test.shape == (test, columns)
    assert dataset.test_labels.dtype == bool
    assert dataset.test_labels.sum() == anomalies


@real_data
def test_every_adbench_set_is_as_its_facts_say():
    infos = [info for info in list_datasets() if info.name.startswith("adbench/")]
    for info in infos:
        dataset = load_dataset(info.name)
        rows = dataset.train.num_rows + dataset.test.num_rows
        assert (rows, dataset.train.num_columns) == (info.rows, info.columns), info.name
        assert "label" not in dataset.test.column_names
    assert load_dataset("adbench/thyroid").name == "adbench/38_thyroid"


@real_data
def test_kddcup99_follows_the_protocol_of_egbad():
    dataset = load_dataset("kddcup99")
    kinds = {column.name: column.type for column in dataset.train.schema}
    assert len(kinds) == 41
    assert [name for name, kind in kinds.items() if kind == pa.string()] == [
        "protocol_type",
        "service",
        "flag",
    ]
    assert [name for name, kind in kinds.items() if kind == pa.bool_()] == [
        "land",
        "logged_in",
        "is_host_login",
        "is_guest_login",
    ]
    # 396,743 attacks and 97,278 normal rows, each half the time in the test half.
    attacks, normal = 396_743, 97_278
    assert abs(dataset.train.num_rows - attacks / 2) < 1_000
    assert dataset.train.num_rows + (~dataset.test_labels).sum() == attacks
    assert abs(dataset.test_labels.sum() - normal / 2) < 1_000
    assert 0.19 < dataset.test_labels.mean() <= 0.2


@real_data
def test_labels_and_what_gives_them_away_are_not_features():
    ai4i = load_dataset("ai4i2020")
    assert ai4i.train.column_names == [
        "Type",
        "Air temperature [K]",
        "Process temperature [K]",
        "Rotational speed [rpm]",
        "Torque [Nm]",
        "Tool wear [min]",
    ]
    assert ai4i.train.schema.field("Type").type == pa.string()
    grid = load_dataset("grid_stability")
    assert not {"stab", "stabf"} & set(grid.train.column_names)
    card = load_dataset("creditcard")
    assert card.train.column_names == [*(f"V{i}" for i in range(1, 29)), "Amount"]


@real_data
def test_the_biased_sample_of_creditcard_has_a_name_of_its_own(copied):
    copied("creditcard/creditcard_ulb_subset.csv.gz")
    dataset = load_dataset("creditcard")
    assert dataset.name == "creditcard-subset"
    assert (dataset.train.num_rows, dataset.test.num_rows) == (4_203, 4_676)
    assert dataset.test_labels.sum() == 473


@real_data
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_idx_images(name):
    pictures = load_images(name)
    assert pictures.train.shape == (60_000, 28, 28)
    assert pictures.test.shape == (10_000, 28, 28)
    assert pictures.train.dtype == np.uint8
    assert np.bincount(pictures.test_classes).min() >= 892


@real_data
def test_cifar10():
    pictures = load_images("cifar10")
    assert pictures.train.shape == (50_000, 32, 32, 3)
    assert pictures.test.shape == (10_000, 32, 32, 3)
    assert np.bincount(pictures.train_classes).tolist() == [5_000] * 10
    # The means of the training pixels in red, green and blue, known from many papers.
    means = pictures.train.reshape(-1, 3).mean(axis=0) / 255
    np.testing.assert_allclose(means, [0.4914, 0.4822, 0.4465], atol=1e-4)


@real_data
def test_cifar10_from_its_binary_version(tmp_path, monkeypatch):
    folder = Path(REAL) / "cifar10"
    records = cifar10._read_mosaics(folder, "test_batch")
    binary = tmp_path / "cifar10" / "cifar-10-batches-bin"
    binary.mkdir(parents=True)
    records.tofile(binary / "test_batch.bin")
    monkeypatch.setattr(cifar10, "_BATCHES", ("test_batch",))
    monkeypatch.setattr(
        cifar10, "_HOME", Home("cifar10", ("cifar-10-batches-bin/test_batch.bin",), ())
    )
    monkeypatch.setenv("GENAD_DATA_HOME", str(tmp_path))
    assert (
        cifar10._load().train == records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    ).all()


@real_data
def test_nab():
    every = load_series("nab")
    assert len(every) == 58
    assert sum(len(series.windows) for series in every) == 116
    assert sum(len(series.values) for series in every) == 365_558
    assert not any(series.labels[: series.train_end].any() for series in every)
    taxi = next(series for series in every if series.name == "realKnownCause/nyc_taxi")
    assert taxi.values.shape == (10_320, 1)
    assert taxi.timestamps[0] == np.datetime64("2014-07-01T00:00:00")
    starts = [str(taxi.timestamps[start]) for start, _ in taxi.windows]
    assert starts[0] == "2014-10-30T15:30:00"
    assert taxi.train_end == 750
    assert len(load_dataset("nab/nyc_taxi").test) == 10_320 - 750


@real_data
def test_ucr():
    every = load_series("ucr")
    assert len(every) == 40
    series = every[0]
    assert series.name == "008_UCR_Anomaly_DISTORTEDCIMIS44AirTemperature4"
    assert (series.train_end, series.windows) == (4_000, ((5_548, 5_597),))
    assert series.values.shape == (8_184, 1)
    assert load_dataset("ucr/204").name == "204_UCR_Anomaly_CHARISfive"


@real_data
def test_smd():
    every = load_series("smd")
    assert [series.name for series in every] == ["machine-1-2", "machine-2-1", "machine-3-2"]
    machine = every[0]
    assert machine.values.shape == (23_694 + 23_694, 38)
    labels = np.loadtxt(Path(REAL) / "smd/ServerMachineDataset/test_label/machine-1-2.txt") == 1
    assert (load_dataset("smd/machine-1-2").test_labels == labels).all()


@real_data
def test_ecg5000(tmp_path, monkeypatch):
    dataset = load_dataset("ecg5000")
    assert dataset.train.shape == (1_459, 140)
    assert dataset.test_labels.sum() == 2_081
    with np.load(Path(REAL) / "ecg5000/ecg5000.npz") as arrays:
        parts = {part: (arrays[f"y_{part}"], arrays[f"x_{part}"]) for part in ("train", "test")}
    (tmp_path / "ecg5000").mkdir()
    for part, (classes, beats) in parts.items():  # as the archive spells them
        path = tmp_path / "ecg5000" / f"ECG5000_{part.upper()}.txt"
        np.savetxt(path, np.column_stack([classes, beats]), fmt="  %.7e")
    monkeypatch.setenv("GENAD_DATA_HOME", str(tmp_path))
    from_text = load_dataset("ecg5000")
    assert from_text.train.equals(dataset.train)


@real_data
@pytest.mark.parametrize("name", ["nab", "ucr", "smd"])
def test_a_collection_has_to_be_narrowed_down(name):
    with pytest.raises(ParameterError, match=rf"{name} holds \d+ series: name one, as in {name}/"):
        load_dataset(name)
    with pytest.raises(ParameterError, match=rf"{name} has no series 'qqq': name one"):
        load_dataset(f"{name}/qqq")


def swap(old, new):
    return lambda content: content.replace(old, new, 1)


def flip(position):
    def change(content):
        return content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]

    return change


@real_data
@pytest.mark.parametrize(
    ("key", "change"),
    [
        (KDD, flip(1_000_000)),
        ("ai4i2020/ai4i2020.csv", swap(b"1551", b"1552")),
        ("grid-stability/Data_for_UCI_named.csv", swap(b"2.9590", b"2.9591")),
        ("adbench/42_WBC.npz", flip(700)),
        (DIGITS, lambda content: gzip.compress(flip(100)(gzip.decompress(content)))),
        (DIGITS, lambda content: content[:-30]),
        ("nab/labels/combined_windows.json", flip(400)),
        ("nab/data/realKnownCause/nyc_taxi.csv", swap(b"10844", b"10845")),
    ],
)
def test_a_changed_file_is_noticed(copied, key, change):
    path = copied(key, change)
    with pytest.raises(DataError, match=str(path)):
        verify(path, key)


@real_data
@pytest.mark.parametrize(
    ("key", "change"),
    [
        (DIGITS, lambda c: gzip.compress(gzip.decompress(c), 1)),
        ("ai4i2020/ai4i2020.csv", lambda c: c.replace(b"\n", b"\r\n").replace(b"299.0,", b"299,")),
        ("ucr-anomaly/116_UCR_Anomaly_CIMIS44AirTemperature4_4000_5549_5597.txt",
         lambda c: b" ".join(b"%.7e" % float(cell) for cell in c.split())),
        ("adbench/42_WBC.npz", lambda c: resaved(c)),
    ],
)  # fmt: skip
def test_the_same_content_in_another_form_is_accepted(copied, key, change):
    path = copied(key, change)
    assert path.read_bytes() != (Path(REAL) / key).read_bytes()
    verify(path, key)


def resaved(content):
    with np.load(io.BytesIO(content)) as arrays:
        held = {name: arrays[name].astype(np.float64) for name in arrays.files}
    buffer = io.BytesIO()
    np.savez(buffer, **held)
    return buffer.getvalue()


@real_data
@pytest.mark.parametrize("name", ["kddcup99", "adbench/thyroid", "mnist", "nab", "cifar10"])
def test_fetch_returns_what_is_there(name):
    assert fetch_dataset(name).exists()
    assert Path(REAL) in fetch_dataset(name).parents
