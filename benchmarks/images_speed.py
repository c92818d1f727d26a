"""Speed on images, as ratios against bare PyTorch loops over the same networks in the same run.

    python benchmarks/images_speed.py                       # everything, on two threads
    python benchmarks/images_speed.py --threads 1 search    # some of it

Images are the digits of MNIST; set GENAD_DATA_HOME, or they are downloaded.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from genad import VAE, AnoGAN, AutoEncoder, FAnoGAN, GANomaly
from genad.data import load_images
from genad.detector import TrainedDetector

Images = NDArray[np.uint8]
_BATCH, _EPOCHS, _TURNS = 64, 2, 4


def digits(n: int) -> Images:
    """Return n handwritten digits."""
    return load_images("mnist").train[:n]


def seconds(run: Callable[[], object]) -> float:
    """Return the wall-clock time of a run."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def made(maker: type[TrainedDetector], **options: Any) -> TrainedDetector:
    """Return a detector that trains on all images, for a few epochs."""
    shared: dict[str, Any] = {
        "epochs": _EPOCHS,
        "batch_size": _BATCH,
        "validation_fraction": 0.0,
        "random_state": 0,
        "device": "cpu",
    }
    return maker(**{**shared, **options})


def training() -> None:
    """Train against hand-written loops: same networks, batch and optimiser."""
    images = digits(6400)
    for maker, loop in ((AutoEncoder, _bare_autoencoder), (VAE, _bare_vae), (GANomaly, _bare_gan)):
        rates: dict[str, float] = {"bare": 0.0, "float32": 0.0, "auto": 0.0}
        for _ in range(_TURNS):  # in turn, so that a slow spell of the machine hits all
            rates["bare"] = max(rates["bare"], loop(images))
            for precision in ("float32", "auto"):
                fitted = made(maker, precision=precision).fit(images)
                taken = min(epoch.seconds for epoch in fitted.history_.epochs)
                rates[precision] = max(rates[precision], len(images) / taken)
        bare = rates.pop("bare")
        for precision, rate in rates.items():
            print(
                f"{maker.__name__} training, {precision}: {rate:,.0f} images/s, bare loop "
                f"{bare:,.0f}; {rate / bare:.2f}x (want 0.9x)",
                flush=True,
            )


def _bare(images: Images, maker: type[TrainedDetector], make_step: Any) -> float:
    """Return images/s of the quickest epoch of a loop as one would write it."""
    torch.manual_seed(0)
    x = torch.from_numpy(images.copy())[:, None].float()
    x = (x - x.mean()) / x.std()
    step, best = make_step(made(maker)._build((1, 28, 28)).train()), np.inf

    def epoch() -> None:
        for rows in torch.randperm(len(x)).split(_BATCH):
            step(x[rows])

    for _ in range(_EPOCHS):
        best = min(best, seconds(epoch))
    return len(x) / best


def _bare_autoencoder(images: Images) -> float:
    def make_step(model: Any) -> Callable[[torch.Tensor], None]:
        adam = torch.optim.Adam(model.parameters(), lr=1e-3)

        def step(x: torch.Tensor) -> None:
            adam.zero_grad()
            (model.decoder(model.encoder(x)) - x).square().sum((1, 2, 3)).mean().backward()
            adam.step()

        return step

    return _bare(images, AutoEncoder, make_step)


def _bare_vae(images: Images) -> float:
    def make_step(model: Any) -> Callable[[torch.Tensor], None]:
        adam = torch.optim.Adam(model.parameters(), lr=1e-3)

        def step(x: torch.Tensor) -> None:
            adam.zero_grad()
            mean, log_variance = model.encoder(x).chunk(2, 1)
            z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
            noise = model.log_variance[0]
            error = (x - model.decoder(z)).square() * (-noise).exp() + noise
            divergence = mean.square() + log_variance.exp() - log_variance - 1
            (0.5 * error.sum((1, 2, 3)) + 0.5 * divergence.sum(1)).mean().backward()
            adam.step()

        return step

    return _bare(images, VAE, make_step)


