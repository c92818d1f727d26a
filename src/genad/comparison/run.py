"""The comparison: every model fitted, sampled, judged and timed on the same data."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.base import clone
from torch import Tensor

from genad.comparison.asked import asked
from genad.comparison.judge import ClassifierJudge, Judge, judge_for
from genad.comparison.latent import latent_space, nearest_ranking, raw_space
from genad.comparison.quality import LOOKED_AT, Standard, collapse, drawn
from genad.comparison.results import Comparison, Contender, Costs, Quality
from genad.comparison.subject import Subject
from genad.detector import LatentDetector
from genad.errors import ParameterError
from genad.metrics import RankingReport, ranking_report
from genad.training import Callback, Model, SampleWatch

Watch = Callable[[str], Sequence[Callback]]
"""Gives callbacks for a training, which is named."""

# So many samples are held out of training at most: enough for a validation curve; and so many
# where nothing is trained.
_HELD_OUT, _FEW = 500, 50


def compare(
    models: Mapping[str, LatentDetector],
    subject: Subject,
    *,
    updates: int = 1000,
    looks: int = 10,
    random_state: int = 0,
    watch: Watch = lambda name: (),
) -> Comparison:
    """Return what models are worth as generators, encoders and detectors of the same data.

    Every model is fitted on all training samples and judged by what it makes and where it puts
    real samples; for detection it is fitted anew on the normal ones, where these are not the same.
    An untrained copy goes through it too, to show what is owed to the training.

    Parameters
    ----------
    models : unfitted detectors, by the names to show.
    subject : the data.
    updates : of each network that a training makes, about, where a model leaves its epochs open.
    looks : at samples during training.
    random_state : seed of the judge and of all draws; the detectors have their own.
    watch : gives more callbacks for each training.

    Raises
    ------
    genad.errors.ParameterError
        If a model draws no samples.

    Examples
    --------
    >>> import numpy as np
    >>> from genad import VAE
    >>> from genad.comparison import unlabelled_subject
    >>> subject = unlabelled_subject("rows", np.random.default_rng(0).normal(size=(200, 2)))
    >>> found = compare({"vae": VAE(latent=1, epochs=2, random_state=0)}, subject, looks=1)
    >>> found.contenders[0].quality.frechet > found.real.frechet
    True
    """
    ready = {name: suited(model, subject) for name, model in models.items()}
    untrained = {name: _untrained(name, model, subject) for name, model in ready.items()}
    device = next((model.device for model in models.values()), "auto")
    judge = judge_for(subject, random_state=random_state, device=device)
    standard = Standard(judge, subject.unseen, len(subject.learnt))
    real = standard.quality(drawn(subject.learnt, standard.n, random_state))
    run = _Run(subject, judge, standard, real, updates, looks, random_state, watch)
    return Comparison(
        subject=subject,
        contenders=tuple(run.contender(name, ready[name], untrained[name]) for name in ready),
        judge=judge.told,
        accuracy=judge.accuracy if isinstance(judge, ClassifierJudge) else None,
        compared=standard.n,
        real=real,
        raw=raw_space(subject),
        nearest=nearest_ranking(subject),
        random_state=random_state,
    )


def suited(model: LatentDetector, subject: Subject) -> LatentDetector:
    """Return a copy of a model as it is used on this data.

    What has a likelihood takes that of Bernoulli for images, which are scaled to [0, 1] for it, as
    is usual since Kingma and Welling (2013); for series all take the same window.
    """
    copy = clone(model)
    if subject.windows is not None:
        copy.set_params(window=subject.windows.shape[1])
    if subject.kind == "image" and "likelihood" in copy.get_params():
        copy.set_params(likelihood="bernoulli", scaler="minmax")
    return copy  # type: ignore[no-any-return]


def _ready(
    model: LatentDetector, n: int, updates: int, held_out: int = _HELD_OUT
) -> LatentDetector:
    """Return a copy that makes about so many updates of n samples, a few of them held out."""
    share = min(model.validation_fraction, held_out / n)
    copy = clone(model).set_params(validation_fraction=share)
    if model.epochs is None:
        batches = -(-round(n * (1 - share)) // model.batch_size)
        copy.set_params(epochs=max(1, round(updates / batches)))
    return copy  # type: ignore[no-any-return]


def _untrained(name: str, model: LatentDetector, subject: Subject) -> LatentDetector:
    fitted = _ready(model, len(subject.train), 1, held_out=_FEW).set_params(epochs=0)
    fitted.fit(subject.train, subject.classes)
    if type(fitted.model_).sample is Model.sample:
        raise ParameterError(
            f"{name} learns no distribution to draw samples from, so there is nothing to compare; "
            "take a VAE or a GAN with a prior, such as fanogan."
        )
    return fitted  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class _Detected:
    ranking: RankingReport
    per_second: float


@dataclass(frozen=True, eq=False)
class _Run:
    """What is the same for all models."""

    subject: Subject
    judge: Judge
    standard: Standard
    real: Quality
    updates: int
    looks: int
    random_state: int
    watch: Watch

    def contender(self, name: str, model: LatentDetector, untrained: LatentDetector) -> Contender:
        """Return one model, fitted and judged."""
        subject, n, asked_for = self.subject, self.standard.n, model
        model = _ready(asked_for, len(subject.train), self.updates)
        look = SampleWatch(
            lambda samples: self.standard.glance(_decoded(model, samples)),
            samples=LOOKED_AT,
            times=self.looks,
            seed=self.random_state,
        )
        model.set_params(callbacks=(look, *self.watch(name)))
        model.fit(subject.train, subject.classes)
        started = time.perf_counter()
        samples = model.sample(n, random_state=self.random_state)
        seconds = time.perf_counter() - started
        quality = self.standard.quality(samples)
        fresh = self.standard.quality(untrained.sample(n, random_state=self.random_state))
        found = self._detect(model, asked_for, self.watch(f"{name}, one class"))
        without = self._detect(untrained, clone(untrained), ())
        epochs = model.history_.epochs
        return Contender(
            name=name,
            detector=model,
            samples=samples,
            quality=quality,
            untrained=fresh,
            asked=asked(model, subject, self.judge, self.random_state),
            looks=tuple(look.looks),
            warning=collapse(quality, self.real, look.looks),
            latent=latent_space(model, subject.places),
            untrained_latent=latent_space(untrained, subject.places),
            ranking=found.ranking if found else None,
            untrained_ranking=without.ranking if without else None,
            costs=Costs(
                parameters=sum(p.numel() for p in model.model_.parameters()),
                fit_seconds=sum(epoch.seconds for epoch in epochs),
                epochs=len(epochs),
                samples_per_second=n / seconds,
                scored_per_second=found.per_second if found else None,
            ),
        )

    def _detect(
        self, fitted: LatentDetector, model: LatentDetector, callbacks: Sequence[Callback]
    ) -> _Detected | None:
        """Return what a model is worth as a detector, made anew where it learnt other data."""
        trial = self.subject.trial
        if trial is None:
            return None
        if trial.normal is not self.subject.train:
            fitted = _ready(model, len(trial.normal), self.updates)
            fitted.set_params(callbacks=tuple(callbacks)).fit(trial.normal, trial.classes)
        started = time.perf_counter()
        scores = fitted.anomaly_score(trial.scored)
        seconds = time.perf_counter() - started
        return _Detected(ranking_report(trial.anomalies, scores), len(scores) / seconds)


def _decoded(model: LatentDetector, samples: Tensor) -> Any:
    return model.view_.decode(samples.float().cpu().numpy())
