"""Detectors whose model is trained by gradient descent, and those made of encoders and decoders."""

from contextlib import AbstractContextManager
from typing import Any, ClassVar, Literal, final

import torch

from genad.data.samples import Samples
from genad.data.views import Stack
from genad.detector.base import Detector
from genad.detector.remembering import Remembering
from genad.detector.sampling import draw
from genad.errors import ParameterError
from genad.nets import Networks, networks
from genad.parameters import (
    NaturalInt,
    PositiveFloat,
    PositiveInt,
    ProperShare,
    RandomState,
    SizesOrNone,
    plain_parameters,
)
from genad.training import (
    Callback,
    Checkpoint,
    History,
    Model,
    Options,
    Precision,
    arithmetic,
    resolve_precision,
    train,
)


class TrainedDetector(Detector):
    """Base of the detectors whose model is trained by gradient descent.

    Parameters
    ----------
    epochs : passes over the training rows per stage; by default as many as make about
        `default_updates` updates of each network. With 0 the network stays untrained.
    batch_size : rows per update.
    lr : learning rate of Adam.
    patience : stop after so many epochs without a better held-out loss and go back to the best
        weights; by default all epochs are run.
    ema : decay of the running average of the weights, which is then used in the place of the last
        weights; by default none is kept.
    clip : the largest norm a gradient may have; by default any.
    precision : "float32"; "bfloat16", which keeps three digits of what goes into a product and is
        faster on processors that have it; or "auto", the faster for the data: bfloat16 for images
        where the processor multiplies such numbers, else float32. Scores that are tails, which
        three digits would move, are computed in float32 unless bfloat16 is asked for.
    recoveries : how often the training of a generator may go back to its last good weights, with
        half the learning rate, after its samples have collapsed; see `genad.training.collapse`.
        A training in which they do not is the same with any number.
    checkpoint : a file to keep the run in while it lasts. An interrupted `fit` with the same
        parameters and data goes on from there, and ends with the same model.
    callbacks : `genad.training.Callback` objects that watch the training.
    """

    default_updates = 4000
    taught: ClassVar[bool] = False  # whether the y of `fit` says what is an anomaly

    epochs: NaturalInt | None = None
    batch_size: PositiveInt = 64
    lr: PositiveFloat = 1e-3
    patience: PositiveInt | None = None
    ema: ProperShare | None = None
    clip: PositiveFloat | None = None
    precision: Precision = "auto"
    recoveries: NaturalInt = 2
    checkpoint: str | None = None
    callbacks: tuple[Callback, ...] = ()

    def _train(self, model: Model, samples: Samples, held_out: Samples, seed: int) -> History:
        updates = -(-len(samples) // self.batch_size)
        epochs = -(-self.default_updates // updates) if self.epochs is None else self.epochs
        options = Options(
            epochs,
            self.batch_size,
            self.lr,
            patience=self.patience,
            ema=self.ema,
            clip=self.clip,
            precision=self._precision(samples[:1].shape[1:], samples.device),
            recoveries=self.recoveries,
        )
        checkpoint = self._checkpoint(model, samples, seed)
        history = train(
            model, samples, held_out, options, callbacks=self.callbacks, checkpoint=checkpoint
        )
        if checkpoint is not None:
            checkpoint.remove()
        return history

    @property
    def _scores_tails(self) -> bool:
        """Whether scores are tails, minus the logarithms of shares, which few digits would move."""
        return False

    def _precision(self, shape: tuple[int, ...], device: torch.device) -> str:
        return resolve_precision(self.precision, shape, device)

    def _arithmetic(self, device: torch.device) -> AbstractContextManager[object]:
        if self.precision == "auto" and self._scores_tails:
            return arithmetic("float32", device)
        return arithmetic(self._precision(self.view_.shape, device), device)

    def _checkpoint(self, model: Model, samples: Samples, seed: int) -> Checkpoint | None:
        if self.checkpoint is None:
            return None
        if not isinstance(self.random_state, int):
            raise ParameterError(
                f"A checkpoint needs a run that can be repeated, but random_state is "
                f"{self.random_state!r}; give an integer."
            )
        parameters = plain_parameters(self.get_params(deep=False))
        run = [type(self).__name__, parameters, seed, model.members]
        return Checkpoint.of(self.checkpoint, run, samples)


class LatentDetector(TrainedDetector):
    """Base of the detectors whose model goes through a latent: autoencoders, VAEs and GANs.

    Parameters
    ----------
    latent : size of the latent; by default a quarter of a sample's, up to 32.
    hidden : widths of the layers of encoders and discriminators; decoders and generators mirror
        them. By default what suits the network.
    net : the kind of network: "mlp"; for windows of a series also "conv", "rnn", "lstm" and
        "gru"; for images also "conv"; or "auto", for what suits the samples.
    features : whether the distance to the nearest training sample counts, in the features that
        the network has learnt (the last hidden layer of a discriminator, critic or encoder):
        "added" to the score, both as tails among held-out samples; "alone"; or "none".
    memory : training samples to keep at most for that.
    looks : how many times an image is looked at for that, each time but the first turned, moved,
        sheared or zoomed.
    """

    kinds: ClassVar[tuple[str, ...]] = ("table", "series", "image")

    latent: PositiveInt | None = None
    hidden: SizesOrNone | None = None
    net: Literal["auto", "mlp", "conv", "rnn", "lstm", "gru"] = "auto"
    features: Literal["none", "added", "alone"] = "none"
    memory: PositiveInt = 3000
    looks: PositiveInt = 12

    @property
    def _scores_tails(self) -> bool:
        return self.features == "added"

    @final
    def _assemble(self, shape: tuple[int, ...]) -> Model:
        model = self._build(shape)
        if self.features == "none":
            return model
        alone = self.features == "alone"
        return Remembering(model, shape, alone=alone, memory=self.memory, looks=self.looks)

    def sample(self, n: int = 1, *, random_state: RandomState = None) -> Any:
        """Return synthetic rows, windows or images, n of them, in the units of the data.

        Parameters
        ----------
        n : how many.
        random_state : seed of the draws.

        Raises
        ------
        genad.errors.ParameterError
            If n is not positive, or the model has no prior to draw from, as an autoencoder.
        """
        return draw(self, n, random_state)

    @final
    def latents(self, X: Any) -> Any:
        """Return where rows, windows or images lie in the latent space, of shape (n, latent).

        Raises
        ------
        genad.errors.ParameterError
            If the model has no encoder, as AnoGAN, which searches for latents.
        """
        source = self._read(X)
        if not self.model_.encodes:
            raise ParameterError(
                f"{type(self).__name__} has no encoder, so no row has a place in its latent space; "
                "take a VAE or a GAN with an encoder, such as FAnoGAN."
            )
        return self._over(source, self.model_.latents, Stack(self.view_.count(source)))

    def _networks(self, shape: tuple[int, ...]) -> Networks:
        return networks(shape, self.net, self.hidden)