def _bare_gan(images: Images) -> float:
    bce = torch.nn.functional.binary_cross_entropy_with_logits

    def make_step(model: Any) -> Callable[[torch.Tensor], None]:
        makers = [*model.encoder.parameters(), *model.decoder.parameters()]
        makers += model.reencoder.parameters()
        judge = torch.optim.Adam(model.discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
        maker = torch.optim.Adam(makers, lr=1e-3, betas=(0.5, 0.999))

        def step(x: torch.Tensor) -> None:
            judge.zero_grad()
            with torch.no_grad():
                x_hat = model.decoder(model.encoder(x))
            real, fake = model.discriminator(x), model.discriminator(x_hat)
            (bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))).backward()
            judge.step()
            maker.zero_grad()
            z = model.encoder(x)
            x_hat = model.decoder(z)
            seen, seen_hat = (model.discriminator.features(u) for u in (x, x_hat))
            loss = (seen - seen_hat).square().mean() + 50 * (x - x_hat).abs().mean()
            (loss + (z - model.reencoder(x_hat)).square().mean()).backward()
            maker.step()

        return step

    return _bare(images, GANomaly, make_step)


def scoring() -> None:
    """Score against a bare loop over the same network."""
    images = digits(8192).copy()
    for maker in (AutoEncoder, GANomaly):
        detector = made(maker, epochs=1).fit(images[:1280])
        view, model = detector.view_, detector.model_
        centre, scale = float(view.centre[0]), float(view.scale[0])

        def bare(model: Any = model, centre: float = centre, scale: float = scale) -> None:
            with torch.inference_mode():
                for block in torch.from_numpy(images).split(1024):
                    model.score((block[:, None].float() - centre) / scale)

        rates = {"bare": 0.0, "float32": 0.0, "auto": 0.0}
        for _ in range(_TURNS):
            rates["bare"] = max(rates["bare"], len(images) / seconds(bare))
            for precision in ("float32", "auto"):
                detector.set_params(precision=precision)
                taken = seconds(lambda detector=detector: detector.anomaly_score(images))
                rates[precision] = max(rates[precision], len(images) / taken)
        for precision in ("float32", "auto"):
            print(
                f"{maker.__name__} scoring, {precision}: {rates[precision]:,.0f} images/s, bare "
                f"loop {rates['bare']:,.0f}; {rates[precision] / rates['bare']:.2f}x (want 0.9x)",
                flush=True,
            )


def search() -> None:
    """Score with AnoGAN's search of 100 steps, and with FAnoGAN's encoder in its place."""
    images, rates = digits(1280), {}
    for name, detector, n in (
        ("AnoGAN", made(AnoGAN, epochs=1, steps=100, restarts=1), 256),
        ("FAnoGAN", made(FAnoGAN, epochs=1), 8192),
    ):
        # Scored on the way, but the threshold is set on few.
        detector.fit(images[:128])
        batch = digits(n)
        rates[name] = max(
            n / seconds(lambda d=detector, b=batch: d.anomaly_score(b)) for _ in range(2)
        )
    print(
        f"AnoGAN, 100 latent steps: {rates['AnoGAN']:,.1f} images/s (want 10)\n"
        f"FAnoGAN: {rates['FAnoGAN']:,.0f} images/s; {rates['FAnoGAN'] / rates['AnoGAN']:,.0f}x "
        "AnoGAN (want 100x)",
        flush=True,
    )


def agreement() -> None:
    """Compare scores in bfloat16 with those of the same model in float32."""
    images = digits(4096)
    for maker in (AutoEncoder, VAE, GANomaly, FAnoGAN):
        detector = made(maker, epochs=4).fit(images[:2048])
        exact = detector.set_params(precision="float32").anomaly_score(images)
        short = detector.set_params(precision="bfloat16").anomaly_score(images)
        apart = np.abs(short - exact) / np.abs(exact)
        print(
            f"{maker.__name__}: bfloat16 differs by {np.median(apart):.4f} in the median, "
            f"{np.quantile(apart, 0.99):.4f} at 99 % (want 0.01)",
            flush=True,
        )


BENCHMARKS = {f.__name__: f for f in (training, scoring, search, agreement)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []])
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    for name in given.names or BENCHMARKS:
        BENCHMARKS[name]()
