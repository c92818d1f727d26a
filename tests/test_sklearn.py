"""scikit-learn's own checks of an estimator, all of them, on every detector."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from helpers import CLASSES, tiny


@parametrize_with_checks([tiny(cls) for cls in CLASSES])
def test_scikit_learn_accepts_the_detector(estimator, check):
    check(estimator)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_parameters_are_keywords_with_plain_defaults(cls):
    defaults = cls().get_params()
    assert all(isinstance(v, None | bool | int | float | str | tuple) for v in defaults.values())
    with pytest.raises(TypeError, match="positional"):
        cls(8)
    with pytest.raises(TypeError, match="unexpected keyword argument 'latent_dim'"):
        cls(latent_dim=8)
