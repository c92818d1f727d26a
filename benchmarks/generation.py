"""How often conditional models make the class that they are asked for, in the eyes of a classifier.

    python benchmarks/generation.py mnist digits-gan/ digits-vae/

The folders are models that `genad fit` made of the data set of that name. The classifier is that of
`genad compare`, trained on 30,000 of the real training images and tested on 2,000 test images; set
GENAD_DATA_HOME, or the images are downloaded.
"""

import argparse

import numpy as np

import genad
from genad.comparison.judge import ClassifierJudge
from genad.comparison.subject import image_subject
from genad.data import load_images
from genad.detector import ConditionalDetector


def rates(
    model: ConditionalDetector, judge: ClassifierJudge, names: tuple[str, ...], n: int
) -> list[float]:
    """Return the share of n samples of each class that look like that class."""
    seen = [judge.classes(model.sample(n, label=name, random_state=1)) for name in names]
    return [float((classes == number).mean()) for number, classes in enumerate(seen)]


def main() -> None:
    """Print a line for each model: the mean over the classes, and each class."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", help="mnist, fashion_mnist or cifar10")
    parser.add_argument("models", nargs="+", help="folders of fitted conditional models")
    parser.add_argument("-n", type=int, default=200, help="samples of each class (200)")
    options = parser.parse_args()
    subject = image_subject(load_images(options.data), most=30_000)
    judge = ClassifierJudge(subject)
    print(f"classifier, on real test images: {judge.accuracy:.3f}", flush=True)
    for folder in options.models:
        model = genad.load(folder)
        if not isinstance(model, ConditionalDetector):
            parser.error(f"{folder} holds a {type(model).__name__}, which knows no classes.")
        found = rates(model, judge, subject.class_names, options.n)
        each = ", ".join(
            f"{name} {rate:.2f}" for name, rate in zip(subject.class_names, found, strict=True)
        )
        print(f"{folder}: {np.mean(found):.3f} ({each})", flush=True)


if __name__ == "__main__":
    main()
