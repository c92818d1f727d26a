"""SSGAN: a GAN whose discriminator also tells how an image was turned and moved."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, final

import torch
from torch import Tensor, nn

from genad.detector import draw
from genad.detectors.transforms import WEIGHT_DECAY, TransformDetector, TransformModel
from genad.losses import fake_loss, real_loss
from genad.nets import networks
from genad.parameters import NaturalFloat, PositiveInt, RandomState
from genad.training import Model, Objective, Terms
from genad.training.schedule import one_cycle

# Share of a batch that is generated: most of what the discriminator learns is in real images.
_GENERATED = 0.5


@final
class SSGAN(TransformDetector):
    r"""How badly a GAN's discriminator tells what was done to an image, and how new it looks to it.

    .. math:: A(x) = t\Big(\frac{1}{TF} \sum_{T, f} \sqrt{\ell_{Tf}(x) / \bar\ell_{Tf}}\Big)
              + t\Big(\min_i \lVert \phi(x) - \phi(x_i) \rVert_2\Big), \quad
              t(s) = -\log \hat P(s' \ge s)

    The score of `TransformPrediction`, from the discriminator of a GAN: it tells real images from
    generated ones, and of all how they were transformed; the generator learns to make images that
    pass for real and whose transforms can be told. A plain discriminator forgets what it learnt of
    images as soon as it can do without; the second task keeps it learning what they look like.

    Parameters
    ----------
    latent : size of the generator's latent.
    adversarial : weight of the verdict, real or generated, in the discriminator's loss.
    told : weight of the transforms in the generator's loss.

    References
    ----------
    Self-Supervised GANs via Auxiliary Rotation Loss (Chen et al., 2019), section 3. Deviations: all
    factors of `TransformPrediction`, not rotation alone, are told, one by one; real and generated
    images are all transformed before the discriminator sees them (Zhao et al., 2020), which takes
    one pass in the place of two; and the roles of the weights are turned round, for here the
    discriminator is what is wanted.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.zeros((200, 8, 8), np.uint8)
    >>> X[:, 1:3, 2:5] = np.random.default_rng(0).integers(150, 250, (200, 1, 3))
    >>> detector = SSGAN(hidden=(8,), epochs=20, random_state=0).fit(X)
    >>> detector.is_anomaly(np.stack([X[0], X[0].T]))
    array([False,  True])
    """

    family = "GAN"

    latent: PositiveInt = 64
    adversarial: NaturalFloat = 0.2
    told: NaturalFloat = 0.2

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _SSGANModel(shape, self)

    def sample(self, n: int = 1, *, random_state: RandomState = None) -> Any:
        """Return synthetic images, n of them.

        Parameters
        ----------
        n : how many.
        random_state : seed of the draws.
        """
        return draw(self, n, random_state)


class _SSGANModel(TransformModel):
    def __init__(self, shape: tuple[int, ...], options: SSGAN) -> None:
        super().__init__(shape, options)
        self.latent, self.adversarial, self.told = options.latent, options.adversarial, options.told
        self.verdict = nn.Linear(options.hidden[-1], 1)
        self.generator = networks(shape).decoder(options.latent)

    def objectives(self) -> list[Objective]:
        judges, betas = (self.trunk, self.heads, self.verdict), (0.5, 0.999)
        return [
            Objective(
                "discriminator",
                judges,
                self.discriminator_loss,
                betas=betas,
                weight_decay=WEIGHT_DECAY,
                schedule=one_cycle,
            ),
            # The generator has the lower rate (Heusel et al., 2017): the judge is what is wanted.
            Objective(
                "generator",
                (self.generator,),
                self.generator_loss,
                betas=betas,
                lr_scale=0.3,
                schedule=one_cycle,
            ),
        ]

    def discriminator_loss(self, x: Tensor) -> Terms:
        n = len(x)
        with torch.no_grad():
            fake = self.sample(self.count(x))
        levels = self.transforms.drawn(n + len(fake))
        seen = torch.cat([self.flipped(x), fake])
        features = self.trunk(self.transforms(seen, levels)).float()
        logits = self.verdict(features).float().squeeze(1)
        told = self.losses(features[:n], levels[:n])
        return {
            **dict(zip(self.factors, told.unbind(1), strict=True)),
            "real": self.adversarial * real_loss(logits[:n]),
            "fake": self.adversarial * fake_loss(logits[n:]),
        }

    def generator_loss(self, x: Tensor) -> Terms:
        fake = self.sample(self.count(x))
        levels = self.transforms.drawn(len(fake))
        with _at_rest(self.trunk):
            features = self.trunk(self.transforms(fake, levels)).float()
        logits = self.verdict(features).float().squeeze(1)
        told = self.losses(features, levels).sum(1)
        return {"adversarial": real_loss(logits), "transforms": self.told * told}

    def count(self, x: Tensor) -> int:
        """Return how many images to generate beside a batch."""
        return max(1, round(_GENERATED * len(x)))

    def sample(self, n: int) -> Tensor:
        z = torch.randn(n, self.latent, device=self.expected.device)
        samples: Tensor = self.generator(z)
        return samples.float()


@contextmanager
def _at_rest(module: nn.Module) -> Iterator[None]:
    """Let batch normalisation use what it knows of real and generated images together.

    The statistics of generated images alone would hide from the generator how they differ.
    """
    training = module.training
    module.eval()
    try:
        yield
    finally:
        module.train(training)
