"""A model's folder: whole or refused, and never executed."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

import genad
from genad import storage
from genad.errors import ModelFormatError, ParameterError
from genad.storage import read_model, write_model
from helpers import fitted, line

CONFIG, WEIGHTS = "config.json", "weights.safetensors"


@pytest.fixture
def folder(tmp_path):
    fitted(genad.AutoEncoder).save(tmp_path / "model")
    return tmp_path / "model"


def edit(folder, **changes):
    """Change entries of config.json; a checksum among them is made right when it is None."""
    path = folder / CONFIG
    config = json.loads(path.read_text(encoding="utf-8")) | changes
    if config["checksum"] is None:
        del config["checksum"]
        config["checksum"] = storage._checksum(config)
    path.write_text(json.dumps(config), encoding="utf-8")


def refused(folder, match):
    """Return the sentence with which the folder is refused."""
    with pytest.raises(ModelFormatError, match=match) as caught:
        genad.load(folder)
    assert "\n" not in str(caught.value).split(" (RuntimeError")[0]
    return str(caught.value)


def test_arrays_and_configuration_come_back(tmp_path):
    arrays = {
        "matrix": np.arange(6, dtype=np.float32).reshape(2, 3),
        "turned": np.arange(6.0).reshape(2, 3).T,
        "empty": np.zeros((0, 2)),
        "counts": np.array([1, 2]),
        "scalar": np.array(0.1),
    }
    config = {"text": "naïve ☃", "number": 0.1 + 0.2, "none": None, "nested": {"list": [1, 2]}}
    write_model(tmp_path / "deep" / "model", config, arrays)
    found, back = read_model(tmp_path / "deep" / "model")
    assert found.items() >= config.items()
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].dtype == array.dtype


def test_the_folder_holds_two_plain_files(folder):
    assert sorted(path.name for path in folder.iterdir()) == [CONFIG, WEIGHTS]
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    assert config["detector"] == "AutoEncoder"
    assert config["genad"] == genad.__version__


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS])
@pytest.mark.parametrize("where", [0, 0.3, 0.7, 0.999])
def test_a_changed_byte_is_noticed(folder, name, where):
    data = bytearray((folder / name).read_bytes())
    data[int(where * len(data))] ^= 1
    (folder / name).write_bytes(data)
    refused(folder, "damaged|changed|not written by genad")


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS])
@pytest.mark.parametrize("share", [0, 0.1, 0.9])
def test_a_truncated_file_is_noticed(folder, name, share):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(share * len(data))])
    refused(folder, "damaged|changed")


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    refused(folder, name.replace(".", r"\."))


def test_a_foreign_folder_is_refused(tmp_path):
    refused(tmp_path / "nothing", "is no model of genad")
    (tmp_path / "file").write_text("hello")
    refused(tmp_path / "file", "is no model of genad")
    for text in ("{}", "[1]", '"text"', '{"format": "other"}'):
        (tmp_path / CONFIG).write_text(text)
        refused(tmp_path, "was not written by genad")
    (tmp_path / CONFIG).write_bytes(b"\x80\x04K\x01.")
    refused(tmp_path, "damaged")


def test_an_edited_configuration_is_refused(folder):
    edit(folder, threshold=1e9)
    refused(folder, "was changed after it was saved")


def test_a_newer_format_names_the_version_to_install(folder):
    edit(folder, format_version=2, genad="9.9", checksum=None)
    assert "9.9" in refused(folder, "has format version 2, but this genad reads version 1")


@pytest.mark.parametrize("name", ["os.system", "Magic", "sklearn.svm.OneClassSVM", None, ["VAE"]])
def test_a_class_that_is_not_registered_is_refused(folder, name):
    edit(folder, detector=name, checksum=None)
    refused(folder, "which no installed package provides")


def test_another_detectors_folder_is_refused(folder):
    with pytest.raises(ModelFormatError, match=r"holds a AutoEncoder, not a VAE; use genad\.load"):
        genad.VAE.load(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"detector": "vae"},
        {"parameters": {"latent_dim": 3}},
        {"parameters": {}},
        {"parameters": None},
        {"view": {}},
        {"view": {"columns": [{"name": "x0", "type": "number"}], "from_frame": False}},
        {"history": {"epochs": [{"loss": 1}], "stopped": "never"}},
        {"threshold": "high"},
        {"threshold": None},
    ],
)
def test_a_configuration_that_makes_no_model_is_refused(folder, changes):
    edit(folder, **changes, checksum=None)
    refused(folder, "as this version of genad describes one")


@pytest.mark.parametrize("prefix", ["calibration", "view.", "model."])
def test_missing_arrays_are_refused(folder, prefix):
    _, arrays = read_model(folder)
    del arrays[next(name for name in arrays if name.startswith(prefix))]
    weights = save(arrays)
    (folder / WEIGHTS).write_bytes(weights)
    edit(folder, weights_sha256=hashlib.sha256(weights).hexdigest(), checksum=None)
    refused(folder, "as this version of genad describes one")


def test_weights_that_are_no_safetensors_are_refused(folder):
    weights = b"\x80\x04\x95 not a tensor"
    (folder / WEIGHTS).write_bytes(weights)
    edit(folder, weights_sha256=hashlib.sha256(weights).hexdigest(), checksum=None)
    refused(folder, "cannot be read")


def test_a_missing_digest_is_refused(folder):
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    del config["weights_sha256"], config["checksum"]
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    edit(folder, checksum=None)
    refused(folder, "not what was saved")


def test_an_existing_folder_is_kept_unless_told_otherwise(folder):
    before = (folder / WEIGHTS).read_bytes()
    other = fitted(genad.AutoEncoder, random_state=1)
    with pytest.raises(ParameterError, match="exists; choose another name, or allow"):
        other.save(folder)
    assert (folder / WEIGHTS).read_bytes() == before
    other.save(folder, overwrite=True)
    assert (folder / WEIGHTS).read_bytes() != before
    X = line(20)
    np.testing.assert_array_equal(genad.load(folder).anomaly_score(X), other.anomaly_score(X))
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("foreign", [None, "{}", '{"format": "other"}', "not json"])
def test_what_is_no_model_is_never_replaced(tmp_path, foreign):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    if foreign is not None:
        (tmp_path / "mine" / CONFIG).write_text(foreign)
    with pytest.raises(ParameterError, match="exists and holds no model of genad"):
        fitted(genad.ZScore).save(tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_file_in_the_way_is_kept(tmp_path):
    (tmp_path / "model").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(ParameterError, match="exists"):
            fitted(genad.ZScore).save(tmp_path / "model", overwrite=overwrite)
    assert (tmp_path / "model").read_text() == "mine"


def test_a_failed_write_leaves_nothing_behind(folder):
    before = (folder / CONFIG).read_bytes()
    for path in (folder, folder.with_name("new")):
        with pytest.raises(ValueError, match="JSON"):
            write_model(path, {"threshold": float("nan")}, {}, overwrite=True)
        with pytest.raises(TypeError, match="JSON"):
            write_model(path, {"threshold": object()}, {}, overwrite=True)
    assert (folder / CONFIG).read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_full_disk_keeps_the_old_model(folder, monkeypatch):
    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="no space left"):
        fitted(genad.AutoEncoder, random_state=1).save(folder, overwrite=True)
    assert genad.load(folder).get_params() == fitted(genad.AutoEncoder).get_params()
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_an_unfitted_detector_cannot_be_saved(tmp_path):
    with pytest.raises(ValueError, match="not fitted yet"):
        genad.VAE().save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
