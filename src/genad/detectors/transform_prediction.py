"""TransformPrediction: who knows normal images can tell how one of them was turned and moved."""

from typing import final

from genad.detectors.transforms import TransformDetector, TransformModel
from genad.training import Model


@final
class TransformPrediction(TransformDetector):
    r"""How badly a network tells what was done to an image, and how new its features are.

    .. math:: A(x) = t\Big(\frac{1}{TF} \sum_{T, f} \sqrt{\ell_{Tf}(x) / \bar\ell_{Tf}}\Big)
              + t\Big(\min_i \lVert \phi(x) - \phi(x_i) \rVert_2\Big), \quad
              t(s) = -\log \hat P(s' \ge s)

    Images are turned by quarters, moved, sheared and zoomed at random, and a network learns to tell
    each of the factors f: l is its cross-entropy, measured by its mean on held-out images. For that
    it has to know what normal images look like, but not how to draw them. Its features phi, one
    unit vector for each of T fixed transforms T, side by side, are compared with those of training
    images. Both parts are counted as tails among held-out scores.

    The most accurate detector here where a class of photographs, digits or garments is normal. It
    has nothing to go by where images look the same when turned, as textures do.

    Parameters
    ----------
    score : "prediction" (the first part), "neighbours" (the second) or "combined".

    References
    ----------
    Deep Anomaly Detection Using Geometric Transformations (Golan and El-Yaniv, 2018), with factors
    predicted one by one (Hendrycks et al., 2019) and without the Dirichlet fit of section 4.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.zeros((200, 8, 8), np.uint8)
    >>> X[:, 1:3, 2:5] = np.random.default_rng(0).integers(150, 250, (200, 1, 3))
    >>> detector = TransformPrediction(hidden=(8,), epochs=20, random_state=0).fit(X)
    >>> detector.is_anomaly(np.stack([X[0], X[0].T]))
    array([False,  True])
    """

    family = "self-supervised"

    def _build(self, shape: tuple[int, ...]) -> Model:
        return TransformModel(shape, self)
